import { App, Modal, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { enrolInJourney } from '#contract/journeys';
import { type ChosenCustomer, CustomerPicker } from '~/components/customer-picker';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { SegmentPicker } from '~/pages/campaigns/inputs';

interface Props {
  readonly journey: { readonly id: number; readonly name: string };
  readonly onClose: () => void;
}

/** Brings one customer in, or all members of a segment. */
export function EnrolModal({ journey, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { message } = App.useApp();
  const [who, setWho] = useState<'customer' | 'segment'>('customer');
  const [customer, setCustomer] = useState<ChosenCustomer>();
  const [segmentId, setSegmentId] = useState<number>();
  const enrolling = useWriting(enrolInJourney, {
    onDone: ({ entered, refused, intakeId }) => {
      const reasons = refused.map(({ reason, count }) =>
        t('journey.refusedCount', { reason: t(`journey.refusal.${reason}`), n: format.number(count) }),
      );
      if (intakeId !== null) void message.info(t('journey.enrolStarted'));
      else if (reasons.length === 0) void message.success(t('journey.enrolDone', { entered: format.number(entered) }));
      else {
        const values = { entered: format.number(entered), refused: reasons.join(t('common.separator')) };
        void message.warning(t('journey.enrolRefused', values));
      }
      onClose();
    },
  });
  const chosen =
    who === 'customer' ? customer && { customerIds: [customer.id] } : segmentId !== undefined && { segmentId };
  return (
    <Modal
      open
      title={t('journey.enrolTitle', { name: journey.name })}
      okText={t('journey.enrol')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !chosen }}
      confirmLoading={enrolling.isPending}
      onOk={() => chosen && enrolling.mutate({ id: journey.id, ...chosen })}
      onCancel={onClose}
    >
      <div className="stack">
        <Segmented
          value={who}
          onChange={setWho}
          options={[
            { value: 'customer', label: t('journey.enrolCustomer') },
            { value: 'segment', label: t('journey.enrolSegment') },
          ]}
        />
        {who === 'customer' ? (
          <CustomerPicker
            label={t('journey.enrolCustomer')}
            value={customer}
            onChange={setCustomer}
            testId="enrol-customer"
          />
        ) : (
          <SegmentPicker value={segmentId} onChange={setSegmentId} />
        )}
      </div>
    </Modal>
  );
}
