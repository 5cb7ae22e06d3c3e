import { linkOf, messagesOf, wordsOf } from '#sandbox/chats';
import { dayMs } from '#sandbox/clock';
import { commentOnMoment, findAudience, likeMoment } from '#sandbox/moments';
import type { Random } from '#sandbox/random';
import { areFriends } from '#sandbox/relations';
import type { Action, Impression, MessageContent, Person, Reach } from '#sandbox/store';
import { findEdge } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { liftOf, momentComments, planAfterMessage, planAfterMoment, planReading } from './habits.ts';
import { nextPurchase, purchasesByLift } from './purchases.ts';
import { type Subject, subjectOf } from './subjects.ts';
import { previewByRobot, visit } from './visits.ts';

/** What was sent becomes what was read, and reading changes what people do: tap, answer, buy, mute, leave. */

/** Something has reached a person: they will read it in a while, or never. */
export function notice(world: World, at: number, externalUserid: string, reach: Reach): void {
  const person = world.state.people.get(externalUserid);
  if (!person || person.kind === 'visitor') return;
  const stream = streamOf(world, externalUserid, reach, 'notice');
  const afterMs = planReading(world.settings.habits[person.kind], reach.kind, at, stream);
  if (afterMs !== null) world.agenda.plan(at + afterMs, { kind: 'read', externalUserid, reach });
}

export function read(world: World, at: number, externalUserid: string, reach: Reach): void {
  const { state, agenda, settings } = world;
  const person = state.people.get(externalUserid);
  if (!person || person.kind === 'visitor' || !isHeard(world, externalUserid, reach)) return;
  const rates = settings.habits[person.kind];
  const parts = partsOf(world, externalUserid, reach);
  const subject = subjectFor(world, reach, parts);
  const lift = liftOf(rates, subject, reach.kind);
  const impression: Impression = { at, kind: reach.kind, id: reach.id, userid: reach.userid, subject, lift };
  const before = state.impressions.get(externalUserid) ?? [];
  state.impressions.set(externalUserid, before);
  before.push(impression);

  const stream = streamOf(world, externalUserid, reach, 'read');
  const linked = parts.find((part) => linkOf(part.content) !== undefined);
  if (linked && stream.chance(settings.policy.linkPreview)) previewByRobot(world, linkOf(linked.content) ?? '');
  // Moments wait until somebody looks for them: they pester nobody.
  const messagesThisWeek = before.filter((one) => one.kind !== 'moment' && one.at > at - 7 * dayMs).length;
  if (reach.kind === 'moment') planTouches(world, at, externalUserid, reach, linked !== undefined, stream);
  else
    for (const plan of planAfterMessage(rates, { hasLink: linked !== undefined, messagesThisWeek }, stream)) {
      const action = actionFor(world, externalUserid, reach, plan, linked?.id ?? '');
      if (action) agenda.plan(at + plan.afterMs, action);
    }
  const purchases = purchasesByLift(rates.purchasesPerDay, { readAt: at, subject, size: lift }, stream);
  for (const dueAt of purchases) agenda.plan(dueAt, { kind: 'buy', externalUserid, cause: reach.id });
}

/** Whoever has muted the sender, left or deleted them hears nothing. */
function isHeard({ state }: World, externalUserid: string, reach: Reach): boolean {
  if (reach.kind === 'group') {
    const group = state.groups.get(reach.chatId);
    if (!group || group.dismissed || group.mutedBy.includes(externalUserid)) return false;
    return group.members.some((member) => member.userid === externalUserid);
  }
  const edge = findEdge(state, reach.userid, externalUserid);
  return edge !== undefined && areFriends(edge) && edge.mutedAt === null;
}

type Part = { id: string; content: MessageContent };

function partsOf(world: World, externalUserid: string, reach: Reach): readonly Part[] {
  if (reach.kind === 'group') {
    return (world.state.groupMessages.get(reach.chatId) ?? []).filter((message) => message.msgid === reach.id);
  }
  if (reach.kind === 'moment') {
    return (world.state.moments.get(reach.id)?.contents ?? []).map((content) => ({ id: reach.id, content }));
  }
  const chat = messagesOf(world, reach.userid, externalUserid);
  return chat.filter((message) => (reach.kind === 'mass' ? message.msgid === reach.id : message.id === reach.id));
}

function subjectFor({ state }: World, reach: Reach, parts: readonly Part[]): Subject {
  const sent = reach.kind === 'moment' ? state.moments.get(reach.id) : state.massTasks.get(reach.id);
  return sent?.subject ?? subjectOf(parts.map((part) => wordsOf(part.content)).join('\n'));
}

function actionFor(
  world: World,
  externalUserid: string,
  reach: Reach,
  plan: ReturnType<typeof planAfterMessage>[number],
  linkedId: string,
) {
  const { userid } = reach;
  if (reach.kind === 'group') {
    const { chatId } = reach;
    if (plan.kind === 'tap') return { kind: 'tapInGroup', externalUserid, chatId, messageId: linkedId } as const;
    if (plan.kind === 'mute') return { kind: 'muteGroup', externalUserid, chatId } as const;
    return plan.kind === 'leave' ? ({ kind: 'quitGroup', externalUserid, chatId } as const) : undefined;
  }
  if (plan.kind === 'tap') return { kind: 'tap', userid, externalUserid, messageId: linkedId } as const;
  if (plan.kind === 'mute') return { kind: 'mute', userid, externalUserid } as const;
  if (plan.kind === 'say') return { kind: 'say', userid, externalUserid, text: plan.text ?? '' } as const;
  const spell = (findEdge(world.state, userid, externalUserid)?.spells.length ?? 0) - 1;
  return plan.kind === 'leave' ? ({ kind: 'leave', userid, externalUserid, spell } as const) : undefined;
}

function planTouches(
  world: World,
  at: number,
  externalUserid: string,
  reach: Extract<Reach, { kind: 'moment' }>,
  hasLink: boolean,
  stream: Random,
): void {
  const person = world.state.people.get(externalUserid);
  if (!person || person.kind === 'visitor') return;
  const whose = { externalUserid, userid: reach.userid, momentId: reach.id };
  for (const { kind, afterMs } of planAfterMoment(world.settings.habits[person.kind], hasLink, stream)) {
    const action: Action =
      kind === 'comment'
        ? { kind: 'commentOnMoment', ...whose, text: stream.pick(momentComments) }
        : { kind: kind === 'tap' ? 'tapMoment' : 'likeMoment', ...whose };
    world.agenda.plan(at + afterMs, action);
  }
}

export function touchMoment(
  world: World,
  at: number,
  action: Extract<Action, { kind: 'tapMoment' | 'likeMoment' | 'commentOnMoment' }>,
): void {
  const { externalUserid, userid, momentId } = action;
  const moment = world.state.moments.get(momentId);
  const audience = findAudience(moment, userid, externalUserid);
  if (!moment || !audience) return;
  if (action.kind === 'likeMoment') likeMoment(world, at, momentId, userid, externalUserid);
  else if (action.kind === 'commentOnMoment') commentOnMoment(world, at, momentId, action);
  else {
    audience.taps.push(at);
    const url = moment.contents.map(linkOf).find((link) => link !== undefined);
    if (url) visit(world, url, { kind: 'person', id: externalUserid });
  }
}

/** A stream for one reading of one person: what happens to others does not change it. */
function streamOf(world: World, externalUserid: string, reach: Reach, purpose: string) {
  return world.random.fork(
    `${externalUserid}/${purpose}/${reach.id}/${reach.kind === 'group' ? reach.chatId : reach.userid}`,
  );
}

/** Plans the next purchase that nobody caused; each one plans the one after it. */
export function planPurchase(world: World, at: number, person: Person): void {
  if (person.kind === 'visitor') return;
  const { purchasesPerDay } = world.settings.habits[person.kind];
  if (purchasesPerDay <= 0) return;
  const stream = world.random.fork(`${person.externalUserid}/buys/${at}`);
  const dueAt = nextPurchase(at, purchasesPerDay, stream);
  world.agenda.plan(dueAt, { kind: 'buy', externalUserid: person.externalUserid, cause: null });
}
