import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Skeleton, Tabs, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { getCustomer } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { CustomerName } from '~/components/customer-name';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TouchList } from '~/components/touch-list';
import { useFormat } from '~/format';
import { CustomerOrders } from '~/pages/commerce/customer-orders';
import { ScoresPanel } from '~/pages/scores/customer-scores';
import { SegmentsPanel } from '~/pages/segments/customer-segments';
import { AttributesPanel } from './customer-attributes';
import { FollowsPanel } from './customer-follows';
import { TagsPanel } from './customer-tags';
import { Timeline } from './timeline';

const page = getRouteApi('/inside/customers/$id');

export default function CustomerPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const id = Number(page.useParams().id);
  const { data: customer, error, refetch } = useQuery({ ...reading(getCustomer, { id }), refetchInterval: 15_000 });

  if (customer === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('customer.one')} backTo="/customers" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }

  const facts = [
    [
      t('customer.source'),
      customer.code ? `${t(`source.${customer.source}`)} · ${customer.code.name}` : t(`source.${customer.source}`),
    ],
    [t('customer.addedAt'), format.time(customer.addedAt)],
    [t('customer.gender'), t(`customer.genders.${customer.gender}`)],
    ...(customer.position === null ? [] : [[t('customer.position'), customer.position]]),
    [t('customer.events'), format.number(customer.eventCount)],
    [t('customer.observedAt'), customer.observedAt === null ? t('common.never') : format.time(customer.observedAt)],
  ];

  return (
    <div className="page">
      <PageHeader
        title={customer.name ?? t('customer.nameless')}
        backTo="/customers"
        beside={
          customer.isActive ? (
            <Tag color="success">{t('customer.here')}</Tag>
          ) : (
            <Tag color="default">{t('customer.gone')}</Tag>
          )
        }
      />
      <div className="columns-side">
        <div className="stack-large">
          <Panel>
            <CustomerName customer={customer} size={56} />
            <dl className="facts">
              {facts.map(([label, value]) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </Panel>
          <TagsPanel customer={customer} />
          {can('segment.read') && <SegmentsPanel customerId={id} />}
          <AttributesPanel customer={customer} />
          <Panel title={t('customer.identities')}>
            <dl className="facts">
              {customer.identities.map((identity) => (
                <div key={`${identity.kind}:${identity.value}`}>
                  <dt>{t(`identity.${identity.kind}` as 'identity.phone', identity.kind)}</dt>
                  <dd className="mono">{identity.value}</dd>
                </div>
              ))}
            </dl>
          </Panel>
        </div>
        <div className="stack-large">
          <FollowsPanel customer={customer} />
          <ScoresPanel customerId={id} />
          <Panel>
            <Tabs
              items={[
                { key: 'timeline', label: t('customer.timeline'), children: <Timeline customerId={id} /> },
                ...(can('order.read')
                  ? [{ key: 'orders', label: t('menu.orders'), children: <CustomerOrders customerId={id} /> }]
                  : []),
                ...(can('touch.read')
                  ? [
                      {
                        key: 'touches',
                        label: t('menu.touches'),
                        children: <TouchList filters={{ customer: id }} isEmbedded />,
                      },
                    ]
                  : []),
              ]}
            />
          </Panel>
        </div>
      </div>
    </div>
  );
}
