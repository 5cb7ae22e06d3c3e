import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { getSegment, updateSegment } from '#contract/segments';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { newGroup, readTree, ruleOf } from './draft';
import { EditedSegment } from './edited';
import { SegmentForm } from './form';

const page = getRouteApi('/inside/segments/$id/edit');

export default function EditSegmentPage(): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const id = Number(page.useParams().id);
  const { data, error } = useQuery({ ...reading(getSegment, { id }), refetchOnWindowFocus: false });
  const toSegment = () => void navigate({ to: '/segments/$id', params: { id: String(id) } });
  return (
    <div className="page">
      <PageHeader title={data ? t('code.editOf', { name: data.name }) : t('segment.edit')} backTo="/segments" />
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active />
        )
      ) : (
        <EditedSegment value={id}>
          <SegmentForm
            key={id}
            route={updateSegment}
            target={{ id }}
            said={t('common.saved')}
            initial={{
              name: data.name,
              description: data.description,
              rule: () => {
                const tree = readTree(data.tree);
                return tree === undefined ? newGroup() : ruleOf(tree);
              },
            }}
            onDone={toSegment}
            onCancel={toSegment}
          />
        </EditedSegment>
      )}
    </div>
  );
}
