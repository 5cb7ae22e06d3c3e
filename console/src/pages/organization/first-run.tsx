import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { Alert, Button, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { setUpOwner } from '#contract/organization';
import { sessionQuery } from '~/app/session';
import { auth } from '~/auth';
import { ApiError, call } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useErrorText } from '~/components/error-notice';
import { Outside } from './outside';

const page = getRouteApi('/setup');
const schema = setUpOwner.input.omit({ token: true });

export default function FirstRunPage(): ReactNode {
  const { t } = useTranslation();
  const { token } = page.useSearch();
  const router = useRouter();
  const queryClient = useQueryClient();
  const errorText = useErrorText();
  const draft = useDraft(schema, { organizationName: '', name: '', email: '', password: '' });
  const [refusal, setRefusal] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const { value, set } = draft;

  if (token === undefined) {
    return (
      <Outside title={t('firstRun.title')}>
        <Alert type="info" showIcon title={t('firstRun.noToken')} description={t('firstRun.noTokenHint')} />
      </Outside>
    );
  }

  async function save(withToken: string) {
    setBusy(true);
    setRefusal(null);
    try {
      await call(setUpOwner, { ...value, token: withToken });
      const { error } = await auth.signIn.email({ email: value.email, password: value.password });
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      router.history.push(error ? '/sign-in' : '/');
    } catch (error) {
      if (!(error instanceof ApiError) || !draft.refuse(error)) setRefusal(errorText(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Outside title={t('firstRun.title')} subtitle={t('firstRun.subtitle')}>
      <DraftForm draft={draft} onSave={() => void save(token)}>
        {refusal !== null && <Alert type="error" showIcon title={refusal} className="page-alert" />}
        <Field label={t('firstRun.organizationName')} path="organizationName" hint={t('firstRun.organizationHint')}>
          <Input
            autoFocus
            maxLength={60}
            value={value.organizationName}
            onChange={(event) => set({ organizationName: event.target.value })}
          />
        </Field>
        <Field label={t('user.name')} path="name">
          <Input
            maxLength={60}
            autoComplete="name"
            value={value.name}
            onChange={(event) => set({ name: event.target.value })}
          />
        </Field>
        <Field label={t('user.email')} path="email">
          <Input
            type="email"
            autoComplete="username"
            value={value.email}
            onChange={(event) => set({ email: event.target.value.trim() })}
          />
        </Field>
        <Field label={t('user.password')} path="password" hint={t('user.passwordHint')}>
          <Input.Password
            autoComplete="new-password"
            value={value.password}
            onChange={(event) => set({ password: event.target.value })}
          />
        </Field>
        <Button type="primary" size="large" block htmlType="submit" loading={isBusy}>
          {t('firstRun.submit')}
        </Button>
      </DraftForm>
    </Outside>
  );
}
