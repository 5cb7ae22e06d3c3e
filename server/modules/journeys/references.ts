import { wordingOf } from '#content';
import {
  type DataOf,
  type DraftNode,
  exitData,
  type GraphProblem,
  instantMoves,
  type JourneyDraft,
  nodeData,
  triggerData,
} from '#contract/journey-graph';
import type { Condition } from '#contract/segments';
import type { Channel } from '#contract/touch';
import { fitsAttribute } from '#customers';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { loadWorld } from '#segments';
import type { Versions } from './versions.ts';

/** Whether what a draft speaks of is there: tags, attributes, contents, segments, other journeys. */

interface Reference {
  readonly place: GraphProblem['place'];
  readonly id: string;
  readonly field: string;
}

/** What an attribute must hold: a day, or this value; null for whatever it holds. */
type Wanted = { readonly day: true } | { readonly value: string | number | boolean } | null;

interface References {
  readonly tags: [Reference, number][];
  readonly segments: [Reference, number][];
  readonly trees: [Reference, Condition][];
  readonly contents: [Reference, number, Channel][];
  readonly attributes: [Reference, string, Wanted][];
  readonly journeys: [Reference, number][];
}

export async function findBroken(
  ctx: Ctx,
  versions: Versions,
  draft: JourneyDraft,
  journeyId: number | null,
): Promise<GraphProblem[]> {
  const references = referencesOf(draft);
  return [
    ...(await brokenTags(ctx, references)),
    ...(await brokenSegments(ctx, references)),
    ...(await brokenTrees(ctx, references)),
    ...(await brokenContents(ctx, references)),
    ...(await brokenAttributes(ctx, references)),
    ...(await brokenJourneys(ctx, references, journeyId)),
    ...(await circlesOfMoves(ctx, versions, draft, journeyId)),
  ];
}

/** What is incomplete is told by the graph's own check and speaks of nothing yet. */
function referencesOf(draft: JourneyDraft): References {
  const found: References = { tags: [], segments: [], trees: [], contents: [], attributes: [], journeys: [] };
  for (const node of draft.nodes) collectOfNode(found, node);
  for (const [i, { kind, data }] of draft.triggers.entries()) {
    const at = (field: string): Reference => ({ place: 'trigger', id: String(i), field });
    const parsed = triggerData[kind].safeParse(data);
    if (!parsed.success) continue;
    if ('segmentId' in parsed.data) found.segments.push([at('segmentId'), parsed.data.segmentId]);
    if ('key' in parsed.data) found.attributes.push([at('key'), parsed.data.key, { day: true }]);
  }
  for (const [i, { kind, data }] of draft.exits.entries()) {
    const parsed = exitData[kind].safeParse(data);
    if (parsed.success && 'segmentId' in parsed.data) {
      found.segments.push([{ place: 'exit', id: String(i), field: 'segmentId' }, parsed.data.segmentId]);
    }
  }
  return found;
}

function collectOfNode(found: References, node: DraftNode): void {
  const at = (field: string): Reference => ({ place: 'node', id: node.id, field });
  switch (node.kind) {
    case 'tag': {
      const { data } = nodeData.tag.safeParse(node.data);
      for (const field of ['add', 'remove'] as const)
        for (const id of data?.[field] ?? []) found.tags.push([at(field), id]);
      break;
    }
    case 'branch': {
      const { data } = nodeData.branch.safeParse(node.data);
      for (const [i, way] of (data?.ways ?? []).entries()) found.trees.push([at(`ways.${i}.tree`), way.tree]);
      break;
    }
    case 'touch': {
      const { data } = nodeData.touch.safeParse(node.data);
      if (data) found.contents.push([at('contentId'), data.contentId, data.channel]);
      break;
    }
    case 'task': {
      const { data } = nodeData.task.safeParse(node.data);
      if (data) found.contents.push([at('contentId'), data.contentId, 'staff_task']);
      break;
    }
    case 'wait_date': {
      const { data } = nodeData.wait_date.safeParse(node.data);
      if (data) found.attributes.push([at('key'), data.key, { day: true }]);
      break;
    }
    case 'attribute': {
      const { data } = nodeData.attribute.safeParse(node.data);
      if (data) found.attributes.push([at('key'), data.key, wantedBy(data.value)]);
      break;
    }
    case 'move': {
      const { data } = nodeData.move.safeParse(node.data);
      if (data) found.journeys.push([at('journeyId'), data.journeyId]);
      break;
    }
    case 'wait':
    case 'wait_until':
    case 'wait_event':
    case 'split':
    case 'webhook':
    case 'end':
      break;
  }
}

function wantedBy(value: DataOf<'attribute'>['value']): Wanted {
  switch (value.of) {
    case 'fixed':
      return { value: value.value };
    case 'today':
      return { day: true };
    case 'nothing':
      return null;
  }
}

async function livingIds(ctx: Ctx, table: 'tag' | 'segment' | 'journey', ids: readonly number[]): Promise<Set<number>> {
  if (ids.length === 0) return new Set();
  const { rows } = await sql<{ id: number }>`
    select id from ${sql.table(table)} where id = any(${ids}::bigint[]) and deleted_at is null
  `.execute(ctx.db);
  return new Set(rows.map((row) => row.id));
}

async function brokenTags(ctx: Ctx, { tags }: References): Promise<GraphProblem[]> {
  const living = await livingIds(
    ctx,
    'tag',
    tags.map(([, id]) => id),
  );
  return tags.flatMap(([at, id]) => (living.has(id) ? [] : [{ ...at, problem: 'tag_unknown' }]));
}

async function brokenSegments(ctx: Ctx, { segments }: References): Promise<GraphProblem[]> {
  const living = await livingIds(
    ctx,
    'segment',
    segments.map(([, id]) => id),
  );
  return segments.flatMap(([at, id]) => (living.has(id) ? [] : [{ ...at, problem: 'segment_unknown' }]));
}

async function brokenTrees(ctx: Ctx, { trees }: References): Promise<GraphProblem[]> {
  const problems: GraphProblem[] = [];
  for (const [at, tree] of trees) {
    try {
      await loadWorld(ctx, [tree]);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems.push({ ...at, problem: error.code });
    }
  }
  return problems;
}

async function brokenContents(ctx: Ctx, { contents }: References): Promise<GraphProblem[]> {
  if (contents.length === 0) return [];
  const { rows } = await sql<{ id: number; is_archived: boolean; kinds: string[] }>`
    select c.id, c.archived_at is not null as is_archived, array(select jsonb_object_keys(v.wordings)) as kinds
    from content c join content_version v on v.id = c.version_id where c.id = any(${contents.map(([, id]) => id)}::bigint[])
  `.execute(ctx.db);
  const known = new Map(rows.map((row) => [row.id, row]));
  return contents.flatMap(([at, id, channel]) => {
    const content = known.get(id);
    if (!content) return [{ ...at, problem: 'content_unknown' }];
    if (content.is_archived) return [{ ...at, problem: 'content_archived' }];
    const kind = wordingOf[channel];
    // A task without words of its own is told those for WeCom.
    const speaks = content.kinds.includes(kind) || (kind === 'task' && content.kinds.includes('wecom'));
    return speaks ? [] : [{ ...at, problem: 'content_silent' }];
  });
}

async function brokenAttributes(ctx: Ctx, { attributes }: References): Promise<GraphProblem[]> {
  if (attributes.length === 0) return [];
  const keys = attributes.map(([, key]) => key);
  const rows = await ctx.db.selectFrom('attribute_definition').selectAll().where('key', 'in', keys).execute();
  const known = new Map(rows.map((row) => [row.key, row]));
  return attributes.flatMap(([at, key, wanted]): GraphProblem[] => {
    const definition = known.get(key);
    if (!definition) return [{ ...at, problem: 'attribute_unknown' }];
    const kind = definition.kind as Parameters<typeof fitsAttribute>[0]['kind'];
    if (wanted === null) return [];
    if ('day' in wanted) return kind === 'date' ? [] : [{ ...at, problem: 'attribute_no_day' }];
    if (fitsAttribute({ kind, choices: definition.choices }, wanted.value)) return [];
    return [{ ...at, field: 'value.value', problem: 'attribute_value_invalid' }];
  });
}

async function brokenJourneys(ctx: Ctx, { journeys }: References, own: number | null): Promise<GraphProblem[]> {
  const living = await livingIds(
    ctx,
    'journey',
    journeys.map(([, id]) => id),
  );
  return journeys.flatMap(([at, id]) => {
    if (id === own) return [{ ...at, problem: 'move_to_itself' }];
    return living.has(id) ? [] : [{ ...at, problem: 'journey_unknown' }];
  });
}

/** Journeys that hand people on to each other in a circle, in which nobody ever waits. */
async function circlesOfMoves(
  ctx: Ctx,
  versions: Versions,
  draft: JourneyDraft,
  own: number | null,
): Promise<GraphProblem[]> {
  if (own === null) return [];
  const problems: GraphProblem[] = [];
  for (const { nodeId, journeyId } of instantMoves(draft)) {
    const seen = new Set<number>();
    for (let open = [journeyId]; open.length > 0; ) {
      const fresh = open.filter((id) => !seen.has(id) && id !== own);
      for (const id of fresh) seen.add(id);
      const graphs = await runningGraphs(ctx, versions, fresh);
      open = graphs.flatMap((graph) => instantMoves(graph).map((move) => move.journeyId));
      if (open.includes(own)) {
        problems.push({ place: 'node', id: nodeId, field: 'journeyId', problem: 'move_in_circle' });
        break;
      }
    }
  }
  return problems;
}

async function runningGraphs(ctx: Ctx, versions: Versions, journeyIds: readonly number[]) {
  if (journeyIds.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('journey')
    .select('version_id')
    .where('id', 'in', [...journeyIds])
    .where('version_id', 'is not', null)
    .where('deleted_at', 'is', null)
    .execute();
  const known = await versions.of(
    ctx,
    rows.map((row) => row.version_id as number),
  );
  return [...known.values()].map((version) => version.graph);
}
