import { z } from 'zod';
import type { Department, Staff, State } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import { requireStaff, requireVisible } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse, refuseField } from './errors.ts';
import { queryInt, rawId } from './fields.ts';
import { pageOf } from './paging.ts';

const departmentQuery = z.object({ department_id: queryInt() });

/** Members and departments, read only (reference §2.1). */
export const directoryEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'GET',
    path: '/cgi-bin/user/get',
    family: 'directory',
    request: z.object({ userid: rawId() }),
    missing: { userid: 41009 },
    handle: ({ world }, { userid }) => {
      if (userid === '') refuse(41009);
      const staff = requireStaff(world, userid, 60111);
      requireVisible(world, staff.userid);
      return () => memberOf(world.state, staff);
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cgi-bin/user/simplelist',
    family: 'directory',
    request: departmentQuery,
    empty: () => ({ userlist: [] }),
    handle: ({ world }, input) => {
      const staff = directMembers(world, input.department_id);
      return () => ({
        userlist: staff.map(({ userid, name, departments }) => ({ userid, name, department: departments })),
      });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cgi-bin/user/list',
    family: 'directory',
    request: departmentQuery,
    empty: () => ({ userlist: [] }),
    handle: ({ world }, input) => {
      const staff = directMembers(world, input.department_id);
      return () => ({ userlist: staff.map((one) => ({ ...memberOf(world.state, one), english_name: '' })) });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/user/list_id',
    family: 'contactSync',
    request: z.object({ cursor: z.string().optional(), limit: z.int().optional() }),
    empty: () => ({ dept_user: [] }),
    handle: ({ world }, { cursor, limit = 10_000 }) => {
      if (limit < 1 || limit > 10_000) refuseField('limit invalid');
      const rows = [...world.state.staff.values()].flatMap((staff) =>
        staff.departments.map((department) => ({ userid: staff.userid, department })),
      );
      const numbered = rows.map((row, index) => ({ row, index }));
      const page = pageOf(world.cursors, numbered, ({ index }) => index, { query: 'user/list_id', cursor, limit });
      return () => {
        const { items, nextCursor } = page();
        return { dept_user: items.map(({ row }) => row), next_cursor: nextCursor };
      };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cgi-bin/department/list',
    family: 'directory',
    request: z.object({ id: queryInt().optional() }),
    empty: () => ({ department: [] }),
    handle: ({ world }, { id }) => {
      const departments = subtree(world.state, id);
      return () => ({ department: departments.map(departmentOf) });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cgi-bin/department/simplelist',
    family: 'directory',
    request: z.object({ id: queryInt().optional() }),
    empty: () => ({ department_id: [] }),
    handle: ({ world }, { id }) => {
      const departments = subtree(world.state, id);
      return () => ({
        department_id: departments.map((one) => ({ id: one.id, parentid: one.parentId, order: one.order })),
      });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cgi-bin/department/get',
    family: 'directory',
    request: z.object({ id: queryInt() }),
    handle: ({ world }, { id }) => {
      const department = world.state.departments.get(id) ?? refuse(60003);
      return () => ({ department: departmentOf(department) });
    },
  }),
];

/** Apps created after 2022-06-20 get no mobile, e-mail, avatar or address, and gender "0" (reference §2.1). */
function memberOf(state: State, staff: Staff) {
  const { userid, name, position, departments, status } = staff;
  return {
    userid,
    name,
    department: departments,
    position,
    gender: '0',
    status,
    alias: '',
    telephone: '',
    order: departments.map(() => 0),
    is_leader_in_dept: departments.map((id) => (state.departments.get(id)?.leaders.includes(userid) ? 1 : 0)),
    direct_leader: [] as string[],
    main_department: departments[0] ?? 1,
    extattr: { attrs: [] as unknown[] },
    external_position: '',
  };
}

function departmentOf({ id, name, parentId, order, leaders }: Department) {
  return { id, name, name_en: '', department_leader: leaders, parentid: parentId, order };
}

function directMembers(world: World, departmentId: number): Staff[] {
  if (!world.state.departments.has(departmentId)) refuse(60003);
  return [...world.state.staff.values()].filter(
    (staff) => staff.departments.includes(departmentId) && isVisible(world.state, staff.userid),
  );
}

/** A department and everything below it; all of them without an id. */
function subtree(state: State, id: number | undefined): Department[] {
  const all = [...state.departments.values()];
  if (id === undefined) return all;
  const root = state.departments.get(id) ?? refuse(60003);
  const found = [root];
  for (const parent of found) found.push(...all.filter((one) => one.parentId === parent.id));
  return found;
}
