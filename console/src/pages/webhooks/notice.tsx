import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { listWebhooks } from '#contract/webhooks';
import { useCan } from '~/app/session';
import { reading } from '~/call';

/** Tells who looks after webhooks that siyu turned some off. */
export function WebhookNotice() {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery({ ...reading(listWebhooks, {}), enabled: can('webhook.manage'), refetchInterval: 60_000 });
  const lost = data?.rows.filter((webhook) => webhook.disabledReason !== null) ?? [];
  if (lost.length === 0) return null;
  return (
    <Alert
      type="error"
      showIcon
      className="page-alert"
      title={t('webhook.noticeTitle', { n: lost.length })}
      description={lost.map((webhook) => webhook.description || webhook.url).join(' · ')}
      action={<Link to="/webhooks">{t('webhook.noticeAction')}</Link>}
    />
  );
}
