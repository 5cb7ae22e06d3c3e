import { Alert } from 'antd';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { comparison } from '#contract/campaigns';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { Definition, Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { type Campaign, domainOf, type Finding, IntervalBar, toneOf, useMetricText } from './parts';
import type { Result } from './run';

type Comparison = z.output<typeof comparison>;

/** All who were to have a message against those who were left alone. */
export function EffectPanel({ result, extra }: { result: Result; extra: ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { ratio, comparisons } = result.effect;
  const overall = comparisons[0];
  if (overall === undefined) return null;
  const hasControl = overall.controlPeople > 0;
  const said = (['no_control', 'window_open'] as const).filter(
    (refusal) => overall.treatedPeople > 0 && overall.findings.some((found) => found.refusal === refusal),
  );
  return (
    <Panel title={t('campaign.effect')} definition={t('campaign.effectDefinitionLong')} extra={extra}>
      {ratio.isOff && (
        <Alert
          type="error"
          showIcon
          className="page-alert"
          title={t('campaign.ratioOff')}
          description={t('campaign.ratioOffHint', {
            seen: ratio.groups.map(({ people }) => format.number(people)).join(' / '),
            expected: ratio.groups.map(({ expected }) => format.number(Math.round(expected))).join(' / '),
            p: format.decimal(ratio.pValue, 4),
          })}
        />
      )}
      {said.map((refusal) => (
        <Alert key={refusal} type="info" showIcon className="page-alert" title={t(`campaign.refused.${refusal}`)} />
      ))}
      <div className="effect-head">
        <span>
          {t('campaign.groupSizes', {
            treated: format.number(overall.treatedPeople),
            control: format.number(overall.controlPeople),
          })}
        </span>
        {hasControl && !ratio.isOff && <span>{t('campaign.ratioFine', { p: format.decimal(ratio.pValue, 2) })}</span>}
      </div>
      <Findings comparison={overall} />
      {overall.findings.some(({ varianceExplained }) => (varianceExplained ?? 0) > 0.01) && (
        <p className="muted small">
          {t('campaign.variance', {
            share: format.percent(Math.max(...overall.findings.map(({ varianceExplained }) => varianceExplained ?? 0))),
          })}
        </p>
      )}
    </Panel>
  );
}

/** Shares lie on one line with others of their kind; amounts on a line of their own. */
function domainFor(findings: readonly Finding[], found: Finding): [number, number] {
  const isShare = (finding: Finding) => finding.metric !== 'amount' && finding.metric !== 'orders';
  return domainOf(isShare(found) ? findings.filter(isShare) : [found]);
}

function Findings({ comparison: compared, labels }: { comparison: Comparison; labels?: [string, string] }) {
  const { t } = useTranslation();
  const text = useMetricText();
  const [first, second] = labels ?? [t('campaign.treated'), t('campaign.control')];
  return (
    <div className="effect-table" data-testid="effect">
      {compared.findings.map((found) => (
        <div className="effect-row" key={found.metric}>
          <span>
            <strong>{t(`campaign.metric.${found.metric}`)}</strong>
            <Definition text={t(`campaign.metricDefinition.${found.metric}`)} />
            <span className="effect-values muted">
              <span>
                {first} {text.value(found.metric, found.treated)}
              </span>
              <span>
                {second} {text.value(found.metric, found.control)}
              </span>
            </span>
          </span>
          <IntervalBar finding={found} domain={domainFor(compared.findings, found)} />
          <Said finding={found} />
        </div>
      ))}
    </div>
  );
}

/** What is concluded, in words and numbers, or why nothing is. */
function Said({ finding: found }: { finding: Finding }) {
  const { t } = useTranslation();
  const text = useMetricText();
  const { estimate } = found;
  return (
    <span className="effect-said">
      <strong className={`effect-${toneOf(found)}`} data-testid={`conclusion-${found.metric}`}>
        {t(`campaign.conclusion.${found.conclusion}`)}
        {estimate && found.refusal === null && (
          <> {text.withUnit(found.metric, text.difference(found.metric, estimate.value))}</>
        )}
      </strong>
      {estimate && (
        <span className="muted small">
          {t('campaign.interval', {
            low: text.difference(found.metric, estimate.low),
            high: text.difference(found.metric, estimate.high),
          })}
          {found.refusal === null && <> · {text.pValue(estimate.adjustedPValue)}</>}
        </span>
      )}
      {(found.refusal === 'few_people' || found.refusal === 'few_cases') && (
        <span className="muted small">{t(`campaign.refused.${found.refusal}`)}</span>
      )}
      {estimate && found.conclusion === 'not_shown' && (
        <span className="muted small">
          {t('campaign.smallest', {
            n: text.withUnit(found.metric, text.difference(found.metric, estimate.smallestEffect).replace('+', '')),
          })}
        </span>
      )}
    </span>
  );
}

const variantName = (campaign: Campaign, part: string) =>
  campaign.draft.variants.find((variant) => variant.part === part)?.name ?? '';

/** Each variant against those who were left alone, by buyers and by amount. */
export function ByVariant({ campaign, result }: { campaign: Campaign; result: Result }) {
  const { t } = useTranslation();
  const variants = result.effect.comparisons.filter(({ part }) => part !== null);
  return (
    <Panel title={t('campaign.byVariant')} definition={t('campaign.byVariantDefinition')}>
      {(['ordered', 'amount', 'blocked'] as const).map((metric) => {
        const rows = variants.flatMap(({ part, findings }) => {
          const found = findings.find((finding) => finding.metric === metric);
          return found === undefined || part === null ? [] : [{ part, found }];
        });
        const domain = domainOf(rows.map(({ found }) => found));
        return (
          <section key={metric}>
            <h3 className="section-title">{t(`campaign.metric.${metric}`)}</h3>
            <div className="effect-table">
              {rows.map(({ part, found }) => (
                <div className="effect-row" key={part}>
                  <span>
                    {t('campaign.variant', { part })} <span className="muted small">{variantName(campaign, part)}</span>
                  </span>
                  <IntervalBar finding={found} domain={domain} />
                  <Said finding={found} />
                </div>
              ))}
            </div>
          </section>
        );
      })}
      <p className="muted small">{t('campaign.holmNote')}</p>
    </Panel>
  );
}

/** Variants against the first one: both groups had a message. */
export function Between({ campaign, result }: { campaign: Campaign; result: Result }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('campaign.between')} definition={t('campaign.betweenDefinition')}>
      {result.effect.between.map((compared) => (
        <section key={compared.part}>
          <h3 className="section-title">
            {t('campaign.variant', { part: compared.part })} {variantName(campaign, compared.part ?? '')}
          </h3>
          <Findings
            comparison={compared}
            labels={[t('campaign.variant', { part: compared.part }), t('campaign.variant', { part: compared.against })]}
          />
        </section>
      ))}
    </Panel>
  );
}

/** How many had bought by which day, with and without. */
export function Curve({ result }: { result: Result }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(() => {
    const line = { type: 'line' as const, showSymbol: result.curve.length < 15, lineStyle: { width: 2 } };
    const percent = (value: number | null) => (value === null ? null : Math.round(value * 100_000) / 1000);
    const { tooltip, ...rest } = frame(result.curve.map(({ days }) => t('campaign.curveDay', { n: days })));
    return {
      ...rest,
      tooltip: {
        ...tooltip,
        valueFormatter: (value: unknown) => (typeof value === 'number' ? `${format.decimal(value)}%` : '–'),
      },
      yAxis: { ...axis, minInterval: 0, axisLabel: { ...axis.axisLabel, formatter: (value: number) => `${value}%` } },
      series: [
        {
          ...line,
          name: t('campaign.treated'),
          data: result.curve.map(({ treated }) => percent(treated)),
          color: colours.added,
        },
        {
          ...line,
          name: t('campaign.control'),
          data: result.curve.map(({ control }) => percent(control)),
          color: colours.total,
          lineStyle: { width: 2, type: 'dashed' as const },
        },
      ],
    };
  }, [result.curve, t, format, frame, axis, colours.added, colours.total]);
  return (
    <Panel title={t('campaign.curve')} definition={t('campaign.curveDefinition')}>
      <Chart option={option} label={t('campaign.curve')} height={240} />
    </Panel>
  );
}

type Range = { value: number; low: number; high: number } | null;

export function Money({ result }: { result: Result }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { money } = result.effect;
  const fen = (value: number) => format.money(value, 'CNY');
  const isKnown = money.refusal === null;
  const ranged = (range: Range) =>
    range === null || !isKnown ? (
      <>–</>
    ) : (
      <>
        {fen(range.value)}
        <span className="money-range">
          {fen(range.low)} ～ {fen(range.high)}
        </span>
      </>
    );
  const figures: [string, ReactNode][] = [
    [t('campaign.salesMore'), ranged(money.salesFen)],
    [
      t('campaign.cost'),
      <>
        {fen(money.costFen)}
        <span className="money-range">{t('campaign.messages', { n: format.number(money.messages) })}</span>
      </>,
    ],
    [
      t('campaign.profit'),
      <>
        {ranged(money.profitFen)}
        <span className="money-range">
          {t('campaign.atMargin', { share: format.percent(money.marginBasisPoints / 10_000) })}
        </span>
      </>,
    ],
    [t('campaign.fenPerOrder'), isKnown ? ranged(money.fenPerOrder) : '–'],
  ];
  return (
    <Panel title={t('campaign.money')} definition={t('campaign.moneyDefinition')}>
      <div className="figures">
        {figures.map(([name, value]) => (
          <div className="figure" key={name}>
            <div className="figure-name">{name}</div>
            <div className="figure-value">{value}</div>
          </div>
        ))}
      </div>
      {money.refusal !== null ? (
        <p className="muted small">{t(`campaign.refused.${money.refusal}`)}</p>
      ) : (
        money.fenPerOrder === null && <p className="muted small">{t('campaign.fenPerOrderNone')}</p>
      )}
    </Panel>
  );
}
