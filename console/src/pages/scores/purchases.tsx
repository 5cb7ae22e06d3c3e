import { useQuery } from '@tanstack/react-query';
import { Alert, Skeleton, Tag } from 'antd';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getPurchaseModel } from '#contract/scores';
import { reading } from '~/call';
import { BarList } from '~/components/bar-list';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';
import { NotYet, RunLine, ScoreActions, ScoreFigure } from './parts';

type Model = Output<typeof getPurchaseModel>;
type Report = NonNullable<Model['report']>;
type Holdout = NonNullable<Report['holdout']>;

export default function PurchaseModelPage(): ReactNode {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery({ ...reading(getPurchaseModel, {}), refetchInterval: 15_000 });
  const report = data?.report ?? null;
  return (
    <div className="page">
      <PageHeader title={t('menu.purchaseModel')} subtitle={t('purchases.subtitle')} actions={<ScoreActions />} />
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton active paragraph={{ rows: 10 }} />
        )
      ) : data.run === null || report === null ? (
        <Panel>
          <NotYet />
        </Panel>
      ) : (
        <div className="stack-large">
          <RunLine run={data.run} />
          <Verdict report={report} />
          {report.holdout && (
            <div className="two-columns">
              <Calibration holdout={report.holdout} />
              <Rankings holdout={report.holdout} />
            </div>
          )}
          <div className="two-columns">
            <div className="stack-large">
              <Histogram
                title={t('purchases.expectedOrders')}
                definition={t('purchases.expectedOrdersDefinition', { days: report.horizonDays })}
                parts={data.expectedOrders}
              />
              {data.alive.length > 0 && (
                <Histogram
                  title={t('purchases.alive')}
                  definition={t('purchases.aliveDefinition')}
                  parts={data.alive}
                />
              )}
            </div>
            {report.fits.length > 0 && <Fits report={report} currency={data.run.currency} />}
          </div>
        </div>
      )}
    </div>
  );
}

/** Whether expectations are given; if not, why. */
function Verdict({ report }: { report: Report }) {
  const { t } = useTranslation();
  const format = useFormat();
  const days = (count: number | null) =>
    count === null ? '–' : t('purchases.figures.days', { n: format.decimal(count, 0) });
  const { needs } = report;
  return (
    <Panel>
      <Alert
        showIcon
        type={report.refusal === null ? 'success' : 'warning'}
        title={
          report.refusal === null ? t('purchases.verdictOk', { days: report.horizonDays }) : t('purchases.verdictNo')
        }
        description={
          <>
            {report.refusal !== null && (
              <p>
                {t(`purchases.refusal.${report.refusal}`, {
                  buyers: format.number(report.buyers),
                  repeatBuyers: format.number(report.repeatBuyers),
                  needBuyers: needs.buyers,
                  needRepeat: needs.repeatBuyers,
                  historyDays: report.historyDays,
                  needDays: needs.historyDays,
                  intervals: needs.intervals,
                  interval: format.decimal(report.intervalDays ?? 0, 0),
                  days: report.horizonDays,
                })}
              </p>
            )}
            <p>
              {report.aliveRefusal === null
                ? t('purchases.aliveNote')
                : t(`purchases.aliveRefusal.${report.aliveRefusal}`)}
            </p>
          </>
        }
      />
      <div className="figures score-figures">
        <ScoreFigure
          name={t('purchases.figures.buyers')}
          definition={t('purchases.definition.buyers')}
          value={format.number(report.buyers)}
        />
        <ScoreFigure
          name={t('purchases.figures.repeat')}
          definition={t('purchases.definition.repeat')}
          value={format.number(report.repeatBuyers)}
          note={format.percent(report.buyers === 0 ? null : report.repeatBuyers / report.buyers)}
        />
        <ScoreFigure
          name={t('purchases.figures.history')}
          definition={t('purchases.definition.history')}
          value={days(report.historyDays)}
        />
        <ScoreFigure
          name={t('purchases.figures.interval')}
          definition={t('purchases.definition.interval')}
          value={days(report.intervalDays)}
        />
      </div>
    </Panel>
  );
}

function Calibration({ holdout }: { holdout: Holdout }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(() => {
    const { buckets } = holdout;
    const round = (value: number | null) => (value === null ? null : Math.round(value * 1000) / 1000);
    const bar = (name: string, data: (number | null)[], color: string) => ({
      type: 'bar' as const,
      name,
      data: data.map((value) => value ?? '-'),
      color,
      barMaxWidth: 20,
      itemStyle: { borderRadius: [3, 3, 0, 0] },
    });
    return {
      ...frame(buckets.map(({ x, isLast }) => (isLast ? t('purchases.orMore', { n: x }) : String(x)))),
      yAxis: { ...axis, minInterval: 0 },
      series: [
        bar(
          t('purchases.actual'),
          buckets.map(({ actual }) => round(actual)),
          colours.total,
        ),
        bar(
          t('purchases.model.mbg'),
          buckets.map(({ mbg }) => round(mbg)),
          colours.added,
        ),
        bar(
          t('purchases.model.bg'),
          buckets.map(({ bg }) => round(bg)),
          colours.lost,
        ),
      ],
    };
  }, [holdout, t, frame, axis, colours]);
  return (
    <Panel
      title={t('purchases.calibration')}
      definition={t('purchases.calibrationDefinition', { split: format.longDay(holdout.splitDay), days: holdout.days })}
    >
      {holdout.fits.map((fit) => (
        <p key={fit.model} className="small">
          <strong>{t(`purchases.model.${fit.model}`)}</strong>{' '}
          {fit.expected === null
            ? t('purchases.unsound')
            : t('purchases.calibrationSum', {
                customers: format.number(holdout.customers),
                actual: format.number(holdout.actual),
                expected: format.decimal(fit.expected, 0),
                ratio: format.percent(holdout.actual === 0 ? null : fit.expected / holdout.actual),
              })}
        </p>
      ))}
      <Chart option={option} label={t('purchases.calibration')} height={280} />
      <p className="muted small centred">
        {t('purchases.timesBefore')} → {t('purchases.perCustomer')}
      </p>
    </Panel>
  );
}

function Rankings({ holdout }: { holdout: Holdout }) {
  const { t } = useTranslation();
  const write = (auc: number | null) => (auc === null ? '–' : auc.toFixed(3));
  return (
    <Panel title={t('purchases.ranking')} definition={t('purchases.rankingDefinition')}>
      <table className="plain-table ranking-table">
        <thead>
          <tr>
            <th />
            <th scope="col">{t('purchases.rankingAll')}</th>
            <th scope="col">{t('purchases.rankingOnce')}</th>
            <th scope="col">{t('purchases.rankingRepeat')}</th>
          </tr>
        </thead>
        <tbody>
          {holdout.rankings.map((row) => (
            <tr key={row.name}>
              <th scope="row">{t(`purchases.rankingName.${row.name}`)}</th>
              <td>{write(row.auc)}</td>
              <td>{write(row.aucOnce)}</td>
              <td>{write(row.aucRepeat)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Histogram({
  title,
  definition,
  parts,
}: {
  readonly title: string;
  readonly definition: string;
  readonly parts: readonly { from: number; to: number | null; customers: number }[];
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const most = parts.reduce((sum, part) => sum + part.customers, 0);
  return (
    <Panel title={title} definition={definition}>
      {parts.length === 0 ? (
        <p className="muted">{t('scores.refused')}</p>
      ) : (
        <BarList
          bars={parts.map(({ from, to, customers }) => ({
            key: from,
            label: to === null ? `≥ ${format.decimal(from)}` : `${format.decimal(from)} – ${format.decimal(to)}`,
            value: customers,
            text: `${format.number(customers)} · ${format.percent(most === 0 ? null : customers / most)}`,
          }))}
        />
      )}
    </Panel>
  );
}

function Fits({ report, currency }: { report: Report; currency: string | null }) {
  const { t } = useTranslation();
  const format = useFormat();
  const soundness = (isSound: boolean) => (
    <Tag variant="filled" color={isSound ? 'success' : 'warning'}>
      {isSound ? t('purchases.sound') : t('purchases.unsound')}
    </Tag>
  );
  const figure = (value: number) => (Math.abs(value) < 0.001 ? value.toExponential(2) : format.decimal(value, 3));
  return (
    <div className="stack-large">
      <Panel title={t('purchases.fit')} definition={t('purchases.fitDefinition')} isFlush>
        <TableOrCards
          rows={report.fits}
          keyOf={(fit) => fit.model}
          columns={[
            { title: '', key: 'model', render: (_, fit) => t(`purchases.model.${fit.model}`) },
            ...(['r', 'alpha', 'a', 'b'] as const).map((name) => ({
              title: name,
              key: name,
              align: 'right' as const,
              render: (_: unknown, fit: Report['fits'][number]) => figure(fit.parameters[name]),
            })),
            {
              title: t('purchases.logLikelihood'),
              key: 'logLikelihood',
              align: 'right',
              render: (_, fit) => format.decimal(fit.logLikelihood, 1),
            },
            { title: '', key: 'sound', render: (_, fit) => soundness(fit.isSound) },
          ]}
        />
      </Panel>
      <Panel title={t('purchases.spend')} definition={t('purchases.spendDefinition')}>
        {report.spend === null ? (
          <p className="muted">{t('scores.refused')}</p>
        ) : (
          <dl className="facts">
            {(
              [
                ['p', figure(report.spend.parameters.p)],
                ['q', figure(report.spend.parameters.q)],
                ['γ', format.money(report.spend.parameters.gamma, currency)],
                [t('purchases.logLikelihood'), format.decimal(report.spend.logLikelihood, 1)],
                [t('purchases.spendActual'), format.money(report.spend.actualFen, currency)],
                [
                  t('purchases.spendExpected'),
                  report.spend.expectedFen === null ? '–' : format.money(report.spend.expectedFen, currency),
                ],
                [
                  t('purchases.correlation'),
                  report.spend.correlation === null ? '–' : format.decimal(report.spend.correlation, 3),
                ],
                ['', soundness(report.spend.isSound)],
              ] as const
            ).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        )}
      </Panel>
    </div>
  );
}
