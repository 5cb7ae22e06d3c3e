import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { App, Skeleton, Tabs } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { getCustomer } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { CustomerName } from '~/components/customer-name';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { Presence } from '~/components/presence';
import { TouchList } from '~/components/touch-list';
import { useFormat } from '~/format';
import { CustomerOrders } from '~/pages/commerce/customer-orders';
import { JourneysPanel } from '~/pages/journeys/customer-journeys';
import { ScoresPanel } from '~/pages/scores/customer-scores';
import { SegmentsPanel } from '~/pages/segments/customer-segments';
import { CustomerTasks } from '~/pages/tasks/customer-tasks';
import { AttentionPanel } from '~/pages/touch/customer-attention';
import { AttributesPanel } from './customer-attributes';
import { FollowsPanel } from './customer-follows';
import { IdentitiesPanel } from './customer-identities';
import { TagsPanel } from './customer-tags';
import { Timeline } from './timeline';

const page = getRouteApi('/inside/customers/$id');

export default function CustomerPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const id = Number(page.useParams().id);
  const { data: customer, error, refetch } = useQuery({ ...reading(getCustomer, { id }), refetchInterval: 15_000 });
  useMoved(id, customer);

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
      !customer.isMet
        ? '–'
        : customer.code
          ? `${t(`source.${customer.source}`)} · ${customer.code.name}`
          : t(`source.${customer.source}`),
    ],
    [t(customer.isMet ? 'customer.addedAt' : 'people.firstSeen'), format.time(customer.addedAt)],
    [t('customer.gender'), t(`customer.genders.${customer.gender}`)],
    ...(customer.position === null ? [] : [[t('customer.position'), customer.position]]),
    [t('customer.events'), format.number(customer.eventCount)],
    ...(customer.isMet
      ? [
          [
            t('customer.observedAt'),
            customer.observedAt === null ? t('common.never') : format.time(customer.observedAt),
          ],
        ]
      : []),
  ];

  return (
    <div className="page">
      <PageHeader
        title={customer.name ?? t('customer.nameless')}
        backTo="/customers"
        beside={<Presence customer={customer} />}
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
          {can('journey.read') && <JourneysPanel customerId={id} />}
          <AttributesPanel customer={customer} />
          <IdentitiesPanel customer={customer} />
        </div>
        <div className="stack-large">
          {customer.follows.length > 0 && <FollowsPanel customer={customer} />}
          <ScoresPanel customerId={customer.id} />
          <AttentionPanel customerId={customer.id} />
          <Panel>
            <Tabs
              items={[
                { key: 'timeline', label: t('customer.timeline'), children: <Timeline customerId={customer.id} /> },
                ...(can('order.read')
                  ? [{ key: 'orders', label: t('menu.orders'), children: <CustomerOrders customerId={customer.id} /> }]
                  : []),
                ...(can('task.read') && customer.isMet
                  ? [{ key: 'tasks', label: t('menu.tasks'), children: <CustomerTasks customer={customer} /> }]
                  : []),
                ...(can('touch.read')
                  ? [
                      {
                        key: 'touches',
                        label: t('menu.touches'),
                        children: <TouchList filters={{ customer: customer.id }} isEmbedded />,
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

/** The address is of a customer who became part of another: the page goes there and says so. */
function useMoved(id: number, customer: { id: number; name: string | null } | undefined): void {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const navigate = useNavigate();
  const movedTo = customer !== undefined && customer.id !== id ? customer.id : undefined;
  const name = customer?.name ?? t('customer.nameless');
  useEffect(() => {
    if (movedTo === undefined) return;
    void message.info(t('people.movedTo', { name }));
    void navigate({ to: '/customers/$id', params: { id: String(movedTo) }, replace: true });
  }, [movedTo, name, message, navigate, t]);
}
