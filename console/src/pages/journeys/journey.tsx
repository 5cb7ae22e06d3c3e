import { CaretRightOutlined, EditOutlined, EllipsisOutlined, PauseOutlined, UserAddOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Alert, App, Button, Dropdown, Grid, Modal, Radio, Segmented, Select, Skeleton, Tabs } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { JourneyDraft } from '#contract/journey-graph';
import {
  closeJourney,
  deleteJourney,
  getJourney,
  getJourneyFigures,
  getJourneyVersion,
  pauseJourney,
  resumeJourney,
} from '#contract/journeys';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { Beside } from './beside';
import { JourneyCanvas, type NodeFigures, startId } from './canvas';
import { EnrolModal } from './enrol-modal';
import { JourneyDays, JourneyFigures } from './figures';
import { journeyTabs } from './filters';
import { Intakes } from './intakes';
import { JourneyOutline } from './outline';
import { JourneyState } from './parts';
import { JourneyPeople } from './people';
import { Replay } from './replay';
import { Versions } from './versions';
import { useJourneyWords, useProblemText } from './words';

const page = getRouteApi('/inside/journeys/$id');

type Journey = Output<typeof getJourney>;

export default function JourneyPage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const { tab = 'map' } = page.useSearch();
  const navigate = page.useNavigate();
  const { data, error, refetch } = useQuery({ ...reading(getJourney, { id }), refetchInterval: 10_000 });
  if (data === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('journey.one')} backTo="/journeys" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }
  return (
    <div className="page">
      <PageHeader
        title={data.name}
        backTo="/journeys"
        {...(data.description === '' ? {} : { subtitle: data.description })}
        beside={<JourneyState row={data} />}
        actions={<Actions journey={data} />}
      />
      <Trouble journey={data} />
      <Tabs
        activeKey={tab}
        onChange={(next) =>
          void navigate({
            search: (before) => ({ ...before, tab: next as typeof tab, node: undefined }),
            replace: true,
          })
        }
        items={journeyTabs.map((key) => ({ key, label: t(`journey.tabs.${key}`) }))}
      />
      {tab === 'map' && <Overview journey={data} />}
      {tab === 'people' && (
        <Panel isFlush>
          <ShownGraph journey={data}>
            {(draft) => <JourneyPeople journeyId={id} draft={draft} node={undefined} />}
          </ShownGraph>
        </Panel>
      )}
      {tab === 'intakes' && (
        <Panel isFlush>
          <Intakes journeyId={id} />
        </Panel>
      )}
      {tab === 'versions' && (
        <Panel isFlush>
          <Versions journey={data} />
        </Panel>
      )}
      {tab === 'replay' && <ReplayTab journey={data} />}
    </div>
  );
}

function Trouble({ journey }: { journey: Journey }) {
  const text = useProblemText();
  const words = useJourneyWords(journey.draft);
  const { t } = useTranslation();
  if (journey.runningProblems.length === 0) return null;
  return (
    <Alert
      type="warning"
      showIcon
      className="page-alert"
      title={t('journey.troubled')}
      description={
        <ul>
          {journey.runningProblems.map((one, i) => (
            <li key={i}>
              {one.place === 'node' && <strong>{words.nameOf(journey.draft, one.id)} </strong>}
              {text(one)}
            </li>
          ))}
        </ul>
      }
    />
  );
}

/** The graph of the version that is looked at; the draft before there is one. */
function ShownGraph({
  journey,
  number,
  children,
}: {
  readonly journey: Journey;
  readonly number?: number | undefined;
  readonly children: (draft: JourneyDraft) => ReactNode;
}) {
  const shown = number ?? journey.versionNumber;
  const { data, error } = useQuery({
    ...reading(getJourneyVersion, { id: journey.id, number: shown ?? 1 }),
    enabled: shown !== null,
    staleTime: 600_000,
  });
  if (shown === null) return <>{children(journey.draft)}</>;
  if (data === undefined) return error ? <ErrorNotice error={error} /> : <Skeleton active className="panel-body" />;
  return <>{children(data.graph)}</>;
}

function Overview({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const { version } = page.useSearch();
  const navigate = page.useNavigate();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [look, setLook] = useState<'canvas' | 'outline'>();
  const shown = look ?? (isWide ? 'canvas' : 'outline');
  const { data: figures } = useQuery({
    ...reading(getJourneyFigures, { id: journey.id, ...(version === undefined ? {} : { number: version }) }),
    refetchInterval: 5000,
  });
  const byNode = new Map(
    figures?.nodes.map(({ node, inside, ways }): [string, NodeFigures] => [
      node,
      { inside, ways: new Map(ways.map(({ way, count }) => [way, count])) },
    ]),
  );
  return (
    <div className="stack-large">
      <Panel>
        {figures === undefined ? (
          <Skeleton active title={false} />
        ) : (
          <JourneyFigures figures={figures} hasGoal={journey.draft.goal !== null} />
        )}
      </Panel>
      <Panel
        isFlush
        title={t('journey.tabs.map')}
        extra={
          <span className="journey-buttons">
            {journey.versions.length > 1 && (
              <Select<number | null>
                aria-label={t('journey.tabs.versions')}
                value={version ?? null}
                onChange={(next) =>
                  void navigate({ search: (before) => ({ ...before, version: next ?? undefined }), replace: true })
                }
                options={[
                  { value: null, label: t('journey.allVersions') },
                  ...journey.versions.map((one) => ({
                    value: one.number,
                    label: t('journey.version', { n: one.number }),
                  })),
                ]}
                popupMatchSelectWidth={false}
              />
            )}
            <Segmented
              value={shown}
              onChange={setLook}
              options={[
                { value: 'canvas', label: t('journey.canvas') },
                { value: 'outline', label: t('journey.outline') },
              ]}
            />
          </span>
        }
      >
        <ShownGraph journey={journey} number={version}>
          {(draft) => <MapOf journey={journey} draft={draft} figures={byNode} isCanvas={shown === 'canvas'} />}
        </ShownGraph>
      </Panel>
      {figures !== undefined && figures.entered > 0 && (
        <Panel title={t('journey.byDay')}>
          <JourneyDays days={figures.days} />
        </Panel>
      )}
    </div>
  );
}

interface MapProps {
  readonly journey: Journey;
  readonly draft: JourneyDraft;
  readonly figures: ReadonlyMap<string, NodeFigures>;
  readonly isCanvas: boolean;
}

/** The graph with who stands where; a press on a node lists them. */
function MapOf({ journey, draft, figures, isCanvas }: MapProps) {
  const { t } = useTranslation();
  const { node } = page.useSearch();
  const navigate = page.useNavigate();
  const words = useJourneyWords(draft);
  const troubled = new Set(journey.runningProblems.filter((one) => one.place === 'node').map((one) => one.id));
  const choose = (id: string | undefined) =>
    void navigate({
      search: (before) => ({ ...before, node: id === startId ? undefined : id }),
      replace: true,
      resetScroll: false,
    });
  const chosen = draft.nodes.find((one) => one.id === node);
  return (
    <div className="journey-board-row">
      {isCanvas ? (
        <JourneyCanvas
          draft={draft}
          selected={node}
          onSelect={choose}
          figures={figures}
          troubled={troubled}
          height="var(--journey-board)"
        />
      ) : (
        <div className="panel-body journey-outline-box">
          <JourneyOutline draft={draft} selected={node} onSelect={choose} figures={figures} troubled={troubled} />
        </div>
      )}
      <Beside
        isOpen={chosen !== undefined}
        title={chosen && t('journey.peopleAt', { name: words.nameNode(chosen) })}
        onClose={() => choose(undefined)}
      >
        {chosen && (
          <div className="stack">
            <p className="muted">{words.sayNode(chosen)}</p>
            {chosen.kind === 'branch' && (
              <ul className="journey-problems">
                {(chosen.data.ways as { id: string; name: string; tree: unknown }[]).map((way) => (
                  <li key={way.id}>
                    <strong>{way.name}</strong> <span className="muted">{words.sayTree(way.tree)}</span>
                  </li>
                ))}
              </ul>
            )}
            <JourneyPeople journeyId={journey.id} draft={draft} node={chosen.id} isNarrow />
          </div>
        )}
      </Beside>
    </div>
  );
}

function ReplayTab({ journey }: { journey: Journey }) {
  const [path, setPath] = useState<ReadonlySet<string>>();
  const isWide = Grid.useBreakpoint().lg ?? window.innerWidth >= 992;
  return (
    <ShownGraph journey={journey}>
      {(draft) => (
        <Panel isFlush>
          <div className="journey-board-row">
            {isWide && (
              <JourneyCanvas
                draft={draft}
                selected={undefined}
                onSelect={() => {}}
                height="var(--journey-board)"
                {...(path ? { path } : {})}
              />
            )}
            <section className={isWide ? 'journey-beside' : 'panel-body'}>
              <div className="journey-beside-body">
                <Replay draft={draft} onPath={setPath} />
              </div>
            </section>
          </div>
        </Panel>
      )}
    </ShownGraph>
  );
}

function Actions({ journey }: { journey: Journey }) {
  const { t } = useTranslation();
  const can = useCan();
  const navigate = useNavigate();
  const { modal } = App.useApp();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [isEnrolling, setEnrolling] = useState(false);
  const [isClosing, setClosing] = useState(false);
  const pausing = useWriting(pauseJourney);
  const resuming = useWriting(resumeJourney);
  const removing = useWriting(deleteJourney, {
    said: t('common.deleted'),
    onDone: () => void navigate({ to: '/journeys' }),
  });
  if (!can('journey.write')) return null;
  const { id, name, state } = journey;
  const input = { id };

  const askDelete = () =>
    void modal.confirm({
      title: t('journey.deleteTitle', { name }),
      content: t('journey.deleteHint'),
      okText: t('common.delete'),
      cancelText: t('common.cancel'),
      okButtonProps: { danger: true },
      onOk: () => removing.mutateAsync(input).catch(() => undefined),
    });

  return (
    <>
      {state === 'running' && (
        <>
          <Button icon={<UserAddOutlined />} onClick={() => setEnrolling(true)} data-testid="journey-enrol">
            {t('journey.enrol')}
          </Button>
          <Button icon={<PauseOutlined />} loading={pausing.isPending} onClick={() => pausing.mutate(input)}>
            {t('journey.pause')}
          </Button>
        </>
      )}
      {(state === 'paused' || state === 'closed') && (
        <Button icon={<CaretRightOutlined />} loading={resuming.isPending} onClick={() => resuming.mutate(input)}>
          {t(state === 'paused' ? 'journey.resume' : 'journey.reopen')}
        </Button>
      )}
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            ...(state === 'running' || state === 'paused'
              ? [{ key: 'close', label: t('journey.closeAction'), onClick: () => setClosing(true) }]
              : []),
            { key: 'delete', label: t('common.delete'), danger: true, onClick: askDelete },
          ],
        }}
      >
        <Button icon={<EllipsisOutlined />} aria-label={t('common.more')} />
      </Dropdown>
      {isWide && (
        <Link to="/journeys/$id/edit" params={{ id: String(id) }}>
          <Button type="primary" icon={<EditOutlined />} data-testid="journey-edit">
            {t('journey.edit')}
          </Button>
        </Link>
      )}
      {isEnrolling && <EnrolModal journey={journey} onClose={() => setEnrolling(false)} />}
      {isClosing && <CloseModal journey={journey} onClose={() => setClosing(false)} />}
    </>
  );
}

function CloseModal({ journey, onClose }: { journey: Journey; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [people, setPeople] = useState<'stay' | 'leave'>('stay');
  const closing = useWriting(closeJourney, { onDone: onClose });
  const n = format.number(journey.inside);
  const choices = [
    { value: 'stay' as const, label: t('journey.closeStay'), hint: t('journey.closeStayHint', { n }) },
    { value: 'leave' as const, label: t('journey.closeLeave'), hint: t('journey.closeLeaveHint', { n }) },
  ];
  return (
    <Modal
      open
      title={t('journey.closeTitle', { name: journey.name })}
      okText={t('journey.closeAction')}
      cancelText={t('common.cancel')}
      okButtonProps={{ danger: people === 'leave' }}
      confirmLoading={closing.isPending}
      onOk={() => closing.mutate({ id: journey.id, people })}
      onCancel={onClose}
    >
      <Radio.Group value={people} onChange={(event) => setPeople(event.target.value as 'stay' | 'leave')}>
        <div className="stack">
          {choices.map(({ value, label, hint }) => (
            <Radio key={value} value={value}>
              <strong>{label}</strong>
              <div className="muted small">{hint}</div>
            </Radio>
          ))}
        </div>
      </Radio.Group>
    </Modal>
  );
}
