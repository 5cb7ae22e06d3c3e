import { Input, Modal, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { createScript, updateScript } from '#contract/scripts';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { TemplateInput } from '~/components/template-input';
import { useWriting } from '~/components/writing';
import { useFolderOptions } from './folders-modal';
import type { Script } from './scripts';

interface Props {
  /** Undefined for a new one. */
  readonly script: Script | undefined;
  readonly onClose: () => void;
}

const formId = 'script-form';

export function ScriptModal({ script, onClose }: Props) {
  const { t } = useTranslation();
  const folders = useFolderOptions('script');
  const draft = useDraft<z.output<typeof createScript.input>>(createScript.input, {
    title: script?.title ?? '',
    words: script?.words ?? '',
    folderId: script?.folder?.id ?? null,
  });
  const options = {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error: Parameters<typeof draft.refuse>[0]) => draft.refuse(error, { folder_unknown: 'folderId' }),
  };
  const creating = useWriting(createScript, options);
  const updating = useWriting(updateScript, options);
  const { value, set } = draft;
  return (
    <Modal
      open
      title={script === undefined ? t('script.new') : t('script.edit')}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={creating.isPending || updating.isPending}
      okButtonProps={{ htmlType: 'submit', form: formId }}
      width={640}
    >
      <DraftForm
        draft={draft}
        id={formId}
        onSave={() => (script === undefined ? creating.mutate(value) : updating.mutate({ id: script.id, ...value }))}
      >
        <Field label={t('script.title')} path="title">
          <Input
            value={value.title}
            maxLength={60}
            placeholder={t('script.titlePlaceholder')}
            onChange={(event) => set({ title: event.target.value })}
            data-testid="script-title"
          />
        </Field>
        <Field label={t('folder.one')} path="folderId" isOptional>
          <Select
            allowClear
            value={value.folderId}
            onChange={(folderId: number | null | undefined) => set({ folderId: folderId ?? null })}
            options={folders}
            placeholder={t('folder.none')}
          />
        </Field>
        <TemplateInput
          label={t('script.words')}
          path="words"
          value={value.words}
          onChange={(words) => set({ words })}
          maxLength={4000}
          minRows={5}
          hint={t('script.wordsHint')}
          testId="script-words"
        />
      </DraftForm>
    </Modal>
  );
}
