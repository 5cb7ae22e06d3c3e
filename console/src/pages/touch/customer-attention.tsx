import { CheckCircleFilled, ClockCircleFilled, StopFilled } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Popover, Progress, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { category, getAttention, listTouches } from '#contract/touch';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { useTouchWords } from '~/components/touch-words';
import { useFormat } from '~/format';
import { ConsentModal } from './consent-modal';
import './touch.css';

type Attention = Output<typeof getAttention>;

/** On the page of a customer: what of his attention is left, what he agreed to, and what was held back. */
export function AttentionPanel({ customerId }: { customerId: number }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('attention.title')} definition={t('attention.definition')}>
      <AttentionOf customerId={customerId} withHistory />
    </Panel>
  );
}

export function AttentionOf({
  customerId,
  withHistory = false,
}: {
  readonly customerId: number;
  readonly withHistory?: boolean;
}) {
  const can = useCan();
  const { data, error, refetch } = useQuery({ ...reading(getAttention, { id: customerId }), refetchInterval: 30_000 });
  if (data === undefined) {
    return error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />;
  }
  return (
    <div className="stack-large">
      <Caps attention={data} />
      <Facts attention={data} />
      <Verdicts attention={data} />
      <Consents attention={data} customerId={customerId} />
      {withHistory && can('touch.read') && <NotSent customerId={customerId} />}
    </div>
  );
}

function Caps({ attention }: { attention: Attention }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useTouchWords();
  if (attention.caps.length === 0) return null;
  return (
    <div className="attention-caps">
      {attention.caps.map(({ cap, used, until }) => (
        <div key={JSON.stringify(cap)} className="attention-cap">
          <span className="line">
            <span>{words.cap(cap)}</span>
            <b className="nowrap">{t('attention.used', { used: format.number(used), max: format.number(cap.max) })}</b>
          </span>
          <Progress
            percent={Math.min(100, (100 * used) / cap.max)}
            showInfo={false}
            size="small"
            status={until === null ? 'normal' : 'exception'}
            aria-label={words.cap(cap)}
          />
          {until !== null && <span className="muted small">{t('attention.full', { time: format.time(until) })}</span>}
        </div>
      ))}
    </div>
  );
}

function Facts({ attention }: { attention: Attention }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { givenSinceAsk: given, giveBeforeAsk, mutedAt, pauseUntil } = attention;
  const left = given === null ? 0 : Math.max(0, giveBeforeAsk - given);
  const values = { given: format.number(given ?? 0), left: format.number(left) };
  const balance =
    given === null ? t('attention.noAsk') : t(left === 0 ? 'attention.given' : 'attention.givenOf', values);
  const unanswered = t('attention.unansweredCount', { n: format.number(attention.unanswered) });
  const time = (at: string | null) => (at === null ? t('common.never') : format.time(at));
  const rows: [string, string][] = [
    [t('attention.balance'), balance],
    [
      t('attention.unanswered'),
      pauseUntil === null
        ? unanswered
        : format.list([unanswered, t('attention.pausedUntil', { time: format.time(pauseUntil) })]),
    ],
    [t('attention.lastTouch'), time(attention.lastTouchAt)],
    [t('attention.lastAct'), time(attention.lastActAt)],
    [t('attention.zone'), attention.zone],
  ];
  return (
    <div className="stack">
      <dl className="attention-facts">
        {rows.map(([name, value]) => [<dt key={`${name} name`}>{name}</dt>, <dd key={name}>{value}</dd>])}
      </dl>
      {(mutedAt !== null || attention.isInControlGroup) && (
        <span className="tags">
          {mutedAt !== null && <Tag color="warning">{t('attention.muted', { time: format.time(mutedAt) })}</Tag>}
          {attention.isInControlGroup && <Tag color="processing">{t('attention.control')}</Tag>}
        </span>
      )}
    </div>
  );
}

const icons = {
  allow: <CheckCircleFilled />,
  defer: <ClockCircleFilled />,
  suppress: <StopFilled />,
} as const;

/** Whether each kind of message could go by each channel now; the reason of each by mouse, finger or keyboard. */
function Verdicts({ attention }: { attention: Attention }) {
  const { t } = useTranslation();
  const words = useTouchWords();
  const channels = [...new Set(attention.verdicts.map((one) => one.channel))];
  return (
    <section>
      <h3 className="section-title">{t('attention.now')}</h3>
      <table className="verdicts">
        <thead>
          <tr>
            <th scope="col">{t('touch.channelTitle')}</th>
            {category.options.map((of) => (
              <th key={of} scope="col">
                {t(`touch.category.${of}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {channels.map((channel) => (
            <tr key={channel}>
              <th scope="row">{t(`touch.channel.${channel}`)}</th>
              {category.options.map((of) => {
                const found = attention.verdicts.find((one) => one.channel === channel && one.category === of);
                if (!found) return <td key={of} />;
                const { verdict, consent } = found;
                const text =
                  verdict.kind === 'allow' ? t('attention.allow') : words.reason(verdict.reason, verdict.detail);
                return (
                  <td key={of}>
                    <Popover
                      trigger={['hover', 'focus', 'click']}
                      content={
                        <div className="touch-stack verdict-words">
                          <span>{text}</span>
                          <span className="muted small">{t(`attention.consentState.${consent}`)}</span>
                        </div>
                      }
                    >
                      <button type="button" className={`verdict verdict-${verdict.kind}`} aria-label={text}>
                        {icons[verdict.kind]}
                      </button>
                    </Popover>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Consents({ attention, customerId }: { attention: Attention; customerId: number }) {
  const { t } = useTranslation();
  const can = useCan();
  const format = useFormat();
  const [isSaying, setSaying] = useState(false);
  return (
    <section className="stack">
      <div className="spread">
        <h3 className="section-title">{t('attention.consent')}</h3>
        {can('customer.write') && (
          <Button size="small" onClick={() => setSaying(true)}>
            {t('attention.change')}
          </Button>
        )}
      </div>
      {attention.consents.length === 0 && <span className="muted">{t('attention.noWords')}</span>}
      {attention.consents.map((word) => (
        <div key={`${word.channel} ${word.category}`} className="consent-word">
          <span>
            <Tag color={word.state === 'granted' ? 'success' : 'error'} variant="filled">
              {t(`attention.said.${word.state}`)}
            </Tag>
            {word.channel === 'any' ? t('attention.any') : t(`touch.channel.${word.channel}`)}
            {word.category !== 'any' && ` · ${t(`touch.category.${word.category}`)}`}
          </span>
          <span className="muted small">
            {format.time(word.at)} · {t(`attention.hows.${word.evidence.how}`)}
            {word.evidence.text !== undefined && ` · ${word.evidence.text}`}
          </span>
        </div>
      ))}
      {isSaying && <ConsentModal customerId={customerId} onClose={() => setSaying(false)} />}
    </section>
  );
}

/** The last ones that were held back, with the reason. */
function NotSent({ customerId }: { customerId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useTouchWords();
  const { data } = useQuery(reading(listTouches, { customer: customerId, state: 'suppressed', limit: 3 }));
  const deferred = useQuery(reading(listTouches, { customer: customerId, state: 'deferred', limit: 3 }));
  if (data === undefined || deferred.data === undefined) return <Skeleton active title={false} />;
  const rows = [...deferred.data.rows, ...data.rows];
  return (
    <section className="stack">
      <h3 className="section-title">{t('attention.notSent')}</h3>
      {rows.length === 0 && <span className="muted">{t('attention.allSent')}</span>}
      {rows.map((row) => (
        <div key={row.id} className="consent-word">
          <span>
            {t(`touch.channel.${row.channel}`)} · {t(`touch.category.${row.category}`)} ·{' '}
            <span className="muted">{t(`touch.kind.${row.kind}`)}</span>
          </span>
          <span className="muted small">
            {format.time(row.plannedAt)} · {row.reason !== null && words.reason(row.reason, row.detail)}
          </span>
        </div>
      ))}
    </section>
  );
}
