import { MenuOutlined, SettingOutlined } from '@ant-design/icons';
import { Link, Outlet, useMatches, useRouter } from '@tanstack/react-router';
import { Avatar, Button, Drawer, Dropdown, Grid, type MenuProps } from 'antd';
import { type ReactNode, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { auth } from '~/auth';
import { initialOf } from '~/components/initial';
import { type Language, setLanguage } from '~/i18n/index';
import { MainMenu } from './menu';
import { NotAllowedPage, WaitingPage } from './outcomes';
import { useCan, useSession } from './session';
import { type ThemeChoice, useTheme } from './theme';

export function Mark({ size = 28 }: { size?: number }) {
  return <img src="/favicon.svg" alt="" width={size} height={size} />;
}

/** Language and theme, for the account menu and for the pages outside. */
export function usePreferenceItems(): NonNullable<MenuProps['items']> {
  const { t, i18n } = useTranslation();
  const { choice, choose } = useTheme();
  const languageItem = (language: Language, label: string) => ({
    key: language,
    label,
    className: i18n.language === language ? 'chosen-item' : '',
    onClick: () => setLanguage(language),
  });
  const themeItem = (theme: ThemeChoice) => ({
    key: theme,
    label: t(`layout.theme.${theme}`),
    className: choice === theme ? 'chosen-item' : '',
    onClick: () => choose(theme),
  });
  return [
    {
      key: 'language',
      type: 'group',
      label: t('layout.language'),
      children: [languageItem('zh-CN', '简体中文'), languageItem('en', 'English')],
    },
    {
      key: 'theme',
      type: 'group',
      label: t('layout.themeTitle'),
      children: [themeItem('light'), themeItem('dark'), themeItem('system')],
    },
  ];
}

function Account() {
  const { t } = useTranslation();
  const { user } = useSession();
  const preferences = usePreferenceItems();

  async function signOut() {
    await auth.signOut();
    // A whole new page, so that nothing of this session stays in memory.
    window.location.assign('/sign-in');
  }

  const items: MenuProps['items'] = [
    { key: 'profile', label: <Link to="/profile">{t('layout.profile')}</Link> },
    { type: 'divider' },
    ...preferences,
    { type: 'divider' },
    { key: 'signOut', label: t('layout.signOut'), onClick: () => void signOut() },
  ];

  return (
    <Dropdown menu={{ items }} trigger={['click']} placement="topLeft">
      <button type="button" className="account" aria-label={t('layout.account')}>
        <Avatar size={32} className="account-avatar">
          {initialOf(user?.name ?? '')}
        </Avatar>
        <span className="account-text">
          <span className="account-name">{user?.name}</span>
          <span className="account-role">{user ? t(`role.${user.role}`) : ''}</span>
        </span>
        <SettingOutlined className="account-icon" />
      </button>
    </Dropdown>
  );
}

function Brand() {
  const { organizationName } = useSession();
  return (
    <Link to="/" className="brand">
      <Mark />
      <span className="brand-text">
        <span className="brand-name">siyu</span>
        <span className="brand-organization">{organizationName}</span>
      </span>
    </Link>
  );
}

export function Layout(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const isWide = Grid.useBreakpoint().lg ?? window.innerWidth >= 992;
  const [isMenuOpen, setMenuOpen] = useState(false);
  const { user } = useSession();
  const router = useRouter();
  const permission = useMatches({ select: (matches) => matches.at(-1)?.staticData.permission });

  // The session ended while a page was open: the route asks again and leads to the sign-in page.
  useEffect(() => {
    if (!user) void router.invalidate();
  }, [user, router]);
  if (!user) return <WaitingPage />;

  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {t('layout.skipToContent')}
      </a>
      {isWide ? (
        <aside className="sider">
          <Brand />
          <nav className="sider-menu" aria-label={t('layout.menu')}>
            <MainMenu />
          </nav>
          <Account />
        </aside>
      ) : (
        <header className="top-bar">
          <Button type="text" icon={<MenuOutlined />} aria-label={t('layout.menu')} onClick={() => setMenuOpen(true)} />
          <Brand />
          <Drawer
            open={isMenuOpen}
            onClose={() => setMenuOpen(false)}
            placement="left"
            size={280}
            title={<Brand />}
            footer={<Account />}
            styles={{ body: { padding: 8 }, footer: { padding: 8 } }}
          >
            <MainMenu onChosen={() => setMenuOpen(false)} />
          </Drawer>
        </header>
      )}
      <main id="content" className="content" tabIndex={-1}>
        <Suspense fallback={<WaitingPage />}>
          {permission !== undefined && !can(permission) ? <NotAllowedPage /> : <Outlet />}
        </Suspense>
      </main>
    </div>
  );
}
