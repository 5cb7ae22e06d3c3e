import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Alert, Skeleton, Tag } from 'antd';
import { useDeferredValue, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { foreseeCampaign, sampleCampaign } from '#contract/campaigns';
import type { ChannelMessage } from '#contract/content';
import { reading } from '~/call';
import { BarList } from '~/components/bar-list';
import { CustomerName } from '~/components/customer-name';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { type Drafting, wholeDraft } from './draft';

type Foresight = Output<typeof foreseeCampaign>;
type Draft = NonNullable<ReturnType<typeof wholeDraft>>;

/** The whole draft without its name, the same object as long as it says the same. */
function useAsked(draft: Drafting): Omit<Draft, 'name'> | undefined {
  const whole = wholeDraft(draft);
  const text = whole === undefined ? undefined : JSON.stringify({ ...whole, name: undefined });
  const steady = useDeferredValue(text);
  return useMemo(() => (steady === undefined ? undefined : (JSON.parse(steady) as Omit<Draft, 'name'>)), [steady]);
}

/** How many it would reach now, why not the others, and what it asks of staff; kept up while the form changes. */
export function DryRun({ draft }: { draft: Drafting }) {
  const { t } = useTranslation();
  const format = useFormat();
  const asked = useAsked(draft);
  const { data, error, isFetching } = useQuery({
    ...reading(foreseeCampaign, asked ?? ({} as never)),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
  return (
    <Panel title={t('campaign.dryRun')} definition={t('campaign.dryRunHint')}>
      {asked === undefined ? (
        <p className="muted">{t('campaign.dryRunWait')}</p>
      ) : error ? (
        <ErrorNotice error={error} />
      ) : data === undefined ? (
        <Skeleton active />
      ) : (
        <div className={isFetching ? 'reach-fresh' : ''} data-testid="dry-run">
          <Reach found={data} />
          <Reasons found={data} />
          <div className="dry-notes">
            {data.sampled !== null && (
              <p className="muted small">{t('campaign.dryRunSampled', { n: format.number(data.sampled) })}</p>
            )}
            <Notes found={data} channel={draft.channel} />
          </div>
        </div>
      )}
    </Panel>
  );
}

const sum = (parts: readonly { count: number }[]) => parts.reduce((total, part) => total + part.count, 0);

function Reach({ found }: { found: Foresight }) {
  const { t } = useTranslation();
  const format = useFormat();
  const parts = [
    { key: 'will', name: t('campaign.willReach'), count: found.allowed - found.holdout },
    { key: 'hold', name: t('campaign.willHold'), count: found.holdout },
    { key: 'wait', name: t('campaign.willWait'), count: sum(found.deferred) },
    { key: 'not', name: t('campaign.willNot'), count: sum(found.suppressed) },
  ];
  return (
    <>
      <div className="reach-number">
        <strong data-testid="dry-run-reach">{format.number(found.allowed - found.holdout)}</strong>
        <span className="muted">{t('campaign.ofSize', { n: format.number(found.size) })}</span>
      </div>
      <div className="reach-bar" aria-hidden>
        {parts.map((part) => (
          <span key={part.key} className={`reach-${part.key}`} style={{ flexGrow: part.count }} />
        ))}
      </div>
      <div className="reach-legend">
        {parts.map((part) => (
          <span key={part.key}>
            <span>
              <span className={`dot reach-${part.key}`} /> {part.name}
            </span>
            {format.number(part.count)}
          </span>
        ))}
      </div>
    </>
  );
}

function Reasons({ found }: { found: Foresight }) {
  const { t } = useTranslation();
  const format = useFormat();
  const reasons = [...found.deferred, ...found.suppressed].filter(({ count }) => count > 0);
  if (reasons.length === 0) return null;
  return (
    <>
      <h3 className="section-title">{t('campaign.reasonsTitle')}</h3>
      <BarList
        bars={reasons
          .sort((a, b) => b.count - a.count)
          .map(({ reason, count }) => ({
            key: reason,
            value: count,
            label: <span title={reasonText(reason)}>{reasonText(reason)}</span>,
            text: format.number(count),
          }))}
      />
    </>
  );
}

export const reasonText = (reason: string) =>
  textOr(`campaign.ownReason.${reason}`, textOr(`touch.reason.${reason}`, reason));

function Notes({ found, channel }: { found: Foresight; channel: Drafting['channel'] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isTooSmall =
    found.smallestEffect !== null &&
    found.buyerShare !== null &&
    found.smallestEffect > Math.max(0.01, found.buyerShare);
  return (
    <>
      {found.senders > 0 && (
        <p className="small">
          {channel === 'wecom_mass'
            ? t('campaign.staffTasks', { staff: format.number(found.senders), tasks: format.number(found.tasks) })
            : t('campaign.staffTasksOther', { staff: format.number(found.senders) })}
        </p>
      )}
      {found.costFen > 0 && (
        <p className="small">{t('campaign.costForeseen', { cost: format.money(found.costFen, 'CNY') })}</p>
      )}
      {found.smallestEffect !== null && found.buyerShare !== null && (
        <p className="small">
          {t('campaign.smallestForeseen', {
            share: format.percent(found.buyerShare),
            points: format.decimal(found.smallestEffect * 100),
          })}
        </p>
      )}
      {isTooSmall && <Alert type="warning" showIcon title={t('campaign.smallestTooBig')} />}
      {channel === 'wecom_mass' &&
        found.variants
          .filter((variant) => variant.isPersonal)
          .map((variant) => (
            <Alert
              key={variant.part}
              type="warning"
              showIcon
              title={t('campaign.personal', { part: variant.part, n: format.number(variant.people) })}
            />
          ))}
      {found.needsApproval && <Alert type="info" showIcon title={t('campaign.needsApproval')} />}
    </>
  );
}

/** Some people with what they would get. */
export function Samples({ draft }: { draft: Drafting }) {
  const { t } = useTranslation();
  const asked = useAsked(draft);
  const { data, error } = useQuery({
    ...reading(sampleCampaign, asked ?? ({} as never)),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    retry: false,
  });
  if (asked === undefined || error) return null;
  return (
    <Panel title={t('campaign.samples')}>
      {data === undefined ? (
        <Skeleton active />
      ) : data.rows.length === 0 ? (
        <p className="muted">{t('campaign.samplesNone')}</p>
      ) : (
        <div className="sample-people">
          {data.rows.map((row) => (
            <div className="sample-person" key={row.customer?.id ?? 0}>
              <span className="sample-head">
                {row.customer && <CustomerName customer={row.customer} size={26} />}
                {draft.variants.length > 1 && <Tag>{row.part}</Tag>}
              </span>
              {row.message === null ? (
                <Alert type="warning" title={textOr(`campaign.messageProblem.${row.problem}`, row.problem ?? '')} />
              ) : (
                <div className="sample-words">{wordsOf(row.message)}</div>
              )}
              {row.missing.length > 0 && (
                <span className="muted small">{t('campaign.missing', { names: row.missing.join(', ') })}</span>
              )}
            </div>
          ))}
        </div>
      )}
    </Panel>
  );
}

/** What a message says, in one text. */
function wordsOf(message: ChannelMessage): string {
  switch (message.kind) {
    case 'wecom':
    case 'moment':
      return message.text;
    case 'email':
      return `${message.subject}\n\n${message.markdown}`;
    case 'sms':
      return message.preview;
    case 'webhook':
      return Object.entries(message.fields)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\n');
    case 'task':
      return message.words;
  }
}
