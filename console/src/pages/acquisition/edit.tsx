import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { codeDraft, getCode, updateCode } from '#contract/acquisition';
import { reading } from '~/call';
import { useDraft } from '~/components/draft';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { useWriting } from '~/components/writing';
import { CodeForm } from './code-form';
import { type CodeDraft, fieldOfCode } from './draft';

const page = getRouteApi('/inside/codes/$id/edit');

export default function EditCodePage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const { data, error } = useQuery({ ...reading(getCode, { id }), refetchOnWindowFocus: false });
  return (
    <div className="page">
      <PageHeader title={data ? t('code.editOf', { name: data.name }) : t('common.edit')} backTo="/codes" />
      {error && data === undefined ? (
        <ErrorNotice error={error} />
      ) : data === undefined ? (
        <Skeleton active />
      ) : (
        <EditForm key={id} code={data} />
      )}
    </div>
  );
}

function EditForm({ code }: { code: Output<typeof getCode> }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const toCode = () => void navigate({ to: '/codes/$id', params: { id: String(code.id) } });
  const draft = useDraft<CodeDraft>(codeDraft, code.draft);
  const saving = useWriting(updateCode, {
    said: t('common.saved'),
    onDone: toCode,
    onRefused: (error) => draft.refuse(error, fieldOfCode),
  });
  return (
    <CodeForm
      draft={draft}
      isSaving={saving.isPending}
      onSave={() => saving.mutate({ id: code.id, ...draft.value })}
      onCancel={toCode}
    />
  );
}
