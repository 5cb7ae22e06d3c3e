import type { GraphNode } from '#contract/journey-graph';
import { claimAttributes, tagAndTell } from '#customers';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { storeFacts } from '#platform/facts';
import { enrol } from './enrol.ts';
import { attributeValue } from './kinds.ts';
import { momentsOf, numbersOf } from './lookback.ts';
import { planTouch } from './touches.ts';
import type { Traveller } from './travellers.ts';
import type { Versions } from './versions.ts';

/** What nodes do to people, for all who come to a node at once, in the transaction that moves them on. */

/** What is worth saying of it, of everybody or of some. */
export type Note = string | null | ((traveller: Traveller) => string | null);

export async function act(
  ctx: WriteCtx,
  versions: Versions,
  node: GraphNode,
  travellers: readonly Traveller[],
): Promise<Note> {
  switch (node.kind) {
    case 'tag':
      return changeTags(ctx, node, travellers);
    case 'attribute':
      return setAttribute(ctx, node, travellers);
    case 'webhook':
      return tell(ctx, node, travellers);
    case 'move':
      return moveOn(ctx, versions, node, travellers);
    case 'touch':
    case 'task':
      return planTouch(ctx, node, travellers);
    case 'wait':
    case 'wait_until':
    case 'wait_date':
    case 'wait_event':
    case 'branch':
    case 'split':
    case 'end':
      return null;
  }
}

type NodeOf<K extends GraphNode['kind']> = Extract<GraphNode, { kind: K }>;

const customersOf = (travellers: readonly Traveller[]) => [...new Set(travellers.map((t) => t.customerId))];

/** Tags that are gone by now are passed over: the journey outlived them. */
async function changeTags(ctx: WriteCtx, node: NodeOf<'tag'>, travellers: readonly Traveller[]): Promise<Note> {
  const ids = [...node.data.add, ...node.data.remove];
  const rows = await ctx.db
    .selectFrom('tag')
    .select('id')
    .where('id', 'in', ids)
    .where('deleted_at', 'is', null)
    .execute();
  const living = new Set(rows.map((row) => row.id));
  const add = node.data.add.filter((id) => living.has(id));
  const remove = node.data.remove.filter((id) => living.has(id));
  if (add.length + remove.length > 0) await tagAndTell(ctx, customersOf(travellers), { add, remove });
  return living.size < new Set(ids).size ? 'tag_gone' : null;
}

async function setAttribute(ctx: WriteCtx, node: NodeOf<'attribute'>, travellers: readonly Traveller[]): Promise<Note> {
  const { key } = node.data;
  const definition = await ctx.db
    .selectFrom('attribute_definition')
    .select('key')
    .where('key', '=', key)
    .executeTakeFirst();
  if (!definition) return 'attribute_gone';
  await claimAttributes(
    ctx,
    travellers.map((traveller) => ({
      customerId: traveller.customerId,
      homeId: null,
      key,
      value: attributeValue(node.data, traveller.at, ctx.zone),
      source: 'journey',
      setAt: ctx.now,
      setBy: null,
    })),
  );
  return null;
}

/** Who is left alone is not told of: what others do about it may reach him. */
async function tell(ctx: WriteCtx, node: NodeOf<'webhook'>, travellers: readonly Traveller[]): Promise<Note> {
  const told = travellers.filter((traveller) => !traveller.isHoldout);
  const names = await journeyNames(ctx, told);
  await storeFacts(
    ctx,
    told.map((traveller) => ({
      source: 'journeys',
      messageId: `journey ${traveller.id} ${node.id} ${traveller.stepCount}`,
      name: 'journey.told',
      subject: `customer:${traveller.customerId}`,
      occurredAt: ctx.now,
      payload: {
        customerId: traveller.customerId,
        journeyId: traveller.version.journeyId,
        journeyName: names.get(traveller.version.journeyId) ?? '',
        node: node.id,
        topic: node.data.topic,
        note: node.data.note,
      },
    })),
    { together: true },
  );
  return (traveller) => (traveller.isHoldout ? 'holdout' : null);
}

async function journeyNames(ctx: WriteCtx, travellers: readonly Traveller[]): Promise<Map<number, string>> {
  const ids = [...new Set(travellers.map((traveller) => traveller.version.journeyId))];
  if (ids.length === 0) return new Map();
  const rows = await ctx.db.selectFrom('journey').select(['id', 'name']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row.name]));
}

/** Who comes out of one journey comes into another, by its own rules, at the time of the step. */
async function moveOn(
  ctx: WriteCtx,
  versions: Versions,
  node: NodeOf<'move'>,
  travellers: readonly Traveller[],
): Promise<Note> {
  const { journeyId } = node.data;
  const target = await ctx.db
    .selectFrom('journey')
    .select('version_id')
    .where('id', '=', journeyId)
    .where('state', '=', 'running')
    .where('deleted_at', 'is', null)
    .executeTakeFirst();
  const version = target?.version_id ? (await versions.of(ctx, [target.version_id])).get(target.version_id) : undefined;
  if (!version) return 'journey_not_running';
  const people = sql`
    select distinct on (customer_id) customer_id, null::bigint as home_id, at
    from unnest(${numbersOf(travellers.map((t) => t.customerId))}::bigint[], ${momentsOf(travellers.map((t) => t.at))}::timestamptz[])
      as u(customer_id, at)
    order by customer_id, at`;
  const { entered } = await enrol(ctx, { journeyId, versionId: version.id, graph: version.graph }, people);
  return entered < travellers.length ? 'not_all_admitted' : null;
}
