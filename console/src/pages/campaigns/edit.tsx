import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { getCampaign } from '#contract/campaigns';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { CampaignForm } from './form';

const page = getRouteApi('/inside/campaigns/$id/edit');

export default function EditCampaignPage(): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const id = Number(page.useParams().id);
  const { data, error } = useQuery({ ...reading(getCampaign, { id }), refetchOnWindowFocus: false });
  const toCampaign = () => void navigate({ to: '/campaigns/$id', params: { id: String(id) } });
  return (
    <div className="page">
      <PageHeader title={data ? t('code.editOf', { name: data.name }) : t('campaign.edit')} backTo="/campaigns" />
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active />
        )
      ) : (
        <CampaignForm key={id} id={id} initial={data.draft} onDone={toCampaign} onCancel={toCampaign} />
      )}
    </div>
  );
}
