import { GlobalOutlined } from '@ant-design/icons';
import { Button, Dropdown } from 'antd';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Mark, usePreferenceItems } from '~/app/layout';

/** The frame of the pages before sign-in. */
export function Outside({ title, subtitle, children }: { title: string; subtitle?: string; children: ReactNode }) {
  const { t } = useTranslation();
  const items = usePreferenceItems();
  useEffect(() => {
    document.title = `${title} · siyu`;
  }, [title]);
  return (
    <div className="outside">
      <div className="outside-corner">
        <Dropdown menu={{ items }} trigger={['click']}>
          <Button type="text" icon={<GlobalOutlined />}>
            {t('layout.preferences')}
          </Button>
        </Dropdown>
      </div>
      <main className="outside-card">
        <Mark size={44} />
        <h1>{title}</h1>
        {subtitle !== undefined && <p className="muted">{subtitle}</p>}
        {children}
      </main>
      <p className="outside-foot">{t('layout.slogan')}</p>
    </div>
  );
}
