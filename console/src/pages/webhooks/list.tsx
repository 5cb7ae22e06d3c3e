import { NodeIndexOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Skeleton } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listWebhooks } from '#contract/webhooks';
import { reading } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { HealthBars, totalsOf, type Webhook, WebhookState } from './health';
import { WebhookModal } from './webhook-modal';

export default function WebhooksPage(): ReactNode {
  const { t } = useTranslation();
  const [isMaking, setMaking] = useState(false);
  const { data, error, refetch } = useQuery({ ...reading(listWebhooks, {}), refetchInterval: 10_000 });
  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
      {t('webhook.new')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.webhooks')} subtitle={t('webhook.subtitle')} actions={create} />
      {error && data === undefined && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && !error && <Skeleton active />}
      {data?.rows.length === 0 && (
        <Panel>
          <EmptyState
            icon={<NodeIndexOutlined />}
            title={t('webhook.none')}
            hint={t('webhook.noneHint')}
            action={create}
          />
        </Panel>
      )}
      <ul className="webhook-list">
        {data?.rows.map((webhook) => (
          <li key={webhook.id}>
            <WebhookCard webhook={webhook} />
          </li>
        ))}
      </ul>
      {isMaking && <WebhookModal onClose={() => setMaking(false)} />}
    </div>
  );
}

function WebhookCard({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { successRate } = totalsOf(webhook);
  return (
    <Link to="/webhooks/$id" params={{ id: String(webhook.id) }} className="webhook-card">
      <div className="webhook-card-text">
        <div className="webhook-card-head">
          <WebhookState webhook={webhook} />
          <span className="webhook-name">{webhook.description || new URL(webhook.url).host}</span>
        </div>
        <div className="mono small muted webhook-url">{webhook.url}</div>
        <div className="list-card-facts">
          <span>
            {webhook.eventNames === null
              ? t('webhook.allEvents')
              : t('webhook.eventCount', { n: webhook.eventNames.length })}
          </span>
          {webhook.waiting > 0 && (
            <span>
              {t('webhook.waiting')}{' '}
              {webhook.waiting >= 10_000 ? t('webhook.waitingMany') : format.number(webhook.waiting)}
            </span>
          )}
          <span>
            {t('webhook.lastSuccess')}{' '}
            {webhook.succeededAt === null ? t('common.never') : format.time(webhook.succeededAt)}
          </span>
        </div>
      </div>
      <div className="webhook-card-health">
        {successRate === null ? (
          <span className="muted small">{t('webhook.quiet')}</span>
        ) : (
          <>
            <HealthBars webhook={webhook} />
            <span className="small muted">
              {t('webhook.health')} · {t('webhook.successRate')} {format.percent(successRate)}
            </span>
          </>
        )}
      </div>
    </Link>
  );
}
