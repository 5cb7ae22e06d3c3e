import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { contentDraft, getContent, getContentVersion, updateContent } from '#contract/content';
import { reading } from '~/call';
import { useDraft } from '~/components/draft';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { useWriting } from '~/components/writing';
import { ContentForm } from './content-form';
import { type ContentDraft, fieldOfCode } from './draft';

const page = getRouteApi('/inside/contents/$id/edit');

/** With a version in the address, its words are what the form begins with: so an older one comes back. */
export default function EditContentPage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const { version } = page.useSearch();
  const { data, error } = useQuery({ ...reading(getContent, { id }), refetchOnWindowFocus: false });
  const older = useQuery({
    ...reading(getContentVersion, { id, number: version ?? 1 }),
    enabled: version !== undefined,
    refetchOnWindowFocus: false,
  });
  const failure = error ?? older.error;
  const isReady = data !== undefined && (version === undefined || older.data !== undefined);
  return (
    <div className="page">
      <PageHeader
        title={data ? t('content.editOf', { name: data.name }) : t('common.edit')}
        subtitle={version === undefined ? undefined : t('content.editFrom', { n: version })}
        backTo="/contents"
      />
      {failure && !isReady ? (
        <ErrorNotice error={failure} />
      ) : isReady ? (
        <EditForm key={id} content={data} words={older.data} />
      ) : (
        <Skeleton active />
      )}
    </div>
  );
}

interface Props {
  readonly content: Output<typeof getContent>;
  readonly words: Output<typeof getContentVersion> | undefined;
}

function EditForm({ content, words }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const toContent = () => void navigate({ to: '/contents/$id', params: { id: String(content.id) } });
  const draft = useDraft<ContentDraft>(contentDraft, {
    name: content.name,
    folderId: content.folder?.id ?? null,
    category: content.category,
    wordings: words?.wordings ?? content.wordings,
    trackedUrls: words?.trackedUrls ?? content.trackedUrls,
  });
  const saving = useWriting(updateContent, {
    said: t('common.saved'),
    onDone: toContent,
    onRefused: (error) => draft.refuse(error, fieldOfCode),
  });
  return (
    <ContentForm
      draft={draft}
      isSaving={saving.isPending}
      onSave={() => saving.mutate({ id: content.id, versionId: content.versionId, ...draft.value })}
      onCancel={toContent}
    />
  );
}
