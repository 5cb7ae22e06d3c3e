import { SendOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Dropdown, Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Call, Output } from '#contract';
import { decideTouch, listTouches } from '#contract/touch';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { useFormat } from '~/format';
import { EmptyState } from './empty-state';
import { KeysetTable } from './keyset-table';
import { useTouchWords } from './touch-words';
import { useWriting } from './writing';

type Touch = Output<typeof listTouches>['rows'][number];

const colourOfState: Readonly<Record<Touch['state'], string>> = {
  planned: 'default',
  deferred: 'default',
  allowed: 'processing',
  claimed: 'processing',
  submitted: 'success',
  delivered: 'success',
  suppressed: 'default',
  failed: 'error',
  missed: 'warning',
  unknown: 'warning',
  expired: 'warning',
  cancelled: 'default',
};

function TouchState({ touch }: { touch: Touch }) {
  const { t } = useTranslation();
  return (
    <Tooltip title={t(`touch.stateMeaning.${touch.state}`)}>
      <Tag color={colourOfState[touch.state]} variant="filled">
        {t(`touch.state.${touch.state}`)}
      </Tag>
    </Tooltip>
  );
}

function TouchReason({ touch }: { touch: Touch }) {
  const words = useTouchWords();
  if (touch.reason === null) return null;
  return (
    <span className="touch-reason">
      {words.reason(touch.reason, touch.detail)}
      {touch.platformMessage !== null && <span className="muted mono small">{touch.platformMessage}</span>}
      {touch.state === 'unknown' && touch.packId === null && <DecideLink touchId={touch.id} />}
    </span>
  );
}

/** Nobody knows whether it arrived: somebody who looked says so. */
function DecideLink({ touchId }: { touchId: number }) {
  const { t } = useTranslation();
  const can = useCan();
  const deciding = useWriting(decideTouch, { said: t('touch.decided') });
  if (!can('touch.write')) return null;
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        items: [
          { key: 'hint', disabled: true, label: t('touch.decideHint') },
          { key: 'sent', label: t('touch.decideSent') },
          { key: 'again', label: t('touch.decideAgain') },
        ],
        onClick: ({ key }) => deciding.mutate({ id: touchId, as: key === 'sent' ? 'sent' : 'again' }),
      }}
    >
      <Button type="link" size="small" className="inline-button">
        {t('touch.decide')}
      </Button>
    </Dropdown>
  );
}

/** By which channel, of which kind, from what. */
function TouchWhat({ touch }: { touch: Touch }) {
  const { t } = useTranslation();
  return (
    <span className="touch-what">
      <span>{t(`touch.channel.${touch.channel}`)}</span>
      <span className="muted small">
        {t(`touch.category.${touch.category}`)} · <TouchSource touch={touch} />
        {touch.isHoldout && ` · ${t('touch.holdout')}`}
      </span>
    </span>
  );
}

function TouchSource({ touch }: { touch: Touch }) {
  const { t } = useTranslation();
  const can = useCan();
  const name = t(`touch.kind.${touch.kind}`);
  if (touch.kind !== 'campaign' || touch.sourceId === null || !can('campaign.read')) return <>{name}</>;
  return (
    <Link to="/campaigns/$id" params={{ id: String(touch.sourceId) }}>
      {name}
    </Link>
  );
}

interface Props {
  readonly filters: Omit<Call<typeof listTouches>, 'after' | 'limit'>;
  /** On the page of one customer: without the customer's own name. */
  readonly isEmbedded?: boolean;
}

/** The ledger of what was, or was not, sent, with the reason. */
export function TouchList({ filters, isEmbedded = false }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const pages = useInfiniteQuery({
    ...readingPages(listTouches, filters),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 10_000 : false),
  });

  const isNarrowed = Object.entries(filters).some(([name, value]) => name !== 'customer' && value !== undefined);
  const customer = (touch: Touch) => (
    <Link to="/customers/$id" params={{ id: String(touch.customerId) }}>
      {touch.customerName ?? t('customer.nameless')}
    </Link>
  );
  const content = (touch: Touch) => (
    <span>
      <span className="touch-text">
        {touch.text ?? <span className="muted">{touch.content?.name ?? t('touch.noText')}</span>}
      </span>
      {touch.attachmentCount > 0 && (
        <span className="muted small">{t('touch.attachments', { n: touch.attachmentCount })}</span>
      )}
    </span>
  );

  return (
    <KeysetTable<Touch>
      pages={pages}
      isNarrow={isEmbedded}
      columns={[
        { title: t('customer.one'), key: 'customer', render: (_, row) => customer(row) },
        {
          title: t('touch.stateTitle'),
          key: 'state',
          render: (_, row) => (
            <span className="touch-state">
              <TouchState touch={row} />
              <TouchReason touch={row} />
            </span>
          ),
        },
        { title: t('touch.channelTitle'), key: 'channel', render: (_, row) => <TouchWhat touch={row} /> },
        { title: t('touch.content'), key: 'text', render: (_, row) => content(row) },
        { title: t('follow.staff'), key: 'staff', className: 'nowrap', render: (_, row) => row.staff?.name ?? '–' },
        {
          title: t('touch.plannedAt'),
          key: 'planned',
          align: 'right',
          render: (_, row) => (
            <span className="nowrap">
              {format.time(row.plannedAt)}
              {row.tookMs !== null && (
                <span className="muted small touch-took">
                  {t('touch.took')} {format.duration(row.tookMs)}
                </span>
              )}
            </span>
          ),
        },
      ]}
      card={(row) => (
        <div className="list-card">
          <div className="list-card-head">
            {isEmbedded ? <TouchWhat touch={row} /> : customer(row)}
            <TouchState touch={row} />
          </div>
          {!isEmbedded && <TouchWhat touch={row} />}
          {content(row)}
          <TouchReason touch={row} />
          <span className="muted">
            {format.time(row.plannedAt)}
            {row.tookMs !== null && ` · ${format.duration(row.tookMs)}`}
            {isEmbedded && row.staff && ` · ${row.staff.name}`}
          </span>
        </div>
      )}
      empty={
        <EmptyState
          icon={<SendOutlined />}
          title={t(isNarrowed ? 'touch.noneFound' : 'touch.none')}
          hint={t(isNarrowed ? 'touch.noneFoundHint' : 'touch.noneHint')}
        />
      }
    />
  );
}
