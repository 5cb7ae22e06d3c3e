import { deliverMass, wordsOf } from './chats.ts';
import { dayOf, monthOf, startOfDay, startOfWeek } from './clock.ts';
import type { Subject } from './people/subjects.ts';
import { subjectOf } from './people/subjects.ts';
import { areFriends } from './relations.ts';
import type { Corp, Group, MessageContent, State } from './store.ts';
import { findEdge, nextSeq } from './store.ts';
import type { World } from './world.ts';
import { tell } from './world.ts';

/**
 * Mass messages (企业群发): a task for one or more members, each with their own customers or groups. Nothing is sent
 * until a member confirms; then every target of that member gets its outcome at once (reference §6.2).
 */
export type MassTask = {
  seq: number;
  msgid: string;
  chatType: 'single' | 'group';
  /** The member who made it in the client; null: made through the API. */
  creator: string | null;
  createdAt: number;
  createdRealMs: number;
  cancelledAt: number | null;
  reminders: number[];
  text: string;
  /** As they were given, for get_groupmsg_list_v2. */
  attachments: unknown[];
  contents: MessageContent[];
  subject: Subject;
  /** By userid. */
  members: Map<string, MassMember>;
};

export type MassMember = {
  seq: number;
  userid: string;
  sentAt: number | null;
  /** Decided against it, by hand or by habit; the platform shows this as unsent. */
  refusedAt: number | null;
  /** External userids or chat ids; null: a group owner picks the groups when confirming. */
  targets: MassTarget[] | null;
};

export type MassTarget = {
  seq: number;
  id: string;
  /** 0 unsent, 1 sent, 2 not a friend any more, 3 over the quota */
  status: 0 | 1 | 2 | 3;
  sentAt: number | null;
};

export type GroupMessage = {
  id: string;
  chatId: string;
  userid: string;
  msgid: string;
  at: number;
  content: MessageContent;
  taps: { externalUserid: string; at: number }[];
};

export type MassDraft = {
  chatType: 'single' | 'group';
  creator: string | null;
  text: string;
  attachments: unknown[];
  contents: MessageContent[];
  /** Each member with their targets. */
  members: ReadonlyMap<string, readonly string[] | null>;
};

export function createMassTask(world: World, at: number, draft: MassDraft): MassTask {
  const { state, random } = world;
  const { members, ...rest } = draft;
  const task: MassTask = {
    seq: nextSeq(state),
    msgid: `msg${random.id(29)}`,
    createdAt: at,
    createdRealMs: Date.now(),
    cancelledAt: null,
    reminders: [],
    ...rest,
    subject: subjectOf(draft.contents.map(wordsOf).join('\n')),
    members: new Map(
      [...members].map(([userid, targets], seq) => [
        userid,
        { seq, userid, sentAt: null, refusedAt: null, targets: targets?.map(targetOf) ?? null },
      ]),
    ),
  };
  state.massTasks.set(task.msgid, task);
  tell(world, { kind: 'tasked', at, id: task.msgid, userids: [...members.keys()], again: false });
  return task;
}

function targetOf(id: string, seq: number): MassTarget {
  return { seq, id, status: 0, sentAt: null };
}

export function isWaiting(task: MassTask, member: MassMember): boolean {
  return task.cancelledAt === null && member.sentAt === null && member.refusedAt === null;
}

/** The member confirms: whoever is still a friend and within the quota gets the message now. */
export function sendMass(world: World, at: number, task: MassTask, userid: string): boolean {
  const member = task.members.get(userid);
  if (!member || !isWaiting(task, member) || world.state.staff.get(userid)?.status !== 1) return false;
  member.sentAt = at;
  member.targets ??= groupsOf(world.state, userid).map((group, seq) => targetOf(group.chatId, seq));
  for (const target of member.targets) {
    target.status =
      task.chatType === 'single'
        ? sendToOne(world, at, task, userid, target.id)
        : sendToGroup(world, at, task, userid, target.id);
    if (target.status === 1) target.sentAt = at;
  }
  tell(world, { kind: 'taskClosed', at, userids: [userid] });
  return true;
}

export function refuseMass(world: World, at: number, task: MassTask, userid: string): boolean {
  const member = task.members.get(userid);
  if (!member || !isWaiting(task, member)) return false;
  member.refusedAt = at;
  tell(world, { kind: 'taskClosed', at, userids: [userid] });
  return true;
}

export function remindMass(world: World, at: number, task: MassTask): void {
  task.reminders.push(at);
  const waiting = [...task.members.values()].filter((member) => isWaiting(task, member));
  tell(world, { kind: 'tasked', at, id: task.msgid, userids: waiting.map((member) => member.userid), again: true });
}

export function cancelMass(world: World, at: number, task: MassTask): void {
  const waiting = [...task.members.values()].filter((member) => isWaiting(task, member));
  task.cancelledAt = at;
  tell(world, { kind: 'taskClosed', at, userids: waiting.map((member) => member.userid) });
}

function sendToOne(world: World, at: number, task: MassTask, userid: string, externalUserid: string): 1 | 2 | 3 {
  const edge = findEdge(world.state, userid, externalUserid);
  if (!edge || !areFriends(edge)) return 2;
  if (!takeFromQuota(world.state, externalUserid, at)) return 3;
  deliverMass(world, at, edge, task.msgid, task.contents);
  tell(world, { kind: 'reached', at, externalUserid, reach: { kind: 'mass', id: task.msgid, userid } });
  return 1;
}

function sendToGroup(world: World, at: number, task: MassTask, userid: string, chatId: string): 1 | 2 | 3 {
  const { state } = world;
  const group = state.groups.get(chatId);
  if (!group || group.dismissed || group.owner !== userid) return 2;
  if (!takeFromQuota(state, chatId, at)) return 3;
  const said = state.groupMessages.get(chatId) ?? [];
  state.groupMessages.set(chatId, said);
  for (const content of task.contents) {
    said.push({ id: `m${nextSeq(state)}`, chatId, userid, msgid: task.msgid, at, content, taps: [] });
  }
  const reach = { kind: 'group', id: task.msgid, userid, chatId } as const;
  for (const member of group.members) {
    if (member.type === 2) tell(world, { kind: 'reached', at, externalUserid: member.userid, reach });
  }
  return 1;
}

/** Groups that an owner can send to. */
export function groupsOf(state: State, userid: string): Group[] {
  return [...state.groups.values()].filter((group) => group.owner === userid && !group.dismissed);
}

/** All members and apps of the brand share what one customer, or one group, may receive. */
export function hasQuota(state: State, targetId: string, at: number): boolean {
  const { startsAt, allowed } = quotaWindow(state.corp.massRule, at);
  const sends = state.massSends.get(targetId) ?? [];
  return sends.filter((sentAt) => sentAt >= startsAt).length < allowed;
}

function takeFromQuota(state: State, targetId: string, at: number): boolean {
  if (!hasQuota(state, targetId, at)) return false;
  const sends = state.massSends.get(targetId);
  if (sends) sends.push(at);
  else state.massSends.set(targetId, [at]);
  return true;
}

function quotaWindow(rule: Corp['massRule'], at: number): { startsAt: number; allowed: number } {
  if (rule === 'daily') return { startsAt: startOfDay(dayOf(at)), allowed: 1 };
  if (rule === 'weekly') return { startsAt: startOfWeek(at), allowed: 7 };
  const { startsAt, dayCount } = monthOf(at);
  return { startsAt, allowed: dayCount };
}
