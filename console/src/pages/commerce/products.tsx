import { GiftOutlined, ImportOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Select, Tag } from 'antd';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { listProducts, listShops } from '#contract/commerce';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { countFilters, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Definition, Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import type { productFilters } from './filters';

type Row = Output<typeof listProducts>['rows'][number];
type Chosen = z.output<typeof productFilters>;

const page = getRouteApi('/inside/products');

export default function ProductsPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const { data: shops } = useQuery(reading(listShops, {}));
  const filter = useCallback(
    (patch: Partial<Chosen>) => void navigate({ search: (before) => ({ ...before, ...patch }), replace: true }),
    [navigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const pages = useInfiniteQuery({ ...readingPages(listProducts, filters), placeholderData: keepPreviousData });
  const hasFilters = isFiltered(filters);
  const price = (row: Row) => (row.priceFen === null ? '–' : format.money(row.priceFen, row.currency ?? 'CNY'));

  return (
    <div className="page">
      <PageHeader title={t('menu.products')} subtitle={t('product.subtitle')} />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('product.search')} />}
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
        </Filters>
        <KeysetTable<Row>
          pages={pages}
          empty={
            hasFilters ? (
              <EmptyState icon={<GiftOutlined />} title={t('product.noneFound')} />
            ) : (
              <EmptyState
                icon={<GiftOutlined />}
                title={t('product.none')}
                hint={t('product.noneHint')}
                action={
                  can('import.run') && (
                    <Link to="/imports/new" search={{ kind: 'orders' }}>
                      <Button icon={<ImportOutlined />}>{t('order.toImport')}</Button>
                    </Link>
                  )
                }
              />
            )
          }
          columns={[
            {
              title: t('product.one'),
              key: 'name',
              render: (_, row) => (
                <span className="code-cell wrap-cell">
                  <Link to="/orders" search={{ product: row.id }} className="strong-link">
                    {row.name}
                  </Link>
                  <span className="muted small mono">{row.sku}</span>
                </span>
              ),
            },
            { title: t('order.shop'), key: 'shop', render: (_, row) => <From row={row} /> },
            { title: t('product.category'), key: 'category', render: (_, row) => row.category ?? '–' },
            { title: t('product.price'), key: 'price', align: 'right', render: (_, row) => price(row) },
            {
              title: (
                <>
                  {t('product.sold')}
                  <Definition text={t('product.soldDefinition')} />
                </>
              ),
              key: 'sold',
              align: 'right',
              render: (_, row) => format.number(row.soldCount),
            },
            {
              title: t('product.soldAt'),
              key: 'soldAt',
              align: 'right',
              render: (_, row) => <span className="nowrap">{row.soldAt === null ? '–' : format.date(row.soldAt)}</span>,
            },
          ]}
          card={(row) => (
            <Link to="/orders" search={{ product: row.id }} className="list-card">
              <span className="list-card-head">
                <strong>{row.name}</strong>
                <span className="nowrap">{price(row)}</span>
              </span>
              <span className="list-card-facts">
                <span className="mono">{row.sku}</span>
                <From row={row} />
                <span>
                  {t('product.sold')} {format.number(row.soldCount)}
                </span>
                {row.soldAt !== null && <span>{format.date(row.soldAt)}</span>}
              </span>
            </Link>
          )}
        />
      </Panel>
    </div>
  );
}

function From({ row }: { row: Row }) {
  const { t } = useTranslation();
  return (
    <span className="nowrap">
      {row.shop} {row.isCatalogued && <Tag variant="filled">{t('product.fromCatalogue')}</Tag>}
    </span>
  );
}
