import { PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Dropdown, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listUsers, updateUser } from '#contract/organization';
import { useSession } from '~/app/session';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { EditUserModal, NewUserModal, PasswordModal } from './user-modals';

export type User = Output<typeof listUsers>['rows'][number];

type Open = { readonly kind: 'new' } | { readonly kind: 'edit' | 'password'; readonly user: User };

export default function UsersPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const { user: me } = useSession();
  const { modal } = App.useApp();
  const { data, error, isPending, refetch } = useQuery(reading(listUsers, {}));
  const [open, setOpen] = useState<Open | null>(null);
  const updating = useWriting(updateUser, { said: t('common.saved') });
  const close = () => setOpen(null);

  function toggle(user: User) {
    if (user.disabled) {
      updating.mutate({ id: user.id, disabled: false });
      return;
    }
    modal.confirm({
      title: t('user.disableOf', { name: user.name }),
      content: t('user.disableHint'),
      okText: t('user.disable'),
      okButtonProps: { danger: true },
      onOk: () => updating.mutateAsync({ id: user.id, disabled: true }).catch(() => undefined),
    });
  }

  return (
    <div className="page">
      <PageHeader
        title={t('menu.users')}
        subtitle={t('user.subtitle')}
        actions={
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen({ kind: 'new' })}>
            {t('user.new')}
          </Button>
        }
      />
      {error && data === undefined && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <Panel isFlush>
        <TableOrCards<User>
          keyOf={(row) => row.id}
          isLoading={isPending}
          rows={data?.rows ?? []}
          columns={[
            {
              title: t('user.name'),
              key: 'name',
              render: (_, user) => (
                <span className="code-cell">
                  <span>
                    {user.name} {user.id === me?.id && <span className="muted">{t('user.you')}</span>}
                  </span>
                  <span className="muted small">{user.email}</span>
                </span>
              ),
            },
            { title: t('user.role'), key: 'role', render: (_, user) => t(`role.${user.role}`) },
            {
              title: t('user.stateTitle'),
              key: 'state',
              render: (_, user) => (
                <span className="nowrap">
                  <Tag variant="filled" color={user.disabled ? 'default' : 'success'}>
                    {t(user.disabled ? 'user.disabled' : 'user.enabled')}
                  </Tag>
                  {user.twoFactorEnabled && <Tag variant="filled">{t('twoFactor.name')}</Tag>}
                </span>
              ),
            },
            {
              title: t('user.lastSeen'),
              key: 'seen',
              render: (_, user) => (user.lastSeenAt === null ? t('common.never') : format.time(user.lastSeenAt)),
            },
            { title: t('common.createdAt'), key: 'created', render: (_, user) => format.date(user.createdAt) },
            {
              key: 'actions',
              align: 'right',
              render: (_, user) => (
                <Dropdown
                  trigger={['click']}
                  menu={{
                    items: [
                      { key: 'edit', label: t('common.edit'), onClick: () => setOpen({ kind: 'edit', user }) },
                      {
                        key: 'password',
                        label: t('user.resetPassword'),
                        onClick: () => setOpen({ kind: 'password', user }),
                      },
                      {
                        key: 'toggle',
                        danger: !user.disabled,
                        disabled: user.id === me?.id,
                        label: t(user.disabled ? 'user.enable' : 'user.disable'),
                        onClick: () => toggle(user),
                      },
                    ],
                  }}
                >
                  <Button type="text">{t('common.more')}</Button>
                </Dropdown>
              ),
            },
          ]}
        />
      </Panel>
      {open?.kind === 'new' && <NewUserModal onClose={close} />}
      {open?.kind === 'edit' && <EditUserModal user={open.user} onClose={close} />}
      {open?.kind === 'password' && <PasswordModal user={open.user} onClose={close} />}
    </div>
  );
}
