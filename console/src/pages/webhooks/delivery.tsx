import { RedoOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Drawer, Skeleton, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getWebhookDelivery, replayWebhookDelivery } from '#contract/webhooks';
import { reading } from '~/call';
import { CopyButton } from '~/components/copy-text';
import { ErrorNotice } from '~/components/error-notice';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import type { Webhook } from './health';
import { DeliveryState } from './log';
import { EventLabel } from './webhook-modal';

type Delivery = Output<typeof getWebhookDelivery>;

interface Props {
  readonly id: number;
  readonly webhook: Webhook;
  readonly onClose: () => void;
}

/** One message: what was posted, and what came of each attempt. */
export function DeliveryDrawer({ id, webhook, onClose }: Props) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    ...reading(getWebhookDelivery, { id }),
    refetchInterval: (query) => {
      const state = query.state.data?.state;
      return state === 'planned' || state === 'claimed' ? 1000 : false;
    },
  });
  const replaying = useWriting(replayWebhookDelivery, { said: t('webhook.replayedOne') });
  return (
    <Drawer
      open
      size="large"
      title={t('webhook.delivery')}
      onClose={onClose}
      extra={
        <Button
          icon={<RedoOutlined />}
          disabled={!webhook.isEnabled || data?.state === 'claimed'}
          loading={replaying.isPending}
          onClick={() => replaying.mutate({ id })}
        >
          {t('webhook.replayOne')}
        </Button>
      }
    >
      {error && data === undefined && <ErrorNotice error={error} />}
      {data === undefined ? !error && <Skeleton active /> : <Details delivery={data} />}
    </Drawer>
  );
}

function Details({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const format = useFormat();
  const facts: [string, ReactNode][] = [
    [t('webhook.event'), <EventLabel key="event" name={delivery.eventName} />],
    [t('webhook.stateTitle'), <DeliveryState key="state" delivery={delivery} />],
    [
      t('webhook.customer'),
      delivery.customerId === null ? (
        t('webhook.nobody')
      ) : (
        <Link key="customer" to="/customers/$id" params={{ id: String(delivery.customerId) }}>
          {delivery.customerId}
        </Link>
      ),
    ],
    [t('webhook.happenedAt'), format.time(delivery.occurredAt)],
    ...(delivery.dueAt === null
      ? []
      : ([[t('webhook.nextAttempt'), format.time(delivery.dueAt)]] as [string, ReactNode][])),
    [
      t('webhook.messageId'),
      <span key="id" className="mono small">
        {delivery.messageId}
      </span>,
    ],
  ];
  return (
    <div className="stack-large">
      <dl className="fact-list">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section>
        <h3 className="section-title">{t('webhook.attemptLog')}</h3>
        {delivery.log.length === 0 && <p className="muted">{t('webhook.noAttempts')}</p>}
        <ol className="attempts">
          {delivery.log.toReversed().map((attempt) => (
            <li key={attempt.at}>
              <div className="attempt-head">
                <Tag variant="filled" color={attempt.reason === null ? 'success' : 'error'}>
                  {attempt.status ?? t('webhook.failed')}
                </Tag>
                <span className="muted small">
                  {format.time(attempt.at)} · {format.duration(attempt.tookMs)}
                </span>
              </div>
              {attempt.reason !== null && <p>{t(`webhook.reason.${attempt.reason}`)}</p>}
              {attempt.answer !== '' && <pre className="excerpt">{attempt.answer}</pre>}
            </li>
          ))}
        </ol>
      </section>
      <section>
        <h3 className="section-title">{t('webhook.body')}</h3>
        <div className="snippet">
          <pre>{pretty(delivery.body)}</pre>
          <CopyButton text={delivery.body} />
        </div>
      </section>
    </div>
  );
}

/** For reading; what is copied is what was posted. */
function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
