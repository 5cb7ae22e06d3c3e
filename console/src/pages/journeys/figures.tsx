import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { getJourneyFigures } from '#contract/journeys';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { Definition } from '~/components/panel';
import { useFormat } from '~/format';

type Figures = Output<typeof getJourneyFigures>;

/** Below so many in the smaller arm nothing is concluded. */
const fewest = 30;

export function JourneyFigures({ figures, hasGoal }: { figures: Figures; hasGoal: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { touched, holdout } = figures.arms;
  const entered = touched.entered + holdout.entered;
  const reached = touched.reached + holdout.reached;
  const ended = figures.ended.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="figures" data-testid="journey-figures">
      <One
        name={t('journey.inside')}
        definition={t('journey.insideDefinition')}
        value={format.number(figures.inside)}
      />
      <One name={t('journey.entered')} definition={t('journey.enteredDefinition')} value={format.number(entered)} />
      <One
        name={t('journey.ended')}
        value={format.number(ended)}
        note={figures.ended
          .map(({ reason, count }) => `${t(`journey.pathEnd.${reason}`)} ${format.number(count)}`)
          .join(t('common.separator'))}
      />
      {hasGoal && (
        <One
          name={t('journey.reached')}
          definition={t('journey.reachedDefinition')}
          value={format.percent(entered === 0 ? null : reached / entered)}
          note={format.number(reached)}
        />
      )}
      {hasGoal && <Effect figures={figures} />}
    </div>
  );
}

function One(props: {
  readonly name: string;
  readonly definition?: string;
  readonly value: string;
  readonly note?: string;
}) {
  const { name, definition, value, note = '' } = props;
  return (
    <div className="figure">
      <div className="figure-name">
        {name}
        {definition !== undefined && <Definition text={definition} />}
      </div>
      <div className="figure-value">{value}</div>
      <div className="figure-note">{note}</div>
    </div>
  );
}

function Effect({ figures: { arms, effect } }: { figures: Figures }) {
  const { t } = useTranslation();
  const format = useFormat();
  const points = (share: number) => `${share > 0 ? '+' : ''}${format.decimal(share * 100, 1)}`;
  const isSmall = Math.min(arms.touched.entered, arms.holdout.entered) < fewest;
  const value =
    effect === null
      ? t('journey.effectNone')
      : isSmall
        ? t('journey.effectFew')
        : t('journey.effectText', {
            difference: points(effect.difference),
            low: points(effect.low),
            high: points(effect.high),
          });
  return (
    <div className="figure journey-effect">
      <div className="figure-name">
        {t('journey.effect')}
        <Definition text={t('journey.effectDefinition')} />
      </div>
      <div className={effect === null || isSmall ? 'muted' : 'journey-effect-value'}>{value}</div>
      {effect !== null && (
        <div className="figure-note">
          {t('journey.armTouched', arms.touched)} · {t('journey.armHoldout', arms.holdout)}
        </div>
      )}
    </div>
  );
}

export function JourneyDays({ days }: { days: Figures['days'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(
    () => ({
      ...frame(days.map((row) => format.shortDay(row.day))),
      yAxis: axis,
      series: [
        {
          type: 'bar' as const,
          name: t('journey.entered'),
          data: days.map((row) => row.entered),
          color: colours.total,
          barMaxWidth: 18,
        },
        {
          type: 'line' as const,
          name: t('journey.reached'),
          data: days.map((row) => row.reached),
          color: colours.added,
          showSymbol: false,
          lineStyle: { width: 2 },
        },
      ],
    }),
    [days, format, frame, axis, colours, t],
  );
  return <Chart option={option} label={t('journey.byDay')} height={220} />;
}
