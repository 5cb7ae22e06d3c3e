import { setTimeout as sleep } from 'node:timers/promises';
import type { AppMessage } from './app-messages.ts';
import { appMessagesOf, pressButton } from './app-messages.ts';
import type { CallbackVerdict } from './callbacks/verify.ts';
import { checkCallback } from './callbacks/verify.ts';
import { messagesOf, tapInGroup, tapMessage, writeMessage } from './chats.ts';
import type { ClockSetting } from './clock.ts';
import { dayMs } from './clock.ts';
import * as admin from './console.ts';
import { seedState } from './corp.ts';
import type { EffectAnswer, EffectQuestion } from './effect.ts';
import { readEffect } from './effect.ts';
import type { FaultChange, FaultSettings } from './faults.ts';
import type { MassTask } from './mass.ts';
import { createMassTask, refuseMass, sendMass } from './mass.ts';
import type { MassTruth, MomentTruth } from './mass-truth.ts';
import { readMassTruth, readMomentTruth } from './mass-truth.ts';
import type { Moment } from './moments.ts';
import {
  audienceOf,
  commentOnMoment,
  createMoment,
  findAudience,
  likeMoment,
  momentsOf,
  publishMoment,
  refuseMoment,
} from './moments.ts';
import type { Policy } from './options.ts';
import type { HabitRates, KindName, StaffHabits } from './people/habits.ts';
import { kindNames, usualWeights } from './people/habits.ts';
import type { PersonDraft } from './people/life.ts';
import { makePerson, planArrival } from './people/life.ts';
import type { Visit } from './people/places.ts';
import { codeInHtml, codeInUrl } from './people/places.ts';
import { openAs, openAsStranger, visit } from './people/visits.ts';
import type { SignedPage } from './protocol/tickets.ts';
import { checkSignature } from './protocol/tickets.ts';
import { revokeTokens } from './protocol/tokens.ts';
import { createRandom } from './random.ts';
import type { CardChange, ScanChoice, ScanResult } from './relations.ts';
import { accept, areFriends, deleteByCustomer, deleteByStaff, editCard, mute, scan } from './relations.ts';
import type { StepResult } from './runner.ts';
import { step, waitUntilQuiet } from './runner.ts';
import type { Order } from './shop.ts';
import { catalogue, findProduct, lineOf, ordersOf, placeOrder, shopEntries } from './shop.ts';
import { waitingTasks } from './staff-tasks.ts';
import type { ContactWay, Corp, Edge, Group, KindWeights, Message, Person, Place, Population } from './store.ts';
import { edgesOfPerson, findEdge } from './store.ts';
import type { DeliveryReport, Stats, Truth } from './truth.ts';
import { readDeliveries, readStats, readTruth } from './truth.ts';
import type { World } from './world.ts';

/** A control call that makes no sense: an unknown person, a code that is not there. */
export class ControlError extends Error {
  readonly problem: string;
  readonly status: 400 | 404 | 409;

  constructor(problem: string, message: string, status: 400 | 404 | 409 = 400) {
    super(message);
    this.problem = problem;
    this.status = status;
  }
}

export type PopulationDraft = {
  /** People who come on one simulated day, on average. */
  perDay: number;
  /** Absent: until stopped with perDay 0. */
  days?: number;
  weights?: KindWeights;
  kindsByState?: Record<string, KindWeights>;
};

export type AddsDraft = {
  configId: string;
  count: number;
  perSecond: number;
  kind?: Person['kind'];
  /** Forces or forbids the half add for all of them. */
  half?: boolean;
};

export type AddsResult = { externalUserids: string[]; refused: number; tookMs: number };

export type CorpChange = {
  trustedIps?: string[] | null;
  permissions?: Partial<Corp['permissions']>;
  visibleUserids?: string[] | null;
  unionidBound?: boolean;
  massRule?: Corp['massRule'];
  trustedDomain?: string | null;
};

export type HabitChange = {
  people?: Partial<Record<KindName, Partial<HabitRates>>>;
  staff?: Partial<StaffHabits>;
};

export type PersonScan = ScanResult & { staffName: string | null };

export type Control = ReturnType<typeof createControl>;

/** Everything a test, a demo or the phone page may do to the sandbox. The control routes are a thin edge to this. */
export function createControl(world: World) {
  const at = () => world.clock.now();

  const requirePerson = (externalUserid: string): Person =>
    world.state.people.get(externalUserid) ?? missing('person_unknown', `no person ${externalUserid}`);
  const requireEdge = (userid: string, externalUserid: string): Edge =>
    findEdge(world.state, userid, externalUserid) ??
    missing('edge_unknown', `${externalUserid} and ${userid} never became contacts`);
  const requireStaff = (userid: string) =>
    world.state.staff.get(userid) ?? missing('staff_unknown', `no staff ${userid}`);
  const requireTask = (msgid: string): MassTask =>
    world.state.massTasks.get(msgid) ?? missing('task_unknown', `no task ${msgid}`);
  const requireGroup = (chatId: string): Group =>
    world.state.groups.get(chatId) ?? missing('group_unknown', `no group ${chatId}`);

  /** With one member only, the member may be left out. */
  const useridOf = (externalUserid: string, userid: string | undefined): string =>
    userid ??
    edgesOfPerson(world.state, externalUserid).at(-1)?.userid ??
    missing('edge_unknown', `${externalUserid} has no member`);

  return {
    corp: () => world.state.corp,
    changeCorp: (change: CorpChange): Corp => {
      const { corp } = world.state;
      const { permissions, ...rest } = change;
      Object.assign(corp, rest);
      Object.assign(corp.permissions, permissions);
      return corp;
    },

    clock: (): ClockSetting & { nowMs: number } => ({ ...world.clock.setting(), nowMs: at() }),
    setClock: (setting: Partial<ClockSetting>): void => {
      const current = world.clock.setting();
      world.clock.set({
        realMs: setting.realMs ?? Date.now(),
        simMs: setting.simMs ?? at(),
        speed: setting.speed ?? current.speed,
      });
    },
    step: (to: number | string, waitMs = 60_000): Promise<StepResult> => {
      const toMs = typeof to === 'number' ? to : Date.parse(to);
      if (Number.isNaN(toMs)) throw new ControlError('time_invalid', `${to} is no time`);
      if (toMs < at()) throw new ControlError('time_passed', 'simulated time only moves forward');
      return step(world, toMs, waitMs);
    },
    /** Waits until every callback is settled and every visit of a person has ended. */
    waitUntilIdle: (timeoutMs = 30_000) => waitUntilQuiet(world, Date.now() + timeoutMs),

    setCallback: async (target: { url: string; token?: string; encodingAesKey?: string }): Promise<CallbackVerdict> => {
      const { corp } = world.state;
      const callback = { token: corp.token, encodingAesKey: corp.encodingAesKey, ...target };
      const verdict = await checkCallback(callback, corp.corpId, {
        at: at(),
        random: world.random,
        timeoutMs: world.settings.policy.verifyTimeoutMs,
      });
      if (verdict.ok) corp.callback = callback;
      return verdict;
    },
    clearCallback: (): void => {
      world.state.corp.callback = null;
    },
    setFaults: ({ invalidateToken, ...change }: FaultChange): FaultSettings => {
      if (invalidateToken) revokeTokens(world.state);
      world.faults.change(change);
      return world.faults.settings();
    },
    clearFaults: (): void => world.faults.clear(),

    makePerson: (draft: PersonDraft = {}): Person => makePerson(world, at(), draft),
    people: (): Person[] => [...world.state.people.values()],
    /** @param target a config id, a code url of this sandbox, or any page that shows such a code */
    scan: async (externalUserid: string, target: string, choice: ScanChoice = {}): Promise<PersonScan> => {
      const person = requirePerson(externalUserid);
      const configId = /^[0-9a-f]{32}$/.test(target) ? target : await recognise(world, target);
      if (configId === undefined) throw new ControlError('code_unknown', `no code found at ${target}`, 404);
      const result = scan(world, at(), person, configId, choice);
      const staffName = 'userid' in result ? (world.state.staff.get(result.userid)?.name ?? null) : null;
      return { ...result, staffName };
    },
    recognise: (url: string): Promise<string | undefined> => recognise(world, url),
    say: (externalUserid: string, text: string, userid?: string): Message => {
      const edge = requireEdge(useridOf(externalUserid, userid), externalUserid);
      return (
        writeMessage(world, at(), edge, 'customer', { kind: 'text', text }) ??
        refused('not_friends', 'one of the two has deleted the other')
      );
    },
    tap: (
      externalUserid: string,
      messageId: string,
      options: { userid?: string; open?: boolean } = {},
    ): { url: string | null } => {
      const userid = useridOf(externalUserid, options.userid);
      const tap = tapMessage(world, at(), userid, externalUserid, messageId);
      if (!tap) throw new ControlError('message_unknown', `no message ${messageId}`, 404);
      // The phone page opens the link itself; without a page the visit is made here.
      if (tap.url && (options.open ?? true)) visit(world, tap.url, { kind: 'person', id: externalUserid });
      return { url: tap.url ?? null };
    },
    deleteByCustomer: (externalUserid: string, userid?: string): boolean =>
      deleteByCustomer(world, at(), useridOf(externalUserid, userid), externalUserid),
    messages: (externalUserid: string, userid?: string): readonly Message[] =>
      messagesOf(world, useridOf(externalUserid, userid), externalUserid),

    accept: (externalUserid: string, userid?: string): boolean => {
      const waiting = [...world.state.requests.values()].find((request) => request.externalUserid === externalUserid);
      return accept(world, at(), userid ?? waiting?.userid ?? useridOf(externalUserid, undefined), externalUserid);
    },
    staffSay: (userid: string, externalUserid: string, text: string): Message =>
      writeMessage(world, at(), requireEdge(userid, externalUserid), 'staff', { kind: 'text', text }) ??
      refused('not_friends', 'one of the two has deleted the other'),
    staffEdit: (userid: string, externalUserid: string, change: CardChange): void => {
      const unknown = [...(change.addTagIds ?? []), ...(change.removeTagIds ?? [])].find(
        (id) => !world.state.tags.has(id),
      );
      if (unknown) missing('tag_unknown', `no tag ${unknown}`);
      editCard(world, at(), requireEdge(userid, externalUserid), change);
    },
    staffDelete: (userid: string, externalUserid: string): boolean =>
      deleteByStaff(world, at(), userid, externalUserid),

    /** The person buys by hand. */
    buy: (externalUserid: string, wanted: readonly { sku: string; quantity?: number }[]): Order => {
      requirePerson(externalUserid);
      const lines = wanted.map(({ sku, quantity = 1 }) =>
        lineOf(findProduct(sku) ?? missing('product_unknown', `no product ${sku}`), quantity),
      );
      return placeOrder(world, at(), externalUserid, lines, null);
    },
    mute: (externalUserid: string, isMuted: boolean, userid?: string): void =>
      mute(world, at(), requireEdge(useridOf(externalUserid, userid), externalUserid), isMuted),
    muteGroup: (externalUserid: string, chatId: string, isMuted: boolean): void => {
      const group = requireGroup(chatId);
      const others = group.mutedBy.filter((id) => id !== externalUserid);
      group.mutedBy = isMuted ? [...others, externalUserid] : others;
    },
    tapInGroup: (externalUserid: string, chatId: string, messageId: string): { url: string | null } => ({
      url: tapInGroup(world, at(), externalUserid, requireGroup(chatId).chatId, messageId) ?? null,
    }),
    /** Opens a page in the client of a person, or of a member, and follows where it leads. */
    open: (externalUserid: string, url: string): Promise<Visit> =>
      openAs(world, url, { kind: 'person', id: requirePerson(externalUserid).externalUserid }),
    openAsStaff: (userid: string, url: string): Promise<Visit> =>
      openAs(world, url, { kind: 'staff', id: requireStaff(userid).userid }),
    checkSignature: (page: SignedPage) => checkSignature(world, page),
    moments: (externalUserid: string) => momentsOf(world, requirePerson(externalUserid).externalUserid),
    like: (externalUserid: string, momentId: string, userid: string): boolean =>
      likeMoment(world, at(), momentId, userid, externalUserid),
    comment: (externalUserid: string, momentId: string, userid: string, text: string): boolean =>
      commentOnMoment(world, at(), momentId, { userid, externalUserid, text }),
    /** The person opens what a Moment links to; the phone page opens the link itself. */
    tapMoment: (externalUserid: string, momentId: string, userid: string): void => {
      const seen = findAudience(world.state.moments.get(momentId), userid, externalUserid);
      if (!seen) throw new ControlError('message_unknown', `no Moment ${momentId}`, 404);
      seen.taps.push(at());
    },
    products: () => catalogue,
    orders: (after = 0, limit = 500) => shopEntries(world.state, after, limit),
    ordersOf: (externalUserid: string) => ordersOf(world.state, externalUserid),

    /** What a member has to confirm in the client. */
    tasksOf: (userid: string) => waitingTasks(world, requireStaff(userid).userid),
    /** @param id of a mass message or of a Moment */
    confirmTask: (userid: string, id: string): boolean => {
      const moment = world.state.moments.get(id);
      if (moment) return publishMoment(world, at(), moment, userid);
      return sendMass(world, at(), requireTask(id), userid);
    },
    refuseTask: (userid: string, id: string): boolean => {
      const moment = world.state.moments.get(id);
      if (moment) return refuseMoment(world, at(), moment, userid);
      return refuseMass(world, at(), requireTask(id), userid);
    },
    /** A member sends a mass message of their own; it counts for everybody's quota. */
    staffMass: (userid: string, text: string, externalUserids?: readonly string[]): MassTask => {
      requireStaff(userid);
      const own = [...(world.state.edges.get(userid)?.values() ?? [])].filter(areFriends);
      const targets = externalUserids ?? own.map((edge) => edge.externalUserid);
      const task = createMassTask(world, at(), {
        chatType: 'single',
        creator: userid,
        text,
        attachments: [],
        contents: [{ kind: 'text', text }],
        members: new Map([[userid, targets]]),
      });
      sendMass(world, at(), task, userid);
      return task;
    },

    /** A member publishes a Moment of their own. */
    staffMoment: (userid: string, text: string): Moment => {
      requireStaff(userid);
      const moment = createMoment(world, at(), {
        creator: userid,
        text,
        attachments: [],
        contents: [{ kind: 'text', text }],
        isPartlyVisible: false,
        members: new Map([[userid, audienceOf(world, userid, [])]]),
      });
      publishMoment(world, at(), moment, userid);
      return moment;
    },

    appMessages: (userid: string): AppMessage[] => appMessagesOf(world.state, requireStaff(userid).userid),
    pressButton: (userid: string, msgid: string, key: string): boolean => {
      const message = world.state.appMessages.get(msgid) ?? missing('message_unknown', `no message ${msgid}`);
      return pressButton(world, at(), message, userid, key);
    },

    habits: () => ({ people: world.settings.habits, staff: world.settings.staffHabits }),
    /** Rates for what happens from now on. Set them before people come: `effect` computes the past with them too. */
    setHabits: ({ people = {}, staff = {} }: HabitChange): void => {
      for (const kind of Object.keys(people) as KindName[]) Object.assign(world.settings.habits[kind], people[kind]);
      Object.assign(world.settings.staffHabits, staff);
    },

    policy: (): Policy => world.settings.policy,
    setPolicy: (change: Partial<Policy>): void => {
      Object.assign(world.settings.policy, change);
    },

    staff: () => [...world.state.staff.values()],
    departments: () => [...world.state.departments.values()],
    addStaff: (draft: admin.StaffDraft) =>
      admin.addStaff(world, at(), draft) ?? refused('userid_taken', `${draft.userid} exists`),
    changeStaff: (userid: string, change: Parameters<typeof admin.changeStaff>[3]) =>
      admin.changeStaff(world, at(), userid, change) ?? missing('staff_unknown', `no staff ${userid}`),
    removeStaff: (userid: string): boolean => admin.removeStaff(world, at(), userid),
    addDepartment: (draft: admin.DepartmentDraft) =>
      admin.addDepartment(world, at(), draft) ?? refused('department_refused', 'the id is taken or the parent unknown'),
    changeDepartment: (id: number, change: Parameters<typeof admin.changeDepartment>[3]) =>
      admin.changeDepartment(world, at(), id, change) ?? missing('department_unknown', `no department ${id}`),
    removeDepartment: (id: number): boolean => admin.removeDepartment(world, at(), id),
    addTag: (draft: { group: string; name: string; order?: number }) => admin.addConsoleTag(world, at(), draft),
    changeTag: (id: string, change: { name?: string; order?: number }): boolean =>
      admin.changeConsoleTag(world, at(), id, change),
    removeTag: (id: string): boolean => admin.removeConsoleTag(world, at(), id),
    addContactWay: (draft: admin.ConsoleWayDraft): ContactWay => admin.addConsoleWay(world, at(), draft),

    createGroup: (draft: admin.GroupDraft): Group => {
      if (!world.state.staff.has(draft.owner)) missing('staff_unknown', `no staff ${draft.owner}`);
      return admin.createGroup(world, at(), draft);
    },
    addGroupMembers: (chatId: string, userids: readonly string[], joinScene: 1 | 2 | 3 = 3): void =>
      admin.addGroupMembers(world, at(), requireGroup(chatId), userids, joinScene),
    removeGroupMembers: (chatId: string, userids: readonly string[], quitScene: 0 | 1 = 0): void =>
      admin.removeGroupMembers(world, at(), requireGroup(chatId), userids, quitScene),
    changeGroup: (chatId: string, change: Parameters<typeof admin.changeGroup>[3]): void =>
      admin.changeGroup(world, at(), requireGroup(chatId), change),
    dismissGroup: (chatId: string): void => admin.dismissGroup(world, at(), requireGroup(chatId)),

    setPlaces: (places: Place[]): void => {
      world.state.places = places;
    },
    setPopulation: (draft: PopulationDraft): Population => {
      // The stream that runs is replaced, not joined by a second one.
      world.agenda.replace(world.agenda.all().filter((due) => due.action.kind !== 'arrive'));
      const population: Population = {
        perDay: draft.perDay,
        until: draft.days === undefined ? null : at() + draft.days * dayMs,
        weights: draft.weights ?? usualWeights,
        kindsByState: draft.kindsByState ?? {},
        startedAt: at(),
        arrived: 0,
        scans: 0,
        lostVisits: 0,
      };
      world.state.population = population;
      planArrival(world, at());
      return population;
    },
    adds: (draft: AddsDraft): Promise<AddsResult> => addAtRate(world, draft),

    truth: (): Truth => readTruth(world),
    massMessages: (): MassTruth => readMassTruth(world),
    momentTruth: (): MomentTruth[] => readMomentTruth(world),
    effect: (question: EffectQuestion): EffectAnswer => readEffect(world, question),
    stats: (): Stats => readStats(world),
    deliveries: (): DeliveryReport => readDeliveries(world),
    /** Forgets people, codes, tags and groups; keeps credentials, callback, clock and permissions. */
    reset: (): void => {
      const { callback, trustedIps, permissions, massRule, trustedDomain } = world.state.corp;
      const fresh = seedState(createRandom(world.settings.seed), world.settings.staffCount, at());
      Object.assign(fresh.corp, { callback, trustedIps, permissions, massRule, trustedDomain });
      fresh.tokens = world.state.tokens;
      world.state = fresh;
      world.agenda.replace([]);
      world.sender.forget();
      world.cursors.clear();
      world.frequency.clear();
      world.faults.clear();
    },
  };
}

export const personKinds = [...kindNames, 'visitor'] as const;

function missing(problem: string, message: string): never {
  throw new ControlError(problem, message, 404);
}

function refused(problem: string, message: string): never {
  throw new ControlError(problem, message, 409);
}

async function recognise(world: World, url: string): Promise<string | undefined> {
  const direct = codeInUrl(world.url, url);
  if (direct !== undefined) return direct;
  const page = await openAsStranger(world, url);
  return page.ok ? codeInHtml(world.url, page.html) : undefined;
}

/** Load for a bench: new people add through one code at an even rate, whatever the receiver makes of it. */
async function addAtRate(world: World, draft: AddsDraft): Promise<AddsResult> {
  const startedMs = Date.now();
  const externalUserids: string[] = [];
  let refusedCount = 0;
  for (let index = 0; index < draft.count; index++) {
    const dueMs = startedMs + (index * 1000) / draft.perSecond;
    const waitMs = dueMs - Date.now();
    if (waitMs > 1) await sleep(waitMs);
    const at = world.clock.now();
    const person = makePerson(world, at, { kind: draft.kind ?? 'visitor' });
    const result = scan(world, at, person, draft.configId, draft.half === undefined ? {} : { half: draft.half });
    if (result.kind === 'refused') refusedCount += 1;
    else externalUserids.push(person.externalUserid);
  }
  return { externalUserids, refused: refusedCount, tookMs: Date.now() - startedMs };
}
