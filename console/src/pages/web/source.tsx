import { EditOutlined, ReloadOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Alert, Button, Skeleton, Tabs, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listSources } from '#contract/web';
import { MissingPage } from '~/app/outcomes';
import { reading } from '~/call';
import { CopyButton, CopyText } from '~/components/copy-text';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { Arrivals } from './arrivals';
import { snippetOf, waysOfKind } from './snippets';
import { RenameSourceModal, type Source, useSourceSwitches } from './source-modals';
import { maskedKey, WriteKey } from './write-key';

const page = getRouteApi('/inside/sources/$id');

export default function SourcePage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const { data, error, refetch } = useQuery({ ...reading(listSources, {}), refetchInterval: 15_000 });
  const source = data?.rows.find((row) => row.id === id);
  const [isRenaming, setRenaming] = useState(false);
  const shown = useState(false);
  const { turnOn, turnOff } = useSourceSwitches();

  if (data === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('dataSource.one')} backTo="/sources" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }
  if (!source) return <MissingPage />;
  return (
    <div className="page">
      <PageHeader
        title={source.name}
        backTo="/sources"
        beside={
          <span>
            <Tag>{t(`dataSource.kind.${source.kind}`)}</Tag>
            <Tag color={source.isEnabled ? 'success' : 'default'}>
              {t(source.isEnabled ? 'dataSource.on' : 'dataSource.off')}
            </Tag>
          </span>
        }
        actions={
          <>
            <Button icon={<EditOutlined />} onClick={() => setRenaming(true)}>
              {t('common.rename')}
            </Button>
            {source.isEnabled && <Button onClick={() => turnOff(source)}>{t('dataSource.turnOff')}</Button>}
          </>
        }
      />
      {!source.isEnabled && (
        <Alert
          type="warning"
          showIcon
          className="page-alert"
          title={t('dataSource.isOff')}
          action={<Button onClick={() => turnOn(source)}>{t('dataSource.turnOn')}</Button>}
        />
      )}
      <div className="columns-source">
        <div className="stack-large">
          <KeyPanel source={source} shown={shown} />
          <InstallPanel source={source} isKeyShown={shown[0]} />
        </div>
        <Arrivals sourceId={source.id} />
      </div>
      {isRenaming && <RenameSourceModal source={source} onClose={() => setRenaming(false)} />}
    </div>
  );
}

/** Under which address this siyu is reached is what the browser's own address says. */
const publicAddress = () => window.location.origin;

function KeyPanel({ source, shown }: { source: Source; shown: readonly [boolean, (isShown: boolean) => void] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { renewKey } = useSourceSwitches();
  return (
    <Panel
      title={t('dataSource.key')}
      extra={
        <Button type="text" size="small" icon={<ReloadOutlined />} onClick={() => renewKey(source)}>
          {t('dataSource.newKey')}
        </Button>
      }
    >
      <div className="stack">
        <WriteKey writeKey={source.writeKey} shown={shown} />
        <p className="field-hint">{t('dataSource.keyHint')}</p>
        <div>
          <div className="field-label">{t('dataSource.address')}</div>
          <CopyText value={`${publicAddress()}/v1`} label={t('dataSource.address')} />
        </div>
        <p className="muted">
          {t('dataSource.lastTold')}: {source.lastToldAt === null ? t('common.never') : format.time(source.lastToldAt)}
        </p>
      </div>
    </Panel>
  );
}

function InstallPanel({ source, isKeyShown }: { source: Source; isKeyShown: boolean }) {
  const { t } = useTranslation();
  return (
    <Panel
      title={t('dataSource.install')}
      extra={
        <a href="/api/docs" target="_blank" rel="noreferrer">
          {t('dataSource.docs')}
        </a>
      }
    >
      <Tabs
        items={waysOfKind[source.kind].map((way) => {
          const code = snippetOf(way, publicAddress(), source.writeKey, t);
          return {
            key: way,
            label: t(`dataSource.way.${way}`),
            children: (
              <div className="stack">
                <p className="muted">{t(`dataSource.wayHint.${way}`)}</p>
                <div className="snippet">
                  <CopyButton text={code} />
                  {/* A keyboard can scroll what is wider than the page. */}
                  {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
                  <pre tabIndex={0}>
                    {isKeyShown ? code : code.replaceAll(source.writeKey, maskedKey(source.writeKey))}
                  </pre>
                </div>
                {way === 'mini' && <p className="muted">{t('dataSource.wayUnionid')}</p>}
              </div>
            ),
          };
        })}
      />
    </Panel>
  );
}
