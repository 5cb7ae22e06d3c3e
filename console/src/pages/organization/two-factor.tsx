import { SafetyCertificateOutlined } from '@ant-design/icons';
import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Input, Modal, QRCode, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { sessionQuery, useSession } from '~/app/session';
import { auth, authProblem } from '~/auth';
import { CopyButton } from '~/components/copy-text';
import { Panel } from '~/components/panel';

type Step =
  | { readonly kind: 'password'; readonly goal: 'enable' | 'disable' | 'newBackupCodes' }
  | { readonly kind: 'scan'; readonly totpUri: string; readonly backupCodes: readonly string[] }
  | { readonly kind: 'backupCodes'; readonly backupCodes: readonly string[] };

/** The second factor: an authenticator app, and backup codes for the day the phone is lost. */
export function TwoFactorPanel() {
  const { t } = useTranslation();
  const { user } = useSession();
  const [step, setStep] = useState<Step | null>(null);
  const isOn = user?.twoFactorEnabled === true;

  return (
    <Panel
      title={
        <>
          {t('twoFactor.name')} {isOn ? <Tag color="success">{t('common.on')}</Tag> : <Tag>{t('common.off')}</Tag>}
        </>
      }
    >
      <p className="muted">{t('twoFactor.hint')}</p>
      <div className="buttons">
        {isOn ? (
          <>
            <Button onClick={() => setStep({ kind: 'password', goal: 'newBackupCodes' })}>
              {t('twoFactor.newBackupCodes')}
            </Button>
            <Button danger onClick={() => setStep({ kind: 'password', goal: 'disable' })}>
              {t('twoFactor.disable')}
            </Button>
          </>
        ) : (
          <Button
            type="primary"
            icon={<SafetyCertificateOutlined />}
            onClick={() => setStep({ kind: 'password', goal: 'enable' })}
          >
            {t('twoFactor.enable')}
          </Button>
        )}
      </div>
      <Modal
        open={step !== null}
        title={t('twoFactor.name')}
        footer={null}
        onCancel={() => setStep(null)}
        destroyOnHidden
      >
        {step?.kind === 'password' && <PasswordStep goal={step.goal} onNext={setStep} />}
        {step?.kind === 'scan' && <ScanStep step={step} onNext={setStep} />}
        {step?.kind === 'backupCodes' && <BackupCodes codes={step.backupCodes} onDone={() => setStep(null)} />}
      </Modal>
    </Panel>
  );
}

interface PasswordStepProps {
  readonly goal: 'enable' | 'disable' | 'newBackupCodes';
  readonly onNext: (step: Step | null) => void;
}

function PasswordStep({ goal, onNext }: PasswordStepProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const [password, setPassword] = useState('');
  const [isBusy, setBusy] = useState(false);

  async function next() {
    if (goal === 'enable') {
      const { data, error } = await auth.twoFactor.enable({ password });
      if (error) return error;
      if (data.method !== 'totp') return null;
      onNext({ kind: 'scan', totpUri: data.totpURI, backupCodes: data.backupCodes });
    } else if (goal === 'disable') {
      const { error } = await auth.twoFactor.disable({ password });
      if (error) return error;
      await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      onNext(null);
    } else {
      const { data, error } = await auth.twoFactor.generateBackupCodes({ password });
      if (error) return error;
      onNext({ kind: 'backupCodes', backupCodes: data.backupCodes });
    }
    return null;
  }

  async function submit() {
    setBusy(true);
    const error = await next();
    setBusy(false);
    if (error) void message.error(t(`auth.${authProblem(error)}`), 6);
  }

  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>{t('twoFactor.confirmPassword')}</p>
      <Input.Password
        autoFocus
        aria-label={t('user.password')}
        autoComplete="current-password"
        value={password}
        onChange={(event) => setPassword(event.target.value)}
      />
      <Button type="primary" htmlType="submit" loading={isBusy} disabled={password === ''} danger={goal === 'disable'}>
        {t(goal === 'disable' ? 'twoFactor.disable' : 'common.next')}
      </Button>
    </form>
  );
}

interface ScanStepProps {
  readonly step: Extract<Step, { kind: 'scan' }>;
  readonly onNext: (step: Step) => void;
}

function ScanStep({ step, onNext }: ScanStepProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const queryClient = useQueryClient();
  const [code, setCode] = useState('');
  const secret = new URL(step.totpUri).searchParams.get('secret') ?? '';

  async function verify(entered: string) {
    setCode(entered);
    const { error } = await auth.twoFactor.verifyTotp({ code: entered });
    if (error) {
      void message.error(t(`auth.${authProblem(error)}`), 6);
      setCode('');
      return;
    }
    await queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
    onNext({ kind: 'backupCodes', backupCodes: step.backupCodes });
  }

  return (
    <div className="stack centred">
      <p>{t('twoFactor.scan')}</p>
      <div className="totp-code">
        <QRCode value={step.totpUri} size={180} color="#14201e" bgColor="#ffffff" />
      </div>
      <p className="muted small">
        {t('twoFactor.secret')} <code className="break">{secret}</code>
      </p>
      <p>{t('twoFactor.enterCode')}</p>
      <Input.OTP
        length={6}
        autoFocus
        aria-label={t('twoFactor.code')}
        value={code}
        onChange={(entered) => void verify(entered)}
      />
    </div>
  );
}

function BackupCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="stack">
      <Alert type="warning" showIcon title={t('twoFactor.backupOnce')} description={t('twoFactor.backupHint')} />
      <ul className="backup-codes mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="buttons">
        <CopyButton text={codes.join('\n')} />
        <Button type="primary" onClick={onDone}>
          {t('twoFactor.kept')}
        </Button>
      </div>
    </div>
  );
}
