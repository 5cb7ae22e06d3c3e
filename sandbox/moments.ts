import { wordsOf } from './chats.ts';
import { dayOf, monthOf } from './clock.ts';
import type { Subject } from './people/subjects.ts';
import { subjectOf } from './people/subjects.ts';
import { areFriends, isListed } from './relations.ts';
import type { Edge, MessageContent, State } from './store.ts';
import { findEdge, nextSeq } from './store.ts';
import type { World } from './world.ts';
import { isVisible, tell } from './world.ts';

/**
 * Customer Moments (客户朋友圈, reference §6.6): like a mass message a task that each member confirms. A customer sees at
 * most three a day from one member; what is more is published and seen by nobody.
 */
export type Moment = {
  seq: number;
  momentId: string;
  /** The member who made it in the client; null: made through the API. */
  creator: string | null;
  createdAt: number;
  createdRealMs: number;
  cancelledAt: number | null;
  /** A tag list was given, so not every customer of a member may see it. */
  isPartlyVisible: boolean;
  text: string;
  /** As they were given, for get_moment_list. */
  attachments: MomentAttachment[];
  contents: MessageContent[];
  subject: Subject;
  /** By userid. */
  members: Map<string, MomentMember>;
};

export type MomentAttachment =
  | { msgtype: 'image'; image: { media_id: string } }
  | { msgtype: 'video'; video: { media_id: string } }
  | { msgtype: 'link'; link: { title: string; url: string; media_id: string } };

export type MomentMember = {
  seq: number;
  userid: string;
  publishedAt: number | null;
  refusedAt: number | null;
  /** By external userid. */
  audience: Map<string, MomentAudience>;
  likes: Reaction[];
  comments: (Reaction & { text: string })[];
};

export type MomentAudience = {
  seq: number;
  externalUserid: string;
  /** `hidden`: the fourth of a day counts as published, but the customer does not see it. `gone`: not a friend any more. */
  outcome: 'waiting' | 'shown' | 'hidden' | 'gone';
  taps: number[];
};
type Reaction = { externalUserid: string; at: number };

export type MomentDraft = {
  creator: string | null;
  text: string;
  attachments: MomentAttachment[];
  contents: MessageContent[];
  isPartlyVisible: boolean;
  /** Each member with the customers who may see it. */
  members: ReadonlyMap<string, readonly string[]>;
};

/** What became of a call that was accepted: told for a day to whoever asks with its id. */
export type MomentJob = {
  jobid: string;
  at: number;
  createdRealMs: number;
  momentId: string | null;
  errcode: number;
  invalidUsers: string[];
  invalidDepartments: number[];
  invalidTags: string[];
};

const momentsPerMemberAndDay = 3;

export function createMoment(world: World, at: number, draft: MomentDraft): Moment {
  const { state, random } = world;
  const { members, ...rest } = draft;
  const moment: Moment = {
    seq: nextSeq(state),
    momentId: `mom${random.id(29)}`,
    createdAt: at,
    createdRealMs: Date.now(),
    cancelledAt: null,
    ...rest,
    subject: subjectOf(draft.contents.map(wordsOf).join('\n')),
    members: new Map([...members].map(([userid, audience], seq) => [userid, memberOf(userid, audience, seq)])),
  };
  state.moments.set(moment.momentId, moment);
  tell(world, { kind: 'tasked', at, id: moment.momentId, userids: [...members.keys()], again: false });
  return moment;
}

function memberOf(userid: string, audience: readonly string[], seq: number): MomentMember {
  const rows = audience.map((externalUserid, index): [string, MomentAudience] => [
    externalUserid,
    { seq: index, externalUserid, outcome: 'waiting', taps: [] },
  ]);
  return { seq, userid, publishedAt: null, refusedAt: null, audience: new Map(rows), likes: [], comments: [] };
}

/** Customers of the member who may see it; with tags only those who carry one of them. */
export function audienceOf(world: World, userid: string, tagIds: readonly string[]): string[] {
  const own: Edge[] = [...(world.state.edges.get(userid)?.values() ?? [])];
  return own
    .filter((edge) => isListed(world, edge) && (tagIds.length === 0 || tagIds.some((id) => edge.tagIds.includes(id))))
    .map((edge) => edge.externalUserid);
}

/** Members who can publish: active, licensed and visible to the app. */
export function publishers(world: World): string[] {
  return [...world.state.staff.values()]
    .filter((staff) => staff.status === 1 && staff.licensed && isVisible(world.state, staff.userid))
    .map((staff) => staff.userid);
}

export function isUnpublished(moment: Moment, member: MomentMember): boolean {
  return moment.cancelledAt === null && member.publishedAt === null && member.refusedAt === null;
}

export function publishMoment(world: World, at: number, moment: Moment, userid: string): boolean {
  const member = moment.members.get(userid);
  if (!member || !isUnpublished(moment, member) || world.state.staff.get(userid)?.status !== 1) return false;
  member.publishedAt = at;
  for (const one of member.audience.values()) {
    const edge = findEdge(world.state, userid, one.externalUserid);
    const isFull = seenToday(world.state, one.externalUserid, userid, at) >= momentsPerMemberAndDay;
    one.outcome = !edge || !areFriends(edge) ? 'gone' : isFull ? 'hidden' : 'shown';
    if (one.outcome !== 'shown') continue;
    noteDelivery(world.state, one.externalUserid, userid, at);
    const reach = { kind: 'moment', id: moment.momentId, userid } as const;
    tell(world, { kind: 'reached', at, externalUserid: one.externalUserid, reach });
  }
  tell(world, { kind: 'taskClosed', at, userids: [userid] });
  return true;
}

export function refuseMoment(world: World, at: number, moment: Moment, userid: string): boolean {
  const member = moment.members.get(userid);
  if (!member || !isUnpublished(moment, member)) return false;
  member.refusedAt = at;
  tell(world, { kind: 'taskClosed', at, userids: [userid] });
  return true;
}

/** What has been published stays. */
export function cancelMoment(world: World, at: number, moment: Moment): void {
  const waiting = [...moment.members.values()].filter((member) => isUnpublished(moment, member));
  moment.cancelledAt = at;
  tell(world, { kind: 'taskClosed', at, userids: waiting.map((member) => member.userid) });
}

/** Moments made through the API in the calendar month. */
export function countThisMonth(state: State, at: number): number {
  const { startsAt } = monthOf(at);
  return [...state.moments.values()].filter((moment) => moment.creator === null && moment.createdAt >= startsAt).length;
}

function seenToday(state: State, externalUserid: string, userid: string, at: number): number {
  const seen = state.momentsSeen.get(`${externalUserid} ${userid}`);
  return seen?.day === dayOf(at) ? seen.count : 0;
}

function noteDelivery(state: State, externalUserid: string, userid: string, at: number): void {
  const count = seenToday(state, externalUserid, userid, at) + 1;
  state.momentsSeen.set(`${externalUserid} ${userid}`, { day: dayOf(at), count });
}

export function findAudience(
  moment: Moment | undefined,
  userid: string,
  externalUserid: string,
): MomentAudience | undefined {
  const one = moment?.members.get(userid)?.audience.get(externalUserid);
  return one?.outcome === 'shown' ? one : undefined;
}

/** @returns false when this person cannot see it, or has liked it already */
export function likeMoment(
  world: World,
  at: number,
  momentId: string,
  userid: string,
  externalUserid: string,
): boolean {
  const moment = world.state.moments.get(momentId);
  const member = moment?.members.get(userid);
  if (!member || !findAudience(moment, userid, externalUserid)) return false;
  if (member.likes.some((like) => like.externalUserid === externalUserid)) return false;
  member.likes.push({ externalUserid, at });
  tell(world, { kind: 'momentTouched', at, externalUserid });
  return true;
}

export function commentOnMoment(
  world: World,
  at: number,
  momentId: string,
  input: { userid: string; externalUserid: string; text: string },
): boolean {
  const { userid, externalUserid, text } = input;
  const moment = world.state.moments.get(momentId);
  const member = moment?.members.get(userid);
  if (!member || !findAudience(moment, userid, externalUserid)) return false;
  member.comments.push({ externalUserid, at, text });
  tell(world, { kind: 'momentTouched', at, externalUserid });
  return true;
}

/** Moments on a person's phone, the newest first. Whoever deleted the member sees none of theirs any more. */
export function momentsOf(world: World, externalUserid: string) {
  const rows = [];
  for (const moment of world.state.moments.values()) {
    for (const member of moment.members.values()) {
      const edge = findEdge(world.state, member.userid, externalUserid);
      if (!edge?.customerHas || member.publishedAt === null) continue;
      if (!findAudience(moment, member.userid, externalUserid)) continue;
      const { momentId, contents } = moment;
      const { userid, publishedAt, likes, comments } = member;
      rows.push({ momentId, userid, publishedAt, contents, likes, comments });
    }
  }
  return rows.sort((a, b) => b.publishedAt - a.publishedAt);
}
