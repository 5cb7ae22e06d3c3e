import { SyncOutlined, UsergroupAddOutlined } from '@ant-design/icons';
import { type InfiniteData, keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Button, Progress, Tag } from 'antd';
import { type ReactNode, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { listGroups, refreshGroups } from '#contract/wecom';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { isRunning, useOperation } from '~/components/operations';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { OneStaffPicker } from '~/components/pickers';
import { PlatformProblem } from '~/components/platform-problem';
import { SearchBox } from '~/components/search-box';
import { StaffName } from '~/components/staff-name';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import type { groupFilters } from './filters';

type Listed = Output<typeof listGroups>;
/** Rows of a list have an id. */
type Group = Listed['rows'][number] & { readonly id: string };
type Chosen = z.output<typeof groupFilters>;

const page = getRouteApi('/inside/wecom/groups');

const states = listGroups.input.shape.state.unwrap().options;
const colourOfState: Readonly<Record<Group['state'], string>> = {
  normal: 'success',
  owner_left: 'warning',
  inheriting: 'processing',
  inherited: 'default',
  dismissed: 'default',
};

/** Customer groups as WeCom describes them: whom a message to groups can reach. */
export default function GroupsPage(): ReactNode {
  const { t } = useTranslation();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const can = useCan();
  const format = useFormat();
  const pages = useInfiniteQuery({
    ...readingPages(listGroups, filters),
    placeholderData: keepPreviousData,
    select: withIds,
  });
  const filter = useCallback(
    (patch: Partial<Chosen>) => void navigate({ search: (before) => ({ ...before, ...patch }), replace: true }),
    [navigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const hasFilters = isFiltered(filters);
  const refresh = can('sync.run') && <RefreshButton />;

  return (
    <div className="page">
      <PageHeader title={t('menu.groups')} subtitle={t('groups.subtitle')} actions={refresh} />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('groups.search')} />}
          count={countFilters(filters)}
          onClear={hasFilters ? () => void navigate({ search: {}, replace: true }) : undefined}
        >
          {can('staff.read') && (
            <OneStaffPicker
              className="filter"
              value={filters.owner}
              onChange={(owner) => filter({ owner })}
              label={t('groups.owner')}
              placeholder={t('groups.owner')}
            />
          )}
          <FilterSelect
            label={t('groups.stateTitle')}
            value={filters.state}
            onChange={(state) => filter({ state })}
            options={states.map((state) => ({ value: state, label: t(`groups.state.${state}`) }))}
          />
        </Filters>
        <KeysetTable<Group>
          pages={pages}
          columns={[
            { title: t('groups.one'), key: 'name', render: (_, row) => <GroupName group={row} /> },
            { title: t('groups.owner'), key: 'owner', render: (_, row) => <Owner group={row} /> },
            {
              title: t('groups.customers'),
              key: 'customers',
              align: 'right',
              render: (_, row) => format.number(row.customerCount),
            },
            {
              title: t('groups.members'),
              key: 'members',
              align: 'right',
              render: (_, row) => format.number(row.memberCount),
            },
            { title: t('groups.stateTitle'), key: 'state', render: (_, row) => <State group={row} /> },
            { title: t('groups.createdAt'), key: 'createdAt', render: (_, row) => <CreatedAt group={row} /> },
          ]}
          card={(row) => (
            <div className="list-card">
              <span className="list-card-head">
                <GroupName group={row} />
                <span>{t('groups.customerCount', { n: format.number(row.customerCount) })}</span>
              </span>
              <span className="list-card-facts">
                <Owner group={row} />
                <State group={row} />
              </span>
            </div>
          )}
          empty={
            hasFilters ? (
              <EmptyState icon={<UsergroupAddOutlined />} title={t('groups.noneFound')} />
            ) : (
              <EmptyState
                icon={<UsergroupAddOutlined />}
                title={t('groups.none')}
                hint={t('groups.noneHint')}
                action={refresh}
              />
            )
          }
        />
      </Panel>
    </div>
  );
}

function withIds(list: InfiniteData<Listed>): InfiniteData<{ rows: Group[]; next: string | null }> {
  return {
    ...list,
    pages: list.pages.map((one) => ({ ...one, rows: one.rows.map((row) => ({ ...row, id: row.chatId })) })),
  };
}

/** Reads all groups from WeCom, and shows how far it is. */
function RefreshButton() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [id, setId] = useState<number | null>(null);
  const operation = useOperation('wecom.read_groups', id);
  const starting = useWriting(refreshGroups, {
    said: t('groups.refreshing'),
    onDone: ({ operationId }) => setId(operationId),
  });
  const isUnderWay = isRunning(operation);
  const isOver = operation !== undefined && !isUnderWay;
  useEffect(() => {
    if (isOver) void queries.invalidateQueries();
  }, [isOver, queries]);
  const { doneCount = 0, totalCount = null } = operation ?? {};
  return (
    <>
      {isUnderWay && totalCount !== null && totalCount > 0 && (
        <Progress type="circle" size={24} percent={Math.floor((doneCount / totalCount) * 100)} />
      )}
      {operation?.problem != null && <PlatformProblem problem={operation.problem} />}
      <Button icon={<SyncOutlined />} loading={starting.isPending || isUnderWay} onClick={() => starting.mutate({})}>
        {t('groups.refresh')}
      </Button>
    </>
  );
}

function GroupName({ group }: { group: Group }) {
  const { t } = useTranslation();
  return group.name === '' ? <span className="muted">{t('groups.unnamed')}</span> : <strong>{group.name}</strong>;
}

function Owner({ group }: { group: Group }) {
  return group.owner === null ? <span className="mono">{group.ownerUserid}</span> : <StaffName staff={group.owner} />;
}

function State({ group }: { group: Group }) {
  const { t } = useTranslation();
  return (
    <Tag variant="filled" color={colourOfState[group.state]}>
      {t(`groups.state.${group.state}`)}
    </Tag>
  );
}

function CreatedAt({ group }: { group: Group }) {
  const format = useFormat();
  return <>{group.createdAt === null ? '–' : format.date(group.createdAt)}</>;
}
