import { FunnelPlotOutlined, TagsOutlined, TeamOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { countCustomers, customerSource, listCustomers } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { CustomerName } from '~/components/customer-name';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { CodePicker, OneStaffPicker, TagPicker } from '~/components/pickers';
import { Presence } from '~/components/presence';
import { SearchBox } from '~/components/search-box';
import { TagChip } from '~/components/tag-chip';
import { useFormat } from '~/format';
import { readTreeText } from '~/pages/segments/draft';
import { RuleDrawer } from '~/pages/segments/rule-drawer';
import { RuleResult } from '~/pages/segments/rule-result';
import type { customerFilters } from './filters';
import { TaggingDrawer } from './tagging-drawer';

type Row = Output<typeof listCustomers>['rows'][number];
export type CustomerFilters = z.output<typeof customerFilters>;

const page = getRouteApi('/inside/customers');
const shownTags = 3;

export default function CustomersPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const { rule, ...filters } = page.useSearch();
  const ruleTree = readTreeText(rule);
  const [isRuleOpen, setRuleOpen] = useState(false);
  const pageNavigate = page.useNavigate();
  const [chosen, setChosen] = useState<number[]>([]);
  const [tagging, setTagging] = useState<'chosen' | 'all' | null>(null);

  const filter = useCallback(
    (patch: Partial<CustomerFilters>) => {
      setChosen([]);
      void pageNavigate({ search: (before) => ({ ...before, ...patch }), replace: true });
    },
    [pageNavigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);

  const pages = useInfiniteQuery({
    ...readingPages(listCustomers, filters),
    placeholderData: keepPreviousData,
    // New people show by themselves while only the first page is on screen.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 10_000 : false),
  });
  const count = useQuery({ ...reading(countCustomers, filters), placeholderData: keepPreviousData, staleTime: 10_000 });
  const hasFilters = isFiltered(filters);

  const columns = [
    {
      title: t('customer.one'),
      key: 'name',
      render: (_: unknown, row: Row) => (
        <Link to="/customers/$id" params={{ id: String(row.id) }} className="plain-link">
          <CustomerName customer={row} />
        </Link>
      ),
    },
    { title: t('customer.source'), key: 'source', render: (_: unknown, row: Row) => <Source row={row} /> },
    {
      title: t('follow.staff'),
      key: 'staff',
      render: (_: unknown, row: Row) =>
        row.isActive ? format.list(row.staff.map(({ name }) => name)) : <Presence customer={row} />,
    },
    { title: t('tag.many'), key: 'tags', render: (_: unknown, row: Row) => <Tags row={row} /> },
    {
      title: t('customer.addedAt'),
      key: 'addedAt',
      align: 'right' as const,
      render: (_: unknown, row: Row) => <span className="nowrap">{format.time(row.addedAt)}</span>,
    },
  ];

  const countText =
    count.data === undefined
      ? ' '
      : t('customer.count', { n: format.number(count.data.count) + (count.data.isExact ? '' : '+') });

  return (
    <div className="page">
      <PageHeader
        title={t('menu.customers')}
        {...(ruleTree === undefined ? { subtitle: countText } : {})}
        actions={
          <>
            {can('segment.read') && (
              <Button icon={<FunnelPlotOutlined />} onClick={() => setRuleOpen(true)}>
                {t('segment.byRule')}
              </Button>
            )}
            {can('customer.write') && ruleTree === undefined && (
              <Button icon={<TagsOutlined />} disabled={!count.data?.count} onClick={() => setTagging('all')}>
                {t('tagging.tagAll')}
              </Button>
            )}
          </>
        }
      />
      {isRuleOpen && (
        <RuleDrawer
          tree={ruleTree}
          onClose={() => setRuleOpen(false)}
          onApply={(tree) => {
            setRuleOpen(false);
            void pageNavigate({ search: { rule: JSON.stringify(tree) } });
          }}
        />
      )}
      {ruleTree !== undefined && (
        <Panel isFlush>
          <RuleResult
            tree={ruleTree}
            onEdit={() => setRuleOpen(true)}
            onClear={() => void pageNavigate({ search: {} })}
          />
        </Panel>
      )}
      {ruleTree === undefined && (
        <Panel isFlush>
          <Filters
            search={
              <SearchBox
                value={filters.search}
                onChange={search}
                placeholder={t('customer.search')}
                hint={t('customer.searchHint')}
                testId="customer-search"
              />
            }
            count={countFilters(filters)}
            onClear={hasFilters ? () => void pageNavigate({ search: {}, replace: true }) : undefined}
          >
            <TagFilter filters={filters} onChange={filter} />
            {can('staff.read') && (
              <OneStaffPicker
                className="filter"
                value={filters.staff}
                onChange={(staff) => filter({ staff })}
                label={t('follow.staff')}
              />
            )}
            {can('code.read') && (
              <CodePicker className="filter" value={filters.code} onChange={(code) => filter({ code })} />
            )}
            <FilterSelect
              label={t('customer.source')}
              value={filters.source}
              onChange={(source) => filter({ source })}
              options={customerSource.options.map((source) => ({ value: source, label: t(`source.${source}`) }))}
            />
            <FilterSelect
              label={t('customer.presence')}
              value={filters.active === undefined ? null : String(filters.active)}
              onChange={(active) => filter({ active: active == null ? undefined : active === 'true' })}
              options={[
                { value: 'true', label: t('customer.here') },
                { value: 'false', label: t('customer.gone') },
              ]}
            />
            <DayRange className="filter-wide" from={filters.from} to={filters.to} onChange={filter} />
          </Filters>
          {chosen.length > 0 && (
            <div className="selection-bar">
              <span>{t('common.chosen', { n: chosen.length })}</span>
              <Button size="small" icon={<TagsOutlined />} onClick={() => setTagging('chosen')}>
                {t('tagging.tagChosen')}
              </Button>
              <Button size="small" type="link" onClick={() => setChosen([])}>
                {t('common.clearChoice')}
              </Button>
            </div>
          )}
          <KeysetTable<Row>
            pages={pages}
            columns={columns}
            rowTestId="customer-row"
            onOpen={(row) => void navigate({ to: '/customers/$id', params: { id: String(row.id) } })}
            selection={
              can('customer.write')
                ? { selectedRowKeys: chosen, onChange: (keys) => setChosen(keys.map(Number)) }
                : undefined
            }
            card={(row) => (
              <Link to="/customers/$id" params={{ id: String(row.id) }} className="list-card">
                <CustomerName customer={row} />
                <div className="list-card-facts">
                  <Source row={row} />
                  {row.isActive ? (
                    <span>{format.list(row.staff.map(({ name }) => name))}</span>
                  ) : (
                    <Presence customer={row} />
                  )}
                  <span className="muted">{format.time(row.addedAt)}</span>
                </div>
                <Tags row={row} />
              </Link>
            )}
            empty={hasFilters ? <NothingFound onClear={() => void pageNavigate({ search: {} })} /> : <NobodyYet />}
          />
        </Panel>
      )}
      <TaggingDrawer
        key={String(tagging)}
        target={tagging === 'chosen' ? { ids: chosen } : { filters, count: count.data }}
        isOpen={tagging !== null}
        onClose={() => setTagging(null)}
        onDone={() => setChosen([])}
      />
    </div>
  );
}

function TagFilter({ filters, onChange }: { filters: CustomerFilters; onChange: (patch: CustomerFilters) => void }) {
  const { t } = useTranslation();
  return (
    <div className="tag-filter">
      <Select
        aria-label={t('tag.mode')}
        value={filters.tagMode ?? 'any'}
        onChange={(mode) => onChange({ tagMode: mode === 'any' ? undefined : mode })}
        options={(['any', 'all', 'none'] as const).map((mode) => ({ value: mode, label: t(`tag.modes.${mode}`) }))}
        className="tag-mode"
      />
      <TagPicker
        className="tag-filter-tags"
        value={filters.tags ?? []}
        onChange={(tags) => onChange({ tags: tags.length === 0 ? undefined : tags })}
        placeholder={t('tag.many')}
      />
    </div>
  );
}

function Source({ row }: { row: Row }) {
  const { t } = useTranslation();
  // Where somebody came from is known of those a staff member has or had.
  if (!row.isMet) return null;
  return (
    <span className="source">
      <span>{t(`source.${row.source}`)}</span>
      {row.code && <span className="muted">{row.code.name}</span>}
    </span>
  );
}

function Tags({ row }: { row: Row }) {
  if (row.tags.length === 0) return null;
  return (
    <span className="tags">
      {row.tags.slice(0, shownTags).map((tag) => (
        <TagChip key={tag.id} tag={tag} />
      ))}
      {row.tags.length > shownTags && <span className="muted">+{row.tags.length - shownTags}</span>}
    </span>
  );
}

function NothingFound({ onClear }: { onClear: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<TeamOutlined />}
      title={t('customer.noneFound')}
      hint={t('customer.noneFoundHint')}
      action={<Button onClick={onClear}>{t('common.clearFilters')}</Button>}
    />
  );
}

function NobodyYet() {
  const { t } = useTranslation();
  const can = useCan();
  return (
    <EmptyState
      icon={<TeamOutlined />}
      title={t('customer.noneYet')}
      hint={t('customer.noneYetHint')}
      action={
        can('code.write') && (
          <Link to="/codes/new">
            <Button type="primary">{t('code.new')}</Button>
          </Link>
        )
      }
    />
  );
}
