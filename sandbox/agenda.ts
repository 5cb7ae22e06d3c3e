import type { Action, Due } from './store.ts';

/** What is going to happen, earliest first; at the same moment in the order it was planned. A binary heap. */
export type Agenda = {
  plan(at: number, action: Action): void;
  /** The earliest due action at or before the time, taken out. */
  take(until: number): Due | undefined;
  nextAt(): number | undefined;
  all(): Due[];
  replace(due: readonly Due[]): void;
};

export function createAgenda(initial: readonly Due[] = []): Agenda {
  let heap: Due[] = [];
  let seq = 0;

  const before = (a: Due, b: Due) => a.at < b.at || (a.at === b.at && a.seq < b.seq);

  const push = (due: Due) => {
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Due;
      if (!before(due, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  };

  const pop = (): Due | undefined => {
    const top = heap[0];
    const last = heap.pop();
    if (!top || !last || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Due, heap[child] as Due)) child += 1;
      if (!before(heap[child] as Due, last)) break;
      heap[at] = heap[child] as Due;
      at = child;
    }
    heap[at] = last;
    return top;
  };

  const replace = (due: readonly Due[]) => {
    heap = [];
    for (const item of due) {
      seq = Math.max(seq, item.seq);
      push(item);
    }
  };
  replace(initial);

  return {
    plan: (at, action) => {
      seq += 1;
      push({ at: Math.floor(at), seq, action });
    },
    take: (until) => (heap[0] && heap[0].at <= until ? pop() : undefined),
    nextAt: () => heap[0]?.at,
    all: () => [...heap],
    replace,
  };
}
