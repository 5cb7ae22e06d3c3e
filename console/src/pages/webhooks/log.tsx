import { SendOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { AutoComplete, Button, Select, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { type EventName, eventNames } from '#contract/event-names';
import { deliveryState, listWebhookDeliveries } from '#contract/webhooks';
import { readingPages } from '~/call';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { EventLabel } from './webhook-modal';

export type Delivery = Output<typeof listWebhookDeliveries>['rows'][number];

const colourOfState = { planned: 'default', claimed: 'processing', delivered: 'success', failed: 'error' } as const;

export function DeliveryState({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const isRetried = delivery.state === 'planned' && delivery.lastReason !== null;
  return (
    <Tag variant="filled" color={isRetried ? 'warning' : colourOfState[delivery.state]}>
      {isRetried ? t('webhook.retrying') : t(`webhook.state.${delivery.state}`)}
      {delivery.lastStatus !== null && ` ${delivery.lastStatus}`}
    </Tag>
  );
}

const page = getRouteApi('/inside/webhooks/$id');

/** What was sent to one webhook, newest first; its filters stand in the address. */
export function DeliveryLog({ webhookId, onOpen }: { webhookId: number; onOpen: (id: number) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { delivery: _, ...filters } = page.useSearch();
  const navigate = page.useNavigate();
  const filter = (patch: Partial<typeof filters>) =>
    void navigate({ search: (before) => ({ ...before, ...patch }), replace: true });
  const pages = useInfiniteQuery({
    ...readingPages(listWebhookDeliveries, { ...filters, webhook: webhookId }),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 3000 : false),
  });
  const isNarrowed = isFiltered(filters);

  return (
    <Panel title={t('webhook.log')} definition={t('webhook.logDefinition')} isFlush>
      <div className="filters">
        <Select
          className="filter"
          allowClear
          aria-label={t('webhook.stateTitle')}
          placeholder={t('webhook.stateTitle')}
          value={filters.state ?? null}
          onChange={(state) => filter({ state: state ?? undefined })}
          options={deliveryState.options.map((state) => ({ value: state, label: t(`webhook.state.${state}`) }))}
        />
        <EventFilter value={filters.event} onChange={(event) => filter({ event })} />
        <DayRange from={filters.from} to={filters.to} onChange={filter} className="filter-wide" />
        {isNarrowed && (
          <Button
            type="link"
            onClick={() => filter({ state: undefined, event: undefined, from: undefined, to: undefined })}
          >
            {t('common.clearFilters')}
          </Button>
        )}
      </div>
      <KeysetTable<Delivery>
        pages={pages}
        onOpen={(row) => onOpen(row.id)}
        columns={[
          { title: t('webhook.event'), key: 'event', render: (_, row) => <EventLabel name={row.eventName} /> },
          {
            title: t('webhook.stateTitle'),
            key: 'state',
            render: (_, row) => (
              <Button type="text" className="inline-button" onClick={() => onOpen(row.id)}>
                <DeliveryState delivery={row} />
              </Button>
            ),
          },
          { title: t('webhook.attempts'), dataIndex: 'attempts', align: 'right' },
          {
            title: t('webhook.nextAttempt'),
            key: 'due',
            render: (_, row) => (row.dueAt === null ? '–' : <span className="nowrap">{format.time(row.dueAt)}</span>),
          },
          {
            title: t('webhook.madeAt'),
            key: 'made',
            align: 'right',
            render: (_, row) => <span className="nowrap">{format.time(row.createdAt)}</span>,
          },
        ]}
        card={(row) => (
          <button type="button" className="list-card card-button" onClick={() => onOpen(row.id)}>
            <span className="list-card-head">
              <EventLabel name={row.eventName} />
              <DeliveryState delivery={row} />
            </span>
            <span className="muted small">
              {format.time(row.createdAt)} · {t('webhook.attempts')} {row.attempts}
            </span>
          </button>
        )}
        empty={
          isNarrowed ? (
            <EmptyState icon={<SendOutlined />} title={t('webhook.noneFound')} />
          ) : (
            <EmptyState icon={<SendOutlined />} title={t('webhook.noLog')} hint={t('webhook.noLogHint')} />
          )
        }
      />
    </Panel>
  );
}

interface EventFilterProps {
  readonly value: string | undefined;
  readonly onChange: (name: string | undefined) => void;
}

/** A known event or any name typed in full. */
function EventFilter({ value, onChange }: EventFilterProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(value ?? '');
  const choose = (name = '') => {
    setTyped(name);
    onChange(name === '' ? undefined : name);
  };
  return (
    <AutoComplete
      className="filter-event"
      allowClear
      aria-label={t('webhook.event')}
      placeholder={t('webhook.anyEvent')}
      value={typed}
      onChange={(name: string | undefined) => (name ? setTyped(name) : choose(''))}
      onSelect={choose}
      onBlur={() => choose(typed)}
      onKeyDown={(event) => event.key === 'Enter' && choose(typed)}
      showSearch={{
        filterOption: (text, option) =>
          `${option?.value} ${option?.meaning}`.toLowerCase().includes(text.toLowerCase()),
      }}
      options={(Object.keys(eventNames) as EventName[]).map((name) => ({
        value: name,
        meaning: t(`eventName.${name}`),
        label: <EventLabel name={name} />,
      }))}
    />
  );
}
