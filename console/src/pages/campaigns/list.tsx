import { NotificationOutlined, PlusOutlined, SettingOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { campaignState, listCampaigns } from '#contract/campaigns';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Definition, Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import { type CampaignRow, ChannelName, EffectGlance, isBroadcast, StateTag } from './parts';
import { SettingsDrawer } from './settings';

const page = getRouteApi('/inside/campaigns');

export default function CampaignsPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const filters = page.useSearch();
  const pageNavigate = page.useNavigate();
  const [hasSettings, setSettings] = useState(false);
  const search = useCallback(
    (text: string | undefined) =>
      void pageNavigate({ search: (before) => ({ ...before, search: text }), replace: true }),
    [pageNavigate],
  );
  const pages = useInfiniteQuery({
    ...readingPages(listCampaigns, filters),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });
  const isEmpty = !isFiltered(filters) && pages.data?.pages[0]?.rows.length === 0;
  const newButton = can('campaign.write') && (
    <Link to="/campaigns/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="campaign-new">
        {t('campaign.new')}
      </Button>
    </Link>
  );
  const reached = (row: CampaignRow) => (row.lastRun ? format.number(row.lastRun.reached) : '–');

  return (
    <div className="page">
      <PageHeader
        title={t('menu.campaigns')}
        subtitle={t('campaign.subtitle')}
        actions={
          <>
            {can('campaign.approve') && (
              <Button
                icon={<SettingOutlined />}
                aria-label={t('campaign.settings')}
                title={t('campaign.settings')}
                onClick={() => setSettings(true)}
              />
            )}
            {newButton}
          </>
        }
      />
      <Panel isFlush={!isEmpty}>
        {isEmpty ? (
          <EmptyState
            icon={<NotificationOutlined />}
            title={t('campaign.none')}
            hint={t('campaign.noneHint')}
            action={newButton}
          />
        ) : (
          <>
            <Filters
              search={<SearchBox value={filters.search} onChange={search} placeholder={t('campaign.search')} />}
              count={countFilters(filters)}
              onClear={isFiltered(filters) ? () => void pageNavigate({ search: {} }) : undefined}
            >
              <FilterSelect
                label={t('campaign.stateTitle')}
                value={filters.state}
                onChange={(state) => void pageNavigate({ search: (before) => ({ ...before, state }) })}
                options={campaignState.options.map((state) => ({ value: state, label: t(`campaign.state.${state}`) }))}
              />
            </Filters>
            <KeysetTable<CampaignRow>
              pages={pages}
              rowTestId="campaign-row"
              onOpen={(row) => void navigate({ to: '/campaigns/$id', params: { id: String(row.id) } })}
              empty={<EmptyState icon={<NotificationOutlined />} title={t('campaign.noneFound')} />}
              columns={[
                {
                  title: t('common.name'),
                  key: 'name',
                  render: (_, row) => (
                    <span className="code-cell wrap-cell">
                      <Link to="/campaigns/$id" params={{ id: String(row.id) }} className="strong-link">
                        {row.name}
                      </Link>
                      <span className="muted small">
                        {row.segment?.name ?? (isBroadcast(row.channel) ? null : t('campaign.ownRule'))}{' '}
                        <ChannelName channel={row.channel} />
                      </span>
                    </span>
                  ),
                },
                { title: t('campaign.stateTitle'), key: 'state', render: (_, row) => <StateTag state={row.state} /> },
                {
                  title: t('campaign.size'),
                  key: 'size',
                  align: 'right',
                  render: (_, row) => (row.size === null ? '–' : format.number(row.size)),
                },
                {
                  title: (
                    <>
                      {t('campaign.reached')}
                      <Definition text={t('campaign.reachedDefinition')} />
                    </>
                  ),
                  key: 'reached',
                  align: 'right',
                  render: (_, row) => reached(row),
                },
                {
                  title: (
                    <>
                      {t('campaign.effectShort')}
                      <Definition text={t('campaign.effectDefinition')} />
                    </>
                  ),
                  key: 'effect',
                  render: (_, row) => <EffectGlance finding={row.lastRun?.ordered ?? null} />,
                },
                {
                  title: t('campaign.lastRun'),
                  key: 'run',
                  align: 'right',
                  render: (_, row) => <Times row={row} />,
                },
              ]}
              card={(row) => (
                <Link to="/campaigns/$id" params={{ id: String(row.id) }} className="list-card">
                  <span className="list-card-head">
                    <strong className="break">{row.name}</strong>
                    <StateTag state={row.state} />
                  </span>
                  <span className="list-card-facts">
                    {!isBroadcast(row.channel) && <span>{row.segment?.name ?? t('campaign.ownRule')}</span>}
                    <ChannelName channel={row.channel} />
                    {row.lastRun && (
                      <span>
                        {t('campaign.reached')} {reached(row)}
                      </span>
                    )}
                  </span>
                  {row.lastRun && <EffectGlance finding={row.lastRun.ordered} />}
                </Link>
              )}
            />
          </>
        )}
      </Panel>
      {hasSettings && <SettingsDrawer onClose={() => setSettings(false)} />}
    </div>
  );
}

function Times({ row }: { row: CampaignRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className="code-cell nowrap">
      {row.lastRun ? format.time(row.lastRun.startedAt) : <span className="muted">{t('campaign.notRun')}</span>}
      <span className="muted small">
        {row.nextRunAt === null ? row.createdBy : `${t('campaign.nextRun')} ${format.time(row.nextRunAt)}`}
      </span>
    </span>
  );
}
