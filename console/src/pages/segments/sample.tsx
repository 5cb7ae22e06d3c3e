import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { sampleSegment } from '#contract/segments';
import { CustomerName } from '~/components/customer-name';
import { TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';

/** Customers whom a rule selects, each a link. */
export function SampleRows({ rows }: { rows: Output<typeof sampleSegment>['rows'] | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <TableOrCards
      keyOf={(row) => row.id}
      rows={rows ?? []}
      isLoading={rows === undefined}
      emptyText={t('segment.sampleNone')}
      rowTestId="sample-row"
      card={(row) => (
        <Link to="/customers/$id" params={{ id: String(row.id) }} className="list-card">
          <CustomerName customer={row} />
          <span className="list-card-facts">
            <span>{t(`source.${row.source}`)}</span>
            <span>{row.isActive ? format.list(row.staff.map(({ name }) => name)) : t('customer.gone')}</span>
            <span className="muted">{format.time(row.addedAt)}</span>
          </span>
        </Link>
      )}
      columns={[
        {
          title: t('customer.one'),
          key: 'name',
          render: (_, row) => (
            <Link to="/customers/$id" params={{ id: String(row.id) }} className="plain-link">
              <CustomerName customer={row} />
            </Link>
          ),
        },
        { title: t('customer.source'), key: 'source', render: (_, row) => t(`source.${row.source}`) },
        {
          title: t('follow.staff'),
          key: 'staff',
          render: (_, row) => (row.isActive ? format.list(row.staff.map(({ name }) => name)) : t('customer.gone')),
        },
        {
          title: t('tag.many'),
          key: 'tags',
          render: (_, row) => format.list(row.tags.slice(0, 3).map(({ name }) => name)),
        },
        { title: t('customer.addedAt'), key: 'addedAt', render: (_, row) => format.time(row.addedAt) },
      ]}
    />
  );
}
