import {
  ApartmentOutlined,
  CheckOutlined,
  ExclamationCircleOutlined,
  ExperimentOutlined,
  QuestionCircleOutlined,
  RedoOutlined,
  UndoOutlined,
} from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useBlocker, useNavigate } from '@tanstack/react-router';
import { App, Button, Grid, Input, Modal, Popover, Skeleton, Tooltip } from 'antd';
import { type KeyboardEvent, type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { checkDraft, type GraphProblem, type JourneyDraft, type NodeKind, waysOf } from '#contract/journey-graph';
import { getJourney, publishJourney, saveJourney } from '#contract/journeys';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { Beside } from './beside';
import { type Editing, JourneyCanvas, startId } from './canvas';
import { canAdd, connect, duplicateNode, insertNode, neighbour, newNode, type Place, removeNodes } from './draft';
import { useUndoable } from './history';
import { KindIcon, kindGroups } from './kinds';
import { arrange, roomForOne } from './layout';
import { NodeDrawer } from './node-drawer';
import { JourneyOutline } from './outline';
import { PublishModal } from './publish-modal';
import { Replay } from './replay';
import { useJourneyWords, useProblemText } from './words';

const page = getRouteApi('/inside/journeys/$id/edit');

type Journey = Output<typeof getJourney>;

export default function EditJourneyPage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const { data, error } = useQuery({
    ...reading(getJourney, { id }),
    refetchOnWindowFocus: false,
    refetchInterval: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (data === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('journey.one')} backTo="/journeys" />
        {error ? <ErrorNotice error={error} /> : <Skeleton active />}
      </div>
    );
  }
  return <Editor key={id} journey={data} />;
}

interface Written {
  readonly name: string;
  readonly description: string;
  readonly draft: JourneyDraft;
}

function Editor({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const { name, description, draft } = journey;
  const written = useUndoable<Written>({ name, description, draft });
  const { value } = written;
  const [saved, setSaved] = useState({ value, revision: journey.revision, problems: journey.problems });
  const [selected, setSelected] = useState<string>();
  const [open, setOpen] = useState<string>();
  const [adding, setAdding] = useState<Place>();
  const [isTrying, setTrying] = useState(false);
  const [path, setPath] = useState<ReadonlySet<string>>();
  const [isPublishing, setPublishing] = useState(false);
  const isChanged = value !== saved.value;
  const problems = useProblems(value.draft, saved);

  const change = (next: (draft: JourneyDraft) => JourneyDraft, about?: string) =>
    written.change((before) => {
      const after = next(before.draft);
      return after === before.draft ? before : { ...before, draft: after };
    }, about);
  const choose = (id: string | undefined) => {
    setSelected(id);
    setOpen(id);
  };

  const saving = useWriting(saveJourney);
  const publishing = useWriting(publishJourney, {
    onDone: ({ number }) => {
      void message.success(t('journey.published', { n: number }));
      void navigate({ to: '/journeys/$id', params: { id: String(journey.id) } });
    },
  });

  async function save(): Promise<number | undefined> {
    const { revision } = saved;
    const sent = value;
    try {
      const answer = await saving.mutateAsync({ id: journey.id, ...sent, revision });
      setSaved({ value: sent, ...answer });
      return answer.revision;
    } catch {
      return undefined;
    }
  }

  async function publish() {
    const revision = isChanged ? await save() : saved.revision;
    if (revision !== undefined) publishing.mutate({ id: journey.id, revision });
  }

  const isLeaving = useBlocker({
    shouldBlockFn: () => isChanged && !publishing.isSuccess,
    enableBeforeUnload: () => isChanged,
    withResolver: true,
  });

  function add(place: Place, kind: NodeKind) {
    const { draft: now } = value;
    const from = place === 'start' ? undefined : now.nodes.find((node) => node.id === place.node);
    const first = now.nodes.find((node) => node.id === now.start);
    const ways = from ? waysOf(from) : [];
    const aside = place === 'start' ? 0 : (ways.indexOf(place.way) - (ways.length - 1) / 2) * 280;
    const at = from ? { x: from.x + aside, y: from.y + roomForOne } : { x: first?.x ?? 0, y: first?.y ?? 0 };
    const node = newNode(now, kind, at);
    change((before) => insertNode(before, place, node, roomForOne));
    choose(node.id);
    setAdding(undefined);
  }

  const editing: Editing = {
    add,
    connect: (place, target) => change((before) => connect(before, place, target)),
    move: (positions) =>
      change(
        (before) => ({
          ...before,
          nodes: before.nodes.map((node) => {
            const to = positions.get(node.id);
            return to ? { ...node, x: Math.round(to.x), y: Math.round(to.y) } : node;
          }),
        }),
        `move ${[...positions.keys()].join(' ')}`,
      ),
  };

  const remove = (id: string) => {
    change((before) => removeNodes(before, [id]));
    choose(undefined);
  };
  const duplicate = (id: string) => {
    const copied = duplicateNode(value.draft, id);
    change(() => copied.draft);
    choose(copied.id);
  };

  function press(event: KeyboardEvent) {
    const isField = (event.target as HTMLElement).closest('input, textarea, .ant-select, .ant-picker') !== null;
    const isCommand = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (isCommand && key === 's') {
      event.preventDefault();
      void save();
      return;
    }
    if (isField) return;
    if (isCommand && key === 'z') {
      event.preventDefault();
      if (event.shiftKey) written.redo();
      else written.undo();
    } else if (isCommand && key === 'y') {
      event.preventDefault();
      written.redo();
    } else if (isCommand && key === 'd' && selected !== undefined && selected !== startId) {
      event.preventDefault();
      duplicate(selected);
    } else if (key === 'delete' && selected !== undefined && selected !== startId) {
      remove(selected);
    } else if (key === 'insert' || (key === 'n' && !isCommand)) {
      event.preventDefault();
      setAdding(placeAfter(value.draft, selected));
    } else if (key === 'arrowdown' || key === 'arrowup') {
      event.preventDefault();
      setSelected(walk(value.draft, selected, key === 'arrowdown' ? 'down' : 'up'));
    } else if (key === 'enter' && selected !== undefined && (event.target as HTMLElement).closest('button') === null) {
      setOpen(selected);
    } else if (key === 'escape') {
      choose(undefined);
    }
  }

  const troubled = new Set(problems.map((one) => (one.place === 'node' ? one.id : startId)));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are a shortcut to buttons that stand in it
    <div className="page journey-editor" onKeyDown={press}>
      <PageHeader
        title={value.name}
        backTo="/journeys"
        beside={isChanged && <span className="muted small">{t('journey.unsaved')}</span>}
        actions={
          <>
            <ProblemList draft={value.draft} problems={problems} onChoose={choose} />
            <Button
              onClick={() => void save()}
              loading={saving.isPending}
              disabled={!isChanged}
              data-testid="journey-save"
            >
              {t('common.save')}
            </Button>
            <Button
              type="primary"
              disabled={problems.length > 0}
              onClick={() => setPublishing(true)}
              data-testid="journey-publish"
            >
              {t('journey.publish')}
            </Button>
          </>
        }
      />
      <Panel isFlush className="journey-board">
        <div className="journey-tools">
          <Input
            className="journey-name"
            aria-label={t('common.name')}
            value={value.name}
            maxLength={60}
            onChange={(event) => {
              const next = event.target.value;
              written.change((before) => ({ ...before, name: next }), 'name');
            }}
          />
          <Input
            className="journey-description"
            aria-label={t('journey.description')}
            placeholder={t('journey.description')}
            value={value.description}
            maxLength={300}
            onChange={(event) => {
              const next = event.target.value;
              written.change((before) => ({ ...before, description: next }), 'description');
            }}
          />
          <span className="journey-tools-right">
            <Tool label={t('journey.undo')} icon={<UndoOutlined />} isOff={!written.canUndo} onClick={written.undo} />
            <Tool label={t('journey.redo')} icon={<RedoOutlined />} isOff={!written.canRedo} onClick={written.redo} />
            <Tool label={t('journey.arrange')} icon={<ApartmentOutlined />} onClick={() => change(arrange)} />
            <Tool label={t('journey.tryOut')} icon={<ExperimentOutlined />} onClick={() => setTrying(true)} />
            <Popover trigger="click" title={t('journey.keys')} content={<Keys />}>
              <Button type="text" icon={<QuestionCircleOutlined />} aria-label={t('journey.keys')} />
            </Popover>
          </span>
        </div>
        <div className="journey-board-row is-edited">
          {isWide ? (
            <JourneyCanvas
              draft={value.draft}
              selected={selected}
              onSelect={choose}
              troubled={troubled}
              editing={editing}
              height="var(--journey-board)"
              {...(path ? { path } : {})}
            />
          ) : (
            <div className="panel-body">
              <p className="muted small">{t('journey.readOnly')}</p>
              <JourneyOutline draft={value.draft} selected={selected} onSelect={choose} troubled={troubled} />
            </div>
          )}
          <NodeDrawer
            journeyId={journey.id}
            draft={value.draft}
            open={isTrying ? undefined : open}
            problems={problems}
            change={change}
            onDuplicate={duplicate}
            onRemove={remove}
            onClose={() => setOpen(undefined)}
          />
          <Beside
            isOpen={isTrying}
            title={t('journey.tryOut')}
            onClose={() => {
              setTrying(false);
              setPath(undefined);
            }}
          >
            <Replay draft={value.draft} onPath={setPath} />
          </Beside>
        </div>
      </Panel>
      {adding !== undefined && <AddModal onAdd={(kind) => add(adding, kind)} onClose={() => setAdding(undefined)} />}
      {isPublishing && (
        <PublishModal
          journey={{ ...journey, name: value.name }}
          draft={value.draft}
          isPending={saving.isPending || publishing.isPending}
          onPublish={() => void publish().then(() => queryClient.invalidateQueries())}
          onClose={() => setPublishing(false)}
        />
      )}
      <Modal
        open={isLeaving.status === 'blocked'}
        title={t('journey.leaveTitle')}
        okText={t('journey.leave')}
        cancelText={t('journey.stay')}
        okButtonProps={{ danger: true }}
        onOk={() => isLeaving.proceed?.()}
        onCancel={() => isLeaving.reset?.()}
      >
        {t('journey.leaveHint')}
      </Modal>
    </div>
  );
}

/** What is missing is told at once; what the database found with the last save as long as that part is the same. */
function useProblems(
  draft: JourneyDraft,
  saved: { value: Written; problems: readonly GraphProblem[] },
): readonly GraphProblem[] {
  return useMemo(() => {
    const { problems } = checkDraft(draft);
    const key = ({ place, id, field, problem }: GraphProblem) => `${place} ${id} ${field} ${problem}`;
    const before = new Set(checkDraft(saved.value.draft).problems.map(key));
    const isSame = ({ place, id }: GraphProblem) => {
      const partOf = (one: JourneyDraft): unknown => {
        if (place === 'node') return one.nodes.find((node) => node.id === id)?.data;
        return place === 'trigger' ? one.triggers[Number(id)] : place === 'exit' ? one.exits[Number(id)] : one.goal;
      };
      return partOf(draft) === partOf(saved.value.draft);
    };
    const found = saved.problems.filter((one) => !before.has(key(one)) && isSame(one));
    return [...problems, ...found];
  }, [draft, saved]);
}

/** Where a node is added by keyboard: into the first way of the chosen one that is open, else into its first. */
function placeAfter(draft: JourneyDraft, selected: string | undefined): Place | undefined {
  if (!canAdd(draft)) return undefined;
  const node = draft.nodes.find((one) => one.id === selected);
  if (!node) return 'start';
  const ways = waysOf(node);
  const way = ways.find((one) => node.next[one] === undefined) ?? ways[0];
  return way === undefined ? undefined : { node: node.id, way };
}

function walk(draft: JourneyDraft, selected: string | undefined, direction: 'up' | 'down'): string | undefined {
  if (selected === undefined) return startId;
  if (selected === startId) return direction === 'down' ? (draft.start ?? startId) : startId;
  return neighbour(draft, selected, direction) ?? (direction === 'up' ? startId : selected);
}

function Tool({
  label,
  icon,
  isOff = false,
  onClick,
}: {
  readonly label: string;
  readonly icon: ReactNode;
  readonly isOff?: boolean;
  readonly onClick: () => void;
}) {
  return (
    <Tooltip title={label}>
      <Button type="text" icon={icon} aria-label={label} disabled={isOff} onClick={onClick} />
    </Tooltip>
  );
}

function ProblemList({
  draft,
  problems,
  onChoose,
}: {
  readonly draft: JourneyDraft;
  readonly problems: readonly GraphProblem[];
  readonly onChoose: (id: string) => void;
}) {
  const { t } = useTranslation();
  const words = useJourneyWords(draft);
  const text = useProblemText();
  if (problems.length === 0) return <CheckOutlined className="change-good" aria-hidden />;
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <ul className="journey-problems">
          {problems.map((one, i) => (
            <li key={i}>
              <button
                type="button"
                className="link-button"
                onClick={() => onChoose(one.place === 'node' ? one.id : startId)}
              >
                <strong>{one.place === 'node' ? words.nameOf(draft, one.id) : t('journey.start')}</strong> {text(one)}
              </button>
            </li>
          ))}
        </ul>
      }
    >
      <Button type="text" icon={<ExclamationCircleOutlined className="journey-warn" />} data-testid="journey-problems">
        {t('journey.problemsLeft', { n: problems.length })}
      </Button>
    </Popover>
  );
}

function AddModal({ onAdd, onClose }: { readonly onAdd: (kind: NodeKind) => void; readonly onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal open title={t('journey.addTitle')} footer={null} onCancel={onClose}>
      <div className="journey-kinds">
        {kindGroups.map((group) => (
          <ul key={group[0]}>
            {group.map((kind) => (
              <li key={kind}>
                <button type="button" onClick={() => onAdd(kind)}>
                  <KindIcon kind={kind} />
                  <strong>{t(`journey.node.${kind}`)}</strong>
                </button>
              </li>
            ))}
          </ul>
        ))}
      </div>
    </Modal>
  );
}

const shortcuts = [
  ['↑ ↓', 'walk'],
  ['Enter', 'open'],
  ['N', 'add'],
  ['Ctrl D', 'duplicate'],
  ['Delete', 'remove'],
  ['Ctrl Z', 'undo'],
  ['Ctrl Y', 'redo'],
  ['Ctrl S', 'save'],
] as const;

function Keys() {
  const { t } = useTranslation();
  return (
    <dl className="rule-keys">
      {shortcuts.map(([keys, key]) => (
        <div key={key}>
          <dt>
            <kbd>{keys}</kbd>
          </dt>
          <dd>{t(`journey.keyNames.${key}`)}</dd>
        </div>
      ))}
    </dl>
  );
}
