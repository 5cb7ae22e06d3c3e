import { PlusOutlined, WarningFilled } from '@ant-design/icons';
import {
  BaseEdge,
  type Connection,
  Controls,
  type Edge,
  EdgeLabelRenderer,
  type EdgeProps,
  getSmoothStepPath,
  Handle,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { Badge } from 'antd';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { type DraftNode, type JourneyDraft, type NodeKind, waysOf } from '#contract/journey-graph';
import { useTheme } from '~/app/theme';
import { useFormat } from '~/format';
import { AddMenu } from './add-menu';
import type { Mark } from './diff';
import { canAdd, type Place } from './draft';
import './journeys.css';
import { KindIcon } from './kinds';
import { nodeSize } from './layout';
import { useJourneyWords } from './words';

/** What is shown of a node besides what it says. */
export interface NodeFigures {
  readonly inside: number;
  readonly ways: ReadonlyMap<string, number>;
}

interface Props {
  readonly draft: JourneyDraft;
  /** Id of a node, or `startId`. */
  readonly selected: string | undefined;
  readonly onSelect: (id: string | undefined) => void;
  readonly figures?: ReadonlyMap<string, NodeFigures>;
  /** Nodes with something missing; `startId` for the entry. */
  readonly troubled?: ReadonlySet<string>;
  readonly marks?: ReadonlyMap<string, Mark>;
  /** Nodes on a path that is shown. */
  readonly path?: ReadonlySet<string>;
  /** Without it nothing can be changed. */
  readonly editing?: Editing;
  readonly height?: number | string;
}

export interface Editing {
  add(place: Place, kind: NodeKind): void;
  connect(place: Place, target: string | null): void;
  move(positions: ReadonlyMap<string, { x: number; y: number }>): void;
}

/** No node has this id: theirs hold letters and digits only. */
export const startId = '_entry';

interface Shown extends Props {
  readonly words: ReturnType<typeof useJourneyWords>;
}

const ShownContext = createContext<Shown | undefined>(undefined);

function useShown(): Shown {
  const shown = useContext(ShownContext);
  if (!shown) throw new Error('a part of the canvas stands outside of it');
  return shown;
}

type FlowNode = Node<{ node: DraftNode | null }>;

/** A journey drawn as a graph, from the entry down. */
export function JourneyCanvas(props: Props) {
  return (
    <ReactFlowProvider>
      <Drawing {...props} />
    </ReactFlowProvider>
  );
}

/** Smaller than that nobody reads it. */
const leastZoom = 0.85;
const margin = 28;

const nodeTypes = { step: StepCard, entry: EntryCard };
const edgeTypes = { way: WayEdge };

function Drawing(props: Props) {
  const { draft, selected, onSelect, editing, height = 560 } = props;
  const { isDark } = useTheme();
  const { t } = useTranslation();
  const words = useJourneyWords(draft);
  const flow = useReactFlow();
  const nodes = useMemo(() => flowNodes(draft, selected, editing !== undefined), [draft, selected, editing]);
  const edges = useMemo(() => flowEdges(draft, words), [draft, words]);

  const box = useRef<HTMLElement>(null);
  /** Shows it whole where that can be read, and its beginning otherwise. */
  const show = () => {
    const { width = 0, height: tall = 0 } = box.current?.getBoundingClientRect() ?? {};
    const bounds = flow.getNodesBounds(flow.getNodes());
    const fits = Math.min((width - 2 * margin) / bounds.width, (tall - 2 * margin) / bounds.height);
    const zoom = Math.min(1, Math.max(leastZoom, fits));
    const x = width / 2 - (bounds.x + bounds.width / 2) * zoom;
    const y = bounds.height * zoom > tall ? margin - bounds.y * zoom : tall / 2 - (bounds.y + bounds.height / 2) * zoom;
    void flow.setViewport({ x, y, zoom });
  };

  // What is chosen from a list, or by keyboard, is brought into sight.
  useEffect(() => {
    const node = selected === undefined ? undefined : flow.getNode(selected);
    const { width = 0, height: tall = 0 } = box.current?.getBoundingClientRect() ?? {};
    if (!node || width === 0) return;
    const { x, y, zoom } = flow.getViewport();
    const [left, top] = [node.position.x * zoom + x, node.position.y * zoom + y];
    const isInSight =
      left >= 0 && top >= 0 && left + nodeSize.width * zoom <= width && top + nodeSize.height * zoom <= tall;
    if (isInSight) return;
    const middle = { x: node.position.x + nodeSize.width / 2, y: node.position.y + nodeSize.height / 2 };
    void flow.setCenter(middle.x, middle.y, { zoom, duration: 200 });
  }, [selected, flow]);

  return (
    <ShownContext value={{ ...props, words }}>
      {/* The graph is also there as a list, which readers that see no picture get. */}
      <section
        ref={box}
        className="journey-canvas"
        style={{ height }}
        aria-label={t('journey.canvas')}
        data-testid="journey-canvas"
      >
        <ReactFlow<FlowNode, Edge>
          nodes={nodes}
          edges={edges}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          colorMode={isDark ? 'dark' : 'light'}
          onInit={show}
          fitViewOptions={{ padding: 0.1, maxZoom: 1 }}
          minZoom={0.2}
          maxZoom={1.5}
          nodesDraggable={editing !== undefined}
          nodesConnectable={editing !== undefined}
          edgesReconnectable={false}
          deleteKeyCode={null}
          disableKeyboardA11y
          selectionKeyCode={null}
          multiSelectionKeyCode={null}
          preventScrolling={false}
          zoomOnScroll={false}
          panOnScroll={editing !== undefined}
          proOptions={{ hideAttribution: true }}
          onNodeClick={(_, node) => onSelect(node.id)}
          onPaneClick={() => onSelect(undefined)}
          onConnect={(connection) => editing?.connect(placeOf(connection), connection.target)}
          isValidConnection={({ target }) => target !== startId}
          onNodesChange={(changes) => {
            const moved = changes.flatMap((change) =>
              change.type === 'position' && change.position ? [[change.id, change.position] as const] : [],
            );
            if (moved.length > 0) editing?.move(new Map(moved));
          }}
        >
          <Controls showInteractive={false} />
        </ReactFlow>
      </section>
    </ShownContext>
  );
}

const placeOf = ({ source, sourceHandle }: Connection): Place =>
  source === startId ? 'start' : { node: source, way: sourceHandle ?? 'next' };

const entryHeight = 108;

function flowNodes(draft: JourneyDraft, selected: string | undefined, isDraggable: boolean): FlowNode[] {
  const first = draft.nodes.find((node) => node.id === draft.start) ?? draft.nodes[0];
  const entry = { x: first?.x ?? 0, y: (first?.y ?? 0) - entryHeight - 40 };
  const size = { width: nodeSize.width, height: nodeSize.height };
  return [
    {
      id: startId,
      type: 'entry',
      position: entry,
      data: { node: null },
      selected: selected === startId,
      draggable: false,
      width: nodeSize.width,
      height: entryHeight,
    },
    ...draft.nodes.map((node) => ({
      id: node.id,
      type: 'step',
      position: { x: node.x, y: node.y },
      data: { node },
      selected: selected === node.id,
      draggable: isDraggable,
      ...size,
    })),
  ];
}

function flowEdges(draft: JourneyDraft, words: Shown['words']): Edge[] {
  const ids = new Set(draft.nodes.map((node) => node.id));
  const edge = (source: string, way: string, target: string, label: string): Edge => ({
    id: `${source} ${way}`,
    source,
    sourceHandle: way,
    target,
    type: 'way',
    data: { label },
  });
  return [
    ...(draft.start !== null && ids.has(draft.start) ? [edge(startId, 'next', draft.start, '')] : []),
    ...draft.nodes.flatMap((node) =>
      waysOf(node).flatMap((way) => {
        const target = node.next[way];
        return target !== undefined && ids.has(target) ? [edge(node.id, way, target, words.sayWay(node, way))] : [];
      }),
    ),
  ];
}

function EntryCard({ selected }: NodeProps) {
  const { draft, words, troubled, editing } = useShown();
  const { t } = useTranslation();
  const isOpen = draft.start === null;
  return (
    <div className={cardClass('journey-entry', selected, troubled?.has(startId))} data-testid="journey-entry">
      <div className="journey-card-head">
        <strong>{t('journey.start')}</strong>
        {troubled?.has(startId) && <WarningFilled className="journey-warn" aria-label={t('journey.troubled')} />}
      </div>
      <ul className="journey-entry-lines">
        {draft.triggers.slice(0, 3).map((trigger, i) => (
          <li key={i}>{words.sayTrigger(trigger)}</li>
        ))}
        {draft.triggers.length === 0 && <li className="muted">{t('journey.noTrigger')}</li>}
        {draft.goal !== null && (
          <li className="muted">
            {t('journey.settings.goal')} · {words.saySetting(draft, 'goal')}
          </li>
        )}
      </ul>
      <WayHandle id="next" share={0.5} isConnectable={editing !== undefined} />
      {isOpen && editing && <OpenWay place="start" share={0.5} label="" />}
    </div>
  );
}

function StepCard({ data, selected }: NodeProps<FlowNode>) {
  const { words, figures, troubled, marks, path, editing } = useShown();
  const { t } = useTranslation();
  const format = useFormat();
  const { node } = data;
  if (node === null) return null;
  const ways = waysOf(node);
  const here = figures?.get(node.id);
  const isTroubled = troubled?.has(node.id);
  const mark = marks?.get(node.id);
  return (
    <div
      className={cardClass(
        'journey-step',
        selected,
        isTroubled,
        mark && `journey-${mark}`,
        path && (path.has(node.id) ? 'journey-walked' : 'journey-passed-by'),
      )}
      data-testid={`journey-node-${node.kind}`}
    >
      <Handle type="target" position={Position.Top} isConnectable={editing !== undefined} />
      <div className="journey-card-head">
        <KindIcon kind={node.kind} />
        <strong className="ellipsis">{words.nameNode(node)}</strong>
        {isTroubled && <WarningFilled className="journey-warn" aria-label={t('journey.troubled')} />}
        {here !== undefined && here.inside > 0 && (
          <Badge
            count={here.inside}
            overflowCount={999_999}
            color="var(--ant-color-primary)"
            title={t('journey.inside')}
          />
        )}
      </div>
      <div className="journey-card-text">{words.sayNode(node)}</div>
      {here !== undefined && ways.length <= 1 && (
        <div className="journey-card-count muted small">{passedText(here, format.number)}</div>
      )}
      {ways.map((way, i) => (
        <WayHandle key={way} id={way} share={(i + 1) / (ways.length + 1)} isConnectable={editing !== undefined} />
      ))}
      {editing &&
        ways.map((way, i) =>
          node.next[way] === undefined ? (
            <OpenWay
              key={way}
              place={{ node: node.id, way }}
              share={(i + 1) / (ways.length + 1)}
              label={words.sayWay(node, way)}
            />
          ) : null,
        )}
    </div>
  );
}

const passedText = ({ ways }: NodeFigures, write: (n: number) => string) => {
  const passed = [...ways.values()].reduce((sum, count) => sum + count, 0);
  return passed === 0 ? '' : `✓ ${write(passed)}`;
};

function cardClass(base: string, selected: boolean, troubled: boolean | undefined, ...others: (string | undefined)[]) {
  return [
    'journey-card',
    base,
    selected ? 'journey-selected' : '',
    troubled ? 'journey-troubled' : '',
    ...others.filter((one) => one !== undefined),
  ].join(' ');
}

function WayHandle({ id, share, isConnectable }: { id: string; share: number; isConnectable: boolean }) {
  return (
    <Handle
      id={id}
      type="source"
      position={Position.Bottom}
      style={{ left: `${share * 100}%` }}
      isConnectable={isConnectable}
    />
  );
}

/** A way that leads nowhere yet: what comes next is added here. */
function OpenWay({ place, share, label }: { place: Place; share: number; label: string }) {
  const { editing } = useShown();
  return (
    <span className="journey-open-way nodrag" style={{ left: `${share * 100}%` }}>
      {label !== '' && <span className="journey-way-name">{label}</span>}
      <AddButton onAdd={(kind) => editing?.add(place, kind)} />
    </span>
  );
}

function AddButton({ onAdd }: { onAdd: (kind: NodeKind) => void }): ReactNode {
  const { t } = useTranslation();
  const { draft } = useShown();
  if (!canAdd(draft)) return null;
  return (
    <AddMenu onAdd={onAdd}>
      <button
        type="button"
        className="journey-add nodrag nopan"
        aria-label={t('journey.add')}
        data-testid="journey-add"
      >
        <PlusOutlined />
      </button>
    </AddMenu>
  );
}

function WayEdge({ source, sourceHandleId, data, ...position }: EdgeProps) {
  const { editing, figures } = useShown();
  const format = useFormat();
  const [line, x, y] = getSmoothStepPath({ ...position, borderRadius: 12 });
  const way = sourceHandleId ?? 'next';
  const label = String(data?.label ?? '');
  const count = figures?.get(source)?.ways.get(way);
  const isNamed = label !== '';
  return (
    <>
      <BaseEdge path={line} />
      <EdgeLabelRenderer>
        <div
          className="journey-edge nodrag nopan"
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
        >
          {isNamed && (
            <span className="journey-way-name">
              {label}
              {count !== undefined && <span className="muted"> {format.number(count)}</span>}
            </span>
          )}
          {editing && (
            <AddButton onAdd={(kind) => editing.add(source === startId ? 'start' : { node: source, way }, kind)} />
          )}
        </div>
      </EdgeLabelRenderer>
    </>
  );
}
