import { ImportOutlined, PlusOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { listImports } from '#contract/imports';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { type Import, ImportState, Outcome } from './parts';

export default function ImportsPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const pages = useInfiniteQuery({
    ...readingPages(listImports, {}),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => {
      const isRunning = query.state.data?.pages.some((part) => part.rows.some((row) => row.state === 'running'));
      return isRunning ? 1000 : 15_000;
    },
  });
  const start = (
    <Link to="/imports/new">
      <Button type="primary" icon={<PlusOutlined />}>
        {t('imports.new')}
      </Button>
    </Link>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.imports')} subtitle={t('imports.subtitle')} actions={start} />
      <Panel isFlush>
        <KeysetTable<Import>
          pages={pages}
          onOpen={(row) => void navigate({ to: '/imports/$id', params: { id: String(row.id) } })}
          empty={
            <EmptyState
              icon={<ImportOutlined />}
              title={t('imports.none')}
              hint={t('imports.noneHint')}
              action={start}
            />
          }
          columns={[
            {
              title: t('imports.file'),
              key: 'name',
              render: (_, row) => (
                <span className="code-cell wrap-cell">
                  <Link to="/imports/$id" params={{ id: String(row.id) }} className="strong-link">
                    {row.name}
                  </Link>
                  <span className="muted small">
                    {t(`imports.kind.${row.kind}`)} · {format.bytes(row.sizeBytes)}
                  </span>
                </span>
              ),
            },
            { title: t('order.stateTitle'), key: 'state', render: (_, row) => <ImportState state={row.state} /> },
            {
              title: t('imports.rows'),
              key: 'rows',
              align: 'right',
              render: (_, row) => format.number(row.state === 'done' ? row.counts.rows : row.rowCount),
            },
            { title: t('imports.outcome'), key: 'outcome', render: (_, row) => <Outcome run={row} /> },
            {
              title: t('common.createdAt'),
              key: 'created',
              align: 'right',
              render: (_, row) => (
                <span className="code-cell nowrap">
                  {format.time(row.createdAt)}
                  <span className="muted small">{row.createdBy}</span>
                </span>
              ),
            },
          ]}
          card={(row) => (
            <Link to="/imports/$id" params={{ id: String(row.id) }} className="list-card">
              <span className="list-card-head">
                <strong className="break">{row.name}</strong>
                <ImportState state={row.state} />
              </span>
              <span className="list-card-facts">
                <span>{t(`imports.kind.${row.kind}`)}</span>
                <span>{t('imports.about', { n: format.number(row.rowCount) })}</span>
                <span>{format.time(row.createdAt)}</span>
              </span>
              {row.state !== 'uploaded' && <Outcome run={row} />}
            </Link>
          )}
        />
      </Panel>
    </div>
  );
}
