import { chatEvent, contactEvent, tagEvent } from './callbacks/events.ts';
import type { ContactWay, Department, Group, Staff, Tag } from './store.ts';
import { nextSeq } from './store.ts';
import { createTag, createTagGroup, deleteTagGroup, deleteTags, liveTags } from './tagging.ts';
import type { World } from './world.ts';
import { emit, tell } from './world.ts';

/** What the brand's administrator does in the WeCom console, and group owners on their phones: it raises callbacks. */

export type StaffDraft = Partial<Omit<Staff, 'userid'>> & { userid: string };

export function addStaff(world: World, at: number, draft: StaffDraft): Staff | undefined {
  const { staff } = world.state;
  if (staff.has(draft.userid)) return undefined;
  const added: Staff = {
    name: draft.userid,
    position: '',
    departments: [1],
    status: 1,
    licensed: true,
    consoleWelcome: false,
    ...draft,
  };
  staff.set(added.userid, added);
  tellDirectory(world, 'create_user', at, added);
  return added;
}

export function changeStaff(
  world: World,
  at: number,
  userid: string,
  change: Partial<Omit<Staff, 'userid'>>,
): Staff | undefined {
  const staff = world.state.staff.get(userid);
  if (!staff) return undefined;
  const departmentsBefore = staff.departments.join();
  Object.assign(staff, change);
  // Receivers of today hear of an update only when department, leader or userid changed.
  if (staff.departments.join() !== departmentsBefore) tellDirectory(world, 'update_user', at, staff);
  return staff;
}

export function removeStaff(world: World, at: number, userid: string): boolean {
  const staff = world.state.staff.get(userid);
  if (!staff) return false;
  world.state.staff.delete(userid);
  for (const department of world.state.departments.values()) {
    department.leaders = department.leaders.filter((leader) => leader !== userid);
  }
  if (world.settings.policy.contactEvents) emit(world, contactEvent('delete_user', at, [['UserID', userid]]));
  return true;
}

function tellDirectory(world: World, changeType: 'create_user' | 'update_user', at: number, staff: Staff): void {
  if (!world.settings.policy.contactEvents) return;
  emit(
    world,
    contactEvent(changeType, at, [
      ['UserID', staff.userid],
      ['Department', staff.departments.join(',')],
    ]),
  );
}

export type DepartmentDraft = { id?: number; name: string; parentId?: number; order?: number; leaders?: string[] };

export function addDepartment(world: World, at: number, draft: DepartmentDraft): Department | undefined {
  const { departments } = world.state;
  const id = draft.id ?? Math.max(...departments.keys()) + 1;
  const parentId = draft.parentId ?? 1;
  if (departments.has(id) || !departments.has(parentId)) return undefined;
  const department: Department = {
    id,
    name: draft.name,
    parentId,
    order: draft.order ?? 0,
    leaders: draft.leaders ?? [],
  };
  departments.set(id, department);
  if (world.settings.policy.contactEvents) emit(world, contactEvent('create_party', at, partyFields(department)));
  return department;
}

export function changeDepartment(
  world: World,
  at: number,
  id: number,
  change: Partial<Omit<Department, 'id'>>,
): Department | undefined {
  const department = world.state.departments.get(id);
  if (!department) return undefined;
  const parentBefore = department.parentId;
  Object.assign(department, change);
  const moved = department.parentId !== parentBefore;
  if (moved && world.settings.policy.contactEvents)
    emit(world, contactEvent('update_party', at, partyFields(department)));
  return department;
}

/** @returns false for the root, and for departments that still have members or children, as the platform refuses */
export function removeDepartment(world: World, at: number, id: number): boolean {
  const { departments, staff } = world.state;
  if (id === 1 || !departments.has(id)) return false;
  if ([...departments.values()].some((one) => one.parentId === id)) return false;
  if ([...staff.values()].some((one) => one.departments.includes(id))) return false;
  departments.delete(id);
  if (world.settings.policy.contactEvents) emit(world, contactEvent('delete_party', at, [['Id', id]]));
  return true;
}

function partyFields({ id, parentId }: Department): [string, number][] {
  return [
    ['Id', id],
    ['ParentId', parentId],
  ];
}

/** Creates a tag in the console, with its group when that is new. */
export function addConsoleTag(world: World, at: number, draft: { group: string; name: string; order?: number }): Tag {
  const { tagGroups } = world.state;
  let group = [...tagGroups.values()].find((one) => !one.deleted && one.name === draft.group);
  if (!group) {
    group = createTagGroup(world, at, { name: draft.group, order: 0, creator: 'console' });
    emit(world, tagEvent('create', at, { id: group.id, tagType: 'tag_group' }));
  }
  const tag = createTag(world, at, {
    groupId: group.id,
    name: draft.name,
    order: draft.order ?? 0,
    creator: 'console',
  });
  emit(world, tagEvent('create', at, { id: tag.id, tagType: 'tag' }));
  return tag;
}

/** The console may change tags of any creator. The id is a tag's or a group's. */
export function changeConsoleTag(
  world: World,
  at: number,
  id: string,
  change: { name?: string; order?: number },
): boolean {
  const tag = world.state.tags.get(id);
  const found = tag ?? world.state.tagGroups.get(id);
  if (!found || found.deleted) return false;
  Object.assign(found, change);
  emit(world, tagEvent('update', at, { id, tagType: tag ? 'tag' : 'tag_group' }));
  return true;
}

/** Deleting a group tells only of the group; a group that lost its last tag goes with it (reference §3.3). */
export function removeConsoleTag(world: World, at: number, id: string): boolean {
  const { tags, tagGroups } = world.state;
  const tag = tags.get(id);
  if (tag && !tag.deleted) {
    deleteTags(world, [id]);
    emit(world, tagEvent('delete', at, { id, tagType: 'tag' }));
    if (liveTags(world.state, tag.groupId).length === 0) {
      emit(world, tagEvent('delete', at, { id: tag.groupId, tagType: 'tag_group' }));
    }
    return true;
  }
  const group = tagGroups.get(id);
  if (!group || group.deleted) return false;
  deleteTagGroup(world, id);
  emit(world, tagEvent('delete', at, { id, tagType: 'tag_group' }));
  return true;
}

export type ConsoleWayDraft = { users: string[]; state?: string; remark?: string; skipVerify?: boolean };

/** A code made in the console: people can scan it, the app cannot see it. */
export function addConsoleWay(world: World, at: number, draft: ConsoleWayDraft): ContactWay {
  const way: ContactWay = {
    seq: nextSeq(world.state),
    configId: world.random.hex(32),
    createdAt: at,
    creator: 'console',
    type: draft.users.length === 1 ? 1 : 2,
    scene: 2,
    style: null,
    remark: draft.remark ?? '',
    skipVerify: draft.skipVerify ?? true,
    state: draft.state ?? '',
    users: draft.users,
    parties: [],
    isTemp: false,
    expiresInSeconds: 0,
    chatExpiresInSeconds: 0,
    unionid: null,
    isExclusive: false,
    markSource: true,
    conclusions: null,
    used: false,
  };
  world.state.ways.set(way.configId, way);
  tell(world, { kind: 'codes', at });
  return way;
}

export type GroupDraft = { owner: string; name?: string; notice?: string; admins?: string[]; members?: string[] };

/** Members are userids of staff or external userids of people. */
export function createGroup(world: World, at: number, draft: GroupDraft): Group {
  const { random, state } = world;
  const group: Group = {
    seq: nextSeq(state),
    chatId: `wr${random.id(30)}`,
    name: draft.name ?? '',
    notice: draft.notice ?? '',
    owner: draft.owner,
    admins: draft.admins ?? [],
    createdAt: at,
    dismissed: false,
    members: [],
    memberVersion: random.hex(32),
    mutedBy: [],
  };
  const first = new Set([draft.owner, ...(draft.members ?? [])]);
  for (const userid of first) group.members.push(memberOf(world, at, group, userid, 1));
  state.groups.set(group.chatId, group);
  emit(world, chatEvent('create', at, group.chatId));
  return group;
}

/** @param joinScene 1 invited, 2 by invitation link, 3 by code */
export function addGroupMembers(
  world: World,
  at: number,
  group: Group,
  userids: readonly string[],
  joinScene: 1 | 2 | 3,
): void {
  const inside = new Set(group.members.map((member) => member.userid));
  const joining = userids.filter((userid) => !inside.has(userid));
  if (joining.length === 0) return;
  for (const userid of joining) group.members.push(memberOf(world, at, group, userid, joinScene));
  // The event knows only "invited" and "by code", although the detail tells three ways apart.
  tellMembers(world, at, group, joining, ['UpdateDetail', 'add_member'], ['JoinScene', joinScene === 3 ? 3 : 0]);
}

/** @param quitScene 0 left, 1 removed by the owner or an admin */
export function removeGroupMembers(
  world: World,
  at: number,
  group: Group,
  userids: readonly string[],
  quitScene: 0 | 1,
): void {
  const leaving = group.members.filter((member) => userids.includes(member.userid)).map((member) => member.userid);
  if (leaving.length === 0) return;
  group.members = group.members.filter((member) => !leaving.includes(member.userid));
  tellMembers(world, at, group, leaving, ['UpdateDetail', 'del_member'], ['QuitScene', quitScene]);
}

export function changeGroup(
  world: World,
  at: number,
  group: Group,
  change: { name?: string; notice?: string; owner?: string },
): void {
  const details = { name: 'change_name', notice: 'change_notice', owner: 'change_owner' } as const;
  for (const field of ['name', 'notice', 'owner'] as const) {
    const value = change[field];
    if (value === undefined || value === group[field]) continue;
    group[field] = value;
    emit(world, chatEvent('update', at, group.chatId, [['UpdateDetail', details[field]]]));
  }
}

export function dismissGroup(world: World, at: number, group: Group): void {
  group.dismissed = true;
  emit(world, chatEvent('dismiss', at, group.chatId));
}

function tellMembers(
  world: World,
  at: number,
  group: Group,
  userids: readonly string[],
  ...head: [string, string | number][]
): void {
  const lastVersion = group.memberVersion;
  group.memberVersion = world.random.hex(32);
  emit(
    world,
    chatEvent('update', at, group.chatId, [
      ...head,
      ['MemChangeCnt', userids.length],
      ['MemChangeList', [...userids]],
      ['LastMemVer', lastVersion],
      ['CurMemVer', group.memberVersion],
    ]),
  );
}

function memberOf(world: World, at: number, group: Group, userid: string, joinScene: 1 | 2 | 3) {
  const type = world.state.people.has(userid) ? 2 : 1;
  const invitor = joinScene === 3 ? null : group.owner;
  return { userid, type, joinedAt: at, joinScene, invitor, state: null } as const;
}
