import { App, Input, Modal, Radio } from 'antd';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { createSource, type listSources, sourceKind, updateSource } from '#contract/web';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';

export type Source = Output<typeof listSources>['rows'][number];
type Kind = z.output<typeof sourceKind>;

interface NewProps {
  readonly onDone: (id: number) => void;
  readonly onClose: () => void;
}

export function NewSourceModal({ onDone, onClose }: NewProps) {
  const { t } = useTranslation();
  const draft = useDraft<{ name: string; kind: Kind }>(createSource.input, { name: '', kind: 'website' });
  const saving = useWriting(createSource, {
    said: t('dataSource.added'),
    onDone: ({ id }) => onDone(id),
    onRefused: (error) => draft.refuse(error, { source_name_taken: 'name' }),
  });
  const { value, set } = draft;
  return (
    <Modal
      open
      title={t('dataSource.new')}
      onCancel={onClose}
      okText={t('dataSource.create')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'new-source' }}
    >
      <DraftForm id="new-source" draft={draft} onSave={() => saving.mutate(value)}>
        <Field label={t('common.name')} path="name" hint={t('dataSource.nameHint')}>
          <Input autoFocus maxLength={40} value={value.name} onChange={(event) => set({ name: event.target.value })} />
        </Field>
        <Field label={t('dataSource.kindTitle')} path="kind">
          <Radio.Group
            className="explained-radios"
            vertical
            value={value.kind}
            onChange={(event) => set({ kind: event.target.value })}
            options={sourceKind.options.map((kind) => ({
              value: kind,
              label: (
                <>
                  {t(`dataSource.kind.${kind}`)}
                  <span className="field-hint">{t(`dataSource.kindHint.${kind}`)}</span>
                </>
              ),
            }))}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}

const nameSchema = createSource.input.pick({ name: true });

export function RenameSourceModal({ source, onClose }: { source: Source; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft(nameSchema, { name: source.name });
  const saving = useWriting(updateSource, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error, { source_name_taken: 'name' }),
  });
  return (
    <Modal
      open
      title={t('dataSource.renameOf', { name: source.name })}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'rename-source' }}
    >
      <DraftForm id="rename-source" draft={draft} onSave={() => saving.mutate({ id: source.id, ...draft.value })}>
        <Field label={t('common.name')} path="name" hint={t('dataSource.nameHint')}>
          <Input
            autoFocus
            maxLength={40}
            value={draft.value.name}
            onChange={(event) => draft.set({ name: event.target.value })}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}

/** Switching a source off and on, and giving it a new key; what stops somebody's data is asked first. */
export function useSourceSwitches() {
  const { t } = useTranslation();
  const { modal } = App.useApp();
  const turningOn = useWriting(updateSource, { said: t('dataSource.turnedOn') });
  const turningOff = useWriting(updateSource, { said: t('dataSource.turnedOff') });
  const renewing = useWriting(updateSource, { said: t('dataSource.newKeyDone') });
  return {
    turnOn: ({ id }: Source) => turningOn.mutate({ id, isEnabled: true }),
    turnOff: ({ id, name }: Source) =>
      modal.confirm({
        title: t('dataSource.turnOffOf', { name }),
        content: t('dataSource.turnOffHint'),
        okText: t('dataSource.turnOff'),
        okButtonProps: { danger: true },
        onOk: () => turningOff.mutateAsync({ id, isEnabled: false }).catch(() => undefined),
      }),
    renewKey: ({ id, name }: Source) =>
      modal.confirm({
        title: t('dataSource.newKeyOf', { name }),
        content: t('dataSource.newKeyHint'),
        okText: t('dataSource.newKey'),
        okButtonProps: { danger: true },
        onOk: () => renewing.mutateAsync({ id, newKey: true }).catch(() => undefined),
      }),
  };
}
