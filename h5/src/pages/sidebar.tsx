import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { reading } from '#console/call';
import { listCustomers } from '#contract/customers';
import { CustomerCard } from '~/customer-card';
import { Empty, Problem, Waiting } from '~/parts';
import { isInWecom, useChat, WecomRefusal } from '~/wecom';

/** Beside a chat in WeCom: whoever it is with. */
export function SidebarPage() {
  const { t } = useTranslation();
  const chat = useChat();
  useEffect(() => {
    document.title = t('customer.title');
  }, [t]);

  return (
    <div className="page page-sidebar">
      {!isInWecom ? (
        <Empty icon="chat" title={t('sidebar.outside')} hint={t('sidebar.outsideHint')} />
      ) : chat.isError ? (
        chat.error instanceof WecomRefusal ? (
          <Empty
            icon="cross"
            title={t('sidebar.refused', { reason: chat.error.message })}
            hint={t('sidebar.refusedHint')}
          />
        ) : (
          <Problem error={chat.error} onRetry={() => void chat.refetch()} />
        )
      ) : chat.data === undefined ? (
        <Waiting />
      ) : chat.data.externalUserid === null ? (
        <Empty icon="chat" title={t('sidebar.noCustomer')} hint={t('sidebar.noCustomerHint')} />
      ) : (
        <CustomerOfChat externalUserid={chat.data.externalUserid} />
      )}
    </div>
  );
}

function CustomerOfChat({ externalUserid }: { externalUserid: string }) {
  const { t } = useTranslation();
  // A newcomer is known within seconds.
  const found = useQuery({
    ...reading(listCustomers, { search: externalUserid, limit: 1 }),
    refetchInterval: (query) => (query.state.data?.rows.length === 0 ? 5_000 : false),
  });
  if (found.isError) return <Problem error={found.error} onRetry={() => void found.refetch()} />;
  if (found.data === undefined) return <Waiting />;
  const [customer] = found.data.rows;
  if (customer === undefined)
    return <Empty icon="person" title={t('sidebar.notYours')} hint={t('sidebar.notYoursHint')} />;
  return <CustomerCard key={customer.id} id={customer.id} />;
}
