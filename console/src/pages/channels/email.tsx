import { MailOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Drawer, Input, InputNumber, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import type { Call, Output } from '#contract';
import { checkEmail, emailDraft, getEmail, mailSecurity, sendTestEmail, setEmail } from '#contract/email';
import { useSession } from '~/app/session';
import { reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { ChannelCard, LastFailure, stateOf, TrialOutcome } from './card';
import { DrawerFooter, Enabled } from './parts';

type Settings = Output<typeof getEmail>['settings'];

export function EmailCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const [open, setOpen] = useState<'settings' | 'test'>();
  const { data } = useQuery(reading(getEmail, {}));
  const checking = useWriting(checkEmail);
  if (data === undefined) return null;
  const { settings, health, sentToday } = data;
  const close = () => setOpen(undefined);
  /** What a check said of other settings, or before a test, is old news. */
  function show(dialog: 'settings' | 'test') {
    checking.reset();
    setOpen(dialog);
  }
  const timeOf = (time: string | null) => (time === null ? t('common.never') : format.time(time));
  const today =
    settings?.dailyLimit == null
      ? format.number(sentToday)
      : t('channel.email.todayOf', { n: format.number(sentToday), limit: format.number(settings.dailyLimit) });
  return (
    <>
      <ChannelCard
        icon={<MailOutlined />}
        title={t('channel.email.title')}
        text={t('channel.email.text')}
        state={stateOf(settings, health)}
        facts={
          settings === null
            ? []
            : [
                [
                  t('channel.email.server'),
                  <span key="server" className="mono">{`${settings.host}:${settings.port}`}</span>,
                ],
                [t('channel.email.sender'), `${settings.senderName} <${settings.senderAddress}>`],
                [t('channel.email.today'), today],
                [t('channel.lastSuccess'), timeOf(health.succeededAt)],
                [t('channel.lastFailure'), timeOf(health.failedAt)],
              ]
        }
        notice={
          checking.data ? (
            <TrialOutcome group="mailProblem" result={checking.data} ok={t('channel.checkOk')} />
          ) : (
            <LastFailure group="mailProblem" health={health} />
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

type SettingsDraft = Omit<Call<typeof setEmail>, 'password' | 'replyTo'> & { password: string; replyTo: string };

/** What is left empty is left out: a password stays as it is, answers go to the sender. */
const draftSchema = emailDraft.extend({
  password: z.union([z.literal(''), emailDraft.shape.password.unwrap()]),
  replyTo: z.union([z.literal(''), emailDraft.shape.senderAddress]),
});

const usualPorts: Readonly<Record<z.output<typeof mailSecurity>, number>> = { tls: 465, starttls: 587, none: 25 };

function SettingsDrawer({ settings, onClose }: { settings: Settings; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<SettingsDraft>(draftSchema, {
    isEnabled: settings?.isEnabled ?? true,
    host: settings?.host ?? '',
    port: settings?.port ?? usualPorts.tls,
    security: settings?.security ?? 'tls',
    user: settings?.user ?? '',
    password: '',
    senderName: settings?.senderName ?? '',
    senderAddress: settings?.senderAddress ?? '',
    replyTo: settings?.replyTo ?? '',
    dailyLimit: settings?.dailyLimit ?? null,
    marksPromotions: settings?.marksPromotions ?? true,
  });
  const saving = useWriting(setEmail, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error),
  });
  const { value, set } = draft;

  function save() {
    const { password, replyTo, ...rest } = value;
    saving.mutate({ ...rest, replyTo: replyTo === '' ? null : replyTo, ...(password === '' ? {} : { password }) });
  }
  function chooseSecurity(security: SettingsDraft['security']) {
    const isUsual = value.port === usualPorts[value.security];
    set({ security, ...(isUsual ? { port: usualPorts[security] } : {}) });
  }

  return (
    <Drawer
      open
      onClose={onClose}
      title={t('channel.email.title')}
      size={560}
      footer={<DrawerFooter form="email" isSaving={saving.isPending} onClose={onClose} />}
    >
      <DraftForm id="email" draft={draft} onSave={save}>
        <Enabled value={value.isEnabled ?? true} onChange={(isEnabled) => set({ isEnabled })} />
        <Field label={t('channel.email.host')} path="host" hint={t('channel.email.hostHint')}>
          <Input
            className="mono"
            autoComplete="off"
            spellCheck={false}
            value={value.host}
            onChange={(event) => set({ host: event.target.value.trim() })}
          />
        </Field>
        <div className="field-pair">
          <Field
            label={t('channel.email.security')}
            path="security"
            hint={value.security === 'none' ? t('channel.email.plainHint') : undefined}
          >
            <Select
              value={value.security}
              onChange={chooseSecurity}
              options={mailSecurity.options.map((kind) => ({
                value: kind,
                label: t(`channel.email.securityKind.${kind}`),
              }))}
            />
          </Field>
          <Field label={t('channel.email.port')} path="port">
            <InputNumber
              className="full-width"
              min={1}
              max={65_535}
              value={value.port}
              onChange={(port) => set({ port: port ?? 0 })}
            />
          </Field>
        </div>
        <div className="field-pair">
          <Field label={t('channel.email.user')} path="user" hint={t('channel.email.userHint')} isOptional>
            <Input
              className="mono"
              autoComplete="off"
              value={value.user}
              onChange={(event) => set({ user: event.target.value.trim() })}
            />
          </Field>
          <Field label={t('channel.email.password')} path="password" isOptional>
            <Input.Password
              autoComplete="new-password"
              value={value.password}
              onChange={(event) => set({ password: event.target.value })}
              placeholder={settings?.hasPassword ? t('channel.unchanged') : ''}
            />
          </Field>
        </div>
        <div className="field-pair">
          <Field label={t('channel.email.senderName')} path="senderName" hint={t('channel.email.senderNameHint')}>
            <Input value={value.senderName} onChange={(event) => set({ senderName: event.target.value })} />
          </Field>
          <Field label={t('channel.email.senderAddress')} path="senderAddress">
            <Input
              className="mono"
              inputMode="email"
              value={value.senderAddress}
              onChange={(event) => set({ senderAddress: event.target.value.trim() })}
            />
          </Field>
        </div>
        <div className="field-pair">
          <Field label={t('channel.email.replyTo')} path="replyTo" hint={t('channel.email.replyToHint')} isOptional>
            <Input
              className="mono"
              inputMode="email"
              value={value.replyTo}
              onChange={(event) => set({ replyTo: event.target.value.trim() })}
            />
          </Field>
          <Field
            label={t('channel.email.dailyLimit')}
            path="dailyLimit"
            hint={t('channel.email.dailyLimitHint')}
            isOptional
          >
            <InputNumber
              className="full-width"
              min={1}
              value={value.dailyLimit ?? null}
              onChange={(dailyLimit) => set({ dailyLimit })}
            />
          </Field>
        </div>
        <Checkbox
          checked={value.marksPromotions ?? true}
          onChange={(event) => set({ marksPromotions: event.target.checked })}
        >
          {t('channel.email.marksPromotions')}
        </Checkbox>
        <div className="field-hint">{t('channel.email.marksPromotionsHint')}</div>
      </DraftForm>
    </Drawer>
  );
}

function TestModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { user } = useSession();
  const draft = useDraft(sendTestEmail.input, { to: user?.email ?? '' });
  const sending = useWriting(sendTestEmail, { onRefused: (error) => draft.refuse(error) });
  return (
    <Modal
      open
      title={t('channel.test')}
      onCancel={onClose}
      okText={t('channel.test')}
      cancelText={t('common.close')}
      confirmLoading={sending.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'email-test' }}
    >
      <DraftForm id="email-test" draft={draft} onSave={() => sending.mutate(draft.value)}>
        <p className="drawer-lead">{t('channel.email.testHint')}</p>
        <Field label={t('channel.email.testTo')} path="to">
          <Input
            className="mono"
            inputMode="email"
            value={draft.value.to}
            onChange={(event) => draft.set({ to: event.target.value.trim() })}
          />
        </Field>
      </DraftForm>
      {sending.data && <TrialOutcome group="mailProblem" result={sending.data} ok={t('channel.testOk')} />}
    </Modal>
  );
}
