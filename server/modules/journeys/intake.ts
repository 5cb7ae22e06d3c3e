import { type Trigger, type TriggerOf, triggerData } from '#contract/journey-graph';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { type RawBuilder, sql } from '#platform/db';
import { selectMembers } from '#segments';
import { daysCelebrated, nextOccurrence } from './calendar.ts';
import { type Entrance, enrol } from './enrol.ts';
import { numbersOf } from './lookback.ts';
import type { Versions } from './versions.ts';

/** People who come in together: whose day it is, members of a segment at a time that comes round, or chosen by hand. */

/** Channel on which it is told that people wait to be brought in. */
export const intakeChannel = 'journey_intake';

/** People brought in with one statement. */
const batchSize = 5000;
/** A time that came round so long ago is passed over: nobody is wished a happy birthday a week late. */
const lateMs = 3 * 86_400_000;

/** When the triggers of a graph come round next, from now on. */
export async function setClocks(ctx: WriteCtx, journeyId: number, triggers: readonly Trigger[]): Promise<void> {
  await ctx.db.deleteFrom('journey_clock').where('journey_id', '=', journeyId).execute();
  const rows = triggers.flatMap((trigger, place) => {
    const next_at = nextOccurrence(trigger, ctx.now, ctx.zone);
    return next_at === null ? [] : [{ journey_id: journeyId, place, next_at }];
  });
  if (rows.length > 0) await ctx.db.insertInto('journey_clock').values(rows).execute();
}

/** Asks for the intakes whose time has come, each time that came round in its turn; of one journey, or of all. */
export async function ringClocks(ctx: WriteCtx, versions: Versions, journeyId: number | null = null): Promise<number> {
  const { rows } = await sql<{ journey_id: number; place: number; next_at: Date; version_id: number }>`
      select c.journey_id, c.place, c.next_at, j.version_id from journey_clock c join journey j on j.id = c.journey_id
      where c.next_at <= ${ctx.now} and j.state = 'running' and j.deleted_at is null
        and (${journeyId}::bigint is null or j.id = ${journeyId}::bigint)
      order by c.next_at limit 50 for update of c skip locked
    `.execute(ctx.db);
  const known = await versions.of(
    ctx,
    rows.map((row) => row.version_id),
  );
  for (const row of rows) {
    const trigger = known.get(row.version_id)?.graph.triggers[row.place];
    const isLate = row.next_at.getTime() < ctx.now.getTime() - lateMs;
    if (trigger && !isLate) await askFor(ctx, row.journey_id, trigger, row.next_at);
    const next_at = trigger ? nextOccurrence(trigger, row.next_at, ctx.zone) : null;
    await ctx.db
      .updateTable('journey_clock')
      .set({ next_at })
      .where('journey_id', '=', row.journey_id)
      .where('place', '=', row.place)
      .execute();
  }
  if (rows.length > 0) wake(ctx, intakeChannel);
  return rows.length;
}

async function askFor(ctx: WriteCtx, journeyId: number, trigger: Trigger, at: Date): Promise<void> {
  if (trigger.kind !== 'date' && trigger.kind !== 'schedule') return;
  await ctx.db
    .insertInto('journey_intake')
    .values({
      journey_id: journeyId,
      kind: trigger.kind,
      trigger: JSON.stringify(trigger),
      segment_id: trigger.kind === 'schedule' ? trigger.data.segmentId : null,
      at,
      created_by: ctx.actor.name,
    })
    .execute();
}

/** All members of a segment, by hand. */
export async function askForSegment(ctx: WriteCtx, journeyId: number, segmentId: number): Promise<number> {
  const { id } = await ctx.db
    .insertInto('journey_intake')
    .values({ journey_id: journeyId, kind: 'hand', segment_id: segmentId, at: ctx.now, created_by: ctx.actor.name })
    .returning('id')
    .executeTakeFirstOrThrow();
  wake(ctx, intakeChannel);
  return id;
}

interface Intake {
  id: number;
  journey_id: number;
  version_id: number;
  state: string;
  kind: string;
  trigger: unknown;
  segment_id: number | null;
  at: Date;
  cursor: number;
}

/** Brings the next people of an intake in. Those of a paused journey wait; a closed one takes nobody. */
export async function takeIn(ctx: Ctx, versions: Versions): Promise<number> {
  return inTransaction(ctx, async (ctx) => {
    const { rows } = await sql<Intake>`
      select i.id, i.journey_id, j.version_id, case when j.deleted_at is null then j.state else 'closed' end as state, i.kind, i.trigger,
        i.segment_id, i.at, i.cursor
      from journey_intake i join journey j on j.id = i.journey_id
      where i.done_at is null and (j.state <> 'paused' or j.deleted_at is not null)
      order by i.id limit 1 for update of i skip locked
    `.execute(ctx.db);
    const [intake] = rows;
    if (!intake) return 0;
    const version = (await versions.of(ctx, [intake.version_id])).get(intake.version_id);
    const ids = intake.state === 'running' && version ? await nextPeople(ctx, intake) : [];
    const { entered, refused } =
      version && ids.length > 0
        ? await bring(
            ctx,
            { journeyId: intake.journey_id, versionId: version.id, graph: version.graph },
            ids,
            intake.at,
          )
        : { entered: 0, refused: 0 };
    await sql`
      update journey_intake set cursor = ${ids.at(-1) ?? intake.cursor}, entered_count = entered_count + ${entered}::bigint,
        refused_count = refused_count + ${refused}::bigint, done_at = ${ids.length < batchSize ? ctx.now : null}::timestamptz
      where id = ${intake.id}
    `.execute(ctx.db);
    return 1;
  });
}

async function bring(ctx: WriteCtx, into: Entrance, ids: readonly number[], at: Date) {
  const people = sql`select customer_id, null::bigint as home_id, ${at}::timestamptz as at
    from unnest(${numbersOf(ids)}::bigint[]) as u(customer_id)`;
  const { entered } = await enrol(ctx, into, people);
  return { entered, refused: ids.length - entered };
}

async function nextPeople(ctx: WriteCtx, intake: Intake): Promise<number[]> {
  const { rows } = await sql<{ customer_id: number }>`
    select distinct customer_id from (${whom(intake, ctx.zone)}) w where customer_id > ${intake.cursor}
    order by customer_id limit ${batchSize}
  `.execute(ctx.db);
  return rows.map((row) => row.customer_id);
}

function whom(intake: Intake, zone: string): RawBuilder<unknown> {
  if (intake.kind !== 'date') return selectMembers(intake.segment_id ?? 0);
  const data = triggerData.date.parse((intake.trigger as { data: unknown }).data);
  return whoseDay(data, intake.at, zone);
}

function whoseDay(data: TriggerOf<'date'>, at: Date, zone: string): RawBuilder<unknown> {
  const { days, isYearly } = daysCelebrated(data, at, zone);
  const day = sql.raw(isYearly ? 'day % 10000' : 'day');
  return sql`select customer_id from segment_attribute where key = ${data.key} and ${day} = any(${numbersOf(days)}::integer[])`;
}
