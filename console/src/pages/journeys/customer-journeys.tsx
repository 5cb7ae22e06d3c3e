import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Drawer, Grid, Skeleton, Tag } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listCustomerJourneys } from '#contract/journeys';
import { reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import './journeys.css';
import { PersonPath } from './path';

/** The journeys a customer is and was in; each path opens beside the page. */
export function JourneysPanel({ customerId }: { customerId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [opened, setOpened] = useState<number>();
  const { data, error } = useQuery({
    ...reading(listCustomerJourneys, { id: customerId }),
    refetchInterval: 15_000,
  });
  const rows = data?.rows ?? [];
  const path = rows.find((row) => row.id === opened);
  return (
    <Panel title={t('journey.ofCustomer')}>
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active title={false} />
        )
      ) : rows.length === 0 ? (
        <p className="muted">{t('journey.ofCustomerNone')}</p>
      ) : (
        <ul className="journey-list" data-testid="customer-journeys">
          {rows.map((row) => (
            <li key={row.id}>
              <span className="journey-list-head">
                <Link to="/journeys/$id" params={{ id: String(row.journeyId) }} className="strong-link break">
                  {row.journeyName}
                </Link>
                <Tag color={row.isActive ? 'processing' : 'default'}>
                  {row.isActive ? t('journey.inside') : t(`journey.pathEnd.${row.endReason ?? 'end'}`)}
                </Tag>
              </span>
              <span className="journey-list-head">
                <span className="muted small">{format.time(row.enteredAt)}</span>
                <Button type="link" size="small" onClick={() => setOpened(row.id)}>
                  {t('journey.showPath')}
                </Button>
              </span>
            </li>
          ))}
        </ul>
      )}
      <Drawer
        open={path !== undefined}
        title={path?.journeyName}
        size={isWide ? 440 : '100%'}
        onClose={() => setOpened(undefined)}
      >
        {path && <PersonPath path={path} />}
      </Drawer>
    </Panel>
  );
}
