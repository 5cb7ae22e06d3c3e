import { DeploymentUnitOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Drawer, Input, Popconfirm } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call, Output } from '#contract';
import { getRelay, relayDraft, rotateRelaySecret, sendTestRelay, setRelay } from '#contract/relay';
import { type ApiError, reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { SecretModal } from '~/pages/webhooks/webhook-modal';
import { ChannelCard, LastFailure, stateOf, TrialOutcome } from './card';
import { DrawerFooter, Enabled } from './parts';

type Settings = Output<typeof getRelay>['settings'];

export function RelayCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const [secret, setSecret] = useState<string | null>(null);
  const { data } = useQuery(reading(getRelay, {}));
  const testing = useWriting(sendTestRelay);
  if (data === undefined) return null;
  const { settings, health } = data;
  function showSettings() {
    testing.reset();
    setOpen(true);
  }
  const timeOf = (time: string | null) => (time === null ? t('common.never') : format.time(time));
  return (
    <>
      <ChannelCard
        icon={<DeploymentUnitOutlined />}
        title={t('channel.relay.title')}
        text={settings?.description || t('channel.relay.text')}
        state={stateOf(settings, health)}
        facts={
          settings === null
            ? []
            : [
                [
                  t('channel.relay.url'),
                  <span key="url" className="mono">
                    {settings.url}
                  </span>,
                ],
                [
                  t('channel.relay.secret'),
                  t('channel.relay.secretMadeAt', { time: format.time(settings.secretMadeAt) }),
                ],
                [t('channel.lastSuccess'), timeOf(health.succeededAt)],
                [t('channel.lastFailure'), timeOf(health.failedAt)],
              ]
        }
        notice={
          testing.data ? (
            <TrialOutcome group="relayProblem" result={testing.data} ok={t('channel.testOk')} />
          ) : (
            <LastFailure group="relayProblem" health={health} />
          )
        }
        actions={
          <>
            <Button type={settings === null ? 'primary' : 'default'} onClick={showSettings}>
              {t(settings === null ? 'channel.setUp' : 'channel.settings')}
            </Button>
            {settings !== null && (
              <Button loading={testing.isPending} onClick={() => testing.mutate({})}>
                {t('channel.test')}
              </Button>
            )}
          </>
        }
      />
      {isOpen && <SettingsDrawer settings={settings} onClose={() => setOpen(false)} onSecret={setSecret} />}
      {secret !== null && (
        <SecretModal title={t('channel.relay.made')} secret={secret} onClose={() => setSecret(null)} />
      )}
    </>
  );
}

interface DrawerProps {
  readonly settings: Settings;
  readonly onClose: () => void;
  readonly onSecret: (secret: string | null) => void;
}

function SettingsDrawer({ settings, onClose, onSecret }: DrawerProps) {
  const { t } = useTranslation();
  const draft = useDraft<Call<typeof setRelay>>(relayDraft, {
    isEnabled: settings?.isEnabled ?? true,
    url: settings?.url ?? 'https://',
    description: settings?.description ?? '',
  });
  const onRefused = (error: ApiError) => {
    if (error.code !== 'webhook_url_refused') return draft.refuse(error);
    const text = textOr(`webhook.urlRefused.${String(error.details.reason)}`, t('error.webhook_url_refused'));
    return draft.refuseField('url', text);
  };
  const finish = (secret: string | null) => {
    onSecret(secret);
    onClose();
  };
  const saving = useWriting(setRelay, { said: t('common.saved'), onRefused, onDone: ({ secret }) => finish(secret) });
  const rotating = useWriting(rotateRelaySecret, { onDone: ({ secret }) => finish(secret) });
  const { value, set } = draft;
  return (
    <Drawer
      open
      onClose={onClose}
      title={t('channel.relay.title')}
      size={520}
      footer={<DrawerFooter form="relay" isSaving={saving.isPending} onClose={onClose} />}
    >
      <DraftForm id="relay" draft={draft} onSave={() => saving.mutate(value)}>
        <Enabled value={value.isEnabled ?? true} onChange={(isEnabled) => set({ isEnabled })} />
        <Field label={t('channel.relay.url')} path="url" hint={t('channel.relay.urlHint')}>
          <Input
            className="mono"
            inputMode="url"
            autoComplete="off"
            spellCheck={false}
            value={value.url}
            onChange={(event) => set({ url: event.target.value.trim() })}
          />
        </Field>
        <Field
          label={t('channel.relay.description')}
          path="description"
          hint={t('channel.relay.descriptionHint')}
          isOptional
        >
          <Input
            maxLength={200}
            value={value.description ?? ''}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Field>
      </DraftForm>
      {settings !== null && (
        <Popconfirm
          title={t('channel.relay.rotateTitle')}
          description={t('channel.relay.rotateHint')}
          onConfirm={() => rotating.mutate({})}
        >
          <Button danger loading={rotating.isPending}>
            {t('channel.relay.rotate')}
          </Button>
        </Popconfirm>
      )}
    </Drawer>
  );
}
