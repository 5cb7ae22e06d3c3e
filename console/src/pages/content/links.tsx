import { LinkOutlined, PlusOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Button, Tag } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listLinks } from '#contract/links';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Definition, Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import { LinkModal } from './link-modal';
import './content.css';

type Row = Output<typeof listLinks>['rows'][number];

const page = getRouteApi('/inside/links');

export default function LinksPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const filters = page.useSearch();
  const pageNavigate = page.useNavigate();
  const [isMaking, setMaking] = useState(false);
  const search = useCallback(
    (text: string | undefined) =>
      void pageNavigate({ search: (before) => ({ ...before, search: text }), replace: true }),
    [pageNavigate],
  );
  const pages = useInfiniteQuery({
    ...readingPages(listLinks, filters),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 15_000 : false),
  });
  const hasFilters = isFiltered(filters);
  const create = can('content.write') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)} data-testid="new-link">
      {t('link.new')}
    </Button>
  );
  const opensTitle = (
    <>
      {t('link.opens')}
      <Definition text={t('link.opensDefinition')} />
    </>
  );
  const peopleTitle = (
    <>
      {t('link.people')}
      <Definition text={t('link.peopleDefinition')} />
    </>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.links')} subtitle={t('link.subtitle')} actions={create} />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('link.search')} />}
          count={countFilters(filters)}
          onClear={hasFilters ? () => void pageNavigate({ search: {}, replace: true }) : undefined}
        >
          <FilterSelect
            label={t('content.state')}
            value={filters.archived ? 'archived' : undefined}
            onChange={(value) =>
              void pageNavigate({
                search: (before) => ({ ...before, archived: value === undefined ? undefined : true }),
                replace: true,
              })
            }
            options={[{ value: 'archived', label: t('content.archived') }]}
          />
        </Filters>
        <KeysetTable<Row>
          pages={pages}
          onOpen={(row) => void navigate({ to: '/links/$id', params: { id: String(row.id) } })}
          rowTestId="link-row"
          columns={[
            { title: t('link.one'), key: 'title', render: (_, row) => <LinkName row={row} /> },
            { title: opensTitle, key: 'opens', align: 'right', render: (_, row) => format.number(row.opens) },
            { title: peopleTitle, key: 'people', align: 'right', render: (_, row) => format.number(row.people) },
            {
              title: t('common.createdAt'),
              key: 'created',
              render: (_, row) => <span className="nowrap">{format.time(row.createdAt)}</span>,
            },
          ]}
          card={(row) => (
            <div className="list-card">
              <LinkName row={row} />
              <span className="list-card-facts">
                <span>
                  {t('link.opens')} {format.number(row.opens)}
                </span>
                <span>
                  {t('link.people')} {format.number(row.people)}
                </span>
              </span>
            </div>
          )}
          empty={
            hasFilters ? (
              <EmptyState
                icon={<LinkOutlined />}
                title={t('link.noneFound')}
                action={<Button onClick={() => void pageNavigate({ search: {} })}>{t('common.clearFilters')}</Button>}
              />
            ) : (
              <EmptyState icon={<LinkOutlined />} title={t('link.none')} hint={t('link.noneHint')} action={create} />
            )
          }
        />
      </Panel>
      {isMaking && (
        <LinkModal
          onClose={() => setMaking(false)}
          onDone={(id) => void navigate({ to: '/links/$id', params: { id: String(id) } })}
        />
      )}
    </div>
  );
}

function LinkName({ row }: { row: Row }) {
  const { t } = useTranslation();
  return (
    <span className="code-cell">
      <span>
        <Link to="/links/$id" params={{ id: String(row.id) }} className="strong-link">
          {row.title}
        </Link>
        {row.isArchived && <Tag className="beside-tag">{t('content.archived')}</Tag>}
      </span>
      <span className="muted small link-url">{row.url}</span>
    </span>
  );
}
