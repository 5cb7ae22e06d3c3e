import { z } from 'zod';
import { toSeconds } from '#sandbox/clock';
import type { Group } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import { requireStaff, requireVisible } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse, refuseField } from './errors.ts';
import { id, list, rawId } from './fields.ts';
import { pageOf } from './paging.ts';

const maxVisibleWithoutFilter = 1000;

/** Customer groups, read only (docs 92120 and 92122, reference §5). */
export const groupEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/groupchat/list',
    family: 'groups',
    request: z.object({
      status_filter: z.int().default(0),
      owner_filter: z.object({ userid_list: list(id(), 100) }).optional(),
      cursor: z.string().optional(),
      limit: z.int(),
    }),
    empty: () => ({ group_chat_list: [] }),
    handle: ({ world }, { status_filter, owner_filter, cursor, limit }) => {
      if (status_filter < 0 || status_filter > 3) refuseField('status_filter invalid');
      if (limit < 1 || limit > 1000) refuseField('limit invalid');
      const owners = owner_filter?.userid_list.map((userid) => requireStaff(world, userid, 40003).userid);
      for (const owner of owners ?? []) requireVisible(world, owner);
      const visible = [...world.state.staff.keys()].filter((userid) => isVisible(world.state, userid));
      if (!owners && visible.length > maxVisibleWithoutFilter) refuse(81017);
      const groups = [...world.state.groups.values()].filter((group) => {
        if (group.dismissed) return false;
        if (status_filter !== 0 && statusOf(world, group) !== status_filter) return false;
        return owners ? owners.includes(group.owner) : isVisible(world.state, group.owner);
      });
      const page = pageOf(world.cursors, groups, (group) => group.seq, {
        query: `groupchat/list ${status_filter} ${owners?.join(' ') ?? ''}`,
        cursor,
        limit,
      });
      return () => {
        const { items, nextCursor } = page();
        return {
          group_chat_list: items.map((group) => ({ chat_id: group.chatId, status: statusOf(world, group) })),
          next_cursor: nextCursor,
        };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/groupchat/get',
    family: 'groups',
    request: z.object({ chat_id: rawId(), need_name: z.int().default(0) }),
    handle: ({ world }, { chat_id, need_name }) => {
      const group = world.state.groups.get(chat_id) ?? refuse(40050);
      if (group.dismissed) refuse(49008);
      requireVisible(world, group.owner);
      return () => ({ group_chat: groupOf(world, group, need_name === 1) });
    },
  }),
];

/** 0 normal, 1 the owner has left. */
function statusOf(world: World, group: Group): 0 | 1 {
  const owner = world.state.staff.get(group.owner);
  return owner === undefined || owner.status === 5 ? 1 : 0;
}

function groupOf(world: World, group: Group, withNames: boolean) {
  const { people, staff, corp } = world.state;
  return {
    chat_id: group.chatId,
    name: group.name,
    owner: group.owner,
    create_time: toSeconds(group.createdAt),
    notice: group.notice,
    member_list: group.members.map((member) => {
      const person = people.get(member.userid);
      return {
        userid: member.userid,
        type: member.type,
        join_time: toSeconds(member.joinedAt),
        join_scene: member.joinScene,
        ...(member.invitor !== null && { invitor: { userid: member.invitor } }),
        group_nickname: '',
        ...(member.state !== null && { state: member.state }),
        ...(person && corp.unionidBound && { unionid: person.unionid }),
        ...(withNames && { name: person?.name ?? staff.get(member.userid)?.name ?? '' }),
      };
    }),
    admin_list: group.admins.map((userid) => ({ userid })),
    member_version: group.memberVersion,
  };
}
