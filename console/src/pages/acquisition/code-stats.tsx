import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getCodeStats } from '#contract/acquisition';
import { reading } from '~/call';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { DayRange } from '~/components/day-range';
import { ErrorNotice } from '~/components/error-notice';
import { Figure } from '~/components/figure';
import { Definition, Panel } from '~/components/panel';
import { StaffName } from '~/components/staff-name';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';

type Stats = Output<typeof getCodeStats>;

/** What one code brought: the funnel, by day, by staff. */
export function CodeStats({ codeId }: { codeId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [range, setRange] = useState<{ from: string | undefined; to: string | undefined }>({
    from: undefined,
    to: undefined,
  });
  const { data, error } = useQuery({ ...reading(getCodeStats, { id: codeId, ...range }), refetchInterval: 15_000 });
  if (data === undefined) return <Panel>{error ? <ErrorNotice error={error} /> : <Skeleton active />}</Panel>;
  const { totals } = data;

  return (
    <>
      <Panel
        title={t('codeStats.title')}
        extra={
          <DayRange
            from={range.from ?? data.days[0]?.day}
            to={range.to ?? data.days.at(-1)?.day}
            onChange={setRange}
            className="day-range"
          />
        }
      >
        <div className="figures">
          <Figure name="adds" value={format.number(totals.adds)} />
          <Figure name="newCustomers" value={format.number(totals.newCustomers)} />
          <Figure name="stillHere" value={format.number(totals.active)} />
          <Figure name="codeLost" value={format.number(totals.lost)} />
          <Figure
            name="welcomesSent"
            value={format.number(totals.welcomesSent)}
            note={
              totals.welcomesMissed > 0 ? t('codeStats.missed', { n: format.number(totals.welcomesMissed) }) : undefined
            }
          />
        </div>
        <Funnel stats={data} />
      </Panel>
      <Panel title={t('codeStats.byDay')}>
        <DayChart stats={data} />
      </Panel>
      <Panel title={t('codeStats.byStaff')} isFlush>
        <StaffTable stats={data} />
      </Panel>
    </>
  );
}

function Funnel({ stats }: { stats: Stats }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { totals } = stats;
  const top = Math.max(1, totals.scans ?? 0, totals.adds);
  const steps = [
    ...(totals.scans === null
      ? []
      : [
          {
            key: 'scans',
            name: t('figure.scans.name'),
            definition: t('figure.scans.definition'),
            width: totals.scans / top,
            text: format.number(totals.scans),
          },
        ]),
    {
      key: 'adds',
      name: t('figure.adds.name'),
      definition: t('figure.adds.definition'),
      width: totals.adds / top,
      text: totals.scans
        ? `${format.number(totals.adds)} · ${format.percent(totals.adds / totals.scans)}`
        : format.number(totals.adds),
    },
    ...stats.stillThere.map((point) => ({
      key: `day${point.days}`,
      name: t('codeStats.stillThere', { n: point.days }),
      definition: t('codeStats.stillThereDefinition', { n: point.days, eligible: format.number(point.eligible) }),
      width: ((point.rate ?? 0) * totals.adds) / top,
      text:
        point.rate === null
          ? t('codeStats.tooEarly')
          : `${format.percent(point.rate)} · ${format.number(point.kept)}/${format.number(point.eligible)}`,
    })),
  ];
  return (
    <ul className="funnel">
      {steps.map((step) => (
        <li key={step.key}>
          <span className="funnel-name">
            {step.name}
            <Definition text={step.definition} />
          </span>
          <span className="funnel-track">
            {step.width > 0 && <span style={{ width: `${Math.max(step.width * 100, 0.5)}%` }} />}
          </span>
          <span className="funnel-text">{step.text}</span>
        </li>
      ))}
    </ul>
  );
}

function DayChart({ stats }: { stats: Stats }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(() => {
    const hasScans = stats.totals.scans !== null;
    return {
      ...frame(stats.days.map((row) => format.shortDay(row.day))),
      yAxis: axis,
      series: [
        ...(hasScans
          ? [
              {
                type: 'line' as const,
                name: t('figure.scans.name'),
                data: stats.days.map((row) => row.scans ?? 0),
                color: colours.scans,
                showSymbol: false,
              },
            ]
          : []),
        {
          type: 'bar' as const,
          name: t('figure.adds.name'),
          data: stats.days.map((row) => row.adds),
          color: colours.added,
          stack: 'flow',
          barMaxWidth: 18,
          itemStyle: { borderRadius: [3, 3, 0, 0] },
        },
        {
          type: 'bar' as const,
          name: t('figure.codeLost.name'),
          data: stats.days.map((row) => -row.lost),
          color: colours.lost,
          stack: 'flow',
          barMaxWidth: 18,
          itemStyle: { borderRadius: [0, 0, 3, 3] },
        },
      ],
    };
  }, [stats, t, format, colours.added, colours.lost, colours.scans, frame, axis]);
  return <Chart option={option} label={t('codeStats.byDay')} height={240} />;
}

function StaffTable({ stats }: { stats: Stats }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <TableOrCards
      keyOf={(row) => row.id}
      rows={stats.staff}
      emptyText={t('codeStats.noStaff')}
      columns={[
        {
          title: t('staff.one'),
          key: 'name',
          render: (_, row) => <StaffName staff={row} />,
        },
        { title: t('figure.adds.name'), key: 'adds', align: 'right', render: (_, row) => format.number(row.adds) },
        {
          title: t('figure.stillHere.name'),
          key: 'active',
          align: 'right',
          render: (_, row) => format.number(row.active),
        },
        {
          title: (
            <>
              {t('figure.chats.name')}
              <Definition text={t('figure.chats.definition')} />
            </>
          ),
          key: 'chats',
          align: 'right',
          render: (_, row) => (row.chats === null ? '–' : format.number(row.chats)),
        },
        {
          title: (
            <>
              {t('figure.replyRate.name')}
              <Definition text={t('figure.replyRate.definition')} />
            </>
          ),
          key: 'rate',
          align: 'right',
          render: (_, row) => format.percent(row.replyPercentage === null ? null : row.replyPercentage / 100),
        },
        {
          title: (
            <>
              {t('figure.replyMinutes.name')}
              <Definition text={t('figure.replyMinutes.definition')} />
            </>
          ),
          key: 'minutes',
          align: 'right',
          render: (_, row) => format.duration(row.replyMinutes === null ? null : row.replyMinutes * 60_000),
        },
      ]}
    />
  );
}
