import { IdcardOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Avatar, Button, Tag, Tooltip, TreeSelect } from 'antd';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { listDepartments, listStaff, staffState } from '#contract/organization';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { initialOf } from '~/components/initial';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import type { staffFilters } from './filters';

type Row = Output<typeof listStaff>['rows'][number];
type Chosen = z.output<typeof staffFilters>;

const page = getRouteApi('/inside/staff');

export default function StaffPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const filters = page.useSearch();
  const pageNavigate = page.useNavigate();
  const { data: departments } = useQuery(reading(listDepartments, {}));
  const pages = useInfiniteQuery({ ...readingPages(listStaff, filters), placeholderData: keepPreviousData });

  const filter = useCallback(
    (patch: Partial<Chosen>) => void pageNavigate({ search: (before) => ({ ...before, ...patch }), replace: true }),
    [pageNavigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const hasFilters = isFiltered(filters);

  return (
    <div className="page">
      <PageHeader title={t('menu.staff')} subtitle={t('staff.subtitle')} />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('staff.search')} />}
          count={countFilters(filters)}
          onClear={hasFilters ? () => void pageNavigate({ search: {}, replace: true }) : undefined}
        >
          <TreeSelect
            className="filter"
            allowClear
            aria-label={t('staff.department')}
            placeholder={t('staff.department')}
            value={filters.department ?? null}
            onChange={(department: number | null | undefined) => filter({ department: department ?? undefined })}
            treeDataSimpleMode
            treeDefaultExpandAll
            treeData={(departments?.rows ?? []).map((department) => ({
              id: department.id,
              pId: department.parentId ?? 0,
              value: department.id,
              title: `${department.name} (${department.staffCount})`,
            }))}
          />
          <FilterSelect
            label={t('staff.stateTitle')}
            value={filters.state}
            onChange={(state) => filter({ state })}
            options={staffState.options.map((state) => ({ value: state, label: t(`staff.state.${state}`) }))}
          />
          <FilterSelect
            label={t('staff.canFollow')}
            value={filters.canFollow === undefined ? null : String(filters.canFollow)}
            onChange={(value) => filter({ canFollow: value == null ? undefined : value === 'true' })}
            options={[
              { value: 'true', label: t('staff.canFollow') },
              { value: 'false', label: t('staff.cannotFollow') },
            ]}
          />
        </Filters>
        <KeysetTable<Row>
          pages={pages}
          onOpen={(row) => void navigate({ to: '/staff/$id', params: { id: String(row.id) } })}
          columns={[
            {
              title: t('staff.one'),
              key: 'name',
              render: (_, row) => (
                <Link to="/staff/$id" params={{ id: String(row.id) }} className="plain-link">
                  <StaffIdentity staff={row} />
                </Link>
              ),
            },
            {
              title: t('staff.department'),
              key: 'departments',
              render: (_, row) => format.list(row.departments.map(({ name }) => name)),
            },
            { title: t('staff.position'), dataIndex: 'position' },
            { title: t('staff.stateTitle'), key: 'state', render: (_, row) => <StaffStates staff={row} /> },
            {
              title: t('figure.staffCustomers.name'),
              key: 'count',
              align: 'right',
              render: (_, row) => format.number(row.customerCount),
            },
          ]}
          card={(row) => (
            <Link to="/staff/$id" params={{ id: String(row.id) }} className="list-card">
              <span className="list-card-head">
                <StaffIdentity staff={row} />
                <span>{t('tag.customers', { n: format.number(row.customerCount) })}</span>
              </span>
              <span className="list-card-facts">
                <span>{format.list(row.departments.map(({ name }) => name))}</span>
                <StaffStates staff={row} />
              </span>
            </Link>
          )}
          empty={
            hasFilters ? (
              <EmptyState icon={<IdcardOutlined />} title={t('staff.noneFound')} />
            ) : (
              <EmptyState
                icon={<IdcardOutlined />}
                title={t('staff.none')}
                hint={t('staff.noneHint')}
                action={
                  can('sync.run') && (
                    <Link to="/wecom/reconciliation">
                      <Button type="primary">{t('menu.reconciliation')}</Button>
                    </Link>
                  )
                }
              />
            )
          }
        />
      </Panel>
    </div>
  );
}

function StaffIdentity({ staff }: { staff: Row }) {
  return (
    <span className="customer-name">
      <Avatar src={staff.avatar ?? undefined} alt="">
        {initialOf(staff.name)}
      </Avatar>
      <span className="customer-text">
        <span className="customer-own-name">
          {staff.name}
          {staff.alias !== '' && <span className="muted"> {staff.alias}</span>}
        </span>
        <span className="muted small mono">{staff.wecomUserid}</span>
      </span>
    </span>
  );
}

export function StaffStates({ staff }: { staff: Pick<Row, 'state' | 'canFollow'> }) {
  const { t } = useTranslation();
  return (
    <span className="nowrap">
      <Tag variant="filled" color={staff.state === 'active' ? 'success' : 'default'}>
        {t(`staff.state.${staff.state}`)}
      </Tag>
      {staff.state === 'active' && !staff.canFollow && (
        <Tooltip title={t('staff.cannotFollowHint')}>
          <Tag variant="filled" color="warning">
            {t('staff.cannotFollow')}
          </Tag>
        </Tooltip>
      )}
    </span>
  );
}
