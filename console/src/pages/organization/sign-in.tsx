import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { Alert, Button, Checkbox, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { sessionQuery, useSession } from '~/app/session';
import { type AuthProblem, auth, authProblem } from '~/auth';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { Outside } from './outside';

const page = getRouteApi('/sign-in');
const credentials = z.object({ email: z.email(), password: z.string().min(1) });

export default function SignInPage(): ReactNode {
  const { t } = useTranslation();
  const { organizationName } = useSession();
  const { to } = page.useSearch();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [step, setStep] = useState<'password' | 'secondFactor'>('password');
  const draft = useDraft(credentials, { email: '', password: '' });
  const [problem, setProblem] = useState<AuthProblem | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function enter() {
    await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
    router.history.push(to ?? '/');
  }

  async function signIn() {
    setBusy(true);
    setProblem(null);
    const { data, error } = await auth.signIn.email(draft.value);
    setBusy(false);
    if (error) setProblem(authProblem(error));
    else if ('twoFactorRedirect' in data && data.twoFactorRedirect) setStep('secondFactor');
    else await enter();
  }

  if (step === 'secondFactor') return <SecondFactor onDone={enter} onBack={() => setStep('password')} />;
  return (
    <Outside title={t('signIn.title')} subtitle={organizationName}>
      <DraftForm draft={draft} onSave={() => void signIn()}>
        {problem !== null && <Alert type="error" showIcon title={t(`auth.${problem}`)} className="page-alert" />}
        <Field label={t('user.email')} path="email">
          <Input
            size="large"
            type="email"
            autoComplete="username"
            autoFocus
            value={draft.value.email}
            onChange={(event) => draft.set({ email: event.target.value.trim() })}
            data-testid="sign-in-email"
          />
        </Field>
        <Field label={t('user.password')} path="password">
          <Input.Password
            size="large"
            autoComplete="current-password"
            value={draft.value.password}
            onChange={(event) => draft.set({ password: event.target.value })}
            data-testid="sign-in-password"
          />
        </Field>
        <Button type="primary" size="large" block htmlType="submit" loading={isBusy} data-testid="sign-in-submit">
          {t('signIn.submit')}
        </Button>
        <p className="muted small centred">{t('signIn.forgotten')}</p>
      </DraftForm>
    </Outside>
  );
}

function SecondFactor({ onDone, onBack }: { onDone: () => Promise<void>; onBack: () => void }) {
  const { t } = useTranslation();
  const [usesBackup, setUsesBackup] = useState(false);
  const [code, setCode] = useState('');
  const [trustDevice, setTrustDevice] = useState(false);
  const [problem, setProblem] = useState<AuthProblem | null>(null);
  const [isBusy, setBusy] = useState(false);

  async function verify(entered: string) {
    if (entered === '') return;
    setBusy(true);
    setProblem(null);
    const { error } = usesBackup
      ? await auth.twoFactor.verifyBackupCode({ code: entered, trustDevice })
      : await auth.twoFactor.verifyTotp({ code: entered, trustDevice });
    setBusy(false);
    if (error) setProblem(authProblem(error));
    else await onDone();
  }

  return (
    <Outside title={t('twoFactor.title')} subtitle={t(usesBackup ? 'twoFactor.enterBackup' : 'twoFactor.enterCode')}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void verify(code.trim());
        }}
      >
        {problem !== null && <Alert type="error" showIcon title={t(`auth.${problem}`)} />}
        {usesBackup ? (
          <Input
            size="large"
            autoFocus
            aria-label={t('twoFactor.backupCode')}
            value={code}
            onChange={(event) => setCode(event.target.value)}
          />
        ) : (
          <Input.OTP
            size="large"
            length={6}
            autoFocus
            aria-label={t('twoFactor.code')}
            value={code}
            onChange={(entered) => {
              setCode(entered);
              void verify(entered);
            }}
          />
        )}
        <Checkbox checked={trustDevice} onChange={(event) => setTrustDevice(event.target.checked)}>
          {t('twoFactor.trust')}
        </Checkbox>
        <Button type="primary" size="large" block htmlType="submit" loading={isBusy}>
          {t('twoFactor.verify')}
        </Button>
        <div className="spread">
          <Button
            type="link"
            onClick={() => {
              setUsesBackup(!usesBackup);
              setCode('');
              setProblem(null);
            }}
          >
            {t(usesBackup ? 'twoFactor.useApp' : 'twoFactor.useBackup')}
          </Button>
          <Button type="link" onClick={onBack}>
            {t('common.back')}
          </Button>
        </div>
      </form>
    </Outside>
  );
}
