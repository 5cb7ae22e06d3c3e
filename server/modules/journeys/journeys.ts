import type { Input, Output } from '#contract';
import { checkDraft, type Graph, type GraphProblem, type JourneyDraft, journeyDraft } from '#contract/journey-graph';
import type {
  closeJourney,
  createJourney,
  getJourney,
  getJourneyVersion,
  journeyState,
  listJourneys,
  publishJourney,
  saveJourney,
} from '#contract/journeys';
import { recordAudit } from '#organization';
import { type Ctx, type WriteCtx, wake } from '#platform/ctx';
import { addDays, dayOf } from '#platform/days';
import { type RawBuilder, sql } from '#platform/db';
import { AppError, sqlState } from '#platform/errors';
import { decodeCursor, toPage } from '#platform/paging';
import { withdrawTasks } from '#tasks';
import { cancelTouches, holdTouches, resumeTouches } from '#touch';
import { journeyChannel } from './enrol.ts';
import { ringClocks, setClocks } from './intake.ts';
import { findBroken } from './references.ts';
import { graphOf, type Versions } from './versions.ts';
import { placesOf, stepOfExit, stepOfTrigger } from './walk.ts';

/** Journeys as they are written, published, paused and closed. */

type State = (typeof journeyState)['_output'];

interface Row {
  id: number;
  name: string;
  description: string;
  state: State;
  draft: unknown;
  revision: number;
  version_id: number | null;
  version_number: number | null;
  graph: unknown;
  problem: string | null;
  inside: number;
  entered: number;
  reached: number;
  updated_at: Date;
  updated_by: string;
}

async function readRows(ctx: Ctx, where: RawBuilder<unknown>, limit: number): Promise<Row[]> {
  const since = addDays(dayOf(ctx.now, ctx.zone), -29);
  const counted = (what: string) => sql`
    (select coalesce(sum(c.count), 0) from journey_version w join journey_count c on c.version_id = w.id
      where w.journey_id = j.id and c.day >= ${since}::date and c.what = ${what})`;
  const { rows } = await sql<Row>`
    select j.id, j.name, j.description, j.state, j.draft, j.revision, j.version_id, v.number as version_number, v.graph,
      (select max(w.problem) from journey_version w where w.journey_id = j.id and not w.is_over) as problem,
      (select count(*) from journey_version w join journey_enrolment e on e.version_id = w.id and e.state = 'active'
        where w.journey_id = j.id and not w.is_over) as inside,
      ${counted('in')} as entered, ${counted('goal')} as reached, j.updated_at, j.updated_by
    from journey j left join journey_version v on v.id = j.version_id
    where j.deleted_at is null and ${where} order by j.id desc limit ${limit}
  `.execute(ctx.db);
  return rows;
}

function present(row: Row): Output<typeof listJourneys>['rows'][number] {
  const draft = journeyDraft.parse(row.draft);
  const running = row.graph === null ? undefined : graphOf(row.graph);
  const { triggers } = running ?? draft;
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    state: row.state,
    triggers: [...new Set(triggers.map((trigger) => trigger.kind))],
    versionNumber: row.version_number,
    inside: row.inside,
    entered: row.entered,
    reached: row.reached,
    hasChanges: running === undefined || !isSame(draft, running),
    isTroubled: row.problem !== null,
    updatedAt: row.updated_at.toISOString(),
    updatedBy: row.updated_by,
  };
}

/** Whether a draft says what a graph says, wherever its nodes stand on the canvas. */
function isSame(draft: JourneyDraft, running: Graph): boolean {
  const { graph } = checkDraft(draft);
  const bare = (one: Graph) => JSON.stringify({ ...one, nodes: one.nodes.map((node) => ({ ...node, x: 0, y: 0 })) });
  return graph !== undefined && bare(graph) === bare(running);
}

export async function listJourneyPage(
  ctx: Ctx,
  input: Input<typeof listJourneys>,
): Promise<Output<typeof listJourneys>> {
  const cursor = decodeCursor(input.after, ['number']);
  const rows = await readRows(
    ctx,
    sql`(${cursor?.[0] ?? null}::bigint is null or j.id < ${cursor?.[0] ?? null}::bigint)
      and strpos(lower(j.name), lower(${input.search ?? ''})) > 0
      and (${input.state ?? null}::text is null or j.state = ${input.state ?? null}::text)`,
    input.limit + 1,
  );
  const page = toPage(rows, input.limit, (row) => [row.id]);
  return { rows: page.rows.map(present), next: page.next };
}

export async function requireJourney(ctx: Ctx, id: number): Promise<Row> {
  const [row] = await readRows(ctx, sql`j.id = ${id}`, 1);
  if (!row) throw new AppError('not_found');
  return row;
}

export async function readJourney(ctx: Ctx, versions: Versions, id: number): Promise<Output<typeof getJourney>> {
  const row = await requireJourney(ctx, id);
  const draft = journeyDraft.parse(row.draft);
  const running = row.graph === null ? undefined : graphOf(row.graph);
  const failing: GraphProblem[] =
    row.problem === null ? [] : [{ place: 'graph', id: '', field: '', problem: 'step_fails' }];
  return {
    ...present(row),
    draft,
    revision: row.revision,
    problems: await problemsOf(ctx, versions, draft, id),
    runningProblems: running ? [...(await findBroken(ctx, versions, asDraft(running), id)), ...failing] : [],
    versions: await listVersions(ctx, id),
  };
}

/** A graph is a draft without gaps. */
const asDraft = (graph: Graph) => journeyDraft.parse(graph);

async function problemsOf(
  ctx: Ctx,
  versions: Versions,
  draft: JourneyDraft,
  id: number | null,
): Promise<GraphProblem[]> {
  return [...checkDraft(draft).problems, ...(await findBroken(ctx, versions, draft, id))];
}

type VersionRow = Output<typeof getJourney>['versions'][number];

async function listVersions(ctx: Ctx, journeyId: number): Promise<VersionRow[]> {
  const { rows } = await sql<Omit<VersionRow, 'publishedAt'> & { publishedAt: Date }>`
    select v.id, v.number, v.published_at as "publishedAt", v.published_by as "publishedBy", v.id = j.version_id as "isCurrent",
      case when v.is_over then 0 else
        (select count(*) from journey_enrolment e where e.version_id = v.id and e.state = 'active') end as inside
    from journey_version v join journey j on j.id = v.journey_id
    where v.journey_id = ${journeyId} order by v.number desc limit 200
  `.execute(ctx.db);
  return rows.map((row) => ({ ...row, publishedAt: row.publishedAt.toISOString() }));
}

export async function readVersion(
  ctx: Ctx,
  input: Input<typeof getJourneyVersion>,
): Promise<Output<typeof getJourneyVersion>> {
  await requireJourney(ctx, input.id);
  const row = await ctx.db
    .selectFrom('journey_version')
    .select(['id', 'graph'])
    .where('journey_id', '=', input.id)
    .where('number', '=', input.number)
    .executeTakeFirst();
  const found = row && (await listVersions(ctx, input.id)).find((version) => version.id === row.id);
  if (!row || !found) throw new AppError('not_found');
  return { ...found, graph: asDraft(graphOf(row.graph)) };
}

export async function addJourney(ctx: WriteCtx, input: Input<typeof createJourney>): Promise<number> {
  const { id } = await keepingName(() =>
    ctx.db
      .insertInto('journey')
      .values({
        name: input.name,
        description: input.description,
        state: 'draft',
        draft: JSON.stringify(input.draft),
        created_at: ctx.now,
        updated_at: ctx.now,
        updated_by: ctx.actor.name,
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
  );
  await note(ctx, 'created', { id, name: input.name });
  return id;
}

async function keepingName<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (sqlState(error) === '23505') throw new AppError('journey_name_taken');
    throw error;
  }
}

const note = (ctx: WriteCtx, what: string, { id, name }: { id: number; name: string }, after?: unknown) =>
  recordAudit(ctx, { action: `journey.${what}`, subjectKind: 'journey', subjectId: id, subjectName: name, after });

/** Holds the journey until the commit, so that of two who save, publish or pause one comes after the other. */
async function hold(ctx: WriteCtx, id: number): Promise<{ id: number; name: string; state: State; revision: number }> {
  const row = await ctx.db
    .selectFrom('journey')
    .select(['id', 'name', 'state', 'revision'])
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst();
  if (!row) throw new AppError('not_found');
  return { ...row, state: row.state as State };
}

export async function saveDraft(
  ctx: WriteCtx,
  versions: Versions,
  input: Input<typeof saveJourney>,
): Promise<Output<typeof saveJourney>> {
  const before = await hold(ctx, input.id);
  if (before.revision !== input.revision) throw new AppError('journey_changed');
  const revision = before.revision + 1;
  await keepingName(() =>
    ctx.db
      .updateTable('journey')
      .set({
        name: input.name,
        description: input.description,
        draft: JSON.stringify(input.draft),
        revision,
        updated_at: ctx.now,
        updated_by: ctx.actor.name,
      })
      .where('id', '=', input.id)
      .execute(),
  );
  await note(ctx, 'saved', { id: input.id, name: input.name }, { revision });
  return { revision, problems: await problemsOf(ctx, versions, input.draft, input.id) };
}

/** Makes a version of the draft. Who is inside goes on with his own; a draft with problems is refused and names them. */
export async function publish(
  ctx: WriteCtx,
  versions: Versions,
  input: Input<typeof publishJourney>,
): Promise<Output<typeof publishJourney>> {
  const held = await hold(ctx, input.id);
  if (held.revision !== input.revision) throw new AppError('journey_changed');
  const row = await requireJourney(ctx, input.id);
  const draft = journeyDraft.parse(row.draft);
  const { graph } = checkDraft(draft);
  const problems = await problemsOf(ctx, versions, draft, input.id);
  if (!graph || problems.length > 0) throw new AppError('journey_has_problems', { details: { problems } });
  if (row.state === 'running' && row.graph !== null && isSame(draft, graphOf(row.graph))) {
    throw new AppError('journey_unchanged');
  }
  const { rows } = await sql<{ id: number; number: number }>`
    insert into journey_version (journey_id, number, graph, places, published_at, published_by)
    select ${input.id}, coalesce(max(number), 0) + 1, ${JSON.stringify(graph)}::jsonb, ${placesOf(graph)}::text[], ${ctx.now}, ${ctx.actor.name}
    from journey_version where journey_id = ${input.id} returning id, number
  `.execute(ctx.db);
  const version = rows[0] as { id: number; number: number };
  const listens = listensOf(graph).map((listen) => ({ ...listen, version_id: version.id }));
  if (listens.length > 0) await ctx.db.insertInto('journey_listen').values(listens).execute();
  // What has come round for the version before is not forgotten.
  await ringClocks(ctx, versions, input.id);
  await setClocks(ctx, input.id, graph.triggers);
  await ctx.db
    .updateTable('journey')
    .set((eb) => ({
      state: row.state === 'paused' ? ('paused' as const) : ('running' as const),
      version_id: version.id,
      is_emptying: false,
      open_since: row.state === 'running' || row.state === 'paused' ? eb.ref('open_since') : eb.val(ctx.now),
      updated_at: ctx.now,
      updated_by: ctx.actor.name,
    }))
    .where('id', '=', input.id)
    .execute();
  await note(ctx, 'published', held, { number: version.number });
  return { number: version.number };
}

/** Which events concern a graph: see the table journey_listen. */
function listensOf(graph: Graph) {
  const rows = [
    ...graph.triggers.map((trigger, i) => ({ role: 'enter', place: String(i), step: stepOfTrigger(trigger) })),
    ...graph.exits.map((exit, i) => ({ role: 'exit', place: String(i), step: stepOfExit(exit) })),
    ...graph.nodes.map((node) => ({
      role: 'wake',
      place: node.id,
      step: node.kind === 'wait_event' ? node.data : undefined,
    })),
    ...(graph.goal ? [{ role: 'goal', place: '', step: graph.goal }] : []),
  ];
  return rows.flatMap(({ role, place, step }) => (step ? [{ event_name: step.name, role, place }] : []));
}

const touchesOf = (sourceId: number) => ({ kind: 'journey', sourceId }) as const;

/** Nobody comes in or moves on, and what has been planned and not handed over waits. */
export async function pause(ctx: WriteCtx, id: number): Promise<void> {
  const held = await hold(ctx, id);
  if (held.state !== 'running') throw new AppError('journey_not_running');
  await setState(ctx, id, 'paused');
  await holdTouches(ctx, touchesOf(id));
  await note(ctx, 'paused', held);
}

export async function resume(ctx: WriteCtx, id: number): Promise<void> {
  const held = await hold(ctx, id);
  if (held.state !== 'paused' && held.state !== 'closed') throw new AppError('journey_not_paused');
  const row = await requireJourney(ctx, id);
  if (held.state === 'paused') await goOn(ctx, id);
  await setClocks(ctx, id, row.graph === null ? [] : graphOf(row.graph).triggers);
  await setState(ctx, id, 'running');
  await note(ctx, 'resumed', held);
  wake(ctx, journeyChannel);
}

/** A pause is over. What came due meanwhile is due now, so that nobody is sent the messages of a week at once. */
async function goOn(ctx: WriteCtx, id: number): Promise<void> {
  const notBefore = (column: string) =>
    sql`${sql.ref(column)} = case when ${sql.ref(column)} < ${ctx.now} then ${ctx.now} else ${sql.ref(column)} end`;
  await sql`
    update journey_enrolment e set ${notBefore('due_at')}, ${notBefore('until_at')}, ${notBefore('woken_at')}
    from journey_version v
    where v.journey_id = ${id} and not v.is_over and e.version_id = v.id and e.node = any(v.places) and e.state = 'active'
      and e.due_at < ${ctx.now}
  `.execute(ctx.db);
  await resumeTouches(ctx, touchesOf(id));
}

async function setState(ctx: WriteCtx, id: number, state: State): Promise<void> {
  await ctx.db
    .updateTable('journey')
    .set((eb) => ({
      state,
      ...(state === 'running' ? { is_emptying: false } : {}),
      // What happened while it was closed brings nobody in.
      ...(state === 'running' ? { open_since: eb.val(ctx.now) } : {}),
      updated_at: ctx.now,
      updated_by: ctx.actor.name,
    }))
    .where('id', '=', id)
    .execute();
}

export async function close(ctx: WriteCtx, input: Input<typeof closeJourney>): Promise<void> {
  const held = await hold(ctx, input.id);
  if (held.state === 'draft') throw new AppError('journey_not_published');
  if (held.state === 'paused') await goOn(ctx, input.id);
  await setState(ctx, input.id, 'closed');
  await ctx.db.deleteFrom('journey_clock').where('journey_id', '=', input.id).execute();
  if (input.people === 'leave') await empty(ctx, input.id);
  await note(ctx, 'closed', held, { people: input.people });
}

/** Nobody goes on: whoever is inside leaves with the next ticks, and what was planned is taken back at once. */
async function empty(ctx: WriteCtx, id: number): Promise<void> {
  await ctx.db.updateTable('journey').set({ is_emptying: true }).where('id', '=', id).execute();
  await cancelTouches(ctx, touchesOf(id));
  await withdrawTasks(ctx, touchesOf(id));
  wake(ctx, journeyChannel);
}

export async function remove(ctx: WriteCtx, id: number): Promise<void> {
  const held = await hold(ctx, id);
  const row = await requireJourney(ctx, id);
  if (row.inside > 0) throw new AppError('journey_has_people', { details: { inside: row.inside } });
  if (held.state === 'paused') await resumeTouches(ctx, touchesOf(id));
  if (held.state !== 'draft') await setState(ctx, id, 'closed');
  // Somebody may be coming in at this moment.
  await empty(ctx, id);
  await ctx.db.deleteFrom('journey_clock').where('journey_id', '=', id).execute();
  await ctx.db.updateTable('journey').set({ deleted_at: ctx.now }).where('id', '=', id).execute();
  await note(ctx, 'deleted', held);
}

/** Journeys whose draft or running version says a content. */
export async function findJourneysSaying(ctx: Ctx, contentId: number) {
  const { rows } = await sql<{ id: number; name: string }>`
    select j.id, j.name from journey j left join journey_version v on v.id = j.version_id
    where j.deleted_at is null and (
      jsonb_path_exists(j.draft, '$.nodes[*].data.contentId ? (@ == $id)', jsonb_build_object('id', ${contentId}::bigint))
      or jsonb_path_exists(v.graph, '$.nodes[*].data.contentId ? (@ == $id)', jsonb_build_object('id', ${contentId}::bigint))
    ) order by j.id
  `.execute(ctx.db);
  return rows.map((row) => ({ kind: 'journey' as const, ...row }));
}
