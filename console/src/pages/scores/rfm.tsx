import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { type CSSProperties, type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getRfm } from '#contract/scores';
import { reading } from '~/call';
import { BarList } from '~/components/bar-list';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { NotYet, RunLine, ScoreActions, useGroupName } from './parts';

type Rfm = Output<typeof getRfm>;

export default function RfmPage(): ReactNode {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({ ...reading(getRfm, {}), refetchInterval: 15_000 });
  return (
    <div className="page">
      <PageHeader title={t('menu.rfm')} subtitle={t('rfm.subtitle')} actions={<ScoreActions />} />
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton active paragraph={{ rows: 10 }} />
        )
      ) : data.run === null ? (
        <Panel>
          <NotYet />
        </Panel>
      ) : (
        <div className="stack-large">
          <RunLine run={data.run} />
          <div className="two-columns">
            <div className="stack-large">
              <Matrix rfm={data} />
              <Limits rfm={data} />
            </div>
            <div className="stack-large">
              <Groups rfm={data} />
            </div>
          </div>
          <Distribution rfm={data} />
        </div>
      )}
    </div>
  );
}

const highToLow = [5, 4, 3, 2, 1];
const lowToHigh = [1, 2, 3, 4, 5];

function Matrix({ rfm }: { rfm: Rfm }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useGroupName();
  const most = Math.max(1, ...rfm.matrix.map((cell) => cell.customers));
  const across = rfm.axis === 'frequency' ? t('rfm.frequency') : t('rfm.both');
  return (
    <Panel title={t('rfm.matrix')} definition={t('rfm.matrixDefinition', { days: rfm.windowDays })}>
      <div className="rfm-scroll">
        <table className="rfm-matrix">
          <tbody>
            {highToLow.map((r) => (
              <tr key={r}>
                <th scope="row">{r === 5 ? `${t('rfm.recency')} 5` : r}</th>
                {lowToHigh.map((f) => {
                  const cell = rfm.matrix.find((candidate) => candidate.r === r && candidate.f === f);
                  const { customers = 0, amountFen = 0, group = null } = cell ?? {};
                  const heat = Math.sqrt(customers / most);
                  const name = nameOf({ key: group, name: rfm.groups.find(({ key }) => key === group)?.name ?? null });
                  return (
                    <td
                      key={f}
                      className={heat > 0.72 ? 'rfm-cell heat-strong' : 'rfm-cell'}
                      style={{ '--heat': heat } as CSSProperties}
                      title={`${name} · ${t('scores.customers', { n: format.number(customers) })} · ${format.money(amountFen, rfm.run?.currency ?? null)}`}
                    >
                      <span className="rfm-count">{format.number(customers)}</span>
                      <span className="rfm-name">{name}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
            <tr>
              <td />
              {lowToHigh.map((f) => (
                <th key={f} scope="col">
                  {f === 5 ? `${across} 5` : f}
                </th>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Groups({ rfm }: { rfm: Rfm }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useGroupName();
  const people = rfm.groups.reduce((sum, group) => sum + group.customers, 0);
  const amount = rfm.groups.reduce((sum, group) => sum + group.amountFen, 0);
  const groups = rfm.groups.filter((group) => group.key !== null || group.customers > 0);
  return (
    <Panel title={t('rfm.groups')} definition={t('rfm.groupsDefinition')}>
      <BarList
        bars={groups.map((group) => ({
          key: group.key ?? '',
          label: nameOf(group),
          value: group.customers,
          // Drawn full: as much of the people as the group makes of the amount, at most all of them.
          part: amount === 0 ? 0 : Math.min(group.customers, (people * group.amountFen) / amount),
          text: t('rfm.groupText', {
            customers: format.number(group.customers),
            share: format.percent(people === 0 ? null : group.customers / people),
            value: format.percent(amount === 0 ? null : group.amountFen / amount),
          }),
        }))}
      />
    </Panel>
  );
}

function Distribution({ rfm }: { rfm: Rfm }) {
  const { t } = useTranslation();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(() => {
    const bar = (name: string, data: number[], color: string) => ({
      type: 'bar' as const,
      name,
      data,
      color,
      barMaxWidth: 18,
      itemStyle: { borderRadius: [3, 3, 0, 0] },
    });
    return {
      ...frame(rfm.distribution.map(({ score }) => t('scores.score', { n: score }))),
      yAxis: axis,
      series: [
        bar(
          t('rfm.recency'),
          rfm.distribution.map(({ recency }) => recency),
          colours.added,
        ),
        bar(
          t('rfm.frequency'),
          rfm.distribution.map(({ frequency }) => frequency),
          colours.lost,
        ),
        bar(
          t('scores.amount'),
          rfm.distribution.map(({ amount }) => amount),
          colours.scans,
        ),
      ],
    };
  }, [rfm.distribution, t, frame, axis, colours]);
  return (
    <Panel title={t('rfm.distribution')} definition={t('rfm.distributionDefinition')}>
      <Chart option={option} label={t('rfm.distribution')} height={250} />
    </Panel>
  );
}

function Limits({ rfm }: { rfm: Rfm }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { limits } = rfm;
  if (limits === null) return null;
  const currency = rfm.run?.currency ?? null;
  const rows = [
    { name: t('rfm.limitRow.recency'), of: limits.recencyDays, write: format.number, isFewGood: true },
    { name: t('rfm.limitRow.frequency'), of: limits.orders, write: format.number, isFewGood: false },
    {
      name: t('rfm.limitRow.amount'),
      of: limits.amountFen,
      write: (fen: number) => format.money(fen, currency),
      isFewGood: false,
    },
  ];
  return (
    <Panel title={t('rfm.limits')} definition={t('rfm.limitsDefinition')}>
      <div className="rfm-scroll">
        <table className="plain-table">
          <thead>
            <tr>
              <th />
              {lowToHigh.map((score) => (
                <th key={score} scope="col">
                  {t('scores.score', { n: score })}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, of, write, isFewGood }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {lowToHigh.map((score) => {
                  const place = isFewGood ? 5 - score : score - 1;
                  const last = of[3] ?? 0;
                  return (
                    <td key={score}>
                      {place < 4
                        ? t('rfm.upTo', { value: write(of[place] ?? 0) })
                        : t('rfm.above', { value: write(last) })}
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
