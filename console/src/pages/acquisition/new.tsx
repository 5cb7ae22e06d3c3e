import { useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { codeDraft, createCode } from '#contract/acquisition';
import { useDraft } from '~/components/draft';
import { PageHeader } from '~/components/page-header';
import { useWriting } from '~/components/writing';
import { CodeForm } from './code-form';
import { type CodeDraft, emptyDraft, fieldOfCode } from './draft';

export default function NewCodePage(): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const draft = useDraft<CodeDraft>(codeDraft, {
    ...emptyDraft,
    welcome: { kind: 'own', message: { text: t('codeForm.welcomeStart'), attachments: [] } },
  });
  const saving = useWriting(createCode, {
    said: t('code.created'),
    onDone: ({ id }) => void navigate({ to: '/codes/$id', params: { id: String(id) } }),
    onRefused: (error) => draft.refuse(error, fieldOfCode),
  });
  return (
    <div className="page">
      <PageHeader title={t('code.new')} backTo="/codes" />
      <CodeForm
        draft={draft}
        isSaving={saving.isPending}
        onSave={() => saving.mutate(draft.value)}
        onCancel={() => void navigate({ to: '/codes' })}
      />
    </div>
  );
}
