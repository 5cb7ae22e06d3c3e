import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Alert, Button, Modal, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { decideConflict, getCustomer, listCustomers, mergeCustomers } from '#contract/customers';
import { reading } from '~/call';
import { AccountNote, Accounts } from '~/components/accounts';
import { CustomerName } from '~/components/customer-name';
import { Presence } from '~/components/presence';
import { SearchBox } from '~/components/search-box';
import { useKindName } from '~/components/told-by';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';

type Customer = Output<typeof getCustomer>;

interface Props {
  readonly customer: Customer;
  readonly onClose: () => void;
}

/** Find the other customer, look at both side by side, merge. */
export function MergeModal({ customer, onClose }: Props) {
  const { t } = useTranslation();
  const [otherId, setOtherId] = useState<number | null>(null);
  return (
    <Modal open title={t('people.mergeTitle')} onCancel={onClose} width={otherId === null ? 520 : 760} footer={null}>
      {otherId === null ? (
        <FindOther customer={customer} onFound={setOtherId} />
      ) : (
        <Compare customer={customer} otherId={otherId} onBack={() => setOtherId(null)} onClose={onClose} />
      )}
    </Modal>
  );
}

const shownResults = 8;

function FindOther({ customer, onFound }: { customer: Customer; onFound: (id: number) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [search, setSearch] = useState<string>();
  const found = useQuery({
    ...reading(listCustomers, { ...(search === undefined ? {} : { search }), limit: shownResults + 1 }),
    enabled: search !== undefined,
    placeholderData: keepPreviousData,
  });
  const rows = (found.data?.rows ?? []).filter((row) => row.id !== customer.id).slice(0, shownResults);
  return (
    <div className="stack">
      <p className="muted">{t('people.mergeFind')}</p>
      <SearchBox value={search} onChange={setSearch} placeholder={t('people.mergeSearch')} testId="merge-search" />
      {search === undefined && <p className="muted">{t('people.mergeTypeHint')}</p>}
      {search !== undefined && found.isSuccess && rows.length === 0 && <p className="muted">{t('people.mergeNone')}</p>}
      {search !== undefined && rows.length > 0 && (
        <ul className="choice-list">
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" className="choice" onClick={() => onFound(row.id)} data-testid="merge-choice">
                <CustomerName customer={row} />
                <span className="choice-beside">
                  <Presence customer={row} />
                  <span className="muted small">{format.date(row.addedAt)}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

interface CompareProps extends Props {
  readonly otherId: number;
  readonly onBack: () => void;
}

function Compare({ customer, otherId, onBack, onClose }: CompareProps) {
  const { t } = useTranslation();
  const kindName = useKindName();
  const navigate = useNavigate();
  const { data: other } = useQuery(reading(getCustomer, { id: otherId }));
  const [apart, setApart] = useState<{ a: number; b: number } | null>(null);

  function arrive(id: number) {
    onClose();
    if (id !== customer.id) void navigate({ to: '/customers/$id', params: { id: String(id) }, replace: true });
  }
  const merging = useWriting(mergeCustomers, {
    said: t('people.merged'),
    onDone: ({ id }) => arrive(id),
    onRefused: ({ code, details }) => {
      const { a, b } = details;
      if (code !== 'customers_kept_apart' || typeof a !== 'number' || typeof b !== 'number') return false;
      setApart({ a, b });
      return true;
    },
  });
  const deciding = useWriting(decideConflict, {
    said: t('people.merged'),
    onDone: () => arrive(Math.min(customer.id, otherId)),
  });
  if (other === undefined) return <Skeleton active />;

  // The older goes on, which is the one known first.
  const [kept, gone] = customer.id < other.id ? [customer, other] : [other, customer];
  const nameOf = (one: Customer) => one.name ?? `${t('customer.nameless')} #${one.id}`;
  const twice = kindsOfBoth(customer, other);
  return (
    <div className="stack">
      <div className="compare">
        <CompareSide customer={kept} isKept twice={twice} />
        <CompareSide customer={gone} isKept={false} twice={twice} />
      </div>
      {twice.length > 0 && (
        <Alert
          type="warning"
          showIcon
          title={twice.map((kind) => t('people.mergeTwo', { kind: kindName(kind) })).join(' ')}
        />
      )}
      <p>
        {t('people.mergeWhat', { kept: nameOf(kept), gone: nameOf(gone) })} {t('people.mergeUndo')}
      </p>
      {apart !== null && (
        <Alert
          type="warning"
          showIcon
          title={t('people.keptApart')}
          description={
            <div className="stack">
              <span>{t('people.keptApartHint')}</span>
              <span>
                <Button
                  danger
                  loading={deciding.isPending}
                  onClick={() => deciding.mutate({ ...apart, decision: 'same' })}
                >
                  {t('people.decideAgain')}
                </Button>
              </span>
            </div>
          }
        />
      )}
      <div className="buttons">
        {apart === null && (
          <Button
            type="primary"
            loading={merging.isPending}
            onClick={() => merging.mutate({ ids: [customer.id, other.id] })}
          >
            {t('people.mergeConfirm')}
          </Button>
        )}
        <Button onClick={onBack}>{t('people.mergeOther')}</Button>
        <Button type="text" onClick={onClose}>
          {t('common.cancel')}
        </Button>
      </div>
    </div>
  );
}

/** Kinds of which a person has one, whatever the app or shop, where each of the two has another. */
function kindsOfBoth(one: Customer, other: Customer): string[] {
  const kindsOf = (customer: Customer) => new Set(customer.identities.map((identity) => identity.kind));
  return ['wecom', 'unionid', 'user'].filter((kind) => kindsOf(one).has(kind) && kindsOf(other).has(kind));
}

function CompareSide(props: { customer: Customer; isKept: boolean; twice: readonly string[] }) {
  const { customer, isKept, twice } = props;
  const { t } = useTranslation();
  const format = useFormat();
  const facts = [
    [t('customer.source'), customer.isMet ? t(`source.${customer.source}`) : '–'],
    [t(customer.isMet ? 'customer.addedAt' : 'people.firstSeen'), format.time(customer.addedAt)],
    [t('people.staff'), format.list(customer.staff.map((staff) => staff.name)) || '–'],
    [t('tag.many'), format.list(customer.allTags.map((tag) => tag.name)) || '–'],
    [t('customer.events'), format.number(customer.eventCount)],
  ];
  return (
    <section className="compare-side">
      <div className="compare-head">
        <CustomerName customer={customer} />
        <span className="choice-beside">
          <Presence customer={customer} />
          {isKept && <AccountNote text={t('people.keeps')} />}
        </span>
      </div>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <Accounts
        accounts={customer.identities}
        noteOf={(account) => twice.includes(account.kind) && <AccountNote isBad text={t('conflict.clashing')} />}
      />
    </section>
  );
}
