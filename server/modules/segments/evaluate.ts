import type { Condition } from '#contract/segments';
import { kindFor } from './compile.ts';
import type { Finding, Person, World } from './kind.ts';
import { allOf, anyOf, not, type Verdict } from './rules.ts';

/** What one condition says of one customer, with what stands inside it. */
export interface Explanation {
  readonly condition: Condition;
  readonly verdict: Verdict;
  /** The values the condition looked at; null for joints. */
  readonly seen: unknown;
  readonly parts: readonly Explanation[];
  /** The earliest moment, in ms, at which time alone may change the verdict. */
  readonly changesAt: number;
}

/** One tree for one customer, without a database: the third evaluator, and the one that says why. */
export function explainCustomer(tree: Condition, person: Person, world: World): Explanation {
  const others = new Map<number, Explanation>();
  const explain = (condition: Condition): Explanation => {
    switch (condition.kind) {
      case 'all':
      case 'any': {
        const parts = condition.of.map(explain);
        const verdicts = parts.map((part) => part.verdict);
        const verdict = condition.kind === 'all' ? allOf(verdicts) : anyOf(verdicts);
        return { condition, verdict, seen: null, parts, changesAt: soonest(parts) };
      }
      case 'not': {
        const part = explain(condition.of);
        return { condition, verdict: not(part.verdict), seen: null, parts: [part], changesAt: part.changesAt };
      }
      case 'segment': {
        const known = others.get(condition.segmentId);
        const other = world.segments.get(condition.segmentId);
        if (!known && !other) throw new Error(`the tree of segment ${condition.segmentId} was not read`);
        const part = known ?? explain(other as Condition);
        others.set(condition.segmentId, part);
        return { condition, verdict: part.verdict, seen: null, parts: [part], changesAt: part.changesAt };
      }
      default: {
        const finding: Finding = kindFor(condition).evaluate(condition, person, world);
        return { condition, ...finding, parts: [] };
      }
    }
  };
  return explain(tree);
}

const soonest = (parts: readonly Explanation[]) => Math.min(...parts.map((part) => part.changesAt));

export function evaluateCustomer(
  tree: Condition,
  person: Person,
  world: World,
): { verdict: Verdict; changesAt: number } {
  const { verdict, changesAt } = explainCustomer(tree, person, world);
  return { verdict, changesAt };
}
