import { CalculatorOutlined, ReloadOutlined, SettingOutlined } from '@ant-design/icons';
import { Button, Progress, Tooltip } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { type getRfm, recomputeScores, type share } from '#contract/scores';
import { useCan } from '~/app/session';
import { EmptyState } from '~/components/empty-state';
import { isRunning, useOperations } from '~/components/operations';
import { Definition } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { SettingsDrawer } from './settings';

type Run = Output<typeof getRfm>['run'];

/** Starts a computation, shows how far it is, and opens the settings. */
export function ScoreActions() {
  const { t } = useTranslation();
  const can = useCan();
  const [isOpen, setOpen] = useState(false);
  const { data } = useOperations('score.compute');
  const running = data?.rows.find(isRunning);
  const starting = useWriting(recomputeScores);
  if (!can('score.write')) return null;
  const { doneCount = 0, totalCount = null, step = null } = running ?? {};
  return (
    <>
      {running ? (
        <span className="score-progress">
          <span className="muted">
            {step === null ? t('scores.computing') : textOr(`operation.step.${step}`, step)}
          </span>
          <Progress
            size="small"
            percent={totalCount ? Math.floor((100 * doneCount) / totalCount) : 0}
            status="active"
            aria-label={t('scores.computing')}
          />
        </span>
      ) : (
        <Button icon={<ReloadOutlined />} loading={starting.isPending} onClick={() => starting.mutate({})}>
          {t('scores.recompute')}
        </Button>
      )}
      <Button icon={<SettingOutlined />} onClick={() => setOpen(true)}>
        {t('scores.settings')}
      </Button>
      {isOpen && <SettingsDrawer onClose={() => setOpen(false)} />}
    </>
  );
}

/** What the figures of a page were computed from. */
export function RunLine({ run }: { run: NonNullable<Run> }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <p className="muted small run-line">
      {t('scores.computed', {
        time: format.time(run.computedAt),
        customers: format.number(run.customers),
        buyers: format.number(run.buyers),
      })}
      {run.currency !== null && run.otherCurrencyOrders > 0 && (
        <>
          {' · '}
          {t('scores.otherCurrency', { currency: run.currency, n: format.number(run.otherCurrencyOrders) })}
        </>
      )}
    </p>
  );
}

export function NotYet() {
  const { t } = useTranslation();
  return <EmptyState icon={<CalculatorOutlined />} title={t('scores.none')} hint={t('scores.noneHint')} />;
}

/** A figure of a score page, with what it means. */
export function ScoreFigure({
  name,
  definition,
  value,
  note,
}: {
  readonly name: string;
  readonly definition: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
}) {
  return (
    <div className="figure">
      <div className="figure-name">
        {name}
        <Definition text={definition} />
      </div>
      <div className="figure-value">{value}</div>
      <div className="figure-note">{note}</div>
    </div>
  );
}

/** A share with its interval; with too few people, that. */
export function Interval({
  of,
  write,
  minPeople,
}: {
  readonly of: z.output<typeof share>;
  readonly write: (value: number) => string;
  readonly minPeople: number;
}) {
  const { t } = useTranslation();
  if (of === null) {
    return (
      <Tooltip title={t('scores.fewHint', { n: minPeople })}>
        <span className="muted">{t('scores.few')}</span>
      </Tooltip>
    );
  }
  return (
    <span className="nowrap" title={t('scores.interval', { low: write(of.low), high: write(of.high) })}>
      {write(of.value)}{' '}
      <span className="muted small">
        {write(of.low)}–{write(of.high)}
      </span>
    </span>
  );
}

/** A group's name in the reader's language, or the brand's own. */
export function useGroupName(): (group: { key: string | null; name: string | null }) => string {
  const { t } = useTranslation();
  return ({ key, name }) => name ?? (key === null ? t('rfm.ungrouped') : textOr(`rfm.group.${key}`, key));
}
