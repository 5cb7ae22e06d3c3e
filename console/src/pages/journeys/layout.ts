import { Graph, layout } from '@dagrejs/dagre';
import { type JourneyDraft, waysOf } from '#contract/journey-graph';

/** How large a node is drawn; the canvas holds to it. */
export const nodeSize = { width: 236, height: 78 } as const;
const gap = { across: 44, down: 62 } as const;
/** How much further down stands what comes after a node that was put in. */
export const roomForOne = nodeSize.height + gap.down;

/** Places every node anew, from the top down. */
export function arrange(draft: JourneyDraft): JourneyDraft {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: gap.across, ranksep: gap.down });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of draft.nodes) graph.setNode(node.id, { ...nodeSize });
  for (const node of draft.nodes) {
    for (const way of waysOf(node)) {
      const target = node.next[way];
      if (target !== undefined && graph.hasNode(target)) graph.setEdge(node.id, target);
    }
  }
  layout(graph);
  return {
    ...draft,
    nodes: draft.nodes.map((node) => {
      const { x = 0, y = 0 } = graph.node(node.id) as { x?: number; y?: number };
      return { ...node, x: Math.round(x - nodeSize.width / 2), y: Math.round(y - nodeSize.height / 2) };
    }),
  };
}
