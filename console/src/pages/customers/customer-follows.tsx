import { EditOutlined } from '@ant-design/icons';
import { Avatar, Button, Input, Modal, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { type getCustomer, setRemark } from '#contract/customers';
import { useCan } from '~/app/session';
import { CodeName } from '~/components/code-name';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { initialOf } from '~/components/initial';
import { Panel } from '~/components/panel';
import { StaffName } from '~/components/staff-name';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

type Customer = Output<typeof getCustomer>;
type Follow = Customer['follows'][number];

export function FollowsPanel({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const can = useCan();
  const [edited, setEdited] = useState<Follow | null>(null);
  return (
    <Panel title={t('follow.many')} definition={t('follow.definition')}>
      <ul className="follow-list">
        {customer.follows.map((follow) => (
          <FollowItem
            key={`${follow.staffId}:${follow.externalUserid}`}
            follow={follow}
            {...(can('customer.write') && follow.state === 'active' ? { onEdit: () => setEdited(follow) } : {})}
          />
        ))}
      </ul>
      {edited !== null && <RemarkModal customerId={customer.id} follow={edited} onClose={() => setEdited(null)} />}
    </Panel>
  );
}

function FollowItem({ follow, onEdit }: { follow: Follow; onEdit?: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const addWay = follow.addWay === null ? null : textOr(`addWay.${follow.addWay}`, t('addWay.other'));
  return (
    <li className={follow.state === 'active' ? 'follow' : 'follow follow-ended'}>
      <Avatar src={follow.staffAvatar ?? undefined} alt="">
        {initialOf(follow.staffName)}
      </Avatar>
      <div className="follow-text">
        <div className="follow-head">
          <StaffName staff={{ id: follow.staffId, name: follow.staffName }} />
          <Tag color={follow.state === 'active' ? 'success' : 'default'} variant="filled">
            {t(`follow.state.${follow.state}`)}
          </Tag>
        </div>
        <div className="muted">
          {t('follow.since', { time: format.time(follow.addedAt) })}
          {follow.endedAt !== null && ` · ${t('follow.until', { time: format.time(follow.endedAt) })}`}
          {addWay !== null && ` · ${addWay}`}
          {follow.code && (
            <>
              {' · '}
              <CodeName code={follow.code} />
            </>
          )}
        </div>
        {(follow.remark !== '' || follow.description !== '' || follow.remarkMobiles.length > 0) && (
          <div className="follow-remark">
            {[follow.remark, follow.description, ...follow.remarkMobiles].filter((part) => part !== '').join(' · ')}
          </div>
        )}
      </div>
      {onEdit && (
        <Button type="text" size="small" icon={<EditOutlined />} onClick={onEdit}>
          {t('follow.remark')}
        </Button>
      )}
    </li>
  );
}

const remarkSchema = setRemark.input.pick({ remark: true, description: true });

function RemarkModal({ customerId, follow, onClose }: { customerId: number; follow: Follow; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft(remarkSchema, { remark: follow.remark, description: follow.description });
  const saving = useWriting(setRemark, {
    said: t('follow.remarkSaved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error),
  });
  return (
    <Modal
      open
      title={t('follow.remarkOf', { name: follow.staffName })}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'remark' }}
    >
      <DraftForm
        id="remark"
        draft={draft}
        onSave={() => saving.mutate({ id: customerId, staffId: follow.staffId, ...draft.value })}
      >
        <Field label={t('follow.remark')} path="remark" isOptional hint={t('follow.remarkHint')}>
          <Input
            maxLength={20}
            showCount
            value={draft.value.remark}
            onChange={(event) => draft.set({ remark: event.target.value })}
          />
        </Field>
        <Field label={t('follow.description')} path="description" isOptional>
          <Input.TextArea
            maxLength={150}
            showCount
            autoSize={{ minRows: 2, maxRows: 5 }}
            value={draft.value.description}
            onChange={(event) => draft.set({ description: event.target.value })}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}
