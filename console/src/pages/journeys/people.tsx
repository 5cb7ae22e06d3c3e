import { TeamOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { App, Button, Drawer, Grid, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { JourneyDraft } from '#contract/journey-graph';
import { listCustomerJourneys, listJourneyPeople, removeFromJourney } from '#contract/journeys';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { KeysetTable } from '~/components/keyset-table';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { CustomerLink } from '~/pages/scores/customer-link';
import { PersonPath } from './path';
import { useJourneyWords } from './words';

type Person = Output<typeof listJourneyPeople>['rows'][number];

interface Props {
  readonly journeyId: number;
  readonly draft: JourneyDraft;
  readonly node: string | undefined;
  /** In a narrow column. */
  readonly isNarrow?: boolean;
}

/** Who stands at a node, or anywhere inside; the next to go on first. */
export function JourneyPeople({ journeyId, draft, node, isNarrow = false }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const { modal } = App.useApp();
  const words = useJourneyWords(draft);
  const [shown, setShown] = useState<Person>();
  const pages = useInfiniteQuery({
    ...readingPages(listJourneyPeople, { id: journeyId, ...(node === undefined ? {} : { node }) }),
    refetchInterval: 10_000,
  });
  const removing = useWriting(removeFromJourney, { said: t('journey.removed') });
  const nameOf = (person: Person) => person.customerName ?? t('customer.nameless');

  const actions = (person: Person) => (
    <span className="journey-buttons">
      <Button size="small" onClick={() => setShown(person)} data-testid="show-path">
        {t('journey.showPath')}
      </Button>
      {can('journey.write') && (
        <Button
          size="small"
          type="text"
          onClick={() =>
            void modal.confirm({
              title: t('journey.removeTitle', { name: nameOf(person) }),
              content: t('journey.removeHint'),
              okText: t('journey.removePerson'),
              cancelText: t('common.cancel'),
              onOk: () =>
                removing.mutateAsync({ id: journeyId, customerIds: [person.customerId] }).catch(() => undefined),
            })
          }
        >
          {t('journey.removePerson')}
        </Button>
      )}
    </span>
  );

  return (
    <>
      <KeysetTable<Person>
        pages={pages}
        rowTestId="journey-person"
        isNarrow={isNarrow}
        empty={
          <EmptyState icon={<TeamOutlined />} title={t('journey.peopleNone')} hint={t('journey.peopleNoneHint')} />
        }
        columns={[
          {
            title: t('customer.one'),
            key: 'customer',
            render: (_, row) => <CustomerLink id={row.customerId} name={row.customerName} />,
          },
          { title: t('journey.stands'), key: 'node', render: (_, row) => words.nameOf(draft, row.node) },
          { title: t('journey.enteredAt'), key: 'entered', render: (_, row) => format.time(row.enteredAt) },
          { title: t('journey.dueAt'), key: 'due', render: (_, row) => format.time(row.dueAt) },
          { title: '', key: 'actions', align: 'right', render: (_, row) => actions(row) },
        ]}
        card={(row) => (
          <div className="list-card">
            <span className="list-card-head">
              <CustomerLink id={row.customerId} name={row.customerName} />
            </span>
            <span className="list-card-facts">
              {node === undefined && <span>{words.nameOf(draft, row.node)}</span>}
              <span>
                {t('journey.dueAt')} {format.time(row.dueAt)}
              </span>
            </span>
            {actions(row)}
          </div>
        )}
      />
      {shown && (
        <PathDrawer journeyId={journeyId} person={shown} name={nameOf(shown)} onClose={() => setShown(undefined)} />
      )}
    </>
  );
}

interface DrawerProps {
  readonly journeyId: number;
  readonly person: Person;
  readonly name: string;
  readonly onClose: () => void;
}

function PathDrawer({ journeyId, person, name, onClose }: DrawerProps) {
  const { t } = useTranslation();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const { data } = useQuery({
    ...reading(listCustomerJourneys, { id: person.customerId, journey: journeyId }),
    refetchInterval: 10_000,
  });
  const path = data?.rows.find((row) => row.id === person.id);
  return (
    <Drawer open title={t('journey.pathTitle', { name })} size={isWide ? 440 : '100%'} onClose={onClose}>
      {path ? <PersonPath path={path} /> : <Skeleton active />}
    </Drawer>
  );
}
