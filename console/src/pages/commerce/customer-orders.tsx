import { useTranslation } from 'react-i18next';
import { OrderList } from './order-list';

/** Orders of one customer, on the customer's page. */
export function CustomerOrders({ customerId }: { customerId: number }) {
  const { t } = useTranslation();
  return (
    <OrderList
      filters={{ customer: customerId }}
      isEmbedded
      empty={<p className="muted">{t('customerOrders.none')}</p>}
    />
  );
}
