import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';

/** A customer's name as the way to him. */
export function CustomerLink({ id, name }: { id: number; name: string | null }) {
  const { t } = useTranslation();
  return (
    <Link to="/customers/$id" params={{ id: String(id) }} className="quiet-link">
      {name ?? t('customer.nameless')}
    </Link>
  );
}
