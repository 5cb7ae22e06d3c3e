import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '~/parts';

export function MissingPage() {
  const { t } = useTranslation();
  return (
    <div className="page">
      <Empty
        icon="search"
        title={t('layout.missing')}
        action={
          <Link to="/" className="button">
            {t('layout.toList')}
          </Link>
        }
      />
    </div>
  );
}
