import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { getHome } from '#contract/insights';
import { BarList } from '~/components/bar-list';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { CodeName } from '~/components/code-name';
import { Definition, Panel } from '~/components/panel';
import { StaffName } from '~/components/staff-name';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';

type Home = Output<typeof getHome>;
interface Props {
  readonly home: Home;
}

const chartGap = 26;

/**
 * All who are here above, what came and went below. Each has its own panel and its own scale from zero: on one panel
 * with two scales, where the line crosses the bars would mean nothing.
 */
export function CustomersChart({ home }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(() => {
    const { grid: _, xAxis, ...rest } = frame(home.days.map((row) => format.shortDay(row.day)));
    const largest = Math.max(...home.days.flatMap((row) => [row.total, row.added, row.lost]));
    // Both panels leave the same room for the numbers, so that a day stands above itself.
    const left = 12 + 7.5 * format.number(largest).length;
    return {
      ...rest,
      axisPointer: { link: [{ xAxisIndex: 'all' as const }] },
      grid: [
        { left, right: 4, top: 40, height: 92, outerBoundsMode: 'none' as const },
        { left, right: 4, top: 40 + 92 + chartGap, bottom: 24, outerBoundsMode: 'none' as const },
      ],
      xAxis: [
        { ...xAxis, axisLabel: { show: false } },
        { ...xAxis, gridIndex: 1, axisLine: { ...xAxis.axisLine, onZero: true }, axisLabel: { ...xAxis.axisLabel } },
      ],
      yAxis: [
        { ...axis, splitNumber: 3 },
        { ...axis, gridIndex: 1 },
      ],
      series: [
        {
          type: 'line' as const,
          name: t('figure.customersNow.name'),
          data: home.days.map((row) => row.total),
          color: colours.total,
          showSymbol: false,
          lineStyle: { width: 2 },
          areaStyle: { opacity: 0.12 },
        },
        {
          type: 'bar' as const,
          name: t('figure.added.name'),
          xAxisIndex: 1,
          yAxisIndex: 1,
          data: home.days.map((row) => row.added),
          color: colours.added,
          stack: 'flow',
          barMaxWidth: 22,
          itemStyle: { borderRadius: [3, 3, 0, 0] },
        },
        {
          type: 'bar' as const,
          name: t('figure.lost.name'),
          xAxisIndex: 1,
          yAxisIndex: 1,
          data: home.days.map((row) => -row.lost),
          color: colours.lost,
          stack: 'flow',
          barMaxWidth: 22,
          itemStyle: { borderRadius: [0, 0, 3, 3] },
        },
      ],
    };
  }, [home.days, t, format, colours.added, colours.lost, colours.total, frame, axis]);
  return <Chart option={option} label={t('home.customersChart')} height={360} />;
}

export function SourceBars({ home }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t('home.sources')} definition={t('home.sourcesDefinition')}>
      {home.sources.length === 0 ? (
        <p className="muted">{t('home.nobodyInPeriod')}</p>
      ) : (
        <BarList
          bars={home.sources.map((row) => ({
            key: row.source,
            value: row.added,
            part: row.active,
            label: (
              <Link
                to="/customers"
                search={{ source: row.source, from: home.from, to: home.to }}
                className="quiet-link"
              >
                {t(`source.${row.source}`)}
              </Link>
            ),
            text: t('home.addedAndHere', { added: format.number(row.added), rate: format.percent(row.rate) }),
          }))}
        />
      )}
    </Panel>
  );
}

export function CodeRanking({ home }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t('home.codes')} definition={t('home.codesDefinition')}>
      {home.codes.length === 0 ? (
        <p className="muted">{t('home.noCodes')}</p>
      ) : (
        <BarList
          bars={home.codes.map((row) => ({
            key: row.id,
            value: row.added,
            part: row.active,
            label: <CodeName code={row} />,
            text: t('home.addedAndHere', {
              added: format.number(row.added),
              rate: format.percent(row.added === 0 ? null : row.active / row.added),
            }),
          }))}
        />
      )}
    </Panel>
  );
}

/** Cohorts by week: the darker, the more are still there. */
export function RetentionTable({ home }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const days = [...new Set(home.retention.flatMap((row) => row.points.map((point) => point.days)))].toSorted(
    (a, b) => a - b,
  );
  if (home.retention.length === 0) return null;
  return (
    <Panel title={t('home.retention')} definition={t('home.retentionDefinition')} isFlush>
      <div className="heat-scroll">
        <table className="heat">
          <thead>
            <tr>
              <th scope="col">{t('home.week')}</th>
              <th scope="col" className="heat-number">
                {t('figure.added.name')}
              </th>
              {days.map((day) => (
                <th scope="col" key={day} className="heat-number">
                  {t('home.day', { n: day })}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {home.retention.map((row) => (
              <tr key={row.week}>
                <th scope="row" className="heat-week">
                  {format.longDay(row.week)}
                </th>
                <td className="heat-number">{format.number(row.added)}</td>
                {days.map((day) => {
                  const point = row.points.find((candidate) => candidate.days === day);
                  const rate = point && point.eligible > 0 ? point.kept / point.eligible : null;
                  return (
                    <td key={day} className="heat-cell">
                      {rate === null || point === undefined ? (
                        <span className="heat-none">–</span>
                      ) : (
                        <span
                          className={rate > 0.6 ? 'heat-value heat-strong' : 'heat-value'}
                          style={{ '--heat': rate } as React.CSSProperties}
                          title={t('home.kept', {
                            kept: format.number(point.kept),
                            eligible: format.number(point.eligible),
                          })}
                        >
                          {format.percent(rate)}
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

export function StaffTable({ home }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const defined = (name: 'replyRate' | 'replyMinutes' | 'added' | 'lost' | 'staffCustomers') => (
    <>
      {t(`figure.${name}.name`)}
      <Definition text={t(`figure.${name}.definition`)} />
    </>
  );
  return (
    <Panel title={t('home.staff')} isFlush>
      <TableOrCards
        keyOf={(row) => row.id}
        pagination={home.staff.length > 10 ? { pageSize: 10, size: 'small' } : false}
        rows={home.staff}
        emptyText={t('home.nobodyInPeriod')}
        columns={[
          { title: t('staff.one'), key: 'name', render: (_, row) => <StaffName staff={row} /> },
          {
            title: defined('added'),
            key: 'added',
            align: 'right',
            sorter: (a, b) => a.added - b.added,
            render: (_, row) => format.number(row.added),
          },
          {
            title: defined('lost'),
            key: 'lost',
            align: 'right',
            sorter: (a, b) => a.lost - b.lost,
            render: (_, row) => format.number(row.lost),
          },
          {
            title: defined('staffCustomers'),
            key: 'customers',
            align: 'right',
            sorter: (a, b) => a.customers - b.customers,
            render: (_, row) => format.number(row.customers),
          },
          {
            title: defined('replyRate'),
            key: 'rate',
            align: 'right',
            render: (_, row) => format.percent(row.replyPercentage === null ? null : row.replyPercentage / 100),
          },
          {
            title: defined('replyMinutes'),
            key: 'minutes',
            align: 'right',
            render: (_, row) => format.duration(row.replyMinutes === null ? null : row.replyMinutes * 60_000),
          },
        ]}
      />
    </Panel>
  );
}

export function WelcomeFigures({ home }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { sent, missed, failed, medianMs, p99Ms } = home.welcomes;
  const all = sent + missed + failed;
  const rows = [
    ['sent', format.number(sent), sent],
    ['missed', format.number(missed), missed],
    ['failed', format.number(failed), failed],
  ] as const;
  return (
    <Panel
      title={t('home.welcomes')}
      definition={t('home.welcomesDefinition')}
      extra={<Link to="/touches">{t('home.toTouches')}</Link>}
    >
      <div className="welcome-rate">
        <span className="figure-value">{format.percent(all === 0 ? null : sent / all)}</span>
        <span className="muted">{t('home.welcomeRate')}</span>
      </div>
      <div className="share-bar" aria-hidden>
        {rows.map(([name, , count]) => (
          <span key={name} className={`share-${name}`} style={{ flexGrow: count }} />
        ))}
      </div>
      <dl className="facts">
        {rows.map(([name, text]) => (
          <div key={name}>
            <dt>
              <span className={`dot share-${name}`} /> {t(`home.welcome.${name}`)}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
        <div>
          <dt>{t('home.welcome.median')}</dt>
          <dd>{format.duration(medianMs)}</dd>
        </div>
        <div>
          <dt>{t('home.welcome.p99')}</dt>
          <dd>{format.duration(p99Ms)}</dd>
        </div>
      </dl>
    </Panel>
  );
}
