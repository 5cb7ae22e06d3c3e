import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton, Switch } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getDefaultWelcome, setDefaultWelcome } from '#contract/acquisition';
import { useCan, useSession } from '~/app/session';
import { reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { ErrorNotice } from '~/components/error-notice';
import { MessageEditor } from '~/components/message-editor';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { WelcomePhone } from '~/components/welcome-phone';
import { useWriting } from '~/components/writing';

type Welcome = Output<typeof getDefaultWelcome>;

export default function DefaultWelcomePage(): ReactNode {
  const { t } = useTranslation();
  const { data, error } = useQuery({ ...reading(getDefaultWelcome, {}), refetchOnWindowFocus: false });
  return (
    <div className="page">
      <PageHeader title={t('menu.defaultWelcome')} subtitle={t('defaultWelcome.subtitle')} />
      {error && data === undefined && <ErrorNotice error={error} />}
      {data === undefined ? !error && <Skeleton active /> : <WelcomeForm welcome={data} />}
    </div>
  );
}

function WelcomeForm({ welcome }: { welcome: Welcome }) {
  const { t } = useTranslation();
  const can = useCan();
  const { organizationName } = useSession();
  const draft = useDraft<Welcome>(setDefaultWelcome.input, welcome);
  const saving = useWriting(setDefaultWelcome, {
    said: t('common.saved'),
    onDone: () => draft.reset(draft.value),
    onRefused: (error) => draft.refuse(error, { material_unknown: 'message' }),
  });
  const { isOn, message } = draft.value;
  const values = {
    organization: organizationName,
    customer_name: t('phone.sampleCustomer'),
    staff_name: t('phone.staff'),
    staff_alias: t('phone.staff'),
    code_name: '',
    hook: '',
  };

  return (
    <DraftForm draft={draft} onSave={() => saving.mutate(draft.value)}>
      <div className="columns-form">
        <Panel>
          <fieldset disabled={!can('code.write')} className="plain-fieldset">
            <Field label={t('defaultWelcome.isOn')} path="isOn" hint={t('defaultWelcome.isOnHint')}>
              <Switch checked={isOn} disabled={!can('code.write')} onChange={(next) => draft.set({ isOn: next })} />
            </Field>
            <MessageEditor path="message" value={message} onChange={(next) => draft.set({ message: next })} />
            {can('code.write') && (
              <Button type="primary" htmlType="submit" loading={saving.isPending} disabled={!draft.isChanged}>
                {t('common.save')}
              </Button>
            )}
          </fieldset>
        </Panel>
        <aside className="preview-column">
          <div className="preview-title">{t('phone.title')}</div>
          <WelcomePhone message={isOn ? message : null} values={values} silence={t('phone.defaultOff')} />
        </aside>
      </div>
    </DraftForm>
  );
}
