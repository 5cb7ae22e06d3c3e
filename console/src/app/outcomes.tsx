import { CompassOutlined, LockOutlined } from '@ant-design/icons';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';
import { Button, Spin } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';

/** What stands in place of a page: while it loads, when it failed, when it is missing or not for this person. */

export function WaitingPage(): ReactNode {
  return (
    <div className="waiting">
      <Spin />
    </div>
  );
}

export function ErrorPage({ error }: ErrorComponentProps): ReactNode {
  const { t } = useTranslation();
  return (
    <div className="page">
      <ErrorNotice error={error} />
      <Button onClick={() => window.location.reload()} style={{ marginTop: 16 }}>
        {t('common.reload')}
      </Button>
    </div>
  );
}

export function MissingPage(): ReactNode {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={<CompassOutlined />}
      title={t('layout.missing')}
      hint={t('layout.missingHint')}
      action={<Link to="/">{t('layout.toHome')}</Link>}
    />
  );
}

export function NotAllowedPage(): ReactNode {
  const { t } = useTranslation();
  return <EmptyState icon={<LockOutlined />} title={t('layout.notAllowed')} hint={t('layout.notAllowedHint')} />;
}
