import { linkOf, messagesOf, tapInGroup, tapMessage, writeMessage } from '#sandbox/chats';
import { hourOf } from '#sandbox/clock';
import { removeGroupMembers } from '#sandbox/console';
import { nickname } from '#sandbox/corp';
import type { Random } from '#sandbox/random';
import { accept, areFriends, deleteByCustomer, deleteByStaff, editCard, mute, scan } from '#sandbox/relations';
import { fillBasket, giveBack, placeOrder, planRefund } from '#sandbox/shop';
import type { Action, Due, Edge, KindWeights, Message, Person, Place } from '#sandbox/store';
import { findEdge, lastSpell } from '#sandbox/store';
import { liveTags } from '#sandbox/tagging';
import type { Fact, World } from '#sandbox/world';
import { performTask, planOpening, planTasks } from './duties.ts';
import type { HabitRates, KindName, Plan } from './habits.ts';
import {
  minutesBetween,
  nextArrival,
  planAfterAdd,
  planAfterLeaving,
  planAfterMessage,
  planAfterWelcome,
  planAnswer,
  planNotes,
  usualWeights,
} from './habits.ts';
import { codeInHtml, codeInUrl } from './places.ts';
import { notice, planPurchase, read, touchMoment } from './reading.ts';
import { openAsStranger, visit } from './visits.ts';

/** Turns habits into dated actions, and performs the actions when their time has come. */

/** People and staff react to what has just happened. */
export function react(world: World, fact: Fact): void {
  const { agenda, settings } = world;
  if (fact.kind === 'requested') {
    const stream = world.random.fork(`accept/${fact.userid}/${fact.externalUserid}/${fact.at}`);
    const afterMs = minutesBetween(settings.staffHabits.acceptMinutes, stream);
    agenda.plan(fact.at + afterMs, { kind: 'accept', userid: fact.userid, externalUserid: fact.externalUserid });
    return;
  }
  if (fact.kind === 'tasked') {
    planTasks(world, fact);
    return;
  }
  if (fact.kind === 'appMessage') {
    planOpening(world, fact);
    return;
  }
  if (fact.kind === 'reached') {
    notice(world, fact.at, fact.externalUserid, fact.reach);
    return;
  }
  if (fact.kind === 'ordered') {
    const { order } = fact;
    const refund = planRefund(order, world.random.fork(`refund/${order.number}`));
    if (refund) {
      const { amountFen } = refund;
      agenda.plan(fact.at + refund.afterMs, { kind: 'giveBack', orderNumber: order.number, amountFen });
    }
    return;
  }
  if (!('edge' in fact) || fact.kind === 'noted' || fact.kind === 'confirmed' || fact.kind === 'muted') return;
  const { edge } = fact;
  const { userid, externalUserid } = edge;
  const spell = edge.spells.length - 1;
  const person = world.state.people.get(externalUserid) as Person;
  if (fact.kind === 'added') {
    const stream = streamOf(world, edge, 'added');
    if (fact.half) {
      const [min, max] = settings.policy.confirmDelaySimMs;
      agenda.plan(fact.at + stream.between(min, max), { kind: 'confirm', userid, externalUserid, spell });
    }
    if (person.kind === 'visitor') return;
    for (const plan of planNotes(settings.staffHabits, stream)) {
      const action: Action =
        plan.kind === 'drop'
          ? { kind: 'drop', userid, externalUserid, spell }
          : { kind: plan.kind, userid, externalUserid };
      agenda.plan(fact.at + plan.afterMs, action);
    }
  }
  if (fact.kind === 'message' && fact.message.from === 'customer') {
    const answer =
      person.kind === 'visitor' ? null : planAnswer(settings.staffHabits, streamOf(world, edge, fact.message.id));
    if (answer) agenda.plan(fact.at + answer.afterMs, { kind: 'answer', userid, externalUserid, text: answer.text });
    return;
  }
  if (person.kind === 'visitor') return;
  if (fact.kind === 'message' && fact.message.via === 'mass') return;
  if (fact.kind === 'message' && isPushed(world, edge, fact.message)) {
    notice(world, fact.at, externalUserid, { kind: 'client', id: fact.message.id, userid });
    return;
  }
  const rates = settings.habits[person.kind];
  for (const plan of plansFor(world, fact, rates)) planFor(world, fact.at, edge, plan, fact);
}

function plansFor(world: World, fact: Extract<Fact, { edge: Edge }>, rates: HabitRates): Plan[] {
  const { edge } = fact;
  if (fact.kind === 'added') return planAfterAdd(rates, streamOf(world, edge, 'habit'));
  if (fact.kind === 'welcomed') return planAfterWelcome(rates, streamOf(world, edge, 'welcomed'));
  if (fact.kind === 'ended') {
    return fact.by === 'customer' ? planAfterLeaving(rates, streamOf(world, edge, 'left')) : [];
  }
  if (fact.kind !== 'message') return [];
  // A welcome, or an answer: nobody minds it.
  const hasLink = linkOf(fact.message.content) !== undefined;
  return planAfterMessage(rates, { hasLink, messagesThisWeek: 0 }, streamOf(world, edge, fact.message.id));
}

/** Written of the member's own accord. An answer to what the customer has just written pesters nobody. */
function isPushed(world: World, edge: Edge, message: Message): boolean {
  if (message.via !== 'client') return false;
  const chat = messagesOf(world, edge.userid, edge.externalUserid);
  return chat.at(-2)?.from !== 'customer';
}

function planFor(world: World, at: number, edge: Edge, plan: Plan, fact: Fact): void {
  const { userid, externalUserid, configId } = edge;
  const due = at + plan.afterMs;
  const { agenda } = world;
  if (plan.kind === 'say') agenda.plan(due, { kind: 'say', userid, externalUserid, text: plan.text ?? '' });
  if (plan.kind === 'leave') agenda.plan(due, { kind: 'leave', userid, externalUserid, spell: edge.spells.length - 1 });
  if (plan.kind === 'comeBack' && configId) agenda.plan(due, { kind: 'comeBack', externalUserid, configId });
  if (plan.kind === 'tap' && fact.kind === 'message') {
    agenda.plan(due, { kind: 'tap', userid, externalUserid, messageId: fact.message.id });
  }
}

/** A stream for one decision of one spell: the same whatever else happens, and in whatever order. */
function streamOf(world: World, edge: Edge, purpose: string): Random {
  return world.random.fork(`${edge.userid}/${edge.externalUserid}/${edge.spells.length}/${purpose}`);
}

/** @returns a promise when the action goes through a page on the web */
export function perform(world: World, { at, action }: Due): Promise<void> | undefined {
  const { state } = world;
  if (action.kind === 'arrive') return arrive(world, at);
  if (action.kind === 'comeBack') {
    const person = state.people.get(action.externalUserid);
    if (person) scan(world, at, person, action.configId);
    return;
  }
  switch (action.kind) {
    case 'read':
      read(world, at, action.externalUserid, action.reach);
      return;
    case 'buy': {
      const person = state.people.get(action.externalUserid);
      if (!person || person.kind === 'visitor') return;
      const { purse } = world.settings.habits[person.kind];
      const stream = world.random.fork(`${person.externalUserid}/basket/${at}/${action.cause}`);
      placeOrder(world, at, person.externalUserid, fillBasket(purse, stream), action.cause);
      if (action.cause === null) planPurchase(world, at, person);
      return;
    }
    case 'giveBack':
      giveBack(world, at, action.orderNumber, action.amountFen);
      return;
    case 'tapInGroup': {
      const url = tapInGroup(world, at, action.externalUserid, action.chatId, action.messageId);
      if (url) visit(world, url, { kind: 'person', id: action.externalUserid });
      return;
    }
    case 'muteGroup':
      state.groups.get(action.chatId)?.mutedBy.push(action.externalUserid);
      return;
    case 'quitGroup': {
      const group = state.groups.get(action.chatId);
      if (group) removeGroupMembers(world, at, group, [action.externalUserid], 0);
      return;
    }
    case 'openAppLink':
      visit(world, action.url, { kind: 'staff', id: action.userid });
      return;
    case 'tapMoment':
    case 'likeMoment':
    case 'commentOnMoment':
      touchMoment(world, at, action);
      return;
    case 'confirmTask':
    case 'refuseTask':
      performTask(world, at, action);
      return;
  }
  const { userid, externalUserid } = action;
  if (action.kind === 'accept') {
    accept(world, at, userid, externalUserid);
    return;
  }
  const edge = findEdge(state, userid, externalUserid);
  if (!edge) return;
  const isSameSpell = 'spell' in action && action.spell === edge.spells.length - 1 && lastSpell(edge).endedAt === null;
  switch (action.kind) {
    case 'confirm':
      if (isSameSpell) accept(world, at, userid, externalUserid);
      return;
    case 'leave':
      if (isSameSpell) deleteByCustomer(world, at, userid, externalUserid);
      return;
    case 'drop':
      if (isSameSpell) deleteByStaff(world, at, userid, externalUserid);
      return;
    case 'say':
      writeMessage(world, at, edge, 'customer', { kind: 'text', text: action.text });
      return;
    case 'answer':
      writeMessage(world, at, edge, 'staff', { kind: 'text', text: action.text });
      return;
    case 'tap': {
      if (!areFriends(edge)) return;
      const tap = tapMessage(world, at, userid, externalUserid, action.messageId);
      if (tap?.url) visit(world, tap.url, { kind: 'person', id: externalUserid });
      return;
    }
    case 'mute':
      if (areFriends(edge) && edge.mutedAt === null) mute(world, at, edge, true);
      return;
    case 'noteRemark': {
      const name = state.people.get(externalUserid)?.name ?? '';
      if (areFriends(edge)) editCard(world, at, edge, { remark: `${[...name].slice(0, 12).join('')}-到店` });
      return;
    }
    case 'noteTag': {
      const tags = liveTags(state);
      if (!areFriends(edge) || tags.length === 0) return;
      editCard(world, at, edge, { addTagIds: [streamOf(world, edge, 'tag').pick(tags).id] });
      return;
    }
  }
}

/** One new person comes to one of the places and scans what hangs there. */
async function arrive(world: World, at: number): Promise<void> {
  const { state, random } = world;
  const { population } = state;
  if (!population) return;
  planArrival(world, at);
  population.arrived += 1;
  const place = pickPlace(world);
  const configId = place ? await findCode(world, place) : pickCode(world);
  if (configId === undefined) {
    population.lostVisits += 1;
    return;
  }
  const way = state.ways.get(configId);
  const weights = place?.kinds ?? population.kindsByState[way?.state ?? ''] ?? population.weights;
  const person = makePerson(world, at, { kind: pickKind(random, weights), place: place?.name ?? null });
  population.scans += 1;
  scan(world, at, person, configId);
}

/** Plans the arrival after this one; the stream of people ends with the population's time. */
export function planArrival(world: World, at: number): void {
  const { population } = world.state;
  if (!population || population.perDay <= 0) return;
  const next = nextArrival(at, population.perDay, world.random, hourOf);
  if (population.until !== null && next >= population.until) return;
  world.agenda.plan(next, { kind: 'arrive' });
}

function pickPlace(world: World): Place | undefined {
  const { places } = world.state;
  if (places.length === 0) return undefined;
  const weights = Object.fromEntries(places.map((place, index) => [String(index), place.weight]));
  return places[Number(world.random.weighted(weights))];
}

function pickCode(world: World): string | undefined {
  const ways = [...world.state.ways.values()].filter((way) => way.scene === 2 && !way.isTemp);
  return ways.length > 0 ? world.random.pick(ways).configId : undefined;
}

async function findCode(world: World, place: Place): Promise<string | undefined> {
  const direct = codeInUrl(world.url, place.url);
  if (direct !== undefined) return world.state.ways.has(direct) ? direct : undefined;
  const visit = await openAsStranger(world, place.url);
  return visit.ok ? codeInHtml(world.url, visit.html) : undefined;
}

function pickKind(random: Random, weights: KindWeights): KindName {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  return random.weighted(total > 0 ? weights : usualWeights);
}

export type PersonDraft = { name?: string; gender?: 0 | 1 | 2; kind?: Person['kind']; place?: string | null };

export function makePerson(world: World, at: number, draft: PersonDraft = {}): Person {
  const { random, state } = world;
  const person: Person = {
    externalUserid: `wm${random.id(30)}`,
    name: draft.name ?? nickname(random),
    gender: draft.gender ?? random.pick([0, 1, 2, 2] as const),
    unionid: `o${random.id(27)}`,
    kind: draft.kind ?? 'visitor',
    createdAt: at,
    place: draft.place ?? null,
  };
  state.people.set(person.externalUserid, person);
  planPurchase(world, at, person);
  return person;
}
