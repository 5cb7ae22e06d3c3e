import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Call, Output } from '#contract';
import { listOrders } from '#contract/commerce';
import { readingPages } from '~/call';
import { CustomerName } from '~/components/customer-name';
import { KeysetTable } from '~/components/keyset-table';
import { useFormat } from '~/format';
import { isCreditNote, OrderState } from './order-state';

type Row = Output<typeof listOrders>['rows'][number];

interface Props {
  readonly filters: Call<typeof listOrders>;
  readonly empty: ReactNode;
  /** Inside the page of a customer: the customer is known, and room is scarce. */
  readonly isEmbedded?: boolean;
}

/** Orders, newest first. */
export function OrderList({ filters, empty, isEmbedded = false }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const navigate = useNavigate();
  const pages = useInfiniteQuery({
    ...readingPages(listOrders, filters),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 15_000 : false),
  });

  return (
    <KeysetTable<Row>
      pages={pages}
      isNarrow={isEmbedded}
      empty={empty}
      onOpen={(row) => void navigate({ to: '/orders/$id', params: { id: String(row.id) } })}
      columns={[
        {
          title: t('order.number'),
          key: 'number',
          render: (_, row) => (
            <span className="code-cell">
              <Link to="/orders/$id" params={{ id: String(row.id) }} className="strong-link">
                {row.number}
              </Link>
              <span className="muted small">{row.shop}</span>
            </span>
          ),
        },
        { title: t('order.customer'), key: 'customer', render: (_, row) => <Buyer row={row} /> },
        {
          title: t('order.items'),
          key: 'items',
          render: (_, row) => (
            <span className="wrap-cell">
              <Items row={row} />
            </span>
          ),
        },
        { title: t('order.stateTitle'), key: 'state', render: (_, row) => <OrderState order={row} /> },
        { title: t('order.total'), key: 'total', align: 'right', render: (_, row) => <Amounts row={row} /> },
        {
          title: t('order.orderedAt'),
          key: 'at',
          align: 'right',
          render: (_, row) => <span className="nowrap">{format.time(row.orderedAt)}</span>,
        },
      ]}
      card={(row) => (
        <Link to="/orders/$id" params={{ id: String(row.id) }} className="list-card">
          <span className="list-card-head">
            <strong>{row.number}</strong>
            <Amounts row={row} />
          </span>
          <span className="wrap-cell">
            <Items row={row} />
          </span>
          <span className="list-card-facts">
            <OrderState order={row} />
            {!isEmbedded && (
              <span>{row.customer === null ? t('order.nobody') : (row.customer.name ?? t('customer.nameless'))}</span>
            )}
            <span>{row.shop}</span>
            <span>{format.time(row.orderedAt)}</span>
          </span>
        </Link>
      )}
    />
  );
}

function Buyer({ row }: { row: Row }) {
  const { t } = useTranslation();
  if (row.customer === null) return <span className="muted">{t('order.nobody')}</span>;
  return (
    <Link to="/customers/$id" params={{ id: String(row.customer.id) }} className="quiet-link">
      <CustomerName customer={row.customer} size={28} />
    </Link>
  );
}

function Items({ row }: { row: Row }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (row.names.length === 0) return <span className="muted">{isCreditNote(row) ? '–' : t('order.noItems')}</span>;
  return (
    <>
      {format.list(row.names.slice(0, 2))}
      {row.lineCount > 2 && <span className="muted"> {t('order.moreItems', { n: format.number(row.lineCount) })}</span>}
    </>
  );
}

function Amounts({ row }: { row: Row }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <span className="order-amounts">
      {!isCreditNote(row) && <strong>{format.money(row.totalFen, row.currency)}</strong>}
      {row.refundedFen > 0 && (
        <span className="order-refunded">
          {t('order.refunded')} {format.money(row.refundedFen, row.currency)}
        </span>
      )}
    </span>
  );
}
