import { useQuery } from '@tanstack/react-query';
import { Skeleton } from 'antd';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getRelation, getSuperUsers } from '#contract/scores';
import { reading } from '~/call';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';
import { CustomerLink } from './customer-link';
import { NotYet, RunLine, ScoreActions, ScoreFigure, useGroupName } from './parts';

type SuperUsers = Output<typeof getSuperUsers>;

export default function RelationPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const relation = useQuery({ ...reading(getRelation, {}), refetchInterval: 15_000 });
  const supers = useQuery({ ...reading(getSuperUsers, {}), refetchInterval: 15_000 });
  const error = relation.error ?? supers.error;
  return (
    <div className="page">
      <PageHeader title={t('menu.relation')} subtitle={t('relation.subtitle')} actions={<ScoreActions />} />
      {relation.data === undefined || supers.data === undefined ? (
        error ? (
          <ErrorNotice error={error} onRetry={() => void Promise.all([relation.refetch(), supers.refetch()])} />
        ) : (
          <Skeleton active paragraph={{ rows: 10 }} />
        )
      ) : relation.data.run === null ? (
        <Panel>
          <NotYet />
        </Panel>
      ) : (
        <div className="stack-large">
          <RunLine run={relation.data.run} />
          <SuperUserPanels supers={supers.data} />
          <div className="three-columns">
            <Tenths
              title={t('relation.relation')}
              definition={t('relation.relationDefinition')}
              parts={relation.data.relation.parts}
              note={t('relation.noActs', { n: format.number(relation.data.relation.zero) })}
            />
            <Tenths
              title={t('relation.responsiveness')}
              definition={t('relation.responsivenessDefinition')}
              parts={relation.data.responsiveness.parts}
              note={t('relation.unknown', { n: format.number(relation.data.responsiveness.unknown) })}
            />
            <Tenths
              title={t('relation.freebie')}
              definition={t('relation.freebieDefinition')}
              parts={relation.data.freebie.parts}
              note={t('relation.clean', { n: format.number(relation.data.freebie.zero) })}
            />
          </div>
        </div>
      )}
    </div>
  );
}

function SuperUserPanels({ supers }: { supers: SuperUsers }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useGroupName();
  const currency = supers.run?.currency ?? null;
  if (supers.thresholdFen === null) {
    return (
      <Panel title={t('relation.superUsers')}>
        <p className="muted">{t('relation.noSuper')}</p>
      </Panel>
    );
  }
  return (
    <div className="two-columns">
      <Panel title={t('relation.curve')} definition={t('relation.curveDefinition')}>
        <div className="figures">
          <ScoreFigure
            name={t('relation.superUsers')}
            definition={t('relation.superDefinition')}
            value={format.number(supers.superUsers)}
            note={t('relation.superNote', {
              buyers: format.percent(supers.superUserShare),
              value: format.percent(supers.superShare),
              threshold: format.money(supers.thresholdFen, currency),
            })}
          />
          <ScoreFigure
            name={t('relation.topFifth')}
            definition={t('relation.curveDefinition')}
            value={format.percent(supers.topFifthValue)}
          />
        </div>
        <Curve supers={supers} />
      </Panel>
      <Panel title={t('relation.best')} isFlush>
        <TableOrCards
          rows={supers.best.slice(0, 8)}
          keyOf={(row) => row.id}
          columns={[
            {
              title: t('menu.customers'),
              key: 'name',
              render: (_, row) => <CustomerLink id={row.id} name={row.name} />,
            },
            { title: t('rfm.groups'), key: 'group', render: (_, row) => nameOf({ key: row.group, name: null }) },
            {
              title: t('scores.orders'),
              key: 'orders',
              align: 'right',
              render: (_, row) => format.number(row.orders),
            },
            {
              title: t('scores.amount'),
              key: 'amount',
              align: 'right',
              render: (_, row) => format.money(row.amountFen, currency),
            },
          ]}
        />
      </Panel>
    </div>
  );
}

function Curve({ supers }: { supers: SuperUsers }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(() => {
    const line = (name: string, data: number[], color: string, isDashed: boolean) => ({
      type: 'line' as const,
      name,
      data,
      color,
      showSymbol: false,
      lineStyle: { width: 2, type: isDashed ? ('dashed' as const) : ('solid' as const) },
      ...(isDashed ? {} : { areaStyle: { opacity: 0.12 } }),
    });
    const percent = (value: unknown) => (typeof value === 'number' ? format.percent(value) : '–');
    const base = frame(supers.curve.map(({ buyers }) => format.percent(Math.round(buyers * 100) / 100)));
    return {
      ...base,
      tooltip: { ...base.tooltip, valueFormatter: percent },
      yAxis: { ...axis, minInterval: 0, max: 1, axisLabel: { ...axis.axisLabel, formatter: percent } },
      series: [
        line(
          t('relation.valueShare'),
          supers.curve.map(({ value }) => value),
          colours.added,
          false,
        ),
        line(
          t('relation.buyersShare'),
          supers.curve.map(({ buyers }) => buyers),
          colours.scans,
          true,
        ),
      ],
    };
  }, [supers.curve, t, format, frame, axis, colours]);
  return <Chart option={option} label={t('relation.curve')} height={250} />;
}

/** Ten bars from the least to the most. */
function Tenths({
  title,
  definition,
  parts,
  note,
}: {
  readonly title: string;
  readonly definition: string;
  readonly parts: readonly number[];
  readonly note: string;
}) {
  const { t } = useTranslation();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(() => {
    const { legend: _, ...base } = frame(parts.map((_, i) => `${i * 10}–${(i + 1) * 10}`));
    return {
      ...base,
      grid: { left: 4, right: 16, top: 12, bottom: 4, outerBoundsMode: 'same' as const },
      yAxis: { ...axis, splitNumber: 3 },
      series: [
        {
          type: 'bar' as const,
          name: t('relation.people'),
          data: [...parts],
          color: colours.added,
          itemStyle: { borderRadius: [3, 3, 0, 0] },
        },
      ],
    };
  }, [parts, t, frame, axis, colours]);
  return (
    <Panel title={title} definition={definition}>
      <p className="muted small">{note}</p>
      <Chart option={option} label={title} height={200} />
    </Panel>
  );
}
