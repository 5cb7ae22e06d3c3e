import type { Person } from './people.ts';

/**
 * What one process remembers of accounts, so that the events of known people need no look-up. It holds for one epoch: the
 * number that changes whenever accounts change hands (`people_epoch`).
 */
export interface PeopleMemory {
  epoch: number;
  readonly people: Map<string, Person>;
  /** Accounts known to be linked, and since when, in milliseconds. */
  readonly pairs: Map<string, number>;
}

/** Some hundred bytes each. */
const maxRemembered = 300_000;

export function createPeopleMemory(): PeopleMemory {
  return { epoch: 0, people: new Map(), pairs: new Map() };
}

/** Forgets everything when it was of another epoch, or when there is too much. Returns whether it forgot. */
export function refreshMemory(memory: PeopleMemory, epoch: number): boolean {
  const isCurrent = memory.epoch === epoch && memory.people.size + memory.pairs.size < maxRemembered;
  if (isCurrent) return false;
  memory.epoch = epoch;
  memory.people.clear();
  memory.pairs.clear();
  return true;
}
