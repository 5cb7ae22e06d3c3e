import {
  EditOutlined,
  EllipsisOutlined,
  KeyOutlined,
  PauseCircleOutlined,
  PlayCircleOutlined,
  RedoOutlined,
  ThunderboltOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Alert, App, Button, Dropdown, Modal, Progress, Skeleton } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { deleteWebhook, getWebhook, pingWebhook, setWebhookState } from '#contract/webhooks';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { isRunning, useOperation } from '~/components/operations';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { DeliveryDrawer } from './delivery';
import { HealthBars, totalsOf, type Webhook, WebhookState } from './health';
import { DeliveryLog } from './log';
import { ReplayModal } from './replay-modal';
import { RotateModal } from './rotate-modal';
import { VerifySnippets } from './verify';
import { EventLabel, WebhookModal } from './webhook-modal';

const page = getRouteApi('/inside/webhooks/$id');

export default function WebhookPage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const navigate = page.useNavigate();
  const { delivery } = page.useSearch();
  const [replayId, setReplayId] = useState<number | null>(null);
  const { data: webhook, error, refetch } = useQuery({ ...reading(getWebhook, { id }), refetchInterval: 5000 });
  const open = (next: number | undefined) =>
    void navigate({ search: (before) => ({ ...before, delivery: next }), replace: next === undefined });

  if (webhook === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('webhook.one')} backTo="/webhooks" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }

  return (
    <div className="page">
      <PageHeader
        title={webhook.description || new URL(webhook.url).host}
        subtitle={<span className="mono webhook-url">{webhook.url}</span>}
        backTo="/webhooks"
        beside={<WebhookState webhook={webhook} />}
        actions={<Actions webhook={webhook} onReplay={setReplayId} onPinged={open} />}
      />
      <Trouble webhook={webhook} />
      {replayId !== null && <ReplayProgress id={replayId} />}
      <div className="stack-large">
        <div className="two-columns two-columns-wide-left">
          <Health webhook={webhook} />
          <Settings webhook={webhook} />
        </div>
        <DeliveryLog webhookId={id} onOpen={open} />
      </div>
      {delivery !== undefined && <DeliveryDrawer id={delivery} webhook={webhook} onClose={() => open(undefined)} />}
    </div>
  );
}

interface ActionsProps {
  readonly webhook: Webhook;
  readonly onReplay: (operationId: number) => void;
  readonly onPinged: (deliveryId: number) => void;
}

function Actions({ webhook, onReplay, onPinged }: ActionsProps) {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const leave = useNavigate();
  const [dialog, setDialog] = useState<'edit' | 'rotate' | 'replay' | null>(null);
  const pinging = useWriting(pingWebhook, {
    said: t('webhook.pingSent'),
    onDone: ({ deliveryId }) => onPinged(deliveryId),
  });
  const switching = useWriting(setWebhookState, {
    said: webhook.isEnabled ? t('webhook.turnedOff') : t('webhook.turnedOn'),
  });
  const deleting = useWriting(deleteWebhook, {
    said: t('webhook.deleted'),
    onDone: () => void leave({ to: '/webhooks' }),
  });
  const { id } = webhook;

  const turnOff = () =>
    modal.confirm({
      title: t('webhook.turnOff'),
      content: t('webhook.turnOffHint'),
      okText: t('webhook.turnOff'),
      onOk: () => switching.mutateAsync({ id, isEnabled: false }).catch(() => undefined),
    });
  const remove = () =>
    modal.confirm({
      title: t('webhook.deleteTitle'),
      content: t('webhook.deleteHint'),
      okText: t('webhook.delete'),
      okButtonProps: { danger: true },
      onOk: () => deleting.mutateAsync({ id }).catch(() => undefined),
    });
  const close = () => setDialog(null);

  return (
    <>
      {webhook.isEnabled ? (
        <Button icon={<ThunderboltOutlined />} loading={pinging.isPending} onClick={() => pinging.mutate({ id })}>
          {t('webhook.ping')}
        </Button>
      ) : (
        <Button
          type="primary"
          icon={<PlayCircleOutlined />}
          loading={switching.isPending}
          onClick={() => switching.mutate({ id, isEnabled: true })}
        >
          {t('webhook.turnOn')}
        </Button>
      )}
      <Button icon={<EditOutlined />} onClick={() => setDialog('edit')}>
        {t('common.edit')}
      </Button>
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            {
              key: 'replay',
              icon: <RedoOutlined />,
              label: t('webhook.replay'),
              disabled: !webhook.isEnabled,
              onClick: () => setDialog('replay'),
            },
            {
              key: 'rotate',
              icon: <KeyOutlined />,
              label: t('webhook.rotate'),
              onClick: () => setDialog('rotate'),
            },
            ...(webhook.isEnabled
              ? [{ key: 'off', icon: <PauseCircleOutlined />, label: t('webhook.turnOff'), onClick: turnOff }]
              : []),
            { type: 'divider' as const },
            { key: 'delete', danger: true, label: t('webhook.delete'), onClick: remove },
          ],
        }}
      >
        <Button icon={<EllipsisOutlined />} aria-label={t('common.more')} />
      </Dropdown>
      {dialog === 'edit' && <WebhookModal webhook={webhook} onClose={close} />}
      {dialog === 'rotate' && <RotateModal webhook={webhook} onClose={close} />}
      {dialog === 'replay' && (
        <ReplayModal
          webhook={webhook}
          onClose={close}
          onStarted={(operationId) => {
            close();
            onReplay(operationId);
          }}
        />
      )}
    </>
  );
}

/** Why nothing arrives, and what to do. */
function Trouble({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const alert = (type: 'error' | 'warning', title: string, description?: string) => (
    <Alert type={type} showIcon className="page-alert" title={title} description={description} />
  );
  if (!webhook.isEnabled) {
    return webhook.disabledReason === null
      ? null
      : alert('error', t(`webhook.disabledTitle.${webhook.disabledReason}`), t('webhook.disabledHint'));
  }
  if (webhook.restingUntil !== null) {
    return alert('warning', t('webhook.restingUntil', { time: format.time(webhook.restingUntil) }));
  }
  if (webhook.failingSince === null) return null;
  const since = { time: format.time(webhook.failingSince), n: format.number(webhook.failedInRow) };
  return alert('warning', t('webhook.failingTitle', since), t('webhook.failingHint'));
}

function ReplayProgress({ id }: { id: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const operation = useOperation('webhook.replay', id);
  if (operation === undefined) return null;
  const runs = isRunning(operation);
  const n = format.number(operation.doneCount);
  return (
    <Alert
      type={runs ? 'info' : 'success'}
      showIcon
      className="page-alert"
      title={t(runs ? 'webhook.replayRunning' : 'webhook.replayDone', { n })}
      description={runs && <Progress percent={100} status="active" showInfo={false} size="small" />}
    />
  );
}

function Health({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { delivered, failed, successRate, meanMs } = totalsOf(webhook);
  const facts = [
    [t('webhook.delivered'), format.number(delivered)],
    [t('webhook.failed'), format.number(failed)],
    [t('webhook.successRate'), format.percent(successRate)],
    [t('webhook.meanTime'), format.duration(meanMs)],
    [t('webhook.waiting'), webhook.waiting >= 10_000 ? t('webhook.waitingMany') : format.number(webhook.waiting)],
    [t('webhook.lastSuccess'), webhook.succeededAt === null ? t('common.never') : format.time(webhook.succeededAt)],
  ] as const;
  return (
    <Panel title={t('webhook.health')} definition={t('webhook.healthDefinition')}>
      {successRate === null ? <p className="muted">{t('webhook.quiet')}</p> : <HealthBars webhook={webhook} isLarge />}
      <Facts facts={facts} />
    </Panel>
  );
}

function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="fact-list">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Settings({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [isVerifying, setVerifying] = useState(false);
  return (
    <Panel
      title={t('webhook.settings')}
      extra={
        <Button type="link" onClick={() => setVerifying(true)}>
          {t('webhook.verify')}
        </Button>
      }
    >
      <Modal
        open={isVerifying}
        title={t('webhook.verify')}
        width={720}
        footer={null}
        onCancel={() => setVerifying(false)}
        destroyOnHidden
      >
        <VerifySnippets />
      </Modal>
      <div className="stack">
        <div>
          <div className="field-label">{t('webhook.events')}</div>
          {webhook.eventNames === null ? (
            t('webhook.allEvents')
          ) : (
            <ul className="event-list">
              {webhook.eventNames.map((name) => (
                <li key={name}>
                  <EventLabel name={name} />
                </li>
              ))}
            </ul>
          )}
        </div>
        <div>
          <div className="field-label">{t('webhook.secret')}</div>
          <span className="mono">whsec_••••••••</span>
          <div className="field-hint">
            {t('webhook.secretMadeAt', { time: format.time(webhook.secretMadeAt) })}
            {webhook.previousSecretUntil !== null && (
              <> · {t('webhook.secretOverlap', { time: format.time(webhook.previousSecretUntil) })}</>
            )}
          </div>
        </div>
      </div>
    </Panel>
  );
}
