import { CheckCircleOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { App, Button, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { decideConflict, listConflicts } from '#contract/customers';
import { readingPages } from '~/call';
import { AccountNote, Accounts } from '~/components/accounts';
import { CustomerName } from '~/components/customer-name';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { OnlineOnly } from '~/components/presence';
import { useKindName, useToldBy } from '~/components/told-by';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { Recognition } from './recognition';

type Conflict = Output<typeof listConflicts>['rows'][number];
type Side = Conflict['a'];

export default function ConflictsPage(): ReactNode {
  const { t } = useTranslation();
  const pages = useInfiniteQuery({ ...readingPages(listConflicts, { limit: 20 }), refetchOnWindowFocus: false });
  const rows = pages.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <div className="page">
      <PageHeader title={t('menu.conflicts')} subtitle={t('conflict.subtitle')} actions={<Recognition />} />
      {pages.isError && pages.data === undefined && (
        <ErrorNotice error={pages.error} onRetry={() => void pages.refetch()} />
      )}
      {pages.isPending && <Skeleton active paragraph={{ rows: 6 }} />}
      {pages.isSuccess && rows.length === 0 && (
        <Panel>
          <EmptyState icon={<CheckCircleOutlined />} title={t('conflict.none')} hint={t('conflict.noneHint')} />
        </Panel>
      )}
      <ul className="stack-large">
        {rows.map((conflict) => (
          <li key={`${conflict.a.id} ${conflict.b.id}`} data-testid="conflict">
            <ConflictPanel conflict={conflict} />
          </li>
        ))}
      </ul>
      {pages.hasNextPage && (
        <div className="load-more">
          <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('common.loadMore')}
          </Button>
        </div>
      )}
    </div>
  );
}

function ConflictPanel({ conflict }: { conflict: Conflict }) {
  const { t } = useTranslation();
  const format = useFormat();
  const kindName = useKindName();
  const toldBy = useToldBy();
  const { modal } = App.useApp();
  const merging = useWriting(decideConflict, { said: t('conflict.decidedSame') });
  const parting = useWriting(decideConflict, { said: t('conflict.decidedDifferent') });
  const { a, b, clashes } = conflict;
  const pair = { a: a.id, b: b.id };
  const named = (side: Side) => `${kindName(side.kind)} ${side.value}`;

  function confirm(decision: 'same' | 'different') {
    const writing = decision === 'same' ? merging : parting;
    modal.confirm({
      title: t(`conflict.${decision}Title`),
      content: t(`conflict.${decision}What`),
      okText: t(`conflict.${decision}`),
      onOk: () => writing.mutateAsync({ ...pair, decision }).catch(() => undefined),
    });
  }

  return (
    <section className="panel conflict">
      <header>
        <h2>{t('conflict.named', { a: named(a), b: named(b) })}</h2>
        <p className="muted">{t('conflict.evidence', { time: format.time(conflict.firstAt), by: toldBy(conflict) })}</p>
        <p>
          {clashes.length === 0
            ? t('conflict.becauseOther')
            : t('conflict.because', { kinds: format.list([...new Set(clashes.map(({ kind }) => kindName(kind)))]) })}
        </p>
      </header>
      <div className="compare">
        <ConflictSide side={a} clashing={clashes.map((clash) => `${clash.kind} ${clash.a}`)} />
        <ConflictSide side={b} clashing={clashes.map((clash) => `${clash.kind} ${clash.b}`)} />
      </div>
      <div className="buttons">
        <Button onClick={() => confirm('same')}>{t('conflict.same')}</Button>
        <Button onClick={() => confirm('different')}>{t('conflict.different')}</Button>
      </div>
    </section>
  );
}

function ConflictSide({ side, clashing }: { side: Side; clashing: readonly string[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <section className="compare-side">
      <div className="compare-head">
        <Link to="/customers/$id" params={{ id: String(side.customerId) }} className="plain-link">
          <CustomerName customer={{ name: side.customerName ?? `${t('customer.nameless')} #${side.customerId}` }} />
        </Link>
        {!side.isMet && <OnlineOnly />}
      </div>
      <p className="muted small">
        {side.lastSeenAt === null
          ? t('people.neverSeen')
          : t('people.lastSeen', { time: format.time(side.lastSeenAt) })}
      </p>
      <Accounts
        accounts={side.accounts}
        noteOf={(account) => {
          if (clashing.includes(`${account.kind} ${account.value}`)) {
            return <AccountNote isBad text={t('conflict.clashing')} />;
          }
          const isNamed = account.kind === side.kind && account.value === side.value;
          return isNamed && <AccountNote text={t('conflict.namedHere')} />;
        }}
      />
    </section>
  );
}
