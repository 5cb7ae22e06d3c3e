import type { z } from 'zod';
import type { Input, Output } from '#contract';
import type {
  enrolInJourney,
  journeyPath,
  journeyPerson,
  listCustomerJourneys,
  listIntakes,
  listJourneyPeople,
  removeFromJourney,
} from '#contract/journeys';
import { requireVisible } from '#customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { type Admission, enrol } from './enrol.ts';
import { askForSegment } from './intake.ts';
import { requireJourney } from './journeys.ts';
import { numbersOf } from './lookback.ts';
import { purposeOf } from './touches.ts';
import { claimOf, settle } from './travellers.ts';
import type { Version, Versions } from './versions.ts';

/** Who is in a journey, how they came and went, and who is brought in or taken out by hand. */

type PersonRow = z.output<typeof journeyPerson>;

interface StoredPerson {
  customer_id: number;
  id: number;
  name: string | null;
  avatar: string | null;
  journey_id: number;
  journey_name: string;
  version_id: number;
  version_number: number;
  node: string;
  state: 'active' | 'ended';
  is_holdout: boolean;
  entered_at: Date;
  arrived_at: Date | null;
  due_at: Date;
  ended_at: Date | null;
  end_reason: PersonRow['endReason'];
  reached_at: Date | null;
}

const personColumns = sql`e.customer_id, e.id, c.name, c.avatar, e.journey_id, j.name as journey_name, e.version_id, v.number as version_number,
  e.node, e.state, e.is_holdout, e.entered_at, e.arrived_at, e.due_at, e.ended_at, e.end_reason, e.reached_at`;
const joined = sql`join journey_version v on v.id = e.version_id join journey j on j.id = v.journey_id left join customer c on c.id = e.customer_id`;

const present = (row: StoredPerson): PersonRow => ({
  id: row.id,
  customerId: row.customer_id,
  customerName: row.name,
  customerAvatar: row.avatar,
  versionNumber: row.version_number,
  node: row.node,
  isActive: row.state === 'active',
  isHoldout: row.is_holdout,
  enteredAt: row.entered_at.toISOString(),
  arrivedAt: row.arrived_at?.toISOString() ?? null,
  dueAt: row.due_at.toISOString(),
  endedAt: row.ended_at?.toISOString() ?? null,
  endReason: row.end_reason,
  reachedAt: row.reached_at?.toISOString() ?? null,
});

/** A page of each place is taken, so that the index gives it in order however many stand there. */
export async function listPeople(
  ctx: Ctx,
  input: Input<typeof listJourneyPeople>,
): Promise<Output<typeof listJourneyPeople>> {
  await requireJourney(ctx, input.id);
  const cursor = decodeCursor(input.after, ['number', 'number', 'number']);
  // A forged cursor may name any number; PostgreSQL knows fewer years.
  const dueAt = new Date(Math.min(Math.max(cursor?.[0] ?? 0, 0), Date.UTC(2200, 0)));
  const { rows } = await sql<StoredPerson>`
    select ${personColumns} from (
      select p.* from journey_version w cross join unnest(w.places) as n(node) cross join lateral (
        select * from journey_enrolment e
        where e.version_id = w.id and e.node = n.node and e.state = 'active'
          and (${cursor === undefined} or (e.due_at, e.customer_id, e.id) > (${dueAt}, ${cursor?.[1] ?? 0}::bigint, ${cursor?.[2] ?? 0}::bigint))
        order by e.due_at, e.customer_id, e.id limit ${input.limit + 1}
      ) p
      where w.journey_id = ${input.id} and not w.is_over and (${input.node ?? null}::text is null or n.node = ${input.node ?? null}::text)
      order by p.due_at, p.customer_id, p.id limit ${input.limit + 1}
    ) e ${joined} order by e.due_at, e.customer_id, e.id
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.due_at.getTime(), row.customer_id, row.id]);
  return { rows: page.rows.map(present), next: page.next };
}

/** So many journeys of one customer are shown, and so many steps of each. */
const mostPaths = 50;
const mostSteps = 500;

interface StoredStep {
  enrolment_id: number;
  step: number;
  at: Date;
  node: string;
  way: string;
  note: string | null;
}

interface StoredTouch {
  purpose: string;
  id: number;
  channel: string;
  state: string;
  reason: string | null;
}

export async function listPaths(
  ctx: Ctx,
  versions: Versions,
  input: Input<typeof listCustomerJourneys>,
): Promise<Output<typeof listCustomerJourneys>> {
  await requireVisible(ctx, input.id);
  const { rows } = await sql<StoredPerson>`
    select ${personColumns} from journey_enrolment e ${joined}
    where e.customer_id = ${input.id} and (${input.journey ?? null}::bigint is null or e.journey_id = ${input.journey ?? null}::bigint)
      and j.deleted_at is null
    order by e.id desc limit ${mostPaths}
  `.execute(ctx.db);
  const ids = rows.map((row) => row.id);
  const first = new Date(Math.min(...rows.map((row) => row.entered_at.getTime()), ctx.now.getTime()));
  const { rows: steps } = await sql<StoredStep>`
    select enrolment_id, step, at, node, way, note from (
      select *, row_number() over (partition by enrolment_id order by step desc) as place from journey_step
      where customer_id = ${input.id} and at >= ${first} and enrolment_id = any(${numbersOf(ids)}::bigint[])
    ) s where place <= ${mostSteps} order by enrolment_id, step
  `.execute(ctx.db);
  const { rows: touches } = await sql<StoredTouch>`
    select purpose, id, channel, state, reason from touch
    where customer_id = ${input.id} and kind = 'journey' and occasion_at >= ${first}
  `.execute(ctx.db);
  const touchOf = new Map(touches.map((touch) => [touch.purpose, touch]));
  const known = await versions.of(
    ctx,
    rows.map((row) => row.version_id),
  );
  const stepsOf = Map.groupBy(steps, (step) => step.enrolment_id);
  return {
    rows: rows.map((row) => presentPath(row, known.get(row.version_id), stepsOf.get(row.id) ?? [], touchOf)),
  };
}

function presentPath(
  row: StoredPerson,
  version: Version | undefined,
  steps: readonly StoredStep[],
  touchOf: ReadonlyMap<string, StoredTouch>,
): z.output<typeof journeyPath> {
  const here = version?.nodes.get(row.node);
  return {
    ...present(row),
    journeyId: row.journey_id,
    journeyName: row.journey_name,
    waitsAt: row.state === 'active' && here ? { node: here.id, kind: here.kind, name: here.name } : null,
    steps: steps.map((step) => {
      const node = version?.nodes.get(step.node);
      const touch = touchOf.get(purposeOf(row.id, step.node, step.step));
      return {
        at: step.at.toISOString(),
        node: step.node,
        kind: node?.kind ?? null,
        name: node?.name ?? '',
        way: step.way,
        wayName: nameOfWay(version, step),
        note: step.note,
        touch: touch ? { id: touch.id, channel: touch.channel, state: touch.state, reason: touch.reason } : null,
      };
    }),
  };
}

function nameOfWay(version: Version | undefined, { node: id, way }: StoredStep): string | null {
  const node = version?.nodes.get(id);
  const named = node?.kind === 'branch' ? node.data.ways : node?.kind === 'split' ? node.data.arms : [];
  return named.find((one) => one.id === way)?.name ?? null;
}

/** Whoever may come in by a running journey's rules does, at once. */
export async function enrolCustomers(
  ctx: WriteCtx,
  versions: Versions,
  journeyId: number,
  customerIds: readonly number[],
): Promise<Admission> {
  const { version } = await requireRunning(ctx, versions, journeyId);
  return enrolNow(ctx, version, customerIds);
}

async function requireRunning(ctx: Ctx, versions: Versions, id: number) {
  const journey = await requireJourney(ctx, id);
  const versionId = journey.version_id ?? 0;
  const version = (await versions.of(ctx, [versionId])).get(versionId);
  if (journey.state !== 'running' || !version) throw new AppError('journey_not_running');
  return { journey, version };
}

function enrolNow(ctx: WriteCtx, version: Version, customerIds: readonly number[]): Promise<Admission> {
  const people = sql`select distinct customer_id, null::bigint as home_id, ${ctx.now}::timestamptz as at
    from unnest(${numbersOf(customerIds)}::bigint[]) as u(customer_id)`;
  return enrol(ctx, { journeyId: version.journeyId, versionId: version.id, graph: version.graph }, people);
}

export async function enrolByHand(
  ctx: WriteCtx,
  versions: Versions,
  input: Input<typeof enrolInJourney>,
): Promise<Output<typeof enrolInJourney>> {
  const { journey, version } = await requireRunning(ctx, versions, input.id);
  const trigger = ctx.actor.kind === 'key' ? 'api' : 'hand';
  if (!version.graph.triggers.some(({ kind }) => kind === trigger)) throw new AppError('journey_not_by_hand');
  const { ids, unknown } = await findNamed(ctx, input);
  const admission = await enrolNow(ctx, version, ids);
  const intakeId = input.segmentId === undefined ? null : await enrolSegment(ctx, input.id, input.segmentId);
  await recordAudit(ctx, {
    action: 'journey.enrolled',
    subjectKind: 'journey',
    subjectId: input.id,
    subjectName: journey.name,
    after: { customerIds: ids, segmentId: input.segmentId, ...admission },
  });
  const refused = [
    { reason: 'reentry' as const, count: admission.reentry },
    { reason: 'full' as const, count: admission.full },
    { reason: 'unknown_customer' as const, count: unknown },
  ];
  return { entered: admission.entered, refused: refused.filter(({ count }) => count > 0), intakeId };
}

async function enrolSegment(ctx: WriteCtx, journeyId: number, segmentId: number): Promise<number> {
  const segment = await ctx.db
    .selectFrom('segment')
    .select('id')
    .where('id', '=', segmentId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  if (!segment) throw new AppError('segment_unknown');
  return askForSegment(ctx, journeyId, segmentId);
}

async function findNamed(
  ctx: WriteCtx,
  { customerIds, accounts }: Input<typeof enrolInJourney>,
): Promise<{ ids: number[]; unknown: number }> {
  const { rows } = await sql<{ id: number | null }>`
    select k.id from unnest(${customerIds}::bigint[]) as n(id) left join customer k on k.id = n.id
    union all
    select i.customer_id from unnest(${accounts.map((one) => one.kind)}::text[], ${accounts.map((one) => one.value)}::text[]) as a(kind, value)
    left join identity i on i.kind = a.kind and i.value = a.value
  `.execute(ctx.db);
  const ids = [...new Set(rows.flatMap((row) => row.id ?? []))];
  return { ids, unknown: rows.filter((row) => row.id === null).length };
}

export async function takeOut(
  ctx: WriteCtx,
  versions: Versions,
  input: Input<typeof removeFromJourney>,
): Promise<Output<typeof removeFromJourney>> {
  const journey = await requireJourney(ctx, input.id);
  const travellers = await claimOf(ctx, versions, input.id, input.customerIds);
  for (const traveller of travellers) traveller.ended = { at: ctx.now.getTime(), reason: 'removed' };
  await settle(ctx, travellers);
  await recordAudit(ctx, {
    action: 'journey.removed',
    subjectKind: 'journey',
    subjectId: input.id,
    subjectName: journey.name,
    after: { customerIds: travellers.map((traveller) => traveller.customerId) },
  });
  return { removed: travellers.length };
}

export async function listIntakePage(ctx: Ctx, input: Input<typeof listIntakes>): Promise<Output<typeof listIntakes>> {
  await requireJourney(ctx, input.id);
  const cursor = decodeCursor(input.after, ['number']);
  const rows = await ctx.db
    .selectFrom('journey_intake')
    .select(['id', 'kind', 'at', 'created_by', 'entered_count', 'refused_count', 'done_at'])
    .where('journey_id', '=', input.id)
    .$if(cursor !== undefined, (query) => query.where('id', '<', cursor?.[0] ?? 0))
    .orderBy('id', 'desc')
    .limit(input.limit + 1)
    .execute();
  const clock = await ctx.db
    .selectFrom('journey_clock')
    .select((eb) => eb.fn.min('next_at').as('nextAt'))
    .where('journey_id', '=', input.id)
    .executeTakeFirst();
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return {
    rows: page.rows.map((row) => ({
      id: row.id,
      kind: row.kind as 'date' | 'schedule' | 'hand',
      at: row.at.toISOString(),
      by: row.created_by,
      entered: row.entered_count,
      refused: row.refused_count,
      isDone: row.done_at !== null,
    })),
    next: page.next,
    nextAt: clock?.nextAt?.toISOString() ?? null,
  };
}
