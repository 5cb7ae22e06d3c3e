import { SendOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Call, Output } from '#contract';
import { listTouches } from '#contract/touch';
import { readingPages } from '~/call';
import { useFormat } from '~/format';
import { EmptyState } from './empty-state';
import { KeysetTable } from './keyset-table';

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
  const { t } = useTranslation();
  if (touch.reason === null) return null;
  return (
    <span className="touch-reason">
      {t(`touch.reason.${touch.reason}`)}
      {touch.platformMessage !== null && <span className="muted mono small">{touch.platformMessage}</span>}
    </span>
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

  const customer = (touch: Touch) => (
    <Link to="/customers/$id" params={{ id: String(touch.customerId) }}>
      {touch.customerName ?? t('customer.nameless')}
    </Link>
  );
  const content = (touch: Touch) => (
    <span>
      <span className="touch-text">{touch.text ?? <span className="muted">{t('touch.noText')}</span>}</span>
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
        { title: t('touch.content'), key: 'text', render: (_, row) => content(row) },
        { title: t('follow.staff'), key: 'staff', render: (_, row) => row.staff?.name ?? '–' },
        {
          title: t('touch.took'),
          key: 'took',
          align: 'right',
          render: (_, row) => format.duration(row.tookMs),
        },
        {
          title: t('touch.plannedAt'),
          key: 'planned',
          align: 'right',
          render: (_, row) => <span className="nowrap">{format.time(row.plannedAt)}</span>,
        },
      ]}
      card={(row) => (
        <div className="list-card">
          <div className="list-card-head">
            {isEmbedded ? <span>{row.staff?.name}</span> : customer(row)}
            <TouchState touch={row} />
          </div>
          {content(row)}
          <TouchReason touch={row} />
          <span className="muted">
            {format.time(row.plannedAt)} · {format.duration(row.tookMs)}
          </span>
        </div>
      )}
      empty={<EmptyState icon={<SendOutlined />} title={t('touch.none')} hint={t('touch.noneHint')} />}
    />
  );
}
