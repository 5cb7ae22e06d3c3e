import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { getCampaignSettings } from '#contract/campaigns';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { newDraft } from './draft';
import { CampaignForm } from './form';

const page = getRouteApi('/inside/campaigns/new');

export default function NewCampaignPage(): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { segment } = page.useSearch();
  const { data, error } = useQuery({ ...reading(getCampaignSettings, {}), refetchOnWindowFocus: false });
  return (
    <div className="page">
      <PageHeader title={t('campaign.new')} backTo="/campaigns" />
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active />
        )
      ) : (
        <CampaignForm
          id={undefined}
          initial={{
            ...newDraft(data),
            ...(segment === undefined ? {} : { who: { kind: 'segment', segmentId: segment } }),
          }}
          onDone={(id) => void navigate({ to: '/campaigns/$id', params: { id: String(id) } })}
          onCancel={() => void navigate({ to: '/campaigns' })}
        />
      )}
    </div>
  );
}
