import { Button, Input, Modal, Select, Space } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Role, roles } from '#contract';
import { createUser, resetPassword, updateUser } from '#contract/organization';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { OneStaffPicker } from '~/components/pickers';
import { useWriting } from '~/components/writing';
import type { User } from './users';

interface UserModalProps {
  readonly user: User;
  readonly onClose: () => void;
}

function RoleSelect({ id, value, onChange }: { id?: string; value: Role; onChange: (role: Role) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      value={value}
      onChange={onChange}
      options={roles.map((role) => ({ value: role, label: `${t(`role.${role}`)} · ${t(`roleMeaning.${role}`)}` }))}
    />
  );
}

const passwordLetters = 'abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789';

/** A password easy to read aloud: no letters that look alike. */
function makePassword(): string {
  const numbers = crypto.getRandomValues(new Uint32Array(14));
  return Array.from(numbers, (number) => passwordLetters[number % passwordLetters.length]).join('');
}

function PasswordField({ value, onChange }: { value: string; onChange: (password: string) => void }) {
  const { t } = useTranslation();
  return (
    <Field label={t('user.firstPassword')} path="password" hint={t('user.firstPasswordHint')}>
      <PasswordInput value={value} onChange={onChange} />
    </Field>
  );
}

function PasswordInput({ id, value, onChange }: { id?: string; value: string; onChange: (password: string) => void }) {
  const { t } = useTranslation();
  return (
    <Space.Compact block>
      <Input
        {...(id === undefined ? {} : { id })}
        className="mono"
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <Button onClick={() => onChange(makePassword())}>{t('user.makePassword')}</Button>
    </Space.Compact>
  );
}

interface NewUser {
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly password: string;
  readonly staffId: number | null;
}

export function NewUserModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<NewUser>(createUser.input, {
    name: '',
    email: '',
    role: 'operator',
    password: '',
    staffId: null,
  });
  const saving = useWriting(createUser, {
    said: t('user.created'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error, { user_email_taken: 'email', staff_unknown: 'staffId' }),
  });
  const { value, set } = draft;
  return (
    <Modal
      open
      title={t('user.new')}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'user' }}
    >
      <DraftForm id="user" draft={draft} onSave={() => saving.mutate(value)}>
        <Field label={t('user.name')} path="name">
          <Input maxLength={60} value={value.name} onChange={(event) => set({ name: event.target.value })} />
        </Field>
        <Field label={t('user.email')} path="email">
          <Input
            type="email"
            autoComplete="off"
            value={value.email}
            onChange={(event) => set({ email: event.target.value.trim() })}
          />
        </Field>
        <Field label={t('user.role')} path="role">
          <RoleSelect value={value.role} onChange={(role) => set({ role })} />
        </Field>
        <Field label={t('user.staff')} path="staffId" isOptional hint={t('user.staffHint')}>
          <OneStaffPicker
            value={value.staffId ?? undefined}
            onChange={(staffId) => set({ staffId: staffId ?? null })}
          />
        </Field>
        <PasswordField value={value.password} onChange={(password) => set({ password })} />
      </DraftForm>
    </Modal>
  );
}

export function EditUserModal({ user, onClose }: UserModalProps) {
  const { t } = useTranslation();
  const draft = useDraft<{ name: string; role: Role; staffId: number | null }>(
    updateUser.input.pick({ name: true, role: true, staffId: true }),
    { name: user.name, role: user.role, staffId: user.staffId },
  );
  const saving = useWriting(updateUser, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) =>
      draft.refuse(error, { user_last_owner: 'role', user_is_you: 'role', staff_unknown: 'staffId' }),
  });
  const { value, set } = draft;
  return (
    <Modal
      open
      title={t('user.editOf', { name: user.name })}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'user' }}
    >
      <DraftForm id="user" draft={draft} onSave={() => saving.mutate({ id: user.id, ...value })}>
        <Field label={t('user.name')} path="name">
          <Input maxLength={60} value={value.name} onChange={(event) => set({ name: event.target.value })} />
        </Field>
        <Field label={t('user.role')} path="role">
          <RoleSelect value={value.role} onChange={(role) => set({ role })} />
        </Field>
        <Field label={t('user.staff')} path="staffId" isOptional hint={t('user.staffHint')}>
          <OneStaffPicker
            value={value.staffId ?? undefined}
            onChange={(staffId) => set({ staffId: staffId ?? null })}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}

export function PasswordModal({ user, onClose }: UserModalProps) {
  const { t } = useTranslation();
  const draft = useDraft(resetPassword.input.pick({ password: true }), { password: '' });
  const saving = useWriting(resetPassword, {
    said: t('user.passwordReset'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error),
  });
  return (
    <Modal
      open
      title={t('user.resetPasswordOf', { name: user.name })}
      onCancel={onClose}
      okText={t('user.resetPassword')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'user' }}
    >
      <DraftForm id="user" draft={draft} onSave={() => saving.mutate({ id: user.id, ...draft.value })}>
        <p className="muted">{t('user.resetHint')}</p>
        <PasswordField value={draft.value.password} onChange={(password) => draft.set({ password })} />
      </DraftForm>
    </Modal>
  );
}
