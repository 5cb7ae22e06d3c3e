import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Skeleton, Tag } from 'antd';
import { useTranslation } from 'react-i18next';
import { type Condition, explainCustomer, listSegments } from '#contract/segments';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';

/** One condition is the whole, so that many fewer segments than conditions fit into a question. */
const mostAsked = 199;

/** The segments a customer is in: each one's rule is asked of this one person, all in one question. */
export function SegmentsPanel({ customerId }: { customerId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const list = useQuery({ ...reading(listSegments, { limit: 200 }), staleTime: 30_000 });
  const asked = list.data?.rows.filter((row) => row.problem === null).slice(0, mostAsked) ?? [];
  const tree: Condition = { kind: 'any', of: asked.map((row) => ({ kind: 'segment', segmentId: row.id })) };
  const { data, error } = useQuery({
    ...reading(explainCustomer, { tree, customerId }),
    enabled: asked.length > 0,
    refetchInterval: 15_000,
  });
  if (list.data !== undefined && asked.length === 0) return null;
  const inside = asked.filter((_, index) =>
    data?.lines.some(({ path, verdict }) => path.length === 1 && path[0] === index && verdict === 'yes'),
  );
  return (
    <Panel title={t('segment.ofCustomer')} definition={t('segment.ofCustomerDefinition')}>
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active title={false} />
        )
      ) : inside.length === 0 ? (
        <p className="muted">{t('segment.ofCustomerNone')}</p>
      ) : (
        <div className="tags">
          {inside.map((row) => (
            <Link key={row.id} to="/segments/$id" params={{ id: String(row.id) }}>
              <Tag color="processing">{row.name}</Tag>
            </Link>
          ))}
        </div>
      )}
      {list.data?.next != null && (
        <p className="field-hint">{t('segment.ofCustomerMost', { n: format.number(asked.length) })}</p>
      )}
    </Panel>
  );
}
