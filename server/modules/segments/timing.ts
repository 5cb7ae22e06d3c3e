import type { Condition } from '#contract/segments';
import { leavesOf } from './compile.ts';

/** Whether time alone can move people in or out: some part looks back from now, or at days from today. */
export function isTimed(tree: Condition, segments: ReadonlyMap<number, Condition>): boolean {
  return leavesOf(tree, segments).some((leaf) => {
    switch (leaf.kind) {
      case 'attribute':
        return ['day_last', 'day_next', 'birthday'].includes(leaf.test.op);
      // What is dated ahead comes into sight at its own moment.
      case 'event':
      case 'event_time':
      case 'sequence':
      case 'order':
      case 'order_time':
      case 'order_gap':
      case 'added':
      case 'follow':
        return true;
      default:
        return false;
    }
  });
}
