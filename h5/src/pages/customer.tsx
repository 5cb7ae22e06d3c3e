import { getRouteApi } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { CustomerCard } from '~/customer-card';
import { TopBar } from '~/parts';

const page = getRouteApi('/inside/customers/$id');

export function CustomerPage() {
  const { t } = useTranslation();
  const { id } = page.useParams();
  return (
    <div className="page">
      <TopBar title={t('customer.title')} />
      <CustomerCard id={Number(id)} />
    </div>
  );
}
