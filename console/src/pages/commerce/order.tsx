import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getOrder } from '#contract/commerce';
import { reading } from '~/call';
import { CustomerName } from '~/components/customer-name';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Definition, Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { OrderState } from './order-state';

type Order = Output<typeof getOrder>;

const page = getRouteApi('/inside/orders/$id');

export default function OrderPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const id = Number(page.useParams().id);
  const { data: order, error, refetch } = useQuery({ ...reading(getOrder, { id }), refetchInterval: 15_000 });

  if (order === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('order.one')} backTo="/orders" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }
  const money = (fen: number) => format.money(fen, order.currency);
  const facts: [string, ReactNode][] = [
    [t('order.shop'), order.shop],
    [t('order.total'), <strong key="total">{money(order.totalFen)}</strong>],
    ...(order.refundedFen > 0
      ? ([
          [t('order.refunded'), money(order.refundedFen)],
          [t('order.net'), money(order.totalFen - order.refundedFen)],
        ] as [string, ReactNode][])
      : []),
    [t('order.orderedAt'), format.time(order.orderedAt)],
    ...(['paidAt', 'completedAt', 'cancelledAt'] as const).flatMap((name): [string, ReactNode][] => {
      const at = order[name];
      return at === null ? [] : [[t(`order.${name}`), format.time(at)]];
    }),
    [t('order.source'), textOr(`order.sources.${order.source}`, order.source)],
    [t('order.updatedAt'), format.time(order.updatedAt)],
  ];
  const details = Object.entries(order.details);

  return (
    <div className="page">
      <PageHeader title={order.number} backTo="/orders" beside={<OrderState order={order} />} />
      <div className="columns-side">
        <div className="stack-large">
          <Panel>
            {order.customer === null ? (
              <p className="muted">{t('order.nobody')}</p>
            ) : (
              <Link to="/customers/$id" params={{ id: String(order.customer.id) }} className="quiet-link">
                <CustomerName customer={order.customer} size={40} />
              </Link>
            )}
            <dl className="facts order-facts">
              {facts.map(([label, value]) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </Panel>
          {details.length > 0 && (
            <Panel title={t('order.details')}>
              <dl className="facts">
                {details.map(([name, value]) => (
                  <div key={name}>
                    <dt>{name}</dt>
                    <dd>{String(value)}</dd>
                  </div>
                ))}
              </dl>
            </Panel>
          )}
        </div>
        <div className="stack-large">
          <Panel title={t('order.lines')} isFlush>
            <Lines order={order} money={money} />
          </Panel>
          {order.refunds.length > 0 && (
            <Panel title={t('order.refundList')}>
              <ul className="refund-list">
                {order.refunds.map((refund) => (
                  <li key={refund.key}>
                    <div className="refund-head">
                      <strong>{money(refund.amountFen)}</strong>
                      <span className="muted">{format.time(refund.refundedAt)}</span>
                    </div>
                    {refund.reason !== null && <p className="muted">{refund.reason}</p>}
                    <ul className="plain-list">
                      {refund.lines.map((line, i) => (
                        <li key={i}>
                          <span>
                            {line.name} <span className="muted">× {format.number(line.quantity)}</span>
                          </span>
                          <span>{money(line.amountFen)}</span>
                        </li>
                      ))}
                    </ul>
                  </li>
                ))}
              </ul>
            </Panel>
          )}
        </div>
      </div>
    </div>
  );
}

function Lines({ order, money }: { order: Order; money: (fen: number) => string }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <TableOrCards<Order['lines'][number]>
      rows={order.lines}
      keyOf={(line) => line.key}
      emptyText={t('order.noItems')}
      pagination={order.lines.length > 100 ? { pageSize: 100 } : false}
      columns={[
        {
          title: t('order.items'),
          key: 'name',
          render: (_, line) => (
            <span className="code-cell wrap-cell">
              {line.productId === null ? (
                <span>
                  {line.name} <span className="muted">{t('order.service')}</span>
                  <Definition text={t('order.serviceHint')} />
                </span>
              ) : (
                <Link to="/orders" search={{ product: line.productId }} className="strong-link">
                  {line.name}
                </Link>
              )}
              <span className="muted small mono">{line.sku}</span>
            </span>
          ),
        },
        {
          title: t('order.quantity'),
          key: 'quantity',
          align: 'right',
          render: (_, line) => (
            <span className="order-amounts">
              {format.number(line.quantity)}
              {line.refundedQuantity > 0 && (
                <span className="order-refunded">
                  {t('order.returned', { n: format.number(line.refundedQuantity) })}
                </span>
              )}
            </span>
          ),
        },
        {
          title: t('order.price'),
          key: 'price',
          align: 'right',
          render: (_, line) => money(Math.round(line.amountFen / Math.max(1, line.quantity))),
        },
        {
          title: t('order.amount'),
          key: 'amount',
          align: 'right',
          render: (_, line) => (
            <span className="order-amounts">
              <strong>{money(line.amountFen)}</strong>
              {line.refundedFen > 0 && (
                <span className="order-refunded">
                  {t('order.refunded')} {money(line.refundedFen)}
                </span>
              )}
            </span>
          ),
        },
      ]}
    />
  );
}
