import { checkDraft, type Graph, type GraphNode, journeyDraft } from '#contract/journey-graph';
import type { Ctx } from '#platform/ctx';

/** A published graph. It never changes, so it is read once. */
export interface Version {
  readonly id: number;
  readonly journeyId: number;
  readonly number: number;
  readonly graph: Graph;
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

export interface Versions {
  of(ctx: Ctx, ids: readonly number[]): Promise<ReadonlyMap<number, Version>>;
}

/** So many are kept in memory. */
const mostKept = 1000;

export function createVersions(): Versions {
  const kept = new Map<number, Version>();
  return {
    async of(ctx, ids) {
      const missing = [...new Set(ids)].filter((id) => !kept.has(id));
      const found = new Map(ids.flatMap((id) => (kept.has(id) ? [[id, kept.get(id) as Version] as const] : [])));
      for (const version of await readVersions(ctx, missing)) {
        found.set(version.id, version);
        kept.set(version.id, version);
      }
      for (const oldest of kept.keys()) if (kept.size > mostKept) kept.delete(oldest);
      return found;
    },
  };
}

async function readVersions(ctx: Ctx, ids: readonly number[]): Promise<Version[]> {
  if (ids.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('journey_version')
    .select(['id', 'journey_id', 'number', 'graph'])
    .where('id', 'in', [...ids])
    .execute();
  return rows.map((row) => {
    const graph = graphOf(row.graph);
    const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
    return { id: row.id, journeyId: row.journey_id, number: row.number, graph, nodes };
  });
}

/** A stored graph; what has been added to the form of graphs since gets its default. */
export function graphOf(stored: unknown): Graph {
  const { graph, problems } = checkDraft(journeyDraft.parse(stored));
  if (!graph) throw new Error(`a published graph has problems: ${JSON.stringify(problems).slice(0, 300)}`);
  return graph;
}

export function nodeOf(version: Version, id: string): GraphNode {
  const node = version.nodes.get(id);
  if (!node) throw new Error(`version ${version.id} has no node ${id}`);
  return node;
}
