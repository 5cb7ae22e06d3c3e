import { Form, Input, Modal, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Category, type Channel, category, channel, type Evidence, setConsent } from '#contract/touch';
import { useWriting } from '~/components/writing';

/** Ways in which people tell it to staff; the others come by themselves. */
const hows = ['console', 'message', 'form', 'platform'] as const satisfies Evidence['how'][];

/** A yes or a no of a customer's, with what shows it. */
export function ConsentModal({ customerId, onClose }: { customerId: number; onClose: () => void }) {
  const { t } = useTranslation();
  const [state, setState] = useState<'granted' | 'withdrawn'>('withdrawn');
  const [on, setChannel] = useState<Channel | 'any'>('any');
  const [of, setCategory] = useState<Category | 'any'>('any');
  const [how, setHow] = useState<(typeof hows)[number]>('console');
  const [text, setText] = useState('');
  const saying = useWriting(setConsent, { said: t('attention.saved'), onDone: onClose });
  const isSure = state === 'withdrawn' || text.trim() !== '';
  return (
    <Modal
      title={t('attention.change')}
      open
      onCancel={onClose}
      okText={t('common.save')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !isSure, loading: saying.isPending }}
      onOk={() =>
        saying.mutate({
          id: customerId,
          channel: on,
          category: of,
          state,
          evidence: { how, ...(text.trim() === '' ? {} : { text }) },
        })
      }
    >
      <Form layout="vertical" component={false}>
        <Form.Item extra={state === 'withdrawn' ? t('attention.changeHint') : undefined}>
          <Segmented
            value={state}
            onChange={setState}
            options={(['withdrawn', 'granted'] as const).map((value) => ({
              value,
              label: t(`attention.said.${value}`),
            }))}
          />
        </Form.Item>
        <div className="field-pair">
          <Form.Item label={t('touch.channelTitle')}>
            <Select<Channel | 'any'>
              aria-label={t('touch.channelTitle')}
              value={on}
              onChange={setChannel}
              options={[
                { value: 'any', label: t('attention.any') },
                ...channel.options.map((one) => ({ value: one, label: t(`touch.channel.${one}`) })),
              ]}
            />
          </Form.Item>
          <Form.Item label={t('touch.categoryTitle')}>
            <Select<Category | 'any'>
              aria-label={t('touch.categoryTitle')}
              value={of}
              onChange={setCategory}
              options={[
                { value: 'any', label: t('attention.any') },
                ...category.options.map((one) => ({ value: one, label: t(`touch.category.${one}`) })),
              ]}
            />
          </Form.Item>
        </div>
        <Form.Item label={t('attention.how')}>
          <Select
            aria-label={t('attention.how')}
            value={how}
            onChange={setHow}
            options={hows.map((one) => ({ value: one, label: t(`attention.hows.${one}`) }))}
          />
        </Form.Item>
        <Form.Item label={t('attention.evidence')} required={state === 'granted'} extra={t('attention.evidenceHint')}>
          <Input.TextArea
            aria-label={t('attention.evidence')}
            rows={3}
            maxLength={500}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
