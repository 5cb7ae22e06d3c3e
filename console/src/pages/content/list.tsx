import { FileTextOutlined, FolderOutlined, LinkOutlined, PlusOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Button, Tag } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { listContents, wordingKinds } from '#contract/content';
import { category } from '#contract/touch';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { materialAddress } from '~/components/materials';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import type { contentFilters } from './filters';
import { FoldersModal, useFolderOptions } from './folders-modal';
import { CategoryTag } from './parts';
import { WordingIcons } from './wording-icons';
import './content.css';

type Row = Output<typeof listContents>['rows'][number];
type Chosen = z.output<typeof contentFilters>;

const page = getRouteApi('/inside/contents');

export default function ContentsPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const filters = page.useSearch();
  const pageNavigate = page.useNavigate();
  const [areFoldersOpen, setFoldersOpen] = useState(false);
  const folders = useFolderOptions('content');
  const filter = useCallback(
    (patch: Partial<Chosen>) => void pageNavigate({ search: (before) => ({ ...before, ...patch }), replace: true }),
    [pageNavigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const pages = useInfiniteQuery({ ...readingPages(listContents, filters), placeholderData: keepPreviousData });
  const hasFilters = isFiltered(filters);
  const create = can('content.write') && (
    <Link to="/contents/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="new-content">
        {t('content.new')}
      </Button>
    </Link>
  );

  return (
    <div className="page">
      <PageHeader
        title={t('menu.contents')}
        subtitle={t('content.subtitle')}
        actions={
          <>
            <Button icon={<FolderOutlined />} onClick={() => setFoldersOpen(true)}>
              {t('folder.many')}
            </Button>
            {create}
          </>
        }
      />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('content.search')} />}
          count={countFilters(filters)}
          onClear={hasFilters ? () => void pageNavigate({ search: {}, replace: true }) : undefined}
        >
          <FilterSelect
            label={t('folder.one')}
            value={filters.folder}
            onChange={(folder) => filter({ folder })}
            options={folders}
          />
          <FilterSelect
            label={t('content.category')}
            value={filters.category}
            onChange={(value) => filter({ category: value })}
            options={category.options.map((value) => ({ value, label: t(`category.${value}.name`) }))}
          />
          <FilterSelect
            label={t('content.wordings')}
            value={filters.wording}
            onChange={(wording) => filter({ wording })}
            options={wordingKinds.map((value) => ({ value, label: t(`wording.${value}`) }))}
          />
          <FilterSelect
            label={t('content.state')}
            value={filters.archived ? 'archived' : undefined}
            onChange={(value) => filter({ archived: value === undefined ? undefined : true })}
            options={[{ value: 'archived', label: t('content.archived') }]}
          />
        </Filters>
        <KeysetTable<Row>
          pages={pages}
          onOpen={(row) => void navigate({ to: '/contents/$id', params: { id: String(row.id) } })}
          rowTestId="content-row"
          columns={[
            { title: t('content.one'), key: 'name', render: (_, row) => <ContentName row={row} /> },
            {
              title: t('content.category'),
              key: 'category',
              render: (_, row) => <CategoryTag category={row.category} />,
            },
            {
              title: t('content.wordings'),
              key: 'wordings',
              render: (_, row) => <WordingIcons kinds={row.wordingKinds} />,
            },
            {
              title: t('link.many'),
              key: 'links',
              align: 'right',
              render: (_, row) => (row.trackedCount === 0 ? <span className="muted">–</span> : row.trackedCount),
            },
            {
              title: t('content.updated'),
              key: 'updated',
              render: (_, row) => (
                <span className="code-cell">
                  <span className="nowrap">{format.time(row.updatedAt)}</span>
                  <span className="muted small">
                    {row.updatedBy} · {t('content.versionShort', { n: row.versionNumber })}
                  </span>
                </span>
              ),
            },
          ]}
          card={(row) => (
            <div className="list-card">
              <ContentName row={row} />
              <span className="list-card-facts">
                <CategoryTag category={row.category} />
                <WordingIcons kinds={row.wordingKinds} />
                {row.trackedCount > 0 && (
                  <span>
                    <LinkOutlined /> {row.trackedCount}
                  </span>
                )}
                <span>{format.time(row.updatedAt)}</span>
              </span>
            </div>
          )}
          empty={
            hasFilters ? (
              <EmptyState
                icon={<FileTextOutlined />}
                title={t('content.noneFound')}
                action={<Button onClick={() => void pageNavigate({ search: {} })}>{t('common.clearFilters')}</Button>}
              />
            ) : (
              <EmptyState
                icon={<FileTextOutlined />}
                title={t('content.none')}
                hint={t('content.noneHint')}
                action={create}
              />
            )
          }
        />
      </Panel>
      {areFoldersOpen && <FoldersModal kind="content" onClose={() => setFoldersOpen(false)} />}
    </div>
  );
}

function ContentName({ row }: { row: Row }) {
  const { t } = useTranslation();
  return (
    <span className="content-name">
      {row.imageId === null ? (
        <span className="content-cover">
          <FileTextOutlined />
        </span>
      ) : (
        <img className="content-cover" src={materialAddress(row.imageId)} alt="" loading="lazy" />
      )}
      <span className="content-text">
        <span>
          <Link to="/contents/$id" params={{ id: String(row.id) }} className="strong-link">
            {row.name}
          </Link>
          {row.isArchived && <Tag className="beside-tag">{t('content.archived')}</Tag>}
        </span>
        <span className="muted small content-excerpt">
          {[row.folder?.name, row.excerpt].filter((part) => part !== undefined && part !== '').join(' · ')}
        </span>
      </span>
    </span>
  );
}
