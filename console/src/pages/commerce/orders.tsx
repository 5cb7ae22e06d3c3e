import { ImportOutlined, ShoppingOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { getOrderTotals, getProduct, listShops, orderState } from '#contract/commerce';
import { getCustomer } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { countFilters, Filters, isFiltered } from '~/components/filters';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import type { orderFilters } from './filters';
import { OrderList } from './order-list';

type Chosen = z.output<typeof orderFilters>;

const page = getRouteApi('/inside/orders');

export default function OrdersPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const { data: shops } = useQuery(reading(listShops, {}));
  const filter = useCallback(
    (patch: Partial<Chosen>) => void navigate({ search: (before) => ({ ...before, ...patch }), replace: true }),
    [navigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const hasFilters = isFiltered(filters);
  const toImport = can('import.run') && (
    <Link to="/imports/new" search={{ kind: 'orders' }}>
      <Button icon={<ImportOutlined />}>{t('order.toImport')}</Button>
    </Link>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.orders')} subtitle={t('order.subtitle')} actions={toImport} />
      <div className="stack-large">
        <Totals shop={filters.shop} from={filters.from} to={filters.to} />
        <Panel isFlush>
          <Filters
            search={<SearchBox value={filters.search} onChange={search} placeholder={t('order.search')} />}
            count={countFilters(filters)}
            onClear={hasFilters ? () => void navigate({ search: {}, replace: true }) : undefined}
          >
            <Select
              className="filter"
              allowClear
              aria-label={t('order.shop')}
              placeholder={t('order.shop')}
              value={filters.shop ?? null}
              onChange={(shop) => filter({ shop: shop ?? undefined })}
              options={(shops?.rows ?? []).map(({ name }) => ({ value: name, label: name }))}
            />
            <Select
              className="filter"
              allowClear
              aria-label={t('order.stateTitle')}
              placeholder={t('order.stateTitle')}
              value={filters.state ?? null}
              onChange={(state) => filter({ state: state ?? undefined })}
              options={orderState.options.map((state) => ({ value: state, label: t(`order.state.${state}`) }))}
            />
            <Select
              className="filter"
              allowClear
              aria-label={t('order.refundTitle')}
              placeholder={t('order.refundTitle')}
              value={filters.refunded ?? null}
              onChange={(refunded) => filter({ refunded: refunded ?? undefined })}
              options={(['any', 'none'] as const).map((value) => ({ value, label: t(`order.refunds.${value}`) }))}
            />
            <DayRange from={filters.from} to={filters.to} onChange={filter} className="day-range" />
          </Filters>
          <Chosen filters={filters} onRemove={filter} />
          <OrderList
            filters={filters}
            empty={
              hasFilters ? (
                <EmptyState icon={<ShoppingOutlined />} title={t('order.noneFound')} />
              ) : (
                <EmptyState
                  icon={<ShoppingOutlined />}
                  title={t('order.none')}
                  hint={t('order.noneHint')}
                  action={toImport}
                />
              )
            }
          />
        </Panel>
      </div>
    </div>
  );
}

/** Filters that other pages lead here with: a product, a customer. */
function Chosen({ filters, onRemove }: { filters: Chosen; onRemove: (patch: Partial<Chosen>) => void }) {
  const { t } = useTranslation();
  const { data: product } = useQuery({
    ...reading(getProduct, { id: filters.product ?? 1 }),
    enabled: filters.product !== undefined,
  });
  const { data: customer } = useQuery({
    ...reading(getCustomer, { id: filters.customer ?? 1 }),
    enabled: filters.customer !== undefined,
  });
  const shown = [
    ...(filters.product === undefined
      ? []
      : [{ label: t('product.one'), name: product?.name ?? '…', remove: () => onRemove({ product: undefined }) }]),
    ...(filters.customer === undefined
      ? []
      : [
          {
            label: t('customer.one'),
            name: customer?.name ?? t('customer.nameless'),
            remove: () => onRemove({ customer: undefined }),
          },
        ]),
  ];
  if (shown.length === 0) return null;
  return (
    <div className="selection-bar">
      {shown.map(({ label, name, remove }) => (
        <span key={label}>
          <span className="muted">{label}</span> {name}{' '}
          <Button size="small" type="link" onClick={remove}>
            {t('common.clearChoice')}
          </Button>
        </span>
      ))}
    </div>
  );
}

/** What was sold and given back in a period, each shop and currency by itself. */
function Totals({ shop, from, to }: { shop: string | undefined; from: string | undefined; to: string | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isPeriod = from !== undefined && to !== undefined;
  const { data } = useQuery({
    ...reading(getOrderTotals, { shop, ...(isPeriod ? { from, to } : {}) }),
    retry: false,
  });
  if (data === undefined) return null;
  const period = t('order.totalsOf', { from: format.longDay(data.from), to: format.longDay(data.to) });
  return (
    <Panel
      title={isPeriod ? period : t('order.totals')}
      definition={t('order.totalsDefinition')}
      extra={isPeriod ? undefined : <span className="muted small">{period}</span>}
    >
      {data.rows.length === 0 ? (
        <p className="muted">{t('order.noTotals')}</p>
      ) : (
        <ul className="order-totals">
          {data.rows.map((row) => (
            <li key={`${row.shop} ${row.currency}`}>
              <span className="order-totals-shop">
                {row.shop} <span className="muted">{row.currency}</span>
              </span>
              <dl>
                <div>
                  <dt>{t('order.sold')}</dt>
                  <dd>{format.money(row.totalFen, row.currency)}</dd>
                </div>
                <div>
                  <dt>{t('order.refunded')}</dt>
                  <dd>{format.money(row.refundedFen, row.currency)}</dd>
                </div>
                <div>
                  <dt>{t('order.net')}</dt>
                  <dd>{format.money(row.totalFen - row.refundedFen, row.currency)}</dd>
                </div>
                <div>
                  <dt>{t('order.orders')}</dt>
                  <dd>{format.number(row.orders)}</dd>
                </div>
                <div>
                  <dt>{t('order.buyers')}</dt>
                  <dd>{format.number(row.buyers)}</dd>
                </div>
              </dl>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
