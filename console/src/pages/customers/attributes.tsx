import { DeleteOutlined, EditOutlined, PlusOutlined, ProfileOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { App, Button, Input, Modal, Select } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call, Output } from '#contract';
import { attributeKind, createAttribute, deleteAttribute, listAttributes, updateAttribute } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';

type Definition = Output<typeof listAttributes>['rows'][number];

export default function AttributesPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const format = useFormat();
  const { modal } = App.useApp();
  const [edited, setEdited] = useState<Definition | 'new' | null>(null);
  const { data, error, isPending, refetch } = useQuery(reading(listAttributes, {}));
  const deleting = useWriting(deleteAttribute, { said: t('common.deleted') });

  function confirm(definition: Definition) {
    modal.confirm({
      title: t('attribute.delete', { name: definition.name }),
      content: t('attribute.deleteHint', { n: definition.customerCount }),
      okText: t('common.delete'),
      okButtonProps: { danger: true },
      onOk: () => deleting.mutateAsync({ key: definition.key }).catch(() => undefined),
    });
  }

  const create = can('attribute.write') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited('new')}>
      {t('attribute.new')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.attributes')} subtitle={t('attribute.subtitle')} actions={create} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <Panel isFlush>
        {data?.rows.length === 0 ? (
          <EmptyState
            icon={<ProfileOutlined />}
            title={t('attribute.none')}
            hint={t('attribute.noneHint')}
            action={create}
          />
        ) : (
          <TableOrCards<Definition>
            keyOf={(row) => row.key}
            isLoading={isPending}
            rows={data?.rows ?? []}
            columns={[
              { title: t('common.name'), dataIndex: 'name' },
              { title: t('attribute.key'), key: 'key', render: (_, row) => <span className="mono">{row.key}</span> },
              { title: t('attribute.kindTitle'), key: 'kind', render: (_, row) => t(`attribute.kind.${row.kind}`) },
              { title: t('attribute.choices'), key: 'choices', render: (_, row) => format.list(row.choices) },
              {
                title: t('attribute.customers'),
                key: 'count',
                align: 'right',
                render: (_, row) => format.number(row.customerCount),
              },
              ...(can('attribute.write')
                ? [
                    {
                      key: 'actions',
                      align: 'right' as const,
                      render: (_: unknown, row: Definition) => (
                        <span className="nowrap">
                          <Button
                            type="text"
                            size="small"
                            icon={<EditOutlined />}
                            aria-label={t('common.edit')}
                            onClick={() => setEdited(row)}
                          />
                          <Button
                            type="text"
                            size="small"
                            icon={<DeleteOutlined />}
                            aria-label={t('common.delete')}
                            onClick={() => confirm(row)}
                          />
                        </span>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Panel>
      {edited === 'new' && <NewAttribute onClose={() => setEdited(null)} />}
      {edited !== null && edited !== 'new' && <EditAttribute definition={edited} onClose={() => setEdited(null)} />}
    </div>
  );
}

interface ChoicesProps {
  readonly id?: string;
  readonly value: readonly string[];
  readonly onChange: (choices: string[]) => void;
}

function Choices({ id, value, onChange }: ChoicesProps) {
  const { t } = useTranslation();
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      mode="tags"
      value={[...value]}
      onChange={(choices: string[]) => onChange(choices)}
      tokenSeparators={[',', '，', '、']}
      open={false}
      suffixIcon={null}
      placeholder={t('attribute.choicesPlaceholder')}
    />
  );
}

function NewAttribute({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<Call<typeof createAttribute>>(createAttribute.input, { key: '', name: '', kind: 'text' });
  const saving = useWriting(createAttribute, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error, { attribute_key_taken: 'key' }),
  });
  const { key, name, kind, choices } = draft.value;
  return (
    <Modal
      open
      title={t('attribute.new')}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'attribute' }}
    >
      <DraftForm id="attribute" draft={draft} onSave={() => saving.mutate(draft.value)}>
        <Field label={t('common.name')} path="name" hint={t('attribute.nameHint')}>
          <Input maxLength={40} value={name} onChange={(event) => draft.set({ name: event.target.value })} />
        </Field>
        <Field label={t('attribute.key')} path="key" hint={t('attribute.keyHint')}>
          <Input
            maxLength={40}
            className="mono"
            value={key}
            onChange={(event) => draft.set({ key: event.target.value })}
          />
        </Field>
        <Field label={t('attribute.kindTitle')} path="kind" hint={t('attribute.kindHint')}>
          <Select
            value={kind}
            onChange={(next) => {
              const { choices: _, ...rest } = draft.value;
              draft.reset(
                next === 'choice' ? { ...rest, kind: next, choices: choices ?? [] } : { ...rest, kind: next },
              );
            }}
            options={attributeKind.options.map((option) => ({ value: option, label: t(`attribute.kind.${option}`) }))}
          />
        </Field>
        {kind === 'choice' && (
          <Field label={t('attribute.choices')} path="choices" below>
            <Choices value={choices ?? []} onChange={(next) => draft.set({ choices: next })} />
          </Field>
        )}
      </DraftForm>
    </Modal>
  );
}

function EditAttribute({ definition, onClose }: { definition: Definition; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<{ name: string; choices?: string[] }>(
    updateAttribute.input.omit({ key: true }),
    definition.kind === 'choice' ? { name: definition.name, choices: definition.choices } : { name: definition.name },
  );
  const saving = useWriting(updateAttribute, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error),
  });
  return (
    <Modal
      open
      title={t('attribute.edit', { name: definition.name })}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'attribute' }}
    >
      <DraftForm id="attribute" draft={draft} onSave={() => saving.mutate({ key: definition.key, ...draft.value })}>
        <Field label={t('common.name')} path="name">
          <Input
            maxLength={40}
            value={draft.value.name}
            onChange={(event) => draft.set({ name: event.target.value })}
          />
        </Field>
        {definition.kind === 'choice' && (
          <Field label={t('attribute.choices')} path="choices" below hint={t('attribute.choicesHint')}>
            <Choices value={draft.value.choices ?? []} onChange={(choices) => draft.set({ choices })} />
          </Field>
        )}
      </DraftForm>
    </Modal>
  );
}
