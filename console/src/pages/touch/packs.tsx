import { MobileOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Dropdown, Popconfirm, Progress, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { cancelTouchPack, decideTouchPack, listTouchPacks, packState, remindTouchPack } from '#contract/touch';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { FilterSelect, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { OneStaffPicker } from '~/components/pickers';
import { useTouchWords } from '~/components/touch-words';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import './touch.css';

type Pack = Output<typeof listTouchPacks>['rows'][number];

const page = getRouteApi('/inside/packs');

const colourOfState: Readonly<Record<Pack['state'], string>> = {
  planned: 'default',
  claimed: 'processing',
  submitted: 'warning',
  confirmed: 'processing',
  done: 'success',
  failed: 'error',
  unknown: 'warning',
  expired: 'default',
  cancelled: 'default',
};

/** Mass messages as members have them to confirm: who has not, and what came of those who have. */
export default function PacksPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const format = useFormat();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const set = (patch: Partial<typeof filters>) =>
    void navigate({ search: (before) => ({ ...before, ...patch }), replace: true });
  const pages = useInfiniteQuery({
    ...readingPages(listTouchPacks, filters),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 10_000 : false),
  });
  const empty = isFiltered(filters) ? (
    <EmptyState icon={<MobileOutlined />} title={t('pack.noneFound')} hint={t('touch.noneFoundHint')} />
  ) : (
    <EmptyState icon={<MobileOutlined />} title={t('pack.none')} hint={t('pack.noneHint')} />
  );

  return (
    <div className="page">
      <PageHeader title={t('pack.title')} subtitle={t('pack.subtitle')} />
      <Panel isFlush>
        <div className="filters">
          <FilterSelect
            label={t('touch.stateTitle')}
            value={filters.state}
            onChange={(state) => set({ state })}
            options={packState.options.map((state) => ({ value: state, label: t(`pack.state.${state}`) }))}
          />
          {can('staff.read') && (
            <OneStaffPicker
              className="filter"
              label={t('pack.staff')}
              placeholder={t('pack.staff')}
              value={filters.staff}
              onChange={(staff) => set({ staff })}
            />
          )}
        </div>
        <KeysetTable<Pack>
          pages={pages}
          columns={[
            { title: t('pack.content'), key: 'content', render: (_, row) => <PackContent pack={row} /> },
            { title: t('touch.stateTitle'), key: 'state', render: (_, row) => <PackStanding pack={row} /> },
            { title: t('pack.customers'), key: 'customers', render: (_, row) => <PackProgress pack={row} /> },
            {
              title: t('pack.created'),
              key: 'created',
              render: (_, row) => <span className="nowrap">{format.time(row.createdAt)}</span>,
            },
            { title: '', key: 'actions', align: 'right', render: (_, row) => <PackActions pack={row} /> },
          ]}
          card={(row) => (
            <div className="list-card">
              <PackContent pack={row} />
              <PackStanding pack={row} />
              <PackProgress pack={row} />
              <span className="muted small">{format.time(row.createdAt)}</span>
              <PackActions pack={row} />
            </div>
          )}
          empty={empty}
        />
      </Panel>
    </div>
  );
}

function PackContent({ pack }: { pack: Pack }) {
  const { t } = useTranslation();
  const can = useCan();
  const source = t(`touch.kind.${pack.kind}`);
  return (
    <span className="touch-what">
      <span className="touch-text">{pack.text || <span className="muted">{t('touch.noText')}</span>}</span>
      <span className="muted small">
        {pack.kind === 'campaign' && pack.sourceId !== null && can('campaign.read') ? (
          <Link to="/campaigns/$id" params={{ id: String(pack.sourceId) }}>
            {source}
          </Link>
        ) : (
          source
        )}
        {pack.content && ` · ${pack.content.name}`}
        {pack.attachmentCount > 0 && ` · ${t('touch.attachments', { n: pack.attachmentCount })}`}
      </span>
    </span>
  );
}

/** Its state, and for whom it waits. */
function PackStanding({ pack }: { pack: Pack }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useTouchWords();
  const isWaiting = pack.state === 'submitted';
  const details = [
    isWaiting && !pack.isEnding ? t('pack.expires', { time: format.time(pack.expiresAt) }) : '',
    pack.reminderCount > 0 ? t('pack.reminded', { n: format.number(pack.reminderCount) }) : '',
    pack.isEnding ? t('pack.ending') : '',
  ].filter((detail) => detail !== '');
  return (
    <span className="touch-state">
      <Tag color={colourOfState[pack.state]} variant="filled">
        {isWaiting && pack.staff ? t('pack.waitingFor', { name: pack.staff.name }) : t(`pack.state.${pack.state}`)}
      </Tag>
      {!isWaiting && pack.staff && <span className="small">{pack.staff.name}</span>}
      {details.length > 0 && <span className="muted small">{details.join(' · ')}</span>}
      {pack.reason !== null && <span className="touch-reason">{words.reason(pack.reason, null)}</span>}
      {pack.platformMessage !== null && pack.reason !== null && (
        <span className="muted mono small">{pack.platformMessage}</span>
      )}
    </span>
  );
}

function PackProgress({ pack }: { pack: Pack }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { deliveredCount, failedCount, customerCount } = pack;
  const share = customerCount === 0 ? 0 : (100 * deliveredCount) / customerCount;
  return (
    <span className="pack-progress">
      <Progress percent={share} showInfo={false} size="small" aria-label={t('pack.customers')} />
      <span className="small">
        {t('pack.delivered', { delivered: format.number(deliveredCount), count: format.number(customerCount) })}
        {failedCount > 0 && ` · ${t('pack.failed', { n: format.number(failedCount) })}`}
      </span>
      <Link to="/touches" search={{ pack: pack.id }} className="small">
        {t('pack.touches')}
      </Link>
    </span>
  );
}

function PackActions({ pack }: { pack: Pack }) {
  const { t } = useTranslation();
  const can = useCan();
  const reminding = useWriting(remindTouchPack, { said: t('pack.remindDone') });
  const cancelling = useWriting(cancelTouchPack, { said: t('pack.cancelDone') });
  const deciding = useWriting(decideTouchPack, { said: t('touch.decided') });
  if (!can('touch.write')) return null;
  if (pack.state === 'unknown') {
    return (
      <Dropdown
        trigger={['click']}
        menu={{
          items: [
            { key: 'hint', disabled: true, label: t('pack.decideHint') },
            { key: 'sent', label: t('touch.decideSent') },
            { key: 'again', label: t('touch.decideAgain') },
          ],
          onClick: ({ key }) => deciding.mutate({ id: pack.id, as: key === 'sent' ? 'sent' : 'again' }),
        }}
      >
        <Button size="small">{t('pack.decide')}</Button>
      </Dropdown>
    );
  }
  const isWaiting = pack.state === 'submitted' && !pack.isEnding;
  const mayCancel = ['planned', 'claimed', 'submitted'].includes(pack.state) && !pack.isEnding;
  if (!isWaiting && !mayCancel) return null;
  return (
    <span className="row-actions">
      {isWaiting && (
        <Button size="small" loading={reminding.isPending} onClick={() => reminding.mutate({ id: pack.id })}>
          {t('pack.remind')}
        </Button>
      )}
      {mayCancel && (
        <Popconfirm
          title={t('pack.cancelAsk')}
          description={t('pack.cancelHint')}
          okText={t('pack.cancel')}
          cancelText={t('common.cancel')}
          onConfirm={() => cancelling.mutate({ id: pack.id })}
        >
          <Button size="small" danger loading={cancelling.isPending}>
            {t('pack.cancel')}
          </Button>
        </Popconfirm>
      )}
    </span>
  );
}
