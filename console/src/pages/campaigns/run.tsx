import { ReloadOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Segmented, Skeleton, Tag } from 'antd';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getCampaignRun, measureCampaignRun } from '#contract/campaigns';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { BarList } from '~/components/bar-list';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { ErrorNotice } from '~/components/error-notice';
import { Definition, Panel } from '~/components/panel';
import { StaffName } from '~/components/staff-name';
import { TableOrCards } from '~/components/table-or-cards';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { reasonText } from './dry-run';
import { Between, ByVariant, Curve, EffectPanel, Money } from './effect';
import { type Campaign, isBroadcast } from './parts';

export type RunOutput = Output<typeof getCampaignRun>;
export type Result = NonNullable<RunOutput['result']>;

const page = getRouteApi('/inside/campaigns/$id');

/** One run: where its messages are, and what came of them. Charts before tables. */
export function Run({ campaign, run }: { campaign: Campaign; run: Campaign['runs'][number] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error } = useQuery({
    ...reading(getCampaignRun, { id: campaign.id, number: run.number }),
    // By what this answer says: the campaign, read apart, may know sooner that the run is final.
    refetchInterval: ({ state: { data: known } }) =>
      known?.state === 'final' ? false : known?.state === 'measuring' ? 10_000 : 5_000,
  });
  const measuring = useWriting(measureCampaignRun);
  if (data === undefined) return <Panel>{error ? <ErrorNotice error={error} /> : <Skeleton active />}</Panel>;
  const { result } = data;
  const state = (
    <span className="tags">
      <Tag variant="filled" color={data.state === 'final' ? 'success' : 'processing'} data-testid="run-state">
        {t(`campaign.run.${data.state}`)}
      </Tag>
      <span className="muted small">
        {result !== null && t('campaign.measured', { time: format.time(result.measuredAt) })}
        {data.measuredUntil !== null && !result?.isFinal && (
          <> · {t('campaign.measureUntil', { time: format.time(data.measuredUntil) })}</>
        )}
      </span>
      {!result?.isFinal && (
        <Button
          size="small"
          type="text"
          icon={<ReloadOutlined />}
          loading={measuring.isPending}
          aria-label={t('campaign.remeasure')}
          title={t('campaign.remeasure')}
          onClick={() => measuring.mutate({ id: campaign.id, number: run.number })}
        />
      )}
    </span>
  );
  if (isBroadcast(campaign.channel)) return <Audience result={result} extra={state} />;
  return (
    <>
      <div className="campaign-columns">
        <div className="stack-large">
          {result === null ? (
            <Panel title={t('campaign.effect')} extra={state}>
              <p className="muted">{t('campaign.noResult')}</p>
            </Panel>
          ) : (
            <>
              <EffectPanel result={result} extra={state} />
              {result.effect.comparisons.length > 1 && <ByVariant campaign={campaign} result={result} />}
            </>
          )}
        </div>
        <div className="stack-large">
          {result !== null && <Funnel campaign={campaign} result={result} />}
          <Reasons campaign={campaign} run={data} />
          {result !== null && <Money result={result} />}
        </div>
      </div>
      {result !== null && (
        <>
          <div className="two-columns">
            <Curve result={result} />
            <Days result={result} />
          </div>
          {result.effect.between.length > 0 && <Between campaign={campaign} result={result} />}
          <Staff result={result} />
        </>
      )}
    </>
  );
}

/** Counts of what went to an audience; no effect is claimed. */
function Audience({ result, extra }: { result: Result | null; extra: ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (result === null) {
    return (
      <Panel title={t('campaign.broadcastTasks')} extra={extra}>
        <p className="muted">{t('campaign.noResult')}</p>
      </Panel>
    );
  }
  const sum = (of: (row: Result['broadcasts'][number]) => number) =>
    result.broadcasts.reduce((total, row) => total + of(row), 0);
  const figures = [
    [t('campaign.seenBy'), sum((row) => row.customerCount)],
    [t('campaign.likes'), sum((row) => row.likeCount)],
    [t('campaign.comments'), sum((row) => row.commentCount)],
    [t('campaign.openedBy'), result.opens.people],
  ] as const;
  return (
    <Panel title={t('campaign.broadcastTasks')} extra={extra}>
      <div className="figures">
        {figures.map(([name, value]) => (
          <div className="figure" key={name}>
            <div className="figure-name">{name}</div>
            <div className="figure-value">{format.number(value)}</div>
          </div>
        ))}
      </div>
      {result.opens.unknown > 0 && (
        <p className="muted small">{t('campaign.unknownOpens', { n: format.number(result.opens.unknown) })}</p>
      )}
      <BarList
        bars={result.broadcasts.map((row) => ({
          key: row.state,
          value: row.targetCount,
          part: row.sentCount,
          label: textOr(`campaign.broadcastState.${row.state}`, row.state),
          text: t('campaign.broadcastCounts', {
            tasks: format.number(row.count),
            sent: format.number(row.sentCount),
            targets: format.number(row.targetCount),
          }),
        }))}
      />
      <p className="muted small">{t('campaign.audienceNote')}</p>
    </Panel>
  );
}

const steps = [
  'planned',
  'allowed',
  'submitted',
  'confirmed',
  'delivered',
  'opened',
  'acted',
  'ordered',
  'blocked',
] as const;

function Funnel({ campaign, result }: { campaign: Campaign; result: Result }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { part: wanted } = page.useSearch();
  const navigate = page.useNavigate();
  const parts = result.funnel.map(({ part }) => part);
  const part = wanted !== undefined && parts.includes(wanted) ? wanted : undefined;
  const chosen = result.funnel.filter((row) => part === undefined || row.part === part);
  const countOf = (step: (typeof steps)[number]) => chosen.reduce((sum, row) => sum + row[step], 0);
  const top = Math.max(1, countOf('planned'));
  return (
    <Panel
      title={t('campaign.funnel')}
      definition={t('campaign.funnelDefinition')}
      extra={
        parts.length > 1 && (
          <Segmented
            value={part ?? ''}
            onChange={(next) =>
              void navigate({
                search: (before) => ({ ...before, part: next === '' ? undefined : next }),
                replace: true,
              })
            }
            options={[
              { value: '', label: t('campaign.allVariants') },
              ...parts.map((one) => ({ value: one, label: one })),
            ]}
          />
        )
      }
    >
      <ul className="funnel funnel-narrow">
        {steps
          // Only mass messages are confirmed by staff.
          .filter((step) => step !== 'confirmed' || campaign.channel === 'wecom_mass')
          .map((step) => {
            const count = countOf(step);
            return (
              <li key={step}>
                <span className="funnel-name">{t(`campaign.step.${step}`)}</span>
                <span className="funnel-track">
                  {count > 0 && <span style={{ width: `${Math.max((100 * count) / top, 0.5)}%` }} />}
                </span>
                <span className="funnel-text">
                  {format.number(count)} · {format.percent(count / top)}
                </span>
              </li>
            );
          })}
      </ul>
    </Panel>
  );
}

/** States of which nothing more is to be said: it went. */
const gone = ['submitted', 'delivered', 'allowed', 'claimed', 'planned'];

function Reasons({ campaign, run }: { campaign: Campaign; run: RunOutput }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const counts = new Map<string, number>();
  for (const touch of run.touches) {
    if (touch.isHoldout || gone.includes(touch.state)) continue;
    const name = `${touch.state} ${touch.reason ?? ''}`;
    counts.set(name, (counts.get(name) ?? 0) + touch.count);
  }
  const bars = [
    ...[...counts].map(([name, count]) => {
      const [state = '', reason = ''] = name.split(' ');
      const text = reason === '' || reason === state ? textOr(`touch.state.${state}`, state) : reasonText(reason);
      return { key: name, count, text: `${textOr(`touch.state.${state}`, state)} · ${text}` };
    }),
    ...Object.entries(run.skipped).map(([reason, count]) => ({ key: reason, count, text: reasonText(reason) })),
  ].sort((a, b) => b.count - a.count);
  return (
    <Panel
      title={t('campaign.reasons')}
      definition={t('campaign.reasonsDefinition')}
      extra={
        can('touch.read') && (
          <Link to="/touches" search={{ kind: 'campaign', source: campaign.id }}>
            {t('campaign.toTouches')}
          </Link>
        )
      }
    >
      {bars.length === 0 ? (
        <p className="muted">{t('campaign.reasonsNone')}</p>
      ) : (
        <BarList
          bars={bars.map((bar) => ({
            key: bar.key,
            value: bar.count,
            label: <span title={bar.text}>{bar.text}</span>,
            text: format.number(bar.count),
          }))}
        />
      )}
    </Panel>
  );
}

function Days({ result }: { result: Result }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  // What goes out is thousands, what comes back dozens: each has its own panel and its own scale.
  const option = useMemo(() => {
    const { grid: _, xAxis, ...rest } = frame(result.days.map(({ day }) => format.shortDay(day)));
    const bar = { type: 'bar' as const, barMaxWidth: 18 };
    const rounded = { borderRadius: [3, 3, 0, 0] };
    const left = 52;
    return {
      ...rest,
      axisPointer: { link: [{ xAxisIndex: 'all' as const }] },
      grid: [
        { left, right: 4, top: 36, height: 64, outerBoundsMode: 'none' as const },
        { left, right: 4, top: 124, bottom: 24, outerBoundsMode: 'none' as const },
      ],
      xAxis: [
        { ...xAxis, axisLabel: { show: false } },
        { ...xAxis, gridIndex: 1, axisLine: { ...xAxis.axisLine, onZero: true } },
      ],
      yAxis: [
        { ...axis, splitNumber: 2 },
        { ...axis, gridIndex: 1, splitNumber: 3 },
      ],
      series: [
        {
          ...bar,
          name: t('campaign.day.delivered'),
          data: result.days.map(({ delivered }) => delivered),
          color: colours.scans,
          itemStyle: rounded,
        },
        {
          ...bar,
          name: t('campaign.day.ordered'),
          xAxisIndex: 1,
          yAxisIndex: 1,
          stack: 'came',
          data: result.days.map(({ ordered }) => ordered),
          color: colours.added,
          itemStyle: rounded,
        },
        {
          ...bar,
          name: t('campaign.day.blocked'),
          xAxisIndex: 1,
          yAxisIndex: 1,
          stack: 'came',
          data: result.days.map(({ blocked }) => -blocked),
          color: colours.lost,
          itemStyle: { borderRadius: [0, 0, 3, 3] },
        },
      ],
    };
  }, [result.days, t, format, frame, axis, colours.added, colours.scans, colours.lost]);
  return (
    <Panel title={t('campaign.days')}>
      <Chart option={option} label={t('campaign.days')} height={240} />
    </Panel>
  );
}

function Staff({ result }: { result: Result }) {
  const { t } = useTranslation();
  const format = useFormat();
  const number = (name: 'allowed' | 'submitted' | 'delivered' | 'ordered' | 'blocked') => ({
    title: t(`campaign.step.${name}`),
    key: name,
    align: 'right' as const,
    sorter: (a: Result['staff'][number], b: Result['staff'][number]) => a[name] - b[name],
    render: (_: unknown, row: Result['staff'][number]) => format.number(row[name]),
  });
  return (
    <Panel title={t('campaign.byStaff')} isFlush>
      <TableOrCards
        keyOf={(row) => row.id ?? 0}
        pagination={result.staff.length > 10 ? { pageSize: 10, size: 'small' } : false}
        rows={result.staff}
        emptyText={t('campaign.byStaffNone')}
        columns={[
          {
            title: t('staff.one'),
            key: 'name',
            render: (_, row) =>
              row.id === null ? '–' : <StaffName staff={{ id: row.id, name: row.name ?? `#${row.id}` }} />,
          },
          number('allowed'),
          number('submitted'),
          {
            title: (
              <>
                {t('campaign.confirmRate')}
                <Definition text={t('campaign.step.confirmed')} />
              </>
            ),
            key: 'confirmed',
            align: 'right',
            render: (_, row) => format.percent(row.submitted === 0 ? null : row.confirmed / row.submitted),
          },
          number('delivered'),
          number('ordered'),
          {
            title: t('campaign.amount'),
            key: 'amount',
            align: 'right',
            sorter: (a, b) => a.amountFen - b.amountFen,
            render: (_, row) => format.money(row.amountFen, 'CNY'),
          },
          number('blocked'),
        ]}
      />
    </Panel>
  );
}
