import { z } from 'zod';
import { lastChatAt } from '#sandbox/chats';
import { dayMs, monthOf, toSeconds } from '#sandbox/clock';
import type { MassMember, MassTarget, MassTask } from '#sandbox/mass';
import { cancelMass, createMassTask, groupsOf, hasQuota, remindMass } from '#sandbox/mass';
import { isListed } from '#sandbox/relations';
import type { Edge } from '#sandbox/store';
import { edgesOfPerson } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import { messageBody, readContents } from './attachments.ts';
import { requireStaff, requireVisible } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse, refuseField } from './errors.ts';
import { id, list, seconds } from './fields.ts';
import { pageOf, pageSize } from './paging.ts';

const path = (name: string) => `/cgi-bin/externalcontact/${name}`;
const remindersPerDay = 3;

const tagFilter = z.object({ group_list: z.array(z.object({ tag_list: list(id(), 100) })) });

const request = z.object({
  chat_type: z.string().default('single'),
  external_userid: list(id(), 10_000).optional(),
  chat_id_list: list(id(), 2000).optional(),
  tag_filter: tagFilter.optional(),
  sender: id().optional(),
  allow_select: z.boolean().default(false),
  ...messageBody,
});

type MassRequest = z.infer<typeof request>;

/** Who gets it from whom, and who cannot be reached. */
type Plan = { members: Map<string, string[] | null>; failed: string[] };

/** Mass messages to customers and to groups (docs 92135 and 93338, reference §6.2). */
export const massMessageEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: path('add_msg_template'),
    family: 'massMessages',
    request,
    empty: () => ({ fail_list: [] }),
    handle: ({ world, at }, input) => {
      const { chat_type } = input;
      if (chat_type !== 'single' && chat_type !== 'group') refuseField('chat_type invalid');
      const text = input.text?.content ?? '';
      const attachments = input.attachments ?? [];
      if (text === '' && attachments.length === 0) refuse(40063);
      if (chat_type === 'group' && input.sender === undefined) refuse(40063);
      // An empty list says nothing: with a sender alone the task is for all of his customers.
      const isForNobody =
        input.sender === undefined && !input.external_userid?.length && !input.tag_filter?.group_list.length;
      if (chat_type === 'single' && isForNobody) refuse(40063);
      const contents = readContents(world, at, input);
      const plan = chat_type === 'single' ? planForCustomers(world, input) : planForGroups(world, input);
      const isReachable = [...plan.members.values()].some(
        (targets) => targets === null || targets.some((target) => hasQuota(world.state, target, at)),
      );
      if (!isReachable) refuse(41048);
      return () => {
        const { members, failed } = plan;
        const task = createMassTask(world, at, {
          chatType: chat_type,
          creator: null,
          text,
          attachments,
          contents,
          members,
        });
        return { fail_list: failed, msgid: task.msgid };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('remind_groupmsg_send'),
    family: 'massMessages',
    request: z.object({ msgid: z.string() }),
    missing: { msgid: 41046 },
    handle: ({ world, at }, { msgid }) => {
      const task = requireOwnTask(world, msgid);
      if (task.cancelledAt !== null) refuse(41093);
      if (task.reminders.filter((remindedAt) => remindedAt > at - dayMs).length >= remindersPerDay) refuse(41094);
      return () => {
        remindMass(world, at, task);
        return {};
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('cancel_groupmsg_send'),
    family: 'massMessages',
    request: z.object({ msgid: z.string() }),
    missing: { msgid: 41046 },
    handle: ({ world, at }, { msgid }) => {
      const task = requireOwnTask(world, msgid);
      if (task.cancelledAt !== null) refuse(41093);
      return () => {
        cancelMass(world, at, task);
        return {};
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_groupmsg_list_v2'),
    family: 'massMessages',
    request: z.object({
      chat_type: z.string(),
      start_time: seconds(),
      end_time: seconds(),
      creator: id().optional(),
      filter_type: z.int().default(2),
      cursor: z.string().optional(),
      limit: z.int().optional(),
    }),
    empty: () => ({ group_msg_list: [] }),
    handle: ({ world }, { chat_type, start_time, end_time, creator, filter_type, cursor, limit }) => {
      if (chat_type !== 'single' && chat_type !== 'group') refuseField('chat_type invalid');
      if (filter_type < 0 || filter_type > 2) refuseField('filter_type invalid');
      const { dayCount } = monthOf(start_time * 1000);
      if (end_time < start_time || end_time - start_time > dayCount * 86_400) refuseField('end_time invalid');
      const maker = creator === undefined ? undefined : requireStaff(world, creator, 40003).userid;
      const tasks = [...world.state.massTasks.values()].filter((task) => {
        const made = toSeconds(task.createdAt);
        if (task.chatType !== chat_type || made < start_time || made > end_time) return false;
        if (maker !== undefined && task.creator !== maker) return false;
        if (filter_type !== 2 && typeOf(task) !== filter_type) return false;
        return task.creator === null || isVisible(world.state, task.creator);
      });
      const page = pageOf(world.cursors, tasks, (task) => task.seq, {
        query: `get_groupmsg_list_v2 ${chat_type} ${start_time} ${end_time} ${maker} ${filter_type}`,
        cursor,
        limit: pageSize(limit, 100, 50),
      });
      return () => {
        const { items, nextCursor } = page();
        return { group_msg_list: items.map(rowOf), next_cursor: nextCursor };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_groupmsg_task'),
    family: 'massMessages',
    request: z.object({ msgid: z.string(), cursor: z.string().optional(), limit: z.int().optional() }),
    missing: { msgid: 41046 },
    empty: () => ({ task_list: [] }),
    handle: ({ world }, { msgid, cursor, limit }) => {
      const task = requireTask(world, msgid);
      const members = [...task.members.values()].filter((member) => isVisible(world.state, member.userid));
      const page = pageOf(world.cursors, members, (member) => member.seq, {
        query: `get_groupmsg_task ${msgid}`,
        cursor,
        limit: pageSize(limit, 1000, 500),
      });
      return () => {
        const { items, nextCursor } = page();
        return { task_list: items.map(memberOf), next_cursor: nextCursor };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_groupmsg_send_result'),
    family: 'massMessages',
    request: z.object({
      msgid: z.string(),
      userid: id(),
      cursor: z.string().optional(),
      limit: z.int().optional(),
    }),
    missing: { msgid: 41046, userid: 41009 },
    empty: () => ({ send_list: [] }),
    handle: ({ world }, { msgid, userid, cursor, limit }) => {
      const task = requireTask(world, msgid);
      const staff = requireStaff(world, userid, 40003);
      requireVisible(world, staff.userid);
      const targets = task.members.get(staff.userid)?.targets ?? [];
      // A group message shows only the groups that have it.
      const shown = task.chatType === 'group' ? targets.filter((target) => target.status === 1) : targets;
      const page = pageOf(world.cursors, shown, (target) => target.seq, {
        query: `get_groupmsg_send_result ${msgid} ${staff.userid}`,
        cursor,
        limit: pageSize(limit, 1000, 500),
      });
      return () => {
        const { items, nextCursor } = page();
        return { send_list: items.map((target) => resultOf(task, staff.userid, target)), next_cursor: nextCursor };
      };
    },
  }),
];

function requireTask(world: World, msgid: string): MassTask {
  if (msgid === '') refuse(41046);
  const task = world.state.massTasks.get(msgid) ?? refuse(41047);
  if (Date.now() - task.createdRealMs < world.settings.policy.massDispatchMs) refuse(41063);
  return task;
}

/** What members made in their clients can be read, not steered. */
function requireOwnTask(world: World, msgid: string): MassTask {
  const task = requireTask(world, msgid);
  return task.creator === null ? task : refuse(41047);
}

/**
 * Each customer gets it from one member: the one asked for, else the one who chatted with them last. Customers nobody
 * can write to are told in fail_list; when that is everybody, the whole call is refused.
 */
function planForCustomers(world: World, input: MassRequest): Plan {
  const sender = input.sender === undefined ? undefined : requireSender(world, input.sender);
  const tagGroups = (input.tag_filter?.group_list ?? []).map((group) => group.tag_list);
  if (tagGroups.flat().some((tagId) => world.state.tags.get(tagId)?.deleted ?? true)) refuse(40068);
  const wanted = input.external_userid?.length ? [...new Set(input.external_userid)] : undefined;
  if (wanted && !wanted.some((one) => world.state.edgesOf.has(one))) refuse(40096);

  const canSend = (edge: Edge) =>
    isListed(world, edge) &&
    (sender === undefined || edge.userid === sender) &&
    isVisible(world.state, edge.userid) &&
    world.state.staff.get(edge.userid)?.licensed === true;
  // Customers by id win over a tag filter.
  const carries = (edge: Edge) =>
    wanted !== undefined || tagGroups.every((tags) => tags.some((tagId) => edge.tagIds.includes(tagId)));

  const members = new Map<string, string[]>();
  const failed: string[] = [];
  for (const externalUserid of wanted ?? world.state.edgesOf.keys()) {
    const edges = edgesOfPerson(world.state, externalUserid).filter((edge) => canSend(edge) && carries(edge));
    const chosen =
      edges.length > 1 ? edges.reduce((a, b) => (lastChatAt(world, b) > lastChatAt(world, a) ? b : a)) : edges[0];
    if (!chosen) {
      failed.push(externalUserid);
      continue;
    }
    const targets = members.get(chosen.userid);
    if (targets) targets.push(externalUserid);
    else members.set(chosen.userid, [externalUserid]);
  }
  if (members.size === 0 && sender !== undefined && wanted) refuse(84061);
  return { members, failed: wanted ? failed : [] };
}

/** Groups of other owners, dissolved and unknown ones fail. Without a list the owner picks when confirming. */
function planForGroups(world: World, input: MassRequest): Plan {
  const sender = requireSender(world, input.sender ?? '');
  const own = groupsOf(world.state, sender).map((group) => group.chatId);
  if (!input.chat_id_list?.length) return { members: new Map(own.length > 0 ? [[sender, null]] : []), failed: [] };
  const wanted = [...new Set(input.chat_id_list)];
  const reachable = wanted.filter((chatId) => own.includes(chatId));
  const failed = wanted.filter((chatId) => !own.includes(chatId));
  return { members: new Map(reachable.length > 0 ? [[sender, reachable]] : []), failed };
}

function requireSender(world: World, sender: string): string {
  const staff = requireStaff(world, sender, 40003);
  requireVisible(world, staff.userid);
  return staff.userid;
}

/** 0 made for the brand, 1 made by a member. */
function typeOf(task: MassTask): 0 | 1 {
  return task.creator === null ? 0 : 1;
}

function rowOf(task: MassTask) {
  return {
    msgid: task.msgid,
    ...(task.creator !== null && { creator: task.creator }),
    create_time: toSeconds(task.createdAt),
    create_type: typeOf(task),
    ...(task.text !== '' && { text: { content: task.text } }),
    attachments: task.attachments,
  };
}

function memberOf({ userid, sentAt }: MassMember) {
  return { userid, ...(sentAt === null ? { status: 0 } : { status: 2, send_time: toSeconds(sentAt) }) };
}

function resultOf(task: MassTask, userid: string, { id: target, status, sentAt }: MassTarget) {
  return {
    ...(task.chatType === 'single' ? { external_userid: target } : { chat_id: target }),
    userid,
    status,
    ...(sentAt !== null && { send_time: toSeconds(sentAt) }),
  };
}
