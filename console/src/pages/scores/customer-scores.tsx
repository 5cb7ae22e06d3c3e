import { useQuery } from '@tanstack/react-query';
import { Progress, Skeleton, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getCustomerScores } from '#contract/scores';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Definition, Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { useGroupName } from './parts';

type Scores = Output<typeof getCustomerScores>;

/** One customer's scores, each with what it was made from. */
export function ScoresPanel({ customerId }: { customerId: number }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ ...reading(getCustomerScores, { id: customerId }), refetchInterval: 60_000 });
  return (
    <Panel title={t('customerScores.title')}>
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active />
        )
      ) : (
        <div className="score-cards">
          <RfmCard scores={data} />
          <ExpectedCard scores={data} />
          <RelationCard scores={data} />
          <ResponsivenessCard scores={data} />
          <FreebieCard scores={data} />
          <SuperCard scores={data} />
        </div>
      )}
    </Panel>
  );
}

interface CardProps {
  readonly title: string;
  readonly definition: string;
  readonly value: ReactNode;
  /** What it was made from, line by line. */
  readonly inputs: readonly (string | null)[];
}

function Card({ title, definition, value, inputs }: CardProps) {
  return (
    <div className="score-card">
      <div className="figure-name">
        {title}
        <Definition text={definition} />
      </div>
      <div className="score-value">{value}</div>
      {inputs.map((line) =>
        line === null ? null : (
          <div key={line} className="muted small">
            {line}
          </div>
        ),
      )}
    </div>
  );
}

interface ScoresProps {
  readonly scores: Scores;
}

function RfmCard({ scores: { rfm, currency } }: ScoresProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useGroupName();
  return (
    <Card
      title={t('customerScores.rfm')}
      definition={`${t('rfm.limitsDefinition')} ${t('rfm.groupsDefinition')}`}
      value={
        rfm === null ? (
          <span className="muted">{t('customerScores.rfmNone')}</span>
        ) : (
          <>
            {nameOf({ key: rfm.group, name: rfm.groupName })}{' '}
            <span className="muted mono">
              {rfm.r}-{rfm.f}-{rfm.m}
            </span>
          </>
        )
      }
      inputs={[
        rfm &&
          t('customerScores.rfmInputs', {
            days: format.number(rfm.recencyDays),
            window: rfm.windowDays,
            orders: format.number(rfm.orders),
            amount: format.money(rfm.amountFen, currency),
          }),
      ]}
    />
  );
}

function ExpectedCard({ scores: { purchases, currency } }: ScoresProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { refusal, expectedOrders, expectedValueFen, expectedSpendFen, pAlive } = purchases;
  const money = (fen: number | null) => (fen === null ? '–' : format.money(fen, currency));
  const isKnown =
    refusal === 'no_orders' || refusal === 'not_computed' || refusal === 'fit_unsound' || refusal === 'holdout_off';
  return (
    <Card
      title={t('customerScores.expected')}
      definition={`${t('purchases.subtitle')} ${t('purchases.aliveNote')}`}
      value={
        expectedOrders === null ? (
          <span className="muted">{t('scores.refused')}</span>
        ) : (
          t('customerScores.expectedText', {
            days: purchases.horizonDays,
            orders: format.decimal(expectedOrders),
            value: money(expectedValueFen),
          })
        )
      }
      inputs={[
        refusal === null ? null : isKnown ? t(`purchases.refusal.${refusal}`) : t('purchases.verdictNo'),
        purchases.x === null || expectedOrders === null
          ? null
          : t('customerScores.expectedInputs', {
              x: purchases.x,
              tx: purchases.tx,
              T: purchases.T,
              spend: money(expectedSpendFen),
            }),
        pAlive === null ? null : t('customerScores.alive', { value: format.percent(pAlive) }),
      ]}
    />
  );
}

function RelationCard({ scores: { relation } }: ScoresProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const acts = relation.topActs.map(({ name, count }) => `${textOr(`event.${name}`, name)} ×${format.number(count)}`);
  return (
    <Card
      title={t('customerScores.relation')}
      definition={t('relation.relationDefinition')}
      value={<Progress percent={Math.round(relation.score ?? 0)} size="small" format={(percent) => String(percent)} />}
      inputs={[
        relation.acts === 0
          ? t('customerScores.noActs')
          : t('customerScores.relationInputs', {
              acts: format.number(relation.acts),
              days: format.number(relation.actDays),
              points: format.decimal(relation.points, 1),
            }),
        acts.length === 0 ? null : format.list(acts),
        relation.lastActAt === null ? null : t('customerScores.lastAct', { time: format.time(relation.lastActAt) }),
      ]}
    />
  );
}

function ResponsivenessCard({ scores: { relation } }: ScoresProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Card
      title={t('customerScores.responsiveness')}
      definition={`${t('relation.responsivenessDefinition')} ${t('customerScores.attentionDefinition')}`}
      value={
        relation.responsiveness === null ? (
          <span className="muted">{t('customerScores.fewTouches')}</span>
        ) : (
          format.percent(relation.responsiveness)
        )
      }
      inputs={[
        t('customerScores.responsivenessInputs', {
          reached: format.number(relation.reached),
          reacted: format.number(relation.reacted),
          hours: relation.replyHours,
        }),
        relation.medianReplyMs === null
          ? null
          : t('customerScores.medianReply', { time: format.duration(relation.medianReplyMs) }),
        t('customerScores.attention', { value: format.decimal(relation.attention ?? 0, 1) }),
      ]}
    />
  );
}

function FreebieCard({ scores: { freebie } }: ScoresProps) {
  const { t } = useTranslation();
  return (
    <div className="score-card">
      <div className="figure-name">
        {t('customerScores.freebie')}
        <Definition text={t('relation.freebieDefinition')} />
      </div>
      <div className="score-value">{freebie.score ?? '–'}</div>
      <div className="tags">
        {freebie.reasons.length === 0 && <span className="muted small">{t('customerScores.noReasons')}</span>}
        {freebie.reasons.map(({ reason, points }) => (
          <Tag key={reason} variant="filled" color={points > 0 ? 'warning' : 'success'}>
            {t(`customerScores.reason.${reason}`)} {points > 0 ? `+${points}` : points}
          </Tag>
        ))}
      </div>
    </div>
  );
}

function SuperCard({ scores: { superUser, currency } }: ScoresProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { isSuper, thresholdFen, amountFen } = superUser;
  const values = {
    amount: format.money(amountFen, currency),
    threshold: thresholdFen === null ? '–' : format.money(thresholdFen, currency),
  };
  return (
    <Card
      title={t('customerScores.super')}
      definition={t('relation.curveDefinition')}
      value={isSuper ? t('common.yes') : t('common.no')}
      inputs={[isSuper ? t('customerScores.superYes', values) : t('customerScores.superNo', values)]}
    />
  );
}
