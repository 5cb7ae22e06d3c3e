import { Modal, Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import { replayWebhook } from '#contract/webhooks';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { TimePoint } from '~/components/time-point';
import { useWriting } from '~/components/writing';
import type { Webhook } from './health';

interface Choice {
  readonly id: number;
  readonly only: 'failed' | 'all';
  readonly from: string | undefined;
  readonly until: string | undefined;
}

interface Props {
  readonly webhook: Webhook;
  readonly onClose: () => void;
  readonly onStarted: (operationId: number) => void;
}

/** Which messages are sent again. */
export function ReplayModal({ webhook, onClose, onStarted }: Props) {
  const { t } = useTranslation();
  const draft = useDraft<Choice>(replayWebhook.input, {
    id: webhook.id,
    only: 'failed',
    from: undefined,
    until: undefined,
  });
  const starting = useWriting(replayWebhook, {
    onDone: ({ operationId }) => onStarted(operationId),
    onRefused: draft.refuse,
  });
  const { value, set } = draft;
  return (
    <Modal
      open
      title={t('webhook.replayTitle')}
      onCancel={onClose}
      okText={t('webhook.replayStart')}
      confirmLoading={starting.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'replay' }}
    >
      <DraftForm id="replay" draft={draft} onSave={() => starting.mutate(value)}>
        <p className="muted">{t('webhook.replayHint')}</p>
        <Radio.Group
          className="replay-choice"
          vertical
          value={value.only}
          onChange={(event) => set({ only: event.target.value })}
          options={[
            { value: 'failed', label: t('webhook.replayFailed') },
            { value: 'all', label: t('webhook.replayAll') },
          ]}
        />
        <Field label={t('webhook.replayFrom')} path="from" isOptional={value.only === 'failed'}>
          <TimePoint
            value={value.from ?? null}
            onChange={(from) => set({ from: from ?? undefined })}
            placeholder={value.only === 'failed' ? t('webhook.replayAnyTime') : t('webhook.replayPeriod')}
          />
        </Field>
        <Field label={t('webhook.replayUntil')} path="until" isOptional={value.only === 'failed'}>
          <TimePoint
            value={value.until ?? null}
            onChange={(until) => set({ until: until ?? undefined })}
            placeholder={value.only === 'failed' ? t('webhook.replayAnyTime') : t('webhook.replayPeriod')}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}
