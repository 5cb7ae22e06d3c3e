import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listWebhooks } from '#contract/webhooks';
import { useFormat } from '~/format';

export type Webhook = Output<typeof listWebhooks>['rows'][number];

export function WebhookState({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  if (!webhook.isEnabled) {
    return (
      <Tag variant="filled" color={webhook.disabledReason === null ? 'default' : 'error'}>
        {t('webhook.off')}
      </Tag>
    );
  }
  if (webhook.restingUntil !== null) {
    return (
      <Tag variant="filled" color="warning">
        {t('webhook.resting')}
      </Tag>
    );
  }
  return webhook.failingSince === null ? (
    <Tag variant="filled" color="success">
      {t('webhook.on')}
    </Tag>
  ) : (
    <Tag variant="filled" color="warning">
      {t('webhook.failing')}
    </Tag>
  );
}

export function totalsOf(webhook: Webhook) {
  const delivered = webhook.hours.reduce((sum, hour) => sum + hour.delivered, 0);
  const failed = webhook.hours.reduce((sum, hour) => sum + hour.failed, 0);
  const tookMs = webhook.hours.reduce((sum, hour) => sum + (hour.meanMs ?? 0) * (hour.delivered + hour.failed), 0);
  const attempts = delivered + failed;
  return {
    delivered,
    failed,
    successRate: attempts === 0 ? null : delivered / attempts,
    meanMs: attempts === 0 ? null : tookMs / attempts,
  };
}

/** The attempts of 24 hours, a column for each: what arrived below, what failed above it. */
export function HealthBars({ webhook, isLarge = false }: { webhook: Webhook; isLarge?: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { delivered, failed } = totalsOf(webhook);
  const most = Math.max(1, ...webhook.hours.map((hour) => hour.delivered + hour.failed));
  const label = t('webhook.healthLabel', { delivered: format.number(delivered), failed: format.number(failed) });
  return (
    <div className={isLarge ? 'health health-large' : 'health'} role="img" aria-label={label}>
      {webhook.hours.map((hour) => {
        const shareOf = (count: number) => `${count === 0 ? 0 : Math.max(6, (count / most) * 100)}%`;
        const counts = { delivered: format.number(hour.delivered), failed: format.number(hour.failed) };
        return (
          <Tooltip key={hour.hour} title={t('webhook.hourLabel', { time: format.clock(hour.hour), ...counts })}>
            <div className="health-hour">
              <span className="health-failed" style={{ height: shareOf(hour.failed) }} />
              <span className="health-delivered" style={{ height: shareOf(hour.delivered) }} />
            </div>
          </Tooltip>
        );
      })}
    </div>
  );
}
