import { DeleteOutlined, MobileOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Drawer, Input, Modal, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import type { Call, Output } from '#contract';
import { checkSms, getSms, sendTestSms, setSms, smsDraft } from '#contract/sms';
import { reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { ChannelCard, LastFailure, stateOf, TrialOutcome } from './card';
import { DrawerFooter, Enabled } from './parts';

type Settings = Output<typeof getSms>['settings'];

export function SmsCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const [open, setOpen] = useState<'settings' | 'test'>();
  const { data } = useQuery(reading(getSms, {}));
  const checking = useWriting(checkSms);
  if (data === undefined) return null;
  const { settings, health, unreported } = data;
  const close = () => setOpen(undefined);
  /** What a check said of other settings, or before a test, is old news. */
  function show(dialog: 'settings' | 'test') {
    checking.reset();
    setOpen(dialog);
  }
  const timeOf = (time: string | null) => (time === null ? t('common.never') : format.time(time));
  return (
    <>
      <ChannelCard
        icon={<MobileOutlined />}
        title={t('channel.sms.title')}
        text={t('channel.sms.text')}
        state={stateOf(settings, health)}
        facts={
          settings === null
            ? []
            : [
                [t('channel.sms.signName'), `【${settings.signName}】`],
                [t('channel.sms.unreported'), format.number(unreported)],
                [t('channel.lastSuccess'), timeOf(health.succeededAt)],
                [t('channel.lastFailure'), timeOf(health.failedAt)],
              ]
        }
        notice={
          checking.data ? (
            <TrialOutcome group="smsProblem" result={checking.data} ok={t('channel.checkOk')} />
          ) : (
            <LastFailure group="smsProblem" health={health} />
          )
        }
        actions={
          <>
            <Button type={settings === null ? 'primary' : 'default'} onClick={() => show('settings')}>
              {t(settings === null ? 'channel.setUp' : 'channel.settings')}
            </Button>
            {settings !== null && (
              <>
                <Button loading={checking.isPending} onClick={() => checking.mutate({})}>
                  {t('channel.check')}
                </Button>
                <Button onClick={() => show('test')}>{t('channel.test')}</Button>
              </>
            )}
          </>
        }
      />
      {open === 'settings' && <SettingsDrawer settings={settings} onClose={close} />}
      {open === 'test' && <TestModal onClose={close} />}
    </>
  );
}

type SettingsDraft = Call<typeof setSms> & { keySecret: string };

/** An empty secret stays as it is on the server, so it is left out of what is sent. */
const firstSchema = smsDraft.extend({ keySecret: smsDraft.shape.keySecret.unwrap() });
const draftSchema = smsDraft.extend({ keySecret: z.union([z.literal(''), firstSchema.shape.keySecret]) });

function SettingsDrawer({ settings, onClose }: { settings: Settings; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<SettingsDraft>(settings === null ? firstSchema : draftSchema, {
    isEnabled: settings?.isEnabled ?? true,
    keyId: settings?.keyId ?? '',
    keySecret: '',
    signName: settings?.signName ?? '',
    endpoint: settings?.endpoint ?? 'https://dysmsapi.aliyuncs.com',
  });
  const saving = useWriting(setSms, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error),
  });
  const { value, set } = draft;

  function save() {
    const { keySecret, ...rest } = value;
    saving.mutate({ ...rest, ...(keySecret === '' ? {} : { keySecret }) });
  }

  return (
    <Drawer
      open
      onClose={onClose}
      title={t('channel.sms.title')}
      size={520}
      footer={<DrawerFooter form="sms" isSaving={saving.isPending} onClose={onClose} />}
    >
      <DraftForm id="sms" draft={draft} onSave={save}>
        <Enabled value={value.isEnabled ?? true} onChange={(isEnabled) => set({ isEnabled })} />
        <Field label="AccessKey ID" path="keyId" hint={t('channel.sms.keyIdHint')}>
          <Input
            className="mono"
            autoComplete="off"
            value={value.keyId}
            onChange={(event) => set({ keyId: event.target.value.trim() })}
          />
        </Field>
        <Field
          label="AccessKey Secret"
          path="keySecret"
          hint={t('channel.sms.keySecretHint')}
          isOptional={settings !== null}
        >
          <Input.Password
            autoComplete="new-password"
            value={value.keySecret}
            onChange={(event) => set({ keySecret: event.target.value.trim() })}
            placeholder={settings === null ? '' : t('channel.unchanged')}
          />
        </Field>
        <Field label={t('channel.sms.signName')} path="signName" hint={t('channel.sms.signNameHint')}>
          <Input value={value.signName} onChange={(event) => set({ signName: event.target.value })} />
        </Field>
        <Field label={t('channel.sms.endpoint')} path="endpoint" hint={t('channel.sms.endpointHint')}>
          <Input
            className="mono"
            value={value.endpoint}
            onChange={(event) => set({ endpoint: event.target.value.trim() })}
          />
        </Field>
      </DraftForm>
    </Drawer>
  );
}

interface Param {
  readonly id: number;
  readonly name: string;
  readonly value: string;
}

function TestModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [params, setParams] = useState<readonly Param[]>([]);
  const draft = useDraft(sendTestSms.input.omit({ params: true }), { phone: '', templateCode: '' });
  const sending = useWriting(sendTestSms, { onRefused: (error) => draft.refuse(error) });
  const change = (id: number, patch: Partial<Param>) =>
    setParams(params.map((param) => (param.id === id ? { ...param, ...patch } : param)));
  const send = () =>
    sending.mutate({
      ...draft.value,
      params: Object.fromEntries(params.filter(({ name }) => name !== '').map(({ name, value }) => [name, value])),
    });
  return (
    <Modal
      open
      title={t('channel.test')}
      onCancel={onClose}
      okText={t('channel.test')}
      cancelText={t('common.close')}
      confirmLoading={sending.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'sms-test' }}
    >
      <DraftForm id="sms-test" draft={draft} onSave={send}>
        <p className="drawer-lead">{t('channel.sms.testHint')}</p>
        <div className="field-pair">
          <Field label={t('channel.sms.phone')} path="phone">
            <Input
              className="mono"
              inputMode="tel"
              value={draft.value.phone}
              onChange={(event) => draft.set({ phone: event.target.value.trim() })}
            />
          </Field>
          <Field label={t('channel.sms.templateCode')} path="templateCode">
            <Input
              className="mono"
              placeholder="SMS_…"
              value={draft.value.templateCode}
              onChange={(event) => draft.set({ templateCode: event.target.value.trim() })}
            />
          </Field>
        </div>
        <Field label={t('channel.sms.params')} path="params" below isOptional>
          <div className="sms-params">
            {params.map(({ id, name, value }) => (
              <Space.Compact key={id} block>
                <Input
                  className="mono"
                  aria-label={t('channel.sms.paramName')}
                  placeholder={t('channel.sms.paramName')}
                  value={name}
                  onChange={(event) => change(id, { name: event.target.value.trim() })}
                />
                <Input
                  aria-label={t('channel.sms.paramValue')}
                  placeholder={t('channel.sms.paramValue')}
                  value={value}
                  onChange={(event) => change(id, { value: event.target.value })}
                />
                <Button
                  icon={<DeleteOutlined />}
                  aria-label={t('common.remove')}
                  onClick={() => setParams(params.filter((param) => param.id !== id))}
                />
              </Space.Compact>
            ))}
            <Button
              type="dashed"
              icon={<PlusOutlined />}
              onClick={() => setParams([...params, { id: (params.at(-1)?.id ?? 0) + 1, name: '', value: '' }])}
            >
              {t('channel.sms.addParam')}
            </Button>
          </div>
        </Field>
      </DraftForm>
      {sending.data && <TrialOutcome group="smsProblem" result={sending.data} ok={t('channel.testOk')} />}
    </Modal>
  );
}
