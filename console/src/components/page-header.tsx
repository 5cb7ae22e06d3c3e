import { ArrowLeftOutlined } from '@ant-design/icons';
import { Link, type LinkProps } from '@tanstack/react-router';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/app/session';

interface Props {
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  /** Shown after the title: states, small facts. */
  readonly beside?: ReactNode;
  readonly backTo?: LinkProps['to'];
}

export function PageHeader({ title, subtitle, actions, beside, backTo }: Props) {
  const { t } = useTranslation();
  const { organizationName } = useSession();
  useEffect(() => {
    document.title = [title, organizationName, 'siyu'].filter((part) => part !== '').join(' · ');
  }, [title, organizationName]);

  return (
    <div className="page-header">
      <div className="page-header-text">
        <div className="page-title">
          {backTo !== undefined && (
            <Link to={backTo} className="back-link" aria-label={t('common.back')}>
              <ArrowLeftOutlined />
            </Link>
          )}
          <h1>{title}</h1>
          {beside}
        </div>
        {subtitle !== undefined && <p className="page-subtitle">{subtitle}</p>}
      </div>
      {actions !== undefined && <div className="page-actions">{actions}</div>}
    </div>
  );
}
