import { FolderOutlined, ImportOutlined, PlusOutlined, PrinterOutlined, QrcodeOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { codeState, listCodes, listFolders, sourceKind } from '#contract/acquisition';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import { CodeState, CodeSync } from './code-state';
import type { codeFilters } from './filters';
import { FoldersModal } from './folders-modal';

type Row = Output<typeof listCodes>['rows'][number];
type Chosen = z.output<typeof codeFilters>;

const page = getRouteApi('/inside/codes');

export default function CodesPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const filters = page.useSearch();
  const pageNavigate = page.useNavigate();
  const [chosen, setChosen] = useState<number[]>([]);
  const [areFoldersOpen, setFoldersOpen] = useState(false);
  const { data: folders } = useQuery(reading(listFolders, {}));

  const filter = useCallback(
    (patch: Partial<Chosen>) => {
      setChosen([]);
      void pageNavigate({ search: (before) => ({ ...before, ...patch }), replace: true });
    },
    [pageNavigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);

  const pages = useInfiniteQuery({
    ...readingPages(listCodes, filters),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => {
      const shown = query.state.data?.pages ?? [];
      if (shown.some((part) => part.rows.some((row) => row.sync === 'pending'))) return 2000;
      return shown.length <= 1 ? 15_000 : false;
    },
  });
  const hasFilters = isFiltered(filters);

  const create = can('code.write') && (
    <Link to="/codes/new">
      <Button type="primary" icon={<PlusOutlined />} data-testid="new-code">
        {t('code.new')}
      </Button>
    </Link>
  );

  return (
    <div className="page">
      <PageHeader
        title={t('menu.codes')}
        subtitle={t('code.subtitle')}
        actions={
          <>
            <Button icon={<FolderOutlined />} onClick={() => setFoldersOpen(true)}>
              {t('folder.many')}
            </Button>
            {can('code.write') && (
              <Link to="/codes/import">
                <Button icon={<ImportOutlined />}>{t('code.import')}</Button>
              </Link>
            )}
            {create}
          </>
        }
      />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('code.search')} />}
          count={countFilters(filters)}
          onClear={hasFilters ? () => void pageNavigate({ search: {}, replace: true }) : undefined}
        >
          <FilterSelect
            label={t('folder.one')}
            value={filters.folder}
            onChange={(folder) => filter({ folder })}
            options={(folders?.rows ?? []).map((folder) => ({
              value: folder.id,
              label: `${folder.name} (${folder.codeCount})`,
            }))}
          />
          <FilterSelect
            label={t('customer.source')}
            value={filters.source}
            onChange={(source) => filter({ source })}
            options={sourceKind.options.map((source) => ({ value: source, label: t(`source.${source}`) }))}
          />
          <FilterSelect
            label={t('code.stateTitle')}
            value={filters.state}
            onChange={(state) => filter({ state })}
            options={codeState.options.map((state) => ({ value: state, label: t(`code.state.${state}`) }))}
          />
        </Filters>
        {chosen.length > 0 && (
          <div className="selection-bar">
            <span>{t('common.chosen', { n: chosen.length })}</span>
            <Link to="/codes/print" search={{ ids: chosen }}>
              <Button size="small" icon={<PrinterOutlined />}>
                {t('code.print')}
              </Button>
            </Link>
            <Button size="small" type="link" onClick={() => setChosen([])}>
              {t('common.clearChoice')}
            </Button>
          </div>
        )}
        <KeysetTable<Row>
          pages={pages}
          onOpen={(row) => void navigate({ to: '/codes/$id', params: { id: String(row.id) } })}
          selection={{ selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(Number)) }}
          columns={[
            {
              title: t('code.one'),
              key: 'name',
              render: (_, row) => (
                <span className="code-cell">
                  <Link to="/codes/$id" params={{ id: String(row.id) }} className="strong-link">
                    {row.name}
                  </Link>
                  <span className="muted small">
                    {[t(`source.${row.source}`), row.folder?.name].filter(Boolean).join(' · ')}
                  </span>
                </span>
              ),
            },
            {
              title: t('code.stateTitle'),
              key: 'state',
              render: (_, row) => (
                <span className="nowrap">
                  <CodeState code={row} /> <CodeSync code={row} />
                </span>
              ),
            },
            { title: t('code.staffNow'), key: 'staff', render: (_, row) => <StaffNow row={row} /> },
            {
              title: t('figure.scans.name'),
              key: 'scans',
              align: 'right',
              render: (_, row) =>
                row.scanCount === null ? <span className="muted">–</span> : format.number(row.scanCount),
            },
            {
              title: t('figure.adds.name'),
              key: 'adds',
              align: 'right',
              render: (_, row) => format.number(row.addCount),
            },
            {
              title: t('figure.addedToday.name'),
              key: 'today',
              align: 'right',
              render: (_, row) => format.number(row.addedToday),
            },
            {
              title: t('figure.stillHere.name'),
              key: 'active',
              align: 'right',
              render: (_, row) => (
                <span className="nowrap">
                  {format.number(row.activeCount)}{' '}
                  <span className="muted">
                    {row.addCount === 0 ? '' : format.percent(row.activeCount / row.addCount)}
                  </span>
                </span>
              ),
            },
            {
              title: t('common.createdAt'),
              key: 'created',
              align: 'right',
              render: (_, row) => <span className="nowrap">{format.date(row.createdAt)}</span>,
            },
          ]}
          card={(row) => (
            <Link to="/codes/$id" params={{ id: String(row.id) }} className="list-card">
              <span className="list-card-head">
                <strong>{row.name}</strong>
                <CodeState code={row} />
              </span>
              <span className="list-card-facts">
                <span>{t(`source.${row.source}`)}</span>
                <span>
                  {t('figure.adds.name')} {format.number(row.addCount)}
                </span>
                <span>
                  {t('figure.stillHere.name')} {format.number(row.activeCount)}
                </span>
                <CodeSync code={row} />
              </span>
              <StaffNow row={row} />
            </Link>
          )}
          empty={
            hasFilters ? (
              <EmptyState
                icon={<QrcodeOutlined />}
                title={t('code.noneFound')}
                action={<Button onClick={() => void pageNavigate({ search: {} })}>{t('common.clearFilters')}</Button>}
              />
            ) : (
              <EmptyState icon={<QrcodeOutlined />} title={t('code.none')} hint={t('code.noneHint')} action={create} />
            )
          }
        />
      </Panel>
      {areFoldersOpen && <FoldersModal onClose={() => setFoldersOpen(false)} />}
    </div>
  );
}

const shownStaff = 3;

function StaffNow({ row }: { row: Row }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (row.staffNow.length === 0) return <span className="muted">{t('code.nobodyNow')}</span>;
  const names = row.staffNow.slice(0, shownStaff).map(({ name }) => name);
  const more = row.staffNow.length - names.length;
  return (
    <span>
      {format.list(names)}
      {more > 0 && <span className="muted"> +{more}</span>}
      {row.usesBackup && <span className="muted"> {t('code.backupNow')}</span>}
    </span>
  );
}
