import { KeyOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Alert, App, Button, Checkbox, Input, Modal, Select } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output, Permission } from '#contract';
import { createApiKey, deleteApiKey, listApiKeys } from '#contract/organization';
import { useSession } from '~/app/session';
import { reading } from '~/call';
import { CopyText } from '~/components/copy-text';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';

type Key = Output<typeof listApiKeys>['rows'][number];

export default function ApiKeysPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const { modal } = App.useApp();
  const { data, error, isPending, refetch } = useQuery(reading(listApiKeys, {}));
  const [isMaking, setMaking] = useState(false);
  const deleting = useWriting(deleteApiKey, { said: t('apiKey.revoked') });

  function confirm(key: Key) {
    modal.confirm({
      title: t('apiKey.revokeOf', { name: key.name }),
      content: t('apiKey.revokeHint'),
      okText: t('apiKey.revoke'),
      okButtonProps: { danger: true },
      onOk: () => deleting.mutateAsync({ id: key.id }).catch(() => undefined),
    });
  }

  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
      {t('apiKey.new')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader
        title={t('menu.keys')}
        subtitle={
          <>
            {t('apiKey.subtitle')}{' '}
            <a href="/api/docs" target="_blank" rel="noreferrer">
              {t('apiKey.docs')}
            </a>
          </>
        }
        actions={create}
      />
      {error && data === undefined && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <Panel isFlush>
        {data?.rows.length === 0 ? (
          <EmptyState icon={<KeyOutlined />} title={t('apiKey.none')} hint={t('apiKey.noneHint')} action={create} />
        ) : (
          <TableOrCards<Key>
            keyOf={(row) => row.id}
            isLoading={isPending}
            rows={data?.rows ?? []}
            columns={[
              { title: t('common.name'), dataIndex: 'name' },
              {
                title: t('apiKey.start'),
                key: 'start',
                render: (_, row) => <span className="mono">{row.start ?? ''}…</span>,
              },
              {
                title: t('apiKey.permissions'),
                key: 'permissions',
                render: (_, row) => (
                  <span className="wrap-cell">
                    {format.list(row.permissions.map((name) => t(`permission.${name}`)))}
                  </span>
                ),
              },
              { title: t('common.createdAt'), key: 'created', render: (_, row) => format.date(row.createdAt) },
              {
                title: t('apiKey.expires'),
                key: 'expires',
                render: (_, row) => (row.expiresAt === null ? t('apiKey.neverExpires') : format.date(row.expiresAt)),
              },
              {
                title: t('apiKey.lastUsed'),
                key: 'used',
                render: (_, row) => (row.lastUsedAt === null ? t('common.never') : format.time(row.lastUsedAt)),
              },
              {
                key: 'actions',
                align: 'right',
                render: (_, row) => (
                  <Button type="text" danger onClick={() => confirm(row)}>
                    {t('apiKey.revoke')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Panel>
      {isMaking && <NewKeyModal onClose={() => setMaking(false)} />}
    </div>
  );
}

interface KeyDraft {
  readonly name: string;
  readonly permissions: Permission[];
  readonly expiresInDays: number | null;
}

const lifetimes = [30, 90, 365] as const;

function NewKeyModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { permissions } = useSession();
  const draft = useDraft<KeyDraft>(createApiKey.input, { name: '', permissions: [], expiresInDays: 365 });
  const saving = useWriting(createApiKey, {
    onRefused: (error) => draft.refuse(error, { api_key_permission_exceeds: 'permissions' }),
  });
  const { value, set } = draft;

  if (saving.data) {
    return (
      <Modal
        open
        title={t('apiKey.made')}
        onCancel={onClose}
        mask={{ closable: false }}
        footer={
          <Button type="primary" onClick={onClose}>
            {t('apiKey.kept')}
          </Button>
        }
      >
        <div className="stack">
          <Alert type="warning" showIcon title={t('apiKey.once')} />
          <CopyText value={saving.data.key} label={t('apiKey.one')} />
          <p className="muted">{t('apiKey.usage')}</p>
        </div>
      </Modal>
    );
  }

  return (
    <Modal
      open
      title={t('apiKey.new')}
      onCancel={onClose}
      okText={t('apiKey.make')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'api-key' }}
    >
      <DraftForm id="api-key" draft={draft} onSave={() => saving.mutate(value)}>
        <Field label={t('common.name')} path="name" hint={t('apiKey.nameHint')}>
          <Input maxLength={32} value={value.name} onChange={(event) => set({ name: event.target.value })} />
        </Field>
        <Field label={t('apiKey.permissions')} path="permissions" hint={t('apiKey.permissionsHint')}>
          <Checkbox.Group
            className="permission-grid"
            value={value.permissions}
            onChange={(chosen) => set({ permissions: chosen })}
            options={permissions.map((name) => ({ value: name, label: t(`permission.${name}`) }))}
          />
        </Field>
        <Field label={t('apiKey.expires')} path="expiresInDays">
          <Select
            value={value.expiresInDays ?? 0}
            onChange={(days) => set({ expiresInDays: days === 0 ? null : days })}
            options={[
              ...lifetimes.map((days) => ({ value: days as number, label: t('apiKey.afterDays', { n: days }) })),
              { value: 0, label: t('apiKey.neverExpires') },
            ]}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}
