import {
  CheckOutlined,
  CopyOutlined,
  DeleteOutlined,
  EditOutlined,
  MoreOutlined,
  PauseOutlined,
  PlayCircleOutlined,
  RollbackOutlined,
  SendOutlined,
  StopOutlined,
} from '@ant-design/icons';
import { Link, useNavigate } from '@tanstack/react-router';
import { Alert, App, Button, Dropdown, Input, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  approveCampaign,
  cancelCampaign,
  copyCampaign,
  deleteCampaign,
  launchCampaign,
  pauseCampaign,
  rejectCampaign,
  resumeCampaign,
  withdrawCampaign,
} from '#contract/campaigns';
import { useCan } from '~/app/session';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import type { Campaign } from './parts';

/** What can be done to a campaign in the state it is in. */
export function Actions({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const can = useCan();
  const navigate = useNavigate();
  const { modal, message } = App.useApp();
  const { id, state } = campaign;
  const launching = useWriting(launchCampaign, {
    onDone: ({ state: next }) => void message.success(t(next === 'waiting' ? 'campaign.waiting' : 'campaign.launched')),
  });
  const pausing = useWriting(pauseCampaign, { said: t('campaign.paused') });
  const resuming = useWriting(resumeCampaign, { said: t('campaign.resumed') });
  const cancelling = useWriting(cancelCampaign, { said: t('campaign.cancelled') });
  const withdrawing = useWriting(withdrawCampaign, { said: t('campaign.withdrawn') });
  const copying = useWriting(copyCampaign, {
    said: t('campaign.copied'),
    onDone: (copy) => void navigate({ to: '/campaigns/$id/edit', params: { id: String(copy.id) } }),
  });
  const deleting = useWriting(deleteCampaign, {
    said: t('common.deleted'),
    onDone: () => void navigate({ to: '/campaigns' }),
  });
  if (!can('campaign.write')) return null;

  const ask = (title: string, content: string, okText: string, onOk: () => Promise<unknown>) =>
    void modal.confirm({
      title,
      content,
      okText,
      cancelText: t('common.cancel'),
      okButtonProps: { danger: true },
      onOk: () => onOk().catch(() => undefined),
    });
  const isWithdrawable =
    (state === 'waiting' || state === 'scheduled' || state === 'paused') &&
    campaign.runs.every((run) => run.state !== 'planning' && run.state !== 'sending');
  const more = [
    { key: 'copy', icon: <CopyOutlined />, label: t('campaign.copy'), onClick: () => copying.mutate({ id }) },
    ...(isWithdrawable
      ? [
          {
            key: 'withdraw',
            icon: <RollbackOutlined />,
            label: t('campaign.withdraw'),
            onClick: () => withdrawing.mutate({ id }),
          },
        ]
      : []),
    ...(state === 'waiting' || state === 'scheduled' || state === 'running' || state === 'paused'
      ? [
          {
            key: 'cancel',
            icon: <StopOutlined />,
            danger: true,
            label: t('campaign.cancel'),
            onClick: () =>
              ask(
                t('campaign.cancelTitle', { name: campaign.name }),
                t('campaign.cancelHint'),
                t('campaign.cancel'),
                () => cancelling.mutateAsync({ id }),
              ),
          },
        ]
      : []),
    ...(state === 'draft' && campaign.runCount === 0
      ? [
          {
            key: 'delete',
            icon: <DeleteOutlined />,
            danger: true,
            label: t('common.delete'),
            onClick: () =>
              ask(
                t('campaign.deleteTitle', { name: campaign.name }),
                t('campaign.deleteHint'),
                t('common.delete'),
                () => deleting.mutateAsync({ id }),
              ),
          },
        ]
      : []),
  ];

  return (
    <>
      <Dropdown menu={{ items: more }} trigger={['click']}>
        <Button icon={<MoreOutlined />} aria-label={t('common.more')} data-testid="campaign-more" />
      </Dropdown>
      {state === 'draft' && (
        <>
          <Link to="/campaigns/$id/edit" params={{ id: String(id) }}>
            <Button icon={<EditOutlined />}>{t('common.edit')}</Button>
          </Link>
          <Button
            type="primary"
            icon={<SendOutlined />}
            loading={launching.isPending}
            onClick={() => launching.mutate({ id })}
          >
            {t('campaign.launch')}
          </Button>
        </>
      )}
      {(state === 'scheduled' || state === 'running') && (
        <Button icon={<PauseOutlined />} loading={pausing.isPending} onClick={() => pausing.mutate({ id })}>
          {t('campaign.pause')}
        </Button>
      )}
      {state === 'paused' && (
        <Button
          type="primary"
          icon={<PlayCircleOutlined />}
          loading={resuming.isPending}
          onClick={() => resuming.mutate({ id })}
        >
          {t('campaign.resume')}
        </Button>
      )}
    </>
  );
}

/** Who asked, for how many, and the decision for those who may make it. */
export function Approval({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const [decision, setDecision] = useState<'approve' | 'reject'>();
  const { approval } = campaign;
  if (campaign.state !== 'waiting' || approval === null) return null;
  const mayDecide = can('campaign.approve') && approval.isYours;
  return (
    <Alert
      type="warning"
      showIcon
      className="page-alert"
      title={t('campaign.approvalTitle')}
      description={
        <>
          <div>
            {t('campaign.approvalAsked', {
              name: approval.requestedBy,
              time: format.time(approval.requestedAt),
              n: format.number(approval.size),
            })}
          </div>
          {can('campaign.approve') && (
            <div>{mayDecide ? t('campaign.approvalYours') : t('campaign.approvalNotYours')}</div>
          )}
        </>
      }
      action={
        mayDecide && (
          <span className="tags">
            <Button onClick={() => setDecision('reject')}>{t('campaign.reject')}</Button>
            <Button
              type="primary"
              icon={<CheckOutlined />}
              onClick={() => setDecision('approve')}
              data-testid="campaign-approve"
            >
              {t('campaign.approve')}
            </Button>
            {decision !== undefined && (
              <Decision campaign={campaign} decision={decision} onClose={() => setDecision(undefined)} />
            )}
          </span>
        )
      }
    />
  );
}

function Decision({
  campaign,
  decision,
  onClose,
}: {
  readonly campaign: Campaign;
  readonly decision: 'approve' | 'reject';
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const approving = useWriting(approveCampaign, { said: t('campaign.approved'), onDone: onClose });
  const rejecting = useWriting(rejectCampaign, { said: t('campaign.rejected'), onDone: onClose });
  const deciding = decision === 'approve' ? approving : rejecting;
  return (
    <Modal
      open
      title={`${t(`campaign.${decision}`)} · ${campaign.name}`}
      okText={t(`campaign.${decision}`)}
      okButtonProps={{ danger: decision === 'reject' }}
      cancelText={t('common.cancel')}
      confirmLoading={deciding.isPending}
      onOk={() => deciding.mutate({ id: campaign.id, note })}
      onCancel={onClose}
    >
      <Input.TextArea
        rows={3}
        maxLength={200}
        value={note}
        placeholder={t('campaign.note')}
        aria-label={t('campaign.note')}
        onChange={(event) => setNote(event.target.value)}
      />
    </Modal>
  );
}
