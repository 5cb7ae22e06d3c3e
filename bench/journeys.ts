import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkDraft, type Graph, journeyDraft } from '#contract/journey-graph';
import { createVersions, bench as journeys } from '#journeys';
import { type Ctx, inTransaction, systemActor } from '#platform/ctx';
import { type Database, openDatabase, sql } from '#platform/db';
import { addJob, startJobs } from '#platform/jobs';
import { silentLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { startEmbeddedPostgres } from '#platform/postgres';
import { createSealer } from '#platform/seal';
import { createEngine } from '#segments';
import { planTouches } from '#touch';
import { type Bench, shortfalls } from './parts/bench.ts';

const begin = new Date('2026-11-21T01:00:00Z');
const dayMs = 86_400_000;
const tagId = 1;

/** Care after a purchase: wait, part by a tag, say something, wait, end. Five nodes for everybody. */
function careOf(contentId: number): Graph {
  const touch = (id: string) => ({
    id,
    kind: 'touch',
    data: { channel: 'wecom_mass', contentId },
    next: { next: 'pause' },
  });
  const { graph, problems } = checkDraft(
    journeyDraft.parse({
      triggers: [{ kind: 'hand', data: {} }],
      start: 'wait',
      nodes: [
        { id: 'wait', kind: 'wait', data: { amount: 1, unit: 'days' }, next: { next: 'part' } },
        {
          id: 'part',
          kind: 'branch',
          data: { ways: [{ id: 'vip', name: 'VIP', tree: { kind: 'tag', mode: 'any', tagIds: [tagId] } }] },
          next: { vip: 'dear', otherwise: 'hello' },
        },
        touch('dear'),
        touch('hello'),
        { id: 'pause', kind: 'wait', data: { amount: 2, unit: 'days' }, next: { next: 'end' } },
        { id: 'end', kind: 'end' },
      ].map((node) => ({ x: 0, y: 0, data: {}, ...node })),
      exits: [],
      goal: null,
      reentry: { kind: 'never' },
    }),
  );
  if (!graph) throw new Error(JSON.stringify(problems));
  return graph;
}

const nodesEach = 5;

async function makeWorld({ pool }: Database, customers: number): Promise<{ contentId: number; versionId: number }> {
  await pool.query(
    `
    insert into customer (name, added_at, created_at) select '客户' || i, '2026-01-01', '2026-01-01' from generate_series(1, $1) i`,
    [customers],
  );
  await pool.query("insert into tag_group (kind, name) values ('internal', '等级')");
  await pool.query("insert into tag (group_id, name) select id, 'VIP' from tag_group");
  await pool.query(
    'insert into customer_tag (customer_id, tag_id, tagged_at) select id, 1, now() from customer where id % 3 = 0',
  );
  const { rows } = await pool.query<{ id: number }>(`
    insert into content (name, category, search_text, search_grams, created_at, updated_at) values ('问候', 'care', '', '{}', now(), now()) returning id`);
  const contentId = rows[0]?.id ?? 0;
  const { rows: versions } = await pool.query<{ id: number }>(
    `insert into content_version (content_id, number, wordings, tracked_urls, created_by, created_at)
    values ($1, 1, '{"wecom":{"text":"到了吗？","attachments":[]}}', '{}', 'bench', now()) returning id`,
    [contentId],
  );
  const versionId = versions[0]?.id ?? 0;
  await pool.query('update content set version_id = $1 where id = $2', [versionId, contentId]);
  await pool.query('analyze');
  return { contentId, versionId };
}

async function publish(
  { pool }: Database,
  name: string,
  graph: Graph,
): Promise<{ journeyId: number; versionId: number }> {
  const { rows } = await pool.query<{ id: number }>(
    `insert into journey (name, state, draft, open_since, created_at, updated_at, updated_by) values ($1, 'running', $2, now(), now(), now(), 'bench') returning id`,
    [name, JSON.stringify(graph)],
  );
  const journeyId = rows[0]?.id ?? 0;
  const { rows: versions } = await pool.query<{ id: number }>(
    `insert into journey_version (journey_id, number, graph, places, published_at, published_by) values ($1, 1, $2, $3, now(), 'bench') returning id`,
    [journeyId, JSON.stringify(graph), journeys.placesOf(graph)],
  );
  const versionId = versions[0]?.id ?? 0;
  await pool.query('update journey set version_id = $1 where id = $2', [versionId, journeyId]);
  return { journeyId, versionId };
}

/** Brings everybody in, and moves them on through three days with two workers. */
async function measureSets(database: Database, ctxAt: (now: Date) => Ctx, graph: Graph, enrolments: number) {
  const into = { ...(await publish(database, 'sets', graph)), graph };
  const cameIn = performance.now();
  const piece = 20_000;
  for (let from = 0; from < enrolments; from += piece) {
    const people = sql`select id as customer_id, null::bigint as home_id, ${begin}::timestamptz as at from customer
      where id > ${from} and id <= ${Math.min(enrolments, from + piece)}`;
    await inTransaction(ctxAt(begin), (ctx) => journeys.enrol(ctx, into, people));
  }
  const enrolMs = performance.now() - cameIn;
  console.log(`${enrolments} came in, ${Math.round((enrolments * 1000) / enrolMs)}/s`);

  const { tick } = journeys.createMover(createEngine(undefined), createVersions());
  const started = performance.now();
  for (const day of [0, 1, 3]) {
    const at = performance.now();
    const now = new Date(begin.getTime() + day * dayMs);
    let moved = 0;
    const worker = async () => {
      for (let did = 1; did > 0; moved += did) did = await tick(ctxAt(now));
    };
    await Promise.all([worker(), worker()]);
    console.log(`day ${day}: ${moved} people moved, ${Math.round((moved * 1000) / (performance.now() - at))}/s`);
  }
  const tookMs = performance.now() - started;
  const { rows } = await database.pool.query<{ steps: number; ended: number; inside: number }>(
    `select sum(step_count)::int as steps, count(*) filter (where state = 'ended')::int as ended, count(*) filter (where state = 'active')::int as inside
    from journey_enrolment where journey_id = $1`,
    [into.journeyId],
  );
  const { rows: written } = await database.pool.query<{ steps: number; touches: number }>(
    `select (select count(*)::int from journey_step) as steps, (select count(*)::int from touch where source_id = $1) as touches`,
    [into.journeyId],
  );
  const { steps = 0, ended = 0 } = rows[0] ?? {};
  const faults =
    Math.abs(steps - nodesEach * enrolments) +
    Math.abs((written[0]?.steps ?? 0) - steps) +
    Math.abs(ended - enrolments) +
    Math.abs((written[0]?.touches ?? 0) - enrolments);
  const perSecond = (steps * 1000) / tookMs;
  console.log(`${steps} steps in ${Math.round(tookMs / 1000)} s: ${Math.round(perSecond)}/s`);
  return { perSecond, faults };
}

/** The same path for some, as one is tempted to write it: a job for each customer and step, each in a transaction. */
async function measureJobs(
  database: Database,
  ctxAt: (now: Date) => Ctx,
  graph: Graph,
  contentVersion: number,
  sample: number,
) {
  const into = { ...(await publish(database, 'jobs', graph)), graph };
  const people = sql`select id as customer_id, null::bigint as home_id, ${begin}::timestamptz as at from customer where id <= ${sample}`;
  await inTransaction(ctxAt(begin), (ctx) => journeys.enrol(ctx, into, people));
  const ctx = ctxAt(begin);
  const secret = 'bench secret bench secret bench secret';
  const runtime = {
    db: database.db,
    bell: database.bell,
    clock: { now: () => begin },
    log: silentLog,
    zone: ctx.zone,
    publicUrl: 'http://127.0.0.1',
    sealer: createSealer(secret),
  };
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  let done = 0;
  const step = async (ctx: Ctx, payload: unknown) => {
    const { customerId, id } = payload as { customerId: number; id: number };
    await inTransaction(ctx, async (ctx) => {
      const row = await ctx.db
        .selectFrom('journey_enrolment')
        .select(['node', 'step_count'])
        .where('customer_id', '=', customerId)
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirstOrThrow();
      const node = nodes.get(row.node);
      if (!node) throw new Error(`no node ${row.node}`);
      let way = 'next';
      if (node.kind === 'branch') {
        const tagged =
          await sql`select 1 from customer_tag where customer_id = ${customerId} and tag_id = ${tagId}`.execute(ctx.db);
        way = tagged.rows.length > 0 ? 'vip' : 'otherwise';
      }
      if (node.kind === 'touch') {
        await planTouches(ctx, [
          {
            customerId,
            purpose: `journey:${id}:${node.id}:${row.step_count}`,
            occasionAt: ctx.now,
            kind: 'journey',
            sourceId: into.journeyId,
            part: node.id,
            channel: 'wecom_mass',
            category: 'care',
            versionId: contentVersion,
            staffId: null,
            priority: 1,
          },
        ]);
      }
      await sql`insert into journey_step (customer_id, at, enrolment_id, step, node, way) values (${customerId}, ${ctx.now}, ${id}, ${row.step_count}, ${node.id}, ${way})`.execute(
        ctx.db,
      );
      const next = node.next[way];
      await sql`
        update journey_enrolment set node = ${next ?? node.id}, step_count = step_count + 1, due_at = ${ctx.now},
          state = ${next === undefined ? 'ended' : 'active'}, ended_at = ${next === undefined ? ctx.now : null}::timestamptz
        where customer_id = ${customerId} and id = ${id}
      `.execute(ctx.db);
      if (next !== undefined) await addJob(ctx, 'bench.step', { customerId, id });
    });
    done++;
  };
  await sql`
    select graphile_worker.add_job('bench.step', json_build_object('customerId', customer_id, 'id', id))
    from journey_enrolment where journey_id = ${into.journeyId}
  `.execute(database.db);
  const started = performance.now();
  const jobs = await startJobs(database.url, runtime, { 'bench.step': step });
  while (done < nodesEach * sample) await sleep(20);
  const tookMs = performance.now() - started;
  await jobs.stop();
  const perSecond = (done * 1000) / tookMs;
  console.log(
    `one job for each customer and step: ${done} steps in ${Math.round(tookMs / 1000)} s: ${Math.round(perSecond)}/s`,
  );
  return perSecond;
}

export const bench: Bench = {
  summary:
    'Everybody goes through a journey of five nodes (wait, branch, message, wait, end), moved by two workers in one process; then some go through the same as one job for each customer and step.',
  options: { enrolments: 1_000_000, sample: 5000 },
  async run({ enrolments = 0, sample = 0 }) {
    const home = mkdtempSync(join(tmpdir(), 'siyu-journeys-'));
    const server = await startEmbeddedPostgres(home, silentLog);
    const database = openDatabase(server.url, silentLog);
    const ctxAt = (now: Date): Ctx => ({
      db: database.db,
      actor: systemActor('bench'),
      now,
      log: silentLog,
      zone: 'Asia/Shanghai',
      requestId: undefined,
      bell: database.bell,
    });
    try {
      await migrate(database, silentLog);
      const { contentId, versionId } = await makeWorld(database, enrolments);
      const graph = careOf(contentId);
      const sets = await measureSets(database, ctxAt, graph, enrolments);
      const perJob = await measureJobs(database, ctxAt, graph, versionId, Math.min(sample, enrolments));
      const result = {
        steps_per_s: Math.round(sets.perSecond),
        job_steps_per_s: Math.round(perJob),
        ratio_to_job_per_step: Math.round((sets.perSecond / perJob) * 10) / 10,
        faults: sets.faults,
      };
      const broken = shortfalls(result, { ratio_to_job_per_step: 10 });
      return {
        result,
        broken: sets.faults > 0 ? [...broken, 'steps, ends or touches are not as many as they must be'] : broken,
      };
    } finally {
      await database.close();
      await server.stop();
      rmSync(home, { recursive: true, force: true });
    }
  },
};
