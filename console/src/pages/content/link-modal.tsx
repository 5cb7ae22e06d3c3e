import { Input, Modal } from 'antd';
import { useTranslation } from 'react-i18next';
import { createLink } from '#contract/links';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';

interface Props {
  readonly onClose: () => void;
  readonly onDone: (id: number) => void;
}

const formId = 'link-form';

/** A new tracked link: its address, and what it is called in the figures. */
export function LinkModal({ onClose, onDone }: Props) {
  const { t } = useTranslation();
  const draft = useDraft(createLink.input, { url: '', title: '' });
  const saving = useWriting(createLink, {
    said: t('common.saved'),
    onDone: ({ id }) => onDone(id),
    onRefused: (error) => draft.refuse(error),
  });
  return (
    <Modal
      open
      title={t('link.new')}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: formId }}
    >
      <DraftForm draft={draft} id={formId} onSave={() => saving.mutate(draft.value)}>
        <Field label={t('attachment.url')} path="url" hint={t('link.urlHint')}>
          <Input
            value={draft.value.url}
            placeholder="https://"
            onChange={(event) => draft.set({ url: event.target.value.trim() })}
            data-testid="link-url"
          />
        </Field>
        <Field label={t('common.name')} path="title" hint={t('link.titleHint')}>
          <Input
            value={draft.value.title}
            maxLength={60}
            onChange={(event) => draft.set({ title: event.target.value })}
            data-testid="link-title"
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}
