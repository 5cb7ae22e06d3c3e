import { Input, Modal, Radio, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { createTag, createTagGroup, updateTag, updateTagGroup } from '#contract/customers';
import { type Draft, DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';

const nameTaken = { tag_name_taken: 'name' } as const;

export function NewGroupModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<{ name: string; kind: 'wecom' | 'internal'; tags: string[] }>(createTagGroup.input, {
    name: '',
    kind: 'wecom',
    tags: [],
  });
  const saving = useWriting(createTagGroup, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error, nameTaken),
  });
  return (
    <Modal
      open
      title={t('tag.newGroup')}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={saving.isPending}
      okButtonProps={{ htmlType: 'submit', form: 'tag-group' }}
    >
      <DraftForm id="tag-group" draft={draft} onSave={() => saving.mutate(draft.value)}>
        <Field label={t('tag.groupKind')} path="kind">
          <Radio.Group
            value={draft.value.kind}
            onChange={(event) => draft.set({ kind: event.target.value })}
            options={(['wecom', 'internal'] as const).map((kind) => ({
              value: kind,
              label: `${t(`tag.kind.${kind}`)} · ${t(`tag.kindHint.${kind}`)}`,
            }))}
            vertical
          />
        </Field>
        <Field label={t('tag.groupName')} path="name">
          <Input
            maxLength={30}
            value={draft.value.name}
            onChange={(event) => draft.set({ name: event.target.value })}
          />
        </Field>
        <Field label={t('tag.many')} path="tags" below hint={t('tag.tagsHint')}>
          <Select
            mode="tags"
            value={draft.value.tags}
            onChange={(tags: string[]) => draft.set({ tags })}
            tokenSeparators={[',', '，', '、', '\n']}
            open={false}
            suffixIcon={null}
            placeholder={t('tag.tagsPlaceholder')}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}

interface NameModalProps {
  readonly title: string;
  readonly draft: Draft<{ name: string }>;
  readonly isSaving: boolean;
  readonly onSave: (name: string) => void;
  readonly onClose: () => void;
}

function NameModal({ title, draft, isSaving, onSave, onClose }: NameModalProps) {
  const { t } = useTranslation();
  return (
    <Modal
      open
      title={title}
      onCancel={onClose}
      okText={t('common.save')}
      confirmLoading={isSaving}
      okButtonProps={{ htmlType: 'submit', form: 'tag-name' }}
    >
      <DraftForm id="tag-name" draft={draft} onSave={() => onSave(draft.value.name)}>
        <Field label={t('common.name')} path="name">
          <Input
            autoFocus
            maxLength={30}
            value={draft.value.name}
            onChange={(event) => draft.set({ name: event.target.value })}
          />
        </Field>
      </DraftForm>
    </Modal>
  );
}

export interface Renamed {
  readonly kind: 'group' | 'tag';
  readonly id: number;
  readonly name: string;
}

export function RenameModal({ renamed, onClose }: { renamed: Renamed; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft(updateTag.input.pick({ name: true }), { name: renamed.name });
  const saving = useWriting(renamed.kind === 'group' ? updateTagGroup : updateTag, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error, nameTaken),
  });
  return (
    <NameModal
      title={renamed.kind === 'group' ? t('tag.renameGroup') : t('tag.renameTag', { name: renamed.name })}
      draft={draft}
      isSaving={saving.isPending}
      onSave={(name) => saving.mutate({ id: renamed.id, name })}
      onClose={onClose}
    />
  );
}

export function TagModal({ groupId, onClose }: { groupId: number; onClose: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft(createTag.input.pick({ name: true }), { name: '' });
  const saving = useWriting(createTag, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error, nameTaken),
  });
  return (
    <NameModal
      title={t('tag.newTag')}
      draft={draft}
      isSaving={saving.isPending}
      onSave={(name) => saving.mutate({ groupId, name })}
      onClose={onClose}
    />
  );
}
