import { Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { rotateWebhookSecret } from '#contract/webhooks';
import { useWriting } from '~/components/writing';
import type { Webhook } from './health';
import { SecretModal } from './webhook-modal';

export function RotateModal({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { t } = useTranslation();
  const [overlapHours, setOverlapHours] = useState(24);
  const rotating = useWriting(rotateWebhookSecret);
  if (rotating.data)
    return <SecretModal title={t('webhook.rotated')} secret={rotating.data.secret} onClose={onClose} />;
  return (
    <Modal
      open
      title={t('webhook.rotateTitle')}
      onCancel={onClose}
      okText={t('webhook.rotate')}
      confirmLoading={rotating.isPending}
      onOk={() => rotating.mutate({ id: webhook.id, overlapHours })}
    >
      <div className="stack">
        <p className="muted">{t('webhook.rotateHint')}</p>
        <Select
          className="full-width"
          aria-label={t('webhook.overlap')}
          prefix={<span className="muted">{t('webhook.overlap')}</span>}
          value={overlapHours}
          onChange={setOverlapHours}
          options={[
            { value: 24, label: t('webhook.overlapHours', { n: 24 }) },
            { value: 72, label: t('webhook.overlapDays', { n: 3 }) },
            { value: 168, label: t('webhook.overlapDays', { n: 7 }) },
            { value: 0, label: t('webhook.rotateNow') },
          ]}
        />
      </div>
    </Modal>
  );
}
