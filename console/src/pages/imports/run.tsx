import { DownloadOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Alert, Button, Popconfirm, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { cancelImport, deleteImport, getImport, getRejectedRows, startImport } from '#contract/imports';
import { addressOf, reading } from '~/call';
import { BarList } from '~/components/bar-list';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { type Import, ImportState, Outcome } from './parts';
import { Preparation } from './preparation';

const page = getRouteApi('/inside/imports/$id');

export default function ImportPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const id = Number(page.useParams().id);
  const {
    data: run,
    error,
    refetch,
  } = useQuery({
    ...reading(getImport, { id }),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 700 : false),
  });
  const removing = useWriting(deleteImport, {
    said: t('common.deleted'),
    onDone: () => void navigate({ to: '/imports' }),
  });

  if (run === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('menu.imports')} backTo="/imports" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }
  return (
    <div className="page">
      <PageHeader
        title={run.name}
        subtitle={[
          t(`imports.kind.${run.kind}`),
          t('imports.about', { n: format.number(run.rowCount) }),
          format.bytes(run.sizeBytes),
          t('imports.by', { name: run.createdBy, time: format.time(run.createdAt) }),
        ].join(' · ')}
        backTo="/imports"
        beside={<ImportState state={run.state} />}
        actions={
          run.state !== 'running' && (
            <Popconfirm
              title={t('imports.remove')}
              description={t('imports.removeHint')}
              onConfirm={() => removing.mutate({ id })}
            >
              <Button danger loading={removing.isPending}>
                {t('imports.remove')}
              </Button>
            </Popconfirm>
          )
        }
      />
      {run.state === 'uploaded' ? <Preparation run={run} /> : <Result run={run} />}
    </div>
  );
}

function Result({ run }: { run: Import }) {
  const { t } = useTranslation();
  const format = useFormat();
  const cancelling = useWriting(cancelImport, { said: t('operation.cancelling') });
  const starting = useWriting(startImport);
  const { counts } = run;
  const reasons = Object.entries(counts.reasons).sort((a, b) => b[1] - a[1]);
  const isNothingNew = run.state === 'done' && counts.imported === 0 && counts.merged > 0;
  const canGoOn = run.state === 'cancelled' || run.state === 'failed';
  const step = run.progress >= 1 ? 'known' : 'rows';

  return (
    <div className="stack-large">
      {run.problem !== null && <Alert type="error" showIcon title={run.problem} />}
      {isNothingNew && <Alert type="info" showIcon title={t('imports.nothingNew')} />}
      {canGoOn && !run.isFileKept && <Alert type="warning" showIcon title={t('imports.fileGone')} />}
      <Panel
        title={run.state === 'running' ? t(`imports.step.${step}`) : t('imports.outcome')}
        extra={
          run.state === 'running' ? (
            <Popconfirm
              title={t('imports.cancel')}
              description={t('imports.cancelHint')}
              onConfirm={() => cancelling.mutate({ id: run.id })}
            >
              <Button loading={cancelling.isPending}>{t('imports.cancel')}</Button>
            </Popconfirm>
          ) : (
            canGoOn &&
            run.isFileKept && (
              <Button type="primary" loading={starting.isPending} onClick={() => starting.mutate({ id: run.id })}>
                {t('imports.resume')}
              </Button>
            )
          )
        }
      >
        <Outcome run={run} isLarge />
        <p className="muted import-facts">
          {[
            `${t('imports.rows')} ${format.number(counts.rows)}`,
            t(`imports.facts.${run.kind}`, { n: format.number(counts.facts) }),
            run.startedAt && run.endedAt ? format.duration(Date.parse(run.endedAt) - Date.parse(run.startedAt)) : '',
          ]
            .filter((text) => text !== '')
            .join(' · ')}
        </p>
      </Panel>
      {reasons.length > 0 && (
        <Panel
          title={t('imports.rejected')}
          definition={t('imports.rejectedHint')}
          extra={
            <a href={addressOf(getRejectedRows, { id: run.id })} download>
              <Button icon={<DownloadOutlined />}>{t('imports.download')}</Button>
            </a>
          }
        >
          <BarList
            bars={reasons.map(([reason, count]) => ({
              key: reason,
              label: textOr(`imports.reason.${reason}`, reason),
              value: count,
              text: format.number(count),
            }))}
          />
        </Panel>
      )}
      {Object.entries(counts.money).map(([currency, money]) => {
        const amount = (fen: number) => format.money(fen, currency);
        const inFile = money.soldFen - money.refundedFen + money.mergedFen + money.rejectedFen;
        return (
          <Panel key={currency} title={`${t('imports.money')} · ${currency}`} definition={t('imports.moneyDefinition')}>
            <dl className="import-money">
              <div className="import-money-whole">
                <dt>{t('imports.moneyInFile')}</dt>
                <dd>{amount(inFile)}</dd>
              </div>
              <span aria-hidden>=</span>
              <div>
                <dt>{t('imports.sold')}</dt>
                <dd>{amount(money.soldFen)}</dd>
              </div>
              <span aria-hidden>−</span>
              <div>
                <dt>{t('imports.refunded')}</dt>
                <dd>{amount(money.refundedFen)}</dd>
              </div>
              <span aria-hidden>+</span>
              <div>
                <dt>{t('imports.merged')}</dt>
                <dd>{amount(money.mergedFen)}</dd>
              </div>
              <span aria-hidden>+</span>
              <div>
                <dt>{t('imports.rejected')}</dt>
                <dd>{amount(money.rejectedFen)}</dd>
              </div>
            </dl>
          </Panel>
        );
      })}
    </div>
  );
}
