import { BranchesOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { journeyState, listJourneys } from '#contract/journeys';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { type JourneyRow, JourneyState, ReachedShare } from './parts';
import { NewJourney, Templates } from './templates';

const page = getRouteApi('/inside/journeys');

export default function JourneysPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const filters = page.useSearch();
  const pageNavigate = page.useNavigate();
  const search = useCallback(
    (text: string | undefined) =>
      void pageNavigate({ search: (before) => ({ ...before, search: text }), replace: true }),
    [pageNavigate],
  );
  const pages = useInfiniteQuery({
    ...readingPages(listJourneys, filters),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
  const isEmpty = !isFiltered(filters) && pages.data?.pages[0]?.rows.length === 0;
  const triggersOf = (row: JourneyRow) =>
    format.list(row.triggers.map((kind) => textOr(`journey.trigger.${kind}`, kind)));

  return (
    <div className="page">
      <PageHeader
        title={t('menu.journeys')}
        subtitle={t('journey.subtitle')}
        actions={can('journey.write') && <NewJourney />}
      />
      <div className="stack-large">
        {isEmpty ? (
          <Panel>
            <EmptyState icon={<BranchesOutlined />} title={t('journey.none')} hint={t('journey.noneHint')} />
          </Panel>
        ) : (
          <Panel isFlush>
            <Filters
              search={<SearchBox value={filters.search} onChange={search} placeholder={t('journey.search')} />}
              count={countFilters(filters)}
              onClear={isFiltered(filters) ? () => void pageNavigate({ search: {} }) : undefined}
            >
              <FilterSelect
                label={t('journey.stateTitle')}
                value={filters.state}
                onChange={(state) => void pageNavigate({ search: (before) => ({ ...before, state }), replace: true })}
                options={journeyState.options.map((state) => ({ value: state, label: t(`journey.state.${state}`) }))}
              />
            </Filters>
            <KeysetTable<JourneyRow>
              pages={pages}
              rowTestId="journey-row"
              onOpen={(row) => void navigate({ to: '/journeys/$id', params: { id: String(row.id) } })}
              empty={<EmptyState icon={<BranchesOutlined />} title={t('journey.noneFound')} />}
              columns={[
                {
                  title: t('common.name'),
                  key: 'name',
                  render: (_, row) => (
                    <span className="code-cell wrap-cell">
                      <Link to="/journeys/$id" params={{ id: String(row.id) }} className="strong-link">
                        {row.name}
                      </Link>
                      <span className="muted small">{triggersOf(row)}</span>
                    </span>
                  ),
                },
                { title: t('journey.stateTitle'), key: 'state', render: (_, row) => <JourneyState row={row} /> },
                {
                  title: t('journey.inside'),
                  key: 'inside',
                  align: 'right',
                  render: (_, row) => format.number(row.inside),
                },
                {
                  title: t('journey.entered30'),
                  key: 'entered',
                  align: 'right',
                  render: (_, row) => format.number(row.entered),
                },
                {
                  title: t('journey.reached'),
                  key: 'reached',
                  align: 'right',
                  render: (_, row) => <ReachedShare entered={row.entered} reached={row.reached} />,
                },
                {
                  title: t('journey.updated'),
                  key: 'updated',
                  align: 'right',
                  render: (_, row) => (
                    <span className="code-cell nowrap">
                      {format.time(row.updatedAt)}
                      <span className="muted small">{row.updatedBy}</span>
                    </span>
                  ),
                },
              ]}
              card={(row) => (
                <Link to="/journeys/$id" params={{ id: String(row.id) }} className="list-card">
                  <span className="list-card-head">
                    <strong className="break">{row.name}</strong>
                    <JourneyState row={row} />
                  </span>
                  <span className="list-card-facts">
                    <span>
                      {t('journey.inside')} {format.number(row.inside)}
                    </span>
                    <span>
                      {t('journey.entered30')} {format.number(row.entered)}
                    </span>
                    <span>
                      {t('journey.reached')} <ReachedShare entered={row.entered} reached={row.reached} />
                    </span>
                  </span>
                </Link>
              )}
            />
          </Panel>
        )}
        {can('journey.write') && (
          <Panel title={t('journey.templates')}>
            <Templates />
          </Panel>
        )}
      </div>
    </div>
  );
}
