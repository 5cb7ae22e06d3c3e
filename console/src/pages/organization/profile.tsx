import { App, Button, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import { createUser } from '#contract/organization';
import { useSession } from '~/app/session';
import { auth, authProblem } from '~/auth';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TwoFactorPanel } from './two-factor';

export default function ProfilePage(): ReactNode {
  const { t } = useTranslation();
  const { user } = useSession();
  return (
    <div className="page page-narrow">
      <PageHeader title={t('layout.profile')} />
      <div className="stack-large">
        <Panel title={t('profile.account')}>
          <dl className="facts">
            <div>
              <dt>{t('user.name')}</dt>
              <dd>{user?.name}</dd>
            </div>
            <div>
              <dt>{t('user.email')}</dt>
              <dd>{user?.email}</dd>
            </div>
            <div>
              <dt>{t('user.role')}</dt>
              <dd>{user && t(`role.${user.role}`)}</dd>
            </div>
          </dl>
        </Panel>
        <TwoFactorPanel />
        <PasswordPanel />
      </div>
    </div>
  );
}

const passwords = z.object({ currentPassword: z.string().min(1), newPassword: createUser.input.shape.password });

function PasswordPanel() {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [isBusy, setBusy] = useState(false);
  const empty = { currentPassword: '', newPassword: '' };
  const draft = useDraft(passwords, empty);

  async function save() {
    setBusy(true);
    const { error } = await auth.changePassword({ ...draft.value, revokeOtherSessions: true });
    setBusy(false);
    if (error) {
      void message.error(t(`auth.${authProblem(error)}`), 6);
      return;
    }
    void message.success(t('profile.passwordChanged'));
    draft.reset(empty);
  }

  return (
    <Panel title={t('profile.changePassword')}>
      <DraftForm draft={draft} onSave={() => void save()}>
        <div className="field-pair">
          <Field label={t('profile.currentPassword')} path="currentPassword">
            <Input.Password
              autoComplete="current-password"
              value={draft.value.currentPassword}
              onChange={(event) => draft.set({ currentPassword: event.target.value })}
            />
          </Field>
          <Field label={t('profile.newPassword')} path="newPassword" hint={t('user.passwordHint')}>
            <Input.Password
              autoComplete="new-password"
              value={draft.value.newPassword}
              onChange={(event) => draft.set({ newPassword: event.target.value })}
            />
          </Field>
        </div>
        <div className="button-line">
          <Button htmlType="submit" loading={isBusy} disabled={!draft.isChanged}>
            {t('profile.changePassword')}
          </Button>
          <span className="muted">{t('profile.endsOthers')}</span>
        </div>
      </DraftForm>
    </Panel>
  );
}
