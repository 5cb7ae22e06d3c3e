import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { contentDraft, createContent } from '#contract/content';
import { useDraft } from '~/components/draft';
import { PageHeader } from '~/components/page-header';
import { useWriting } from '~/components/writing';
import { ContentForm } from './content-form';
import { type ContentDraft, fieldOfCode } from './draft';

export default function NewContentPage(): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const draft = useDraft<ContentDraft>(contentDraft, {
    name: '',
    folderId: null,
    category: 'care',
    wordings: { wecom: { text: '', attachments: [] } },
    trackedUrls: [],
  });
  const saving = useWriting(createContent, {
    said: t('common.saved'),
    onDone: ({ id }) => void navigate({ to: '/contents/$id', params: { id: String(id) } }),
    onRefused: (error) => draft.refuse(error, fieldOfCode),
  });
  return (
    <div className="page">
      <PageHeader title={t('content.new')} backTo="/contents" />
      <ContentForm
        draft={draft}
        isSaving={saving.isPending}
        onSave={() => saving.mutate(draft.value)}
        onCancel={() => void navigate({ to: '/contents' })}
      />
    </div>
  );
}
