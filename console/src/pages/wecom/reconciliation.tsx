import { SyncOutlined } from '@ant-design/icons';
import { Button, Popconfirm, Progress, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { cancelOperation } from '#contract/organization';
import { startReconciliation } from '#contract/wecom';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { isRunning, type Operation, useOperations } from '~/components/operations';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { PlatformProblem } from '~/components/platform-problem';
import { TableOrCards } from '~/components/table-or-cards';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

const colourOfState = {
  waiting: 'default',
  running: 'processing',
  done: 'success',
  failed: 'error',
  cancelled: 'warning',
} as const;

export default function ReconciliationPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const { data, error } = useOperations('wecom.reconcile');
  const starting = useWriting(startReconciliation, { said: t('reconciliation.started') });
  const rows = data?.rows ?? [];
  const current = rows.find(isRunning);
  const start = (
    <Button
      type="primary"
      icon={<SyncOutlined />}
      disabled={current !== undefined}
      loading={starting.isPending}
      onClick={() => starting.mutate({})}
    >
      {t('reconciliation.start')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.reconciliation')} subtitle={t('reconciliation.subtitle')} actions={start} />
      <div className="stack-large">
        {error && data === undefined && <ErrorNotice error={error} />}
        {current && <Current operation={current} />}
        <Panel title={t('reconciliation.history')} isFlush>
          {data?.rows.length === 0 ? (
            <EmptyState
              icon={<SyncOutlined />}
              title={t('reconciliation.none')}
              hint={t('reconciliation.noneHint')}
              action={start}
            />
          ) : (
            <TableOrCards<Operation>
              keyOf={(row) => row.id}
              isLoading={data === undefined && !error}
              rows={rows}
              columns={[
                {
                  title: t('operation.begun'),
                  key: 'at',
                  render: (_, row) => format.time(row.startedAt ?? row.createdAt),
                },
                {
                  title: t('operation.stateTitle'),
                  key: 'state',
                  render: (_, row) => (
                    <Tag variant="filled" color={colourOfState[row.state]}>
                      {t(`operation.state.${row.state}`)}
                    </Tag>
                  ),
                },
                {
                  title: t('operation.took'),
                  key: 'took',
                  render: (_, row) =>
                    row.startedAt && row.endedAt
                      ? format.duration(Date.parse(row.endedAt) - Date.parse(row.startedAt))
                      : '–',
                },
                { title: t('operation.outcome'), key: 'summary', render: (_, row) => <Outcome operation={row} /> },
                {
                  title: t('operation.by'),
                  key: 'by',
                  render: (_, row) => (row.createdBy === 'schedule' ? t('operation.bySchedule') : row.createdBy),
                },
              ]}
            />
          )}
        </Panel>
      </div>
    </div>
  );
}

function Current({ operation }: { operation: Operation }) {
  const { t } = useTranslation();
  const format = useFormat();
  const cancelling = useWriting(cancelOperation, { said: t('operation.cancelling') });
  const { step, doneCount, totalCount } = operation;
  const stepName = step === null ? t('operation.state.waiting') : textOr(`operation.step.${step}`, step);
  return (
    <Panel
      title={t('reconciliation.running')}
      extra={
        <Popconfirm
          title={t('operation.cancel')}
          description={t('operation.cancelHint')}
          onConfirm={() => cancelling.mutate({ id: operation.id })}
        >
          <Button loading={cancelling.isPending}>{t('operation.cancel')}</Button>
        </Popconfirm>
      }
    >
      <div className="operation-step">
        <strong>{stepName}</strong>
        <span className="muted">
          {format.number(doneCount)}
          {totalCount !== null && ` / ${format.number(totalCount)}`}
        </span>
      </div>
      <Progress
        percent={totalCount ? Math.min(100, Math.floor((doneCount / totalCount) * 100)) : 0}
        status="active"
        showInfo={totalCount !== null}
      />
      <Outcome operation={operation} />
    </Panel>
  );
}

function Outcome({ operation }: { operation: Operation }) {
  const format = useFormat();
  const counts = Object.entries(operation.summary);
  return (
    <span className="outcome">
      {counts.map(([key, count]) => (
        <span key={key}>
          {textOr(`operation.summary.${key}`, key)} <strong>{format.number(count)}</strong>
        </span>
      ))}
      {operation.problem !== null && <PlatformProblem problem={operation.problem} />}
    </span>
  );
}
