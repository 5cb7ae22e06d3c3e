import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type AuthProblem, auth, authProblem } from '#console/auth';
import { textOr } from '~/i18n/index';
import { sessionQuery, useSession } from '~/session';
import { isInWecom, wecomSignIn } from '~/wecom';

const page = getRouteApi('/sign-in');

export function SignInPage() {
  const { t } = useTranslation();
  const { to, refused } = page.useSearch();
  const { organizationName } = useSession();
  const router = useRouter();
  const queryClient = useQueryClient();
  const [needsCode, setNeedsCode] = useState(false);
  useEffect(() => {
    document.title = `${t('signIn.title')} · ${organizationName}`;
  }, [t, organizationName]);

  async function enter() {
    await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
    router.history.push(`/m${to ?? '/'}`);
  }

  return (
    <div className="page outside">
      <img src="/m/favicon.svg" alt="" width="52" height="52" />
      <h1>{organizationName}</h1>
      <p className="muted">{t('signIn.hint')}</p>
      {refused !== undefined && (
        <p className="notice" role="alert">
          {textOr(`signIn.refused.${refused}`, t('signIn.problem.unknown'))}
        </p>
      )}
      {needsCode ? <CodeForm onDone={enter} /> : <PasswordForm onDone={enter} onCode={() => setNeedsCode(true)} />}
      {isInWecom && !needsCode && (
        <a className="button button-wide" href={wecomSignIn(to)}>
          {t('signIn.withWecom')}
        </a>
      )}
    </div>
  );
}

/** A form that shows what was wrong and is busy while it is sent. */
function useSubmit(work: () => Promise<AuthProblem | null>) {
  const [problem, setProblem] = useState<AuthProblem | null>(null);
  const [isBusy, setBusy] = useState(false);
  return {
    problem,
    isBusy,
    submit: async (event: FormEvent) => {
      event.preventDefault();
      setBusy(true);
      setProblem(null);
      const found = await work();
      setBusy(false);
      setProblem(found);
    },
  };
}

function ProblemLine({ problem }: { problem: AuthProblem | null }): ReactNode {
  const { t } = useTranslation();
  if (problem === null) return null;
  return (
    <p className="notice" role="alert">
      {t(`signIn.problem.${problem}`)}
    </p>
  );
}

function PasswordForm({ onDone, onCode }: { onDone: () => Promise<void>; onCode: () => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const { problem, isBusy, submit } = useSubmit(async () => {
    const { data, error } = await auth.signIn.email({ email: email.trim(), password });
    if (error) return authProblem(error);
    if ('twoFactorRedirect' in data && data.twoFactorRedirect) onCode();
    else await onDone();
    return null;
  });
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <ProblemLine problem={problem} />
      <label>
        <span>{t('signIn.email')}</span>
        <input
          type="email"
          required
          autoComplete="username"
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          data-testid="email"
        />
      </label>
      <label>
        <span>{t('signIn.password')}</span>
        <input
          type="password"
          required
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          data-testid="password"
        />
      </label>
      <button type="submit" className="button button-main button-wide" disabled={isBusy} data-testid="submit">
        {t('signIn.submit')}
      </button>
    </form>
  );
}

function CodeForm({ onDone }: { onDone: () => Promise<void> }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const { problem, isBusy, submit } = useSubmit(async () => {
    const { error } = await auth.twoFactor.verifyTotp({ code: code.trim() });
    if (error) return authProblem(error);
    await onDone();
    return null;
  });
  return (
    <form className="form" onSubmit={(event) => void submit(event)}>
      <ProblemLine problem={problem} />
      <label>
        <span>{t('signIn.code')}</span>
        <input
          required
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
      </label>
      <p className="muted small">{t('signIn.codeHint')}</p>
      <button type="submit" className="button button-main button-wide" disabled={isBusy}>
        {t('signIn.verify')}
      </button>
    </form>
  );
}
