import type { Input, Output } from '#contract';
import { checkDraft, type EventStep, type Graph, type Trigger } from '#contract/journey-graph';
import type { replayJourney } from '#contract/journeys';
import { requireVisible } from '#customers';
import type { Ctx } from '#platform/ctx';
import { CompiledQuery, sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { askedBy, type Engine, explainCustomer, loadPeople, type Person, type World } from '#segments';
import { daysCelebrated, nextOccurrence } from './calendar.ts';
import { msOf, stepSql } from './lookback.ts';
import { type Life, stepOfExit, stepOfTrigger, type WayVerdict, walk } from './walk.ts';

/**
 * The path one customer would have taken from a past moment on, by what he did since: decided by the same functions as the
 * engine's, step by step. What conditions ask of events, orders and follows is asked as of the moment of the step; attributes,
 * tags, lists and scores are known as they are today only.
 */
export async function replay(
  engine: Engine,
  ctx: Ctx,
  input: Input<typeof replayJourney>,
): Promise<Output<typeof replayJourney>> {
  const { graph, problems } = checkDraft(input.draft);
  if (!graph) throw new AppError('journey_has_problems', { details: { problems } });
  await requireVisible(ctx, input.customerId);
  const from = new Date(input.from);
  const now = ctx.now.getTime();
  const life = await readLife(engine, ctx, graph, input.customerId, from);
  const begun = input.isForced ? { at: from.getTime(), trigger: null } : await findBeginning(ctx, graph, life, from);
  if (!begun || begun.at > now) {
    return { enteredAt: null, trigger: null, steps: [], end: null, waits: null, reachedAt: null };
  }
  const path = walk(graph, life, begun.at, now, ctx.zone);
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    enteredAt: iso(begun.at),
    trigger: begun.trigger,
    steps: path.steps.map(({ at, node, way, verdicts }) => ({
      at: iso(at),
      node,
      way,
      ...(verdicts ? { verdicts: [...verdicts] } : {}),
    })),
    end: path.end && { at: iso(path.end.at), reason: path.end.reason },
    waits: path.waits && { node: path.waits.node, until: iso(path.waits.until) },
    reachedAt: path.reachedAt === null ? null : iso(path.reachedAt),
  };
}

async function readLife(
  engine: Engine,
  ctx: Ctx,
  graph: Graph,
  customerId: number,
  from: Date,
): Promise<Life & { readonly days: ReadonlyMap<string, number> }> {
  const trees = graph.nodes.flatMap((node) => (node.kind === 'branch' ? node.data.ways.map((way) => way.tree) : []));
  const { world } = trees.length > 0 ? await engine.question(ctx, trees, ctx.signal) : { world: undefined };
  // Windows are looked through from each step's own moment: events are read from the earliest on.
  const [person] = world ? await loadPeople({ ...ctx, now: from }, [customerId], askedBy(trees, world.segments)) : [];
  const { rows: days } = await sql<{ key: string; day: number }>`
    select key, day from segment_attribute where customer_id = ${customerId} and day is not null
  `.execute(ctx.db);
  const dayOf = new Map(days.map((row) => [row.key, row.day]));
  const happened = await readHappened(ctx, graph, customerId, from);
  return {
    customerId,
    days: dayOf,
    dayOf: (attribute) => dayOf.get(attribute) ?? null,
    firstEvent: (step, after, before) =>
      happened.get(JSON.stringify(step))?.find((at) => at > after && at < before) ?? null,
    verdicts: (node, at) => verdictsOf(node.data.ways, person, world && { ...world, now: new Date(at) }),
  };
}

function verdictsOf(
  ways: readonly { id: string; tree: Parameters<typeof explainCustomer>[0] }[],
  person: Person | undefined,
  world: World | undefined,
): WayVerdict[] {
  const verdicts: WayVerdict[] = [];
  for (const way of ways) {
    const verdict = person && world ? explainCustomer(way.tree, person, world).verdict : 'unknown';
    verdicts.push({ way: way.id, verdict });
    if (verdict === 'yes') break;
  }
  return verdicts;
}

/** When what the graph listens to happened, in order, by step. */
async function readHappened(ctx: Ctx, graph: Graph, customerId: number, from: Date): Promise<Map<string, number[]>> {
  const steps: EventStep[] = [
    ...graph.nodes.flatMap((node) => (node.kind === 'wait_event' ? [node.data] : [])),
    ...graph.exits.map(stepOfExit),
    ...(graph.goal ? [graph.goal] : []),
    ...graph.triggers.flatMap((trigger) => stepOfTrigger(trigger) ?? []),
  ];
  const happened = new Map<string, number[]>();
  for (const step of steps) {
    const key = JSON.stringify(step);
    if (happened.has(key)) continue;
    const { rows } = await ctx.db.executeQuery<{ at: number }>(
      CompiledQuery.raw(
        `select ${msOf('e.occurred_at')} as at from event e
        where e.customer_id = $1 and e.occurred_at >= $2 and ${stepSql(step, 'e')} order by e.occurred_at limit 5000`,
        [customerId, from],
      ),
    );
    happened.set(
      key,
      rows.map((row) => row.at),
    );
  }
  return happened;
}

/** The first moment from `from` on at which a trigger would have brought him in. */
async function findBeginning(
  ctx: Ctx,
  graph: Graph,
  life: Life & { readonly days: ReadonlyMap<string, number> },
  from: Date,
): Promise<{ at: number; trigger: number } | undefined> {
  const found: { at: number; trigger: number }[] = [];
  for (const [i, trigger] of graph.triggers.entries()) {
    const at = await firstBy(ctx, trigger, life, from);
    if (at !== null) found.push({ at, trigger: i });
  }
  return found.sort((a, b) => a.at - b.at)[0];
}

async function firstBy(
  ctx: Ctx,
  trigger: Trigger,
  life: Life & { readonly days: ReadonlyMap<string, number> },
  from: Date,
): Promise<number | null> {
  const step = stepOfTrigger(trigger);
  if (step) return life.firstEvent(step, from.getTime() - 1, ctx.now.getTime() + 1);
  if (trigger.kind === 'schedule') {
    const at = nextOccurrence(trigger, new Date(from.getTime() - 1), ctx.zone);
    const { rows } = await sql`
      select 1 from segment_member where segment_id = ${trigger.data.segmentId} and customer_id = ${life.customerId}
    `.execute(ctx.db);
    return at !== null && rows.length > 0 ? at.getTime() : null;
  }
  if (trigger.kind !== 'date') return null;
  const day = life.days.get(trigger.data.key);
  if (day === undefined) return null;
  let at = nextOccurrence(trigger, new Date(from.getTime() - 1), ctx.zone);
  for (; at !== null && at <= ctx.now; at = nextOccurrence(trigger, at, ctx.zone)) {
    const { days, isYearly } = daysCelebrated(trigger.data, at, ctx.zone);
    if (days.includes(isYearly ? day % 10_000 : day)) return at.getTime();
  }
  return null;
}
