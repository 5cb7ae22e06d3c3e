import type { Agenda } from './agenda.ts';
import type { AppMessage } from './app-messages.ts';
import type { CallbackEvent } from './callbacks/events.ts';
import type { Sender } from './callbacks/sender.ts';
import type { Clock } from './clock.ts';
import type { Faults } from './faults.ts';
import type { Gate } from './gate.ts';
import type { Settings } from './options.ts';
import type { Cursors } from './protocol/paging.ts';
import type { Frequency } from './protocol/quota.ts';
import type { Random } from './random.ts';
import type { Order } from './shop.ts';
import type { Edge, Message, Reach, State } from './store.ts';

/** Everything one sandbox consists of. There is no other state: two sandboxes in one process do not meet. */
export type World = {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly agenda: Agenda;
  readonly sender: Sender;
  readonly faults: Faults;
  readonly frequency: Frequency;
  readonly cursors: Cursors;
  /** Replaced as a whole by reset. */
  state: State;
  url: string;
  /** Calls in progress that exclude each other (45035). */
  readonly locks: Set<string>;
  /** HTTP visits of people that are under way. */
  readonly errands: Set<Promise<unknown>>;
  /** Bounds how many of them run at once. */
  readonly gate: Gate;
  readonly listeners: Set<(fact: Fact) => void>;
};

/** What has just happened, for those who react to it: people's habits and the phone page. */
export type Fact =
  | { kind: 'added'; at: number; edge: Edge; half: boolean; again: boolean }
  | { kind: 'confirmed'; at: number; edge: Edge }
  | { kind: 'requested'; at: number; userid: string; externalUserid: string }
  | { kind: 'welcomed'; at: number; edge: Edge }
  | { kind: 'message'; at: number; edge: Edge; message: Message }
  | { kind: 'ended'; at: number; edge: Edge; by: 'customer' | 'staff' }
  | { kind: 'noted'; at: number; edge: Edge }
  | { kind: 'muted'; at: number; edge: Edge }
  | { kind: 'codes'; at: number }
  /** Something was sent to many at once, this person among them. */
  | { kind: 'reached'; at: number; externalUserid: string; reach: Reach }
  /** Members have a task to confirm; `again` when somebody reminded them. */
  | { kind: 'tasked'; at: number; id: string; userids: readonly string[]; again: boolean }
  /** Somebody liked a Moment or commented on it. */
  | { kind: 'momentTouched'; at: number; externalUserid: string }
  | { kind: 'taskClosed'; at: number; userids: readonly string[] }
  /** Members have a new message of the app, or one of theirs looks different now (null). */
  | { kind: 'appMessage'; at: number; userids: readonly string[]; message: AppMessage | null }
  | { kind: 'ordered'; at: number; externalUserid: string; order: Order }
  | { kind: 'refunded'; at: number; externalUserid: string };

export function tell(world: World, fact: Fact): void {
  for (const listener of world.listeners) listener(fact);
}

/** Sends an event to the app if the member it is about is inside the app's visible range. */
export function emit(world: World, event: CallbackEvent): void {
  if (event.about.userid !== undefined && !isVisible(world.state, event.about.userid)) return;
  world.sender.send(event);
}

export function isVisible(state: State, userid: string): boolean {
  return state.corp.visibleUserids === null || state.corp.visibleUserids.includes(userid);
}

export function runErrand(world: World, errand: Promise<unknown>): void {
  const settled = errand.catch(() => undefined).finally(() => world.errands.delete(settled));
  world.errands.add(settled);
}
