import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';

interface Props {
  readonly customer: { readonly isActive: boolean; readonly isMet: boolean };
}

/** Whether a staff member has this customer, once had, or never: then only systems told of the person. */
export function Presence({ customer }: Props) {
  const { t } = useTranslation();
  if (customer.isActive) return <Tag color="success">{t('customer.here')}</Tag>;
  if (customer.isMet) return <Tag variant="filled">{t('customer.gone')}</Tag>;
  return <OnlineOnly />;
}

export function OnlineOnly() {
  const { t } = useTranslation();
  return (
    <Tooltip title={t('people.onlineOnlyMeaning')}>
      <Tag color="processing" variant="filled">
        {t('people.onlineOnly')}
      </Tag>
    </Tooltip>
  );
}
