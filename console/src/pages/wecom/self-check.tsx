import {
  CheckCircleFilled,
  CloseCircleFilled,
  ExclamationCircleFilled,
  MinusCircleOutlined,
  ReloadOutlined,
} from '@ant-design/icons';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Alert, App, Button, Skeleton } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getInbox, retryFacts } from '#contract/events';
import { runSelfCheck } from '#contract/wecom';
import { useCan } from '~/app/session';
import { call, reading } from '~/call';
import { ErrorNotice, useErrorText } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

type Line = Output<typeof runSelfCheck>['lines'][number];

const icons: Readonly<Record<Line['state'], ReactNode>> = {
  ok: <CheckCircleFilled className="check-ok" />,
  warning: <ExclamationCircleFilled className="check-warning" />,
  failed: <CloseCircleFilled className="check-failed" />,
  skipped: <MinusCircleOutlined className="muted" />,
};

export default function SelfCheckPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const format = useFormat();
  const { message } = App.useApp();
  const errorText = useErrorText();
  const checking = useMutation({
    mutationFn: () => call(runSelfCheck, {}),
    onError: (error) => void message.error(errorText(error)),
  });
  const { mutate } = checking;
  useEffect(() => mutate(), [mutate]);

  const lines = checking.data?.lines ?? [];
  const failed = lines.filter((line) => line.state === 'failed').length;
  const warned = lines.filter((line) => line.state === 'warning').length;

  return (
    <div className="page page-narrow">
      <PageHeader
        title={t('menu.selfCheck')}
        subtitle={
          checking.data
            ? t('selfCheck.checkedAt', { time: format.time(checking.data.checkedAt) })
            : t('selfCheck.subtitle')
        }
        actions={
          <Button type="primary" icon={<ReloadOutlined />} loading={checking.isPending} onClick={() => mutate()}>
            {t('selfCheck.run')}
          </Button>
        }
      />
      <div className="stack-large">
        {checking.isError && !checking.data && <ErrorNotice error={checking.error} onRetry={() => mutate()} />}
        {checking.data && !checking.isPending && (
          <Alert
            showIcon
            type={failed > 0 ? 'error' : warned > 0 ? 'warning' : 'success'}
            title={
              failed > 0
                ? t('selfCheck.failed', { n: failed })
                : warned > 0
                  ? t('selfCheck.warned', { n: warned })
                  : t('selfCheck.allOk')
            }
            action={
              failed > 0 &&
              can('connection.manage') && (
                <Link to="/wecom/connection">
                  <Button size="small">{t('menu.connection')}</Button>
                </Link>
              )
            }
          />
        )}
        <Panel isFlush>
          {checking.data === undefined ? (
            <div className="panel-body">
              <Skeleton active paragraph={{ rows: 8 }} title={false} />
            </div>
          ) : (
            <ul className="check-list">
              {lines.map((line) => (
                <CheckLine key={line.key} line={line} />
              ))}
            </ul>
          )}
        </Panel>
        <InboxPanel />
      </div>
    </div>
  );
}

function words(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function CheckLine({ line }: { line: Line }) {
  const { t } = useTranslation();
  const format = useFormat();
  const name = textOr(`checkLine.${line.key}`, line.key);
  const values = {
    ip: t('selfCheck.serverIp'),
    ...line.values,
    ...(typeof line.values.at === 'string' ? { at: format.time(line.values.at) } : {}),
    ...(line.key === 'welcome' ? { reason: textOr(`touch.reason.${line.values.reason}`, '–') } : {}),
  };
  // A finding is '<line>.<finding>' with its own sentences; a refused secret names the remedy itself.
  const [, word = ''] = line.finding.split('.');
  const key = word === 'skipped' ? 'check.skipped' : `check.${line.finding}`;
  const finding = textOr(`${key}.finding`, words(line.values.message) ?? line.finding, values);
  const remedy = textOr(`${key}.remedy`, textOr(`remedy.${word}`, ''), values);
  return (
    <li className="check-line">
      <span className="check-icon" role="img" aria-label={t(`selfCheck.state.${line.state}`)}>
        {icons[line.state]}
      </span>
      <span className="check-text">
        <strong>{name}</strong>
        <span>{finding}</span>
        {remedy !== '' && <span className="check-remedy">{remedy}</span>}
      </span>
    </li>
  );
}

/** Facts that came in and are not yet known, and those that could not be understood. */
function InboxPanel() {
  const { t } = useTranslation();
  const can = useCan();
  const format = useFormat();
  const { data } = useQuery({ ...reading(getInbox, {}), refetchInterval: 5_000 });
  const retrying = useWriting(retryFacts, { said: t('inbox.retried') });
  if (data === undefined) return null;
  return (
    <Panel
      title={t('inbox.title')}
      definition={t('inbox.definition')}
      extra={
        data.failed.length > 0 &&
        can('sync.run') && (
          <Button size="small" loading={retrying.isPending} onClick={() => retrying.mutate({})}>
            {t('inbox.retry')}
          </Button>
        )
      }
    >
      <dl className="facts">
        <div>
          <dt>{t('inbox.waiting')}</dt>
          <dd>{format.number(data.waiting)}</dd>
        </div>
        <div>
          <dt>{t('inbox.oldest')}</dt>
          <dd>{format.duration(data.oldestAgeMs)}</dd>
        </div>
        <div>
          <dt>{t('inbox.failed')}</dt>
          <dd>{format.number(data.failed.length)}</dd>
        </div>
      </dl>
      {data.failed.length > 0 && (
        <ul className="plain-list failed-facts">
          {data.failed.map((fact) => (
            <li key={fact.id}>
              <span>
                <span className="mono">{fact.name}</span>{' '}
                <span className="muted">
                  {format.time(fact.receivedAt)} · {t('inbox.attempts', { n: fact.attempts })}
                </span>
                <span className="failed-problem mono small">{fact.problem}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
