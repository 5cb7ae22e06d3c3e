import { AuditOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Button } from 'antd';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { listAudit } from '#contract/organization';
import { readingPages } from '~/call';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { AuditChanges } from './audit-changes';
import type { auditFilters } from './filters';

type Entry = Output<typeof listAudit>['rows'][number];
type Chosen = z.output<typeof auditFilters>;

const page = getRouteApi('/inside/audit');

const subjectKinds = [
  'channel_code',
  'code_folder',
  'default_welcome',
  'customer',
  'identity_conflict',
  'tag',
  'tag_group',
  'attribute',
  'user',
  'api_key',
  'material',
  'wecom_connection',
  'source',
  'inbox',
  'operation',
  'import',
] as const;

export default function AuditPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const pages = useInfiniteQuery({ ...readingPages(listAudit, filters), placeholderData: keepPreviousData });
  const filter = useCallback(
    (patch: Partial<Chosen>) => void navigate({ search: (before) => ({ ...before, ...patch }), replace: true }),
    [navigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const hasFilters = isFiltered(filters);

  return (
    <div className="page">
      <PageHeader title={t('menu.audit')} subtitle={t('audit.subtitle')} />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('audit.search')} />}
          count={countFilters(filters)}
          onClear={hasFilters ? () => void navigate({ search: {}, replace: true }) : undefined}
        >
          <FilterSelect
            label={t('audit.subject')}
            value={filters.subjectKind}
            onChange={(subjectKind) => filter({ subjectKind })}
            options={subjectKinds.map((kind) => ({ value: kind as string, label: t(`subject.${kind}`) }))}
          />
          <DayRange className="filter-wide" from={filters.from} to={filters.to} onChange={filter} />
          {filters.actorId !== undefined && (
            <Button onClick={() => filter({ actorId: undefined })}>{t('audit.oneActor')}</Button>
          )}
        </Filters>
        <KeysetTable<Entry>
          pages={pages}
          expand={(row) => <AuditChanges entry={row} />}
          columns={[
            {
              title: t('audit.at'),
              key: 'at',
              render: (_, row) => <span className="nowrap">{format.time(row.at)}</span>,
            },
            {
              title: t('audit.actor'),
              key: 'actor',
              render: (_, row) => (
                <Button type="link" className="inline-button" onClick={() => filter({ actorId: row.actor.id })}>
                  {row.actor.kind === 'system' ? t('audit.system') : row.actor.name}
                  {row.actor.kind === 'key' && ` (${t('apiKey.one')})`}
                </Button>
              ),
            },
            { title: t('audit.action'), key: 'action', render: (_, row) => <Action entry={row} /> },
            {
              title: t('audit.subject'),
              key: 'subject',
              render: (_, row) => (
                <span>
                  <span className="muted">{textOr(`subject.${row.subjectKind}`, row.subjectKind)}</span>{' '}
                  {row.subjectName ?? row.subjectId}
                </span>
              ),
            },
          ]}
          card={(row) => (
            <div className="list-card">
              <span className="list-card-head">
                <Action entry={row} />
                <span className="muted">{format.time(row.at)}</span>
              </span>
              <span>
                <span className="muted">{textOr(`subject.${row.subjectKind}`, row.subjectKind)}</span>{' '}
                {row.subjectName ?? row.subjectId}
              </span>
              <span className="muted">{row.actor.kind === 'system' ? t('audit.system') : row.actor.name}</span>
            </div>
          )}
          empty={<EmptyState icon={<AuditOutlined />} title={t('audit.none')} />}
        />
      </Panel>
    </div>
  );
}

/** 'channel_code.updated' is said through its verb; the noun stands beside it. */
function Action({ entry }: { entry: Entry }) {
  const verb = entry.action.split('.').at(-1) ?? entry.action;
  return <span title={entry.action}>{textOr(`verb.${verb}`, entry.action)}</span>;
}
