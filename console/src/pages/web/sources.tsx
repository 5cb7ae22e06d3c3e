import { DatabaseOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Switch } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listSources } from '#contract/web';
import { reading } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';
import { NewSourceModal, type Source, useSourceSwitches } from './source-modals';
import { WriteKey } from './write-key';

export default function SourcesPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const { turnOn, turnOff } = useSourceSwitches();
  const { data, error, isPending, refetch } = useQuery({ ...reading(listSources, {}), refetchInterval: 15_000 });
  const [isAdding, setAdding] = useState(false);
  const open = (id: number) => void navigate({ to: '/sources/$id', params: { id: String(id) } });
  const add = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
      {t('dataSource.new')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.sources')} subtitle={t('dataSource.subtitle')} actions={add} />
      {error && data === undefined && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      <Panel isFlush>
        {data?.rows.length === 0 ? (
          <EmptyState
            icon={<DatabaseOutlined />}
            title={t('dataSource.none')}
            hint={t('dataSource.noneHint')}
            action={add}
          />
        ) : (
          <TableOrCards<Source>
            keyOf={(row) => row.id}
            isLoading={isPending && error === null}
            rows={data?.rows ?? []}
            rowTestId="source-row"
            columns={[
              {
                title: t('common.name'),
                key: 'name',
                render: (_, row) => (
                  <Link to="/sources/$id" params={{ id: String(row.id) }}>
                    {row.name}
                  </Link>
                ),
              },
              { title: t('dataSource.kindTitle'), key: 'kind', render: (_, row) => t(`dataSource.kind.${row.kind}`) },
              { title: t('dataSource.key'), key: 'key', render: (_, row) => <WriteKey writeKey={row.writeKey} /> },
              {
                title: t('dataSource.lastTold'),
                key: 'last',
                render: (_, row) => (row.lastToldAt === null ? t('common.never') : format.time(row.lastToldAt)),
              },
              {
                title: t('dataSource.stateTitle'),
                key: 'state',
                render: (_, row) => (
                  <span className="switch-with-word">
                    <Switch
                      size="small"
                      checked={row.isEnabled}
                      aria-label={row.name}
                      onChange={(isOn) => (isOn ? turnOn(row) : turnOff(row))}
                    />
                    {t(row.isEnabled ? 'dataSource.on' : 'dataSource.off')}
                  </span>
                ),
              },
              {
                key: 'open',
                align: 'right',
                render: (_, row) => (
                  <Button type="link" onClick={() => open(row.id)}>
                    {t('dataSource.install')}
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Panel>
      {isAdding && <NewSourceModal onDone={open} onClose={() => setAdding(false)} />}
    </div>
  );
}
