import { createAgenda } from './agenda.ts';
import { createSender } from './callbacks/sender.ts';
import { createClock } from './clock.ts';
import type { Control } from './control.ts';
import { createControl } from './control.ts';
import { seedState } from './corp.ts';
import { createFaults } from './faults.ts';
import { createGate } from './gate.ts';
import { createHttp } from './http.ts';
import { addInboxes } from './inboxes.ts';
import type { Mailbox } from './mail/mailbox.ts';
import type { SandboxOptions } from './options.ts';
import { resolveSettings } from './options.ts';
import { react } from './people/life.ts';
import { createCursors } from './protocol/paging.ts';
import { createFrequency } from './protocol/quota.ts';
import { createRandom } from './random.ts';
import { startTimer } from './runner.ts';
import type { SmsCentre } from './sms/centre.ts';
import type { Corp } from './store.ts';
import { readSnapshot, snapshotVersion, writeSnapshot } from './store.ts';
import type { World } from './world.ts';

export type { CallbackVerdict } from './callbacks/verify.ts';
export type { ClockSetting } from './clock.ts';
export type {
  AddsDraft,
  AddsResult,
  Control,
  CorpChange,
  HabitChange,
  PersonScan,
  PopulationDraft,
} from './control.ts';
export { ControlError } from './control.ts';
export type { EffectAnswer, EffectQuestion } from './effect.ts';
export type { FaultChange, FaultSettings } from './faults.ts';
export type { MassTaskTruth, MassTruth, MomentTruth } from './mass-truth.ts';
export type { Policy, SandboxOptions } from './options.ts';
export type { HabitRates, KindName } from './people/habits.ts';
export { expectedRetention, habits } from './people/habits.ts';
export type { StepResult } from './runner.ts';
export type { Order, OrderLine, Product, Refund, ShopEntry } from './shop.ts';
export type { Corp, Message, MessageContent, Person, Place, Staff } from './store.ts';
export type { DeliveryReport, Stats, Truth, TruthEdge, TruthWay, TruthWelcome } from './truth.ts';

/**
 * A local WeCom: the HTTP API under `url`, simulated people, and everything a test needs to move them. Several can
 * run in one process; nothing is shared between them.
 */
export type Sandbox = Omit<Control, 'corp'> & {
  readonly mail: Mailbox;
  readonly sms: SmsCentre;
  readonly url: string;
  /** Credentials and console settings as they are now. */
  readonly corp: Corp;
  /** Simulated milliseconds now. */
  now(): number;
  /** Writes the snapshot, if there is a path for it, and ends everything that runs. */
  stop(): Promise<void>;
};

const visitsAtOnce = 32;

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const settings = resolveSettings(options);
  const random = createRandom(settings.seed);
  const clock = createClock(options.clock);
  const snapshot = options.storePath ? await readSnapshot(options.storePath) : undefined;
  const state = snapshot?.state ?? seedState(random, settings.staffCount, clock.now());
  if (snapshot) {
    random.restore(snapshot.random);
    // Without a clock from outside, simulated time never falls back behind what has already happened.
    if (!options.clock && snapshot.clock.simMs > clock.now()) clock.moveTo(snapshot.clock.simMs);
  }

  const faults = createFaults(random.fork('faults'));
  const world: World = {
    settings,
    clock,
    random,
    agenda: createAgenda(state.due),
    sender: createSender({
      policy: settings.policy,
      clock,
      random: random.fork(`sender/${Date.now()}`),
      faults,
      corp: () => world.state.corp,
    }),
    faults,
    frequency: createFrequency(),
    cursors: createCursors(random, settings.policy.cursorTtlMs),
    state,
    url: '',
    locks: new Set(),
    errands: new Set(),
    gate: createGate(visitsAtOnce),
    listeners: new Set(),
  };
  world.listeners.add((fact) => react(world, fact));
  const control = createControl(world);
  const app = createHttp(world, control);
  const host = options.host ?? '127.0.0.1';
  const inboxes = await addInboxes(app, world, { host, smtpPort: options.smtpPort ?? 0 });
  await app.listen({ port: options.port ?? 0, host });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('the sandbox has no port');
  world.url = `http://${host}:${address.port}`;
  world.sender.resend(state.unsent.splice(0));

  const save = async (path: string) =>
    writeSnapshot(path, {
      version: snapshotVersion,
      state: { ...world.state, due: world.agenda.all(), unsent: world.sender.unsent() },
      random: random.state(),
      clock: { simMs: clock.now() },
    });
  const lifeTimer = startTimer(world);
  const saver = options.storePath
    ? startSaver(() => save(options.storePath as string), options.snapshotEveryMs)
    : undefined;

  const { corp: _corp, ...methods } = control;
  return {
    ...methods,
    mail: inboxes.mail,
    sms: inboxes.sms,
    url: world.url,
    get corp() {
      return world.state.corp;
    },
    now: () => clock.now(),
    stop: async () => {
      clearInterval(lifeTimer);
      world.sender.close();
      world.gate.close();
      world.listeners.clear();
      await Promise.all([app.close(), inboxes.stop()]);
      await Promise.all([...world.errands]);
      await saver?.stop();
    },
  };
}

/** Saves again and again, one at a time. Serialising a large world blocks, so it takes at most a twentieth of the time. */
function startSaver(save: () => Promise<void>, everyMs = 5000) {
  let timer: NodeJS.Timeout;
  let running = Promise.resolve();
  const run = async () => {
    const startedMs = Date.now();
    // A full disk must not end the program; the next round tries again.
    running = save().catch(() => undefined);
    await running;
    timer = setTimeout(run, Math.max(everyMs, 20 * (Date.now() - startedMs)));
  };
  timer = setTimeout(run, everyMs);
  return {
    stop: async () => {
      await running;
      clearTimeout(timer);
      await save();
    },
  };
}
