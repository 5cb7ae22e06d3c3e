import {
  DownloadOutlined,
  EditOutlined,
  PauseCircleOutlined,
  PlayCircleOutlined,
  ReloadOutlined,
  StopOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Alert, App, Button, Skeleton, Space, Spin } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getCode, getCodeImage, retryCode, setCodeState } from '#contract/acquisition';
import { useCan } from '~/app/session';
import { addressOf, reading } from '~/call';
import { CopyText } from '~/components/copy-text';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { PlatformProblem } from '~/components/platform-problem';
import { useWriting } from '~/components/writing';
import { CodeSettings } from './code-settings';
import { CodeState, CodeSync } from './code-state';
import { CodeStats } from './code-stats';
import { CodePreview } from './preview';

type Code = Output<typeof getCode>;

const page = getRouteApi('/inside/codes/$id');

export default function CodePage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const {
    data: code,
    error,
    refetch,
  } = useQuery({
    ...reading(getCode, { id }),
    refetchInterval: (query) => (query.state.data?.sync === 'pending' ? 1000 : 15_000),
  });

  if (code === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('code.one')} backTo="/codes" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }

  return (
    <div className="page">
      <PageHeader
        title={code.name}
        backTo="/codes"
        beside={
          <span>
            <CodeState code={code} /> <CodeSync code={code} />
          </span>
        }
        actions={<StateActions code={code} />}
      />
      {code.sync === 'failed' && <SyncFailed code={code} />}
      {code.state === 'paused' && (
        <Alert type="warning" showIcon className="page-alert" title={t('code.stateMeaning.paused')} />
      )}
      <div className="columns-side columns-code">
        <div className="stack-large">
          <QrPanel code={code} />
          <CodeSettings code={code} />
        </div>
        <div className="stack-large">
          <CodeStats codeId={id} />
          <Panel title={t('codeForm.welcome')}>
            <CodePreview draft={code.draft} />
          </Panel>
        </div>
      </div>
    </div>
  );
}

function StateActions({ code }: { code: Code }) {
  const { t } = useTranslation();
  const can = useCan();
  const { modal } = App.useApp();
  const setting = useWriting(setCodeState, { said: t('common.saved') });
  if (!can('code.write') || code.state === 'ended') return null;

  function confirm(state: 'paused' | 'ended') {
    modal.confirm({
      title: t(`code.confirm.${state}`),
      content: t(`code.confirmHint.${state}`),
      okText: t(`code.action.${state}`),
      okButtonProps: { danger: state === 'ended' },
      onOk: () => setting.mutateAsync({ id: code.id, state }).catch(() => undefined),
    });
  }

  return (
    <>
      {code.state === 'paused' ? (
        <Button
          icon={<PlayCircleOutlined />}
          loading={setting.isPending}
          onClick={() => setting.mutate({ id: code.id, state: 'active' })}
        >
          {t('code.action.active')}
        </Button>
      ) : (
        <Button icon={<PauseCircleOutlined />} onClick={() => confirm('paused')}>
          {t('code.action.paused')}
        </Button>
      )}
      <Button icon={<StopOutlined />} danger onClick={() => confirm('ended')}>
        {t('code.action.ended')}
      </Button>
      <Link to="/codes/$id/edit" params={{ id: String(code.id) }}>
        <Button type="primary" icon={<EditOutlined />}>
          {t('common.edit')}
        </Button>
      </Link>
    </>
  );
}

function SyncFailed({ code }: { code: Code }) {
  const { t } = useTranslation();
  const can = useCan();
  const retrying = useWriting(retryCode, { said: t('code.retried') });
  return (
    <Alert
      type="error"
      showIcon
      className="page-alert"
      title={t('code.syncFailed')}
      description={code.syncProblem !== null && <PlatformProblem problem={code.syncProblem} />}
      action={
        can('code.write') && (
          <Button
            icon={<ReloadOutlined />}
            loading={retrying.isPending}
            onClick={() => retrying.mutate({ id: code.id })}
          >
            {t('common.retry')}
          </Button>
        )
      }
    />
  );
}

function QrPanel({ code }: { code: Code }) {
  const { t } = useTranslation();
  // What is printed of it is dead: nobody should print more.
  if (code.state === 'ended') {
    return (
      <Panel>
        <div className="qr-waiting">
          <p className="muted">{t('code.stateMeaning.ended')}</p>
        </div>
      </Panel>
    );
  }
  if (code.scanUrl === null) {
    return (
      <Panel>
        <div className="qr-waiting">
          {code.sync === 'pending' ? <Spin /> : null}
          <p className="muted">{t(code.sync === 'pending' ? 'code.qrWaiting' : 'code.qrMissing')}</p>
        </div>
      </Panel>
    );
  }
  const download = (format: 'png' | 'svg') => (
    <Button
      icon={<DownloadOutlined />}
      href={addressOf(getCodeImage, { id: code.id, format, width: 1200 })}
      download={`${code.name}.${format}`}
    >
      {format.toUpperCase()}
    </Button>
  );
  return (
    <Panel>
      <div className="qr">
        <img
          src={addressOf(getCodeImage, { id: code.id, format: 'svg', width: 400 })}
          alt={t('code.imageOf', { id: code.name })}
          data-testid="code-qr"
        />
      </div>
      <Space className="qr-downloads">
        {download('png')}
        {download('svg')}
      </Space>
      <div className="field-label">{t('code.scanUrl')}</div>
      <CopyText value={code.scanUrl} label={t('code.scanUrl')} />
      <div className="field-hint">{t(`code.entryMeaning.${code.entry}`)}</div>
    </Panel>
  );
}
