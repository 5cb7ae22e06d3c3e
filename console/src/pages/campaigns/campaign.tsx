import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Alert, Select, Skeleton, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { getCampaign } from '#contract/campaigns';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { RuleSentence } from '~/pages/segments/editor';
import { Actions, Approval } from './actions';
import { DryRun, Samples } from './dry-run';
import { type Campaign, ChannelName, channelIcon, StateTag } from './parts';
import { Run } from './run';

const page = getRouteApi('/inside/campaigns/$id');

export default function CampaignPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const id = Number(page.useParams().id);
  const { run: wanted } = page.useSearch();
  const navigate = page.useNavigate();
  const { data, error, refetch } = useQuery({
    ...reading(getCampaign, { id }),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 3_000 : 15_000),
  });
  if (data === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('campaign.one')} backTo="/campaigns" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }
  const shown = data.runs.find((run) => run.number === wanted) ?? data.runs[0];
  return (
    <div className="page">
      <PageHeader
        title={data.name}
        backTo="/campaigns"
        beside={<StateTag state={data.state} />}
        actions={
          <>
            {data.runs.length > 1 && (
              <Select
                className="run-choice"
                aria-label={t('campaign.runs')}
                value={shown?.number ?? null}
                onChange={(run) => void navigate({ search: (before) => ({ ...before, run: run ?? undefined }) })}
                options={data.runs.map((run) => ({
                  value: run.number,
                  label: t('campaign.runOf', { n: run.number, time: format.time(run.startedAt) }),
                }))}
              />
            )}
            <Actions campaign={data} />
          </>
        }
      />
      {data.problem !== null && (
        <Alert type="error" showIcon className="page-alert" title={t(`campaign.problem.${data.problem}`)} />
      )}
      <Approval campaign={data} />
      <div className="stack-large">
        {shown === undefined ? <NotRun campaign={data} /> : <Run campaign={data} run={shown} />}
        <div className="two-columns">
          <Facts campaign={data} />
          <History campaign={data} />
        </div>
      </div>
    </div>
  );
}

/** What it would do, for whoever launches or approves it. */
function NotRun({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  if (campaign.state === 'cancelled') {
    return (
      <Panel>
        <EmptyState icon={channelIcon(campaign.channel)} title={t('campaign.notRun')} />
      </Panel>
    );
  }
  return (
    <div className="two-columns">
      <DryRun draft={campaign.draft} />
      <Samples draft={campaign.draft} />
    </div>
  );
}

/** What was chosen. */
function Facts({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const { draft } = campaign;
  const hours = (n: number) => `${format.number(n)} ${t('campaign.hours')}`;
  const rows: [string, ReactNode][] = [
    [
      t('campaign.who'),
      draft.who.kind === 'rule' ? (
        <RuleSentence tree={draft.who.tree} />
      ) : draft.who.kind === 'groups' ? (
        t('campaign.audienceOf.groups', { n: format.number(draft.who.chatIds.length) })
      ) : draft.who.kind === 'moment' ? (
        t('campaign.audienceOf.moment')
      ) : campaign.segment && can('segment.read') ? (
        <Link to="/segments/$id" params={{ id: String(campaign.segment.id) }} className="strong-link">
          {campaign.segment.name}
        </Link>
      ) : (
        (campaign.segment?.name ?? '–')
      ),
    ],
    [t('campaign.channelTitle'), <ChannelName key="channel" channel={campaign.channel} />],
    [
      t('campaign.what'),
      <span key="what" className="source">
        {campaign.variants.map((variant, i) => (
          <span key={variant.part}>
            {campaign.variants.length > 1 && <Tag>{variant.part}</Tag>}
            {variant.contentName ?? '–'}
            {draft.variants[i]?.name !== '' && <span className="muted"> {draft.variants[i]?.name}</span>}
          </span>
        ))}
      </span>,
    ],
    [t('campaign.when'), <Schedule key="when" campaign={campaign} />],
    [
      t('campaign.sender'),
      draft.sender.kind === 'adviser'
        ? t('campaign.senderKind.adviser')
        : format.list(campaign.staff.map((member) => member.name)),
    ],
    [t('campaign.holdout'), format.percent(draft.holdoutBasisPoints / 10_000)],
    [t('campaign.window'), hours(draft.windowHours)],
    [t('campaign.expire'), hours(draft.expireHours)],
    ...(campaign.approval?.approvedBy
      ? [
          [
            t('campaign.approved'),
            t('campaign.approvalGiven', {
              name: campaign.approval.approvedBy,
              time: format.time(campaign.approval.approvedAt ?? ''),
              n: format.number(campaign.approval.size),
            }),
          ] as [string, ReactNode],
        ]
      : []),
  ];
  return (
    <Panel title={t('campaign.facts')}>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Schedule({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { schedule, throttleHours } = campaign.draft;
  const clock = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const texts = [
    schedule.kind === 'now'
      ? t('campaign.schedule.now')
      : schedule.kind === 'at'
        ? format.time(schedule.at)
        : schedule.kind === 'weekly'
          ? t('campaign.everyWeek', {
              days: format.list(schedule.weekdays.map((day) => t(`weekday.day${day as 1}`))),
              time: clock(schedule.minute),
            })
          : t('campaign.everyMonth', { day: schedule.day, time: clock(schedule.minute) }),
    ...((schedule.kind === 'weekly' || schedule.kind === 'monthly') && schedule.until !== null
      ? [t('campaign.untilDay', { day: format.longDay(schedule.until) })]
      : []),
    ...(throttleHours > 0 ? [t('campaign.inHours', { n: throttleHours })] : []),
    ...(campaign.nextRunAt === null ? [] : [`${t('campaign.nextRun')} ${format.time(campaign.nextRunAt)}`]),
  ];
  return <>{texts.join(' · ')}</>;
}

function History({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t('campaign.history')}>
      <ul className="history-list">
        {campaign.history.map((entry) => (
          <li key={`${entry.at} ${entry.action}`}>
            <span>
              {textOr(`campaign.action.${entry.action.replace('campaign.', '')}`, entry.action)}{' '}
              <span className="muted small">
                {entry.actor} · {format.time(entry.at)}
              </span>
            </span>
            {entry.note && <span className="small">{entry.note}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
