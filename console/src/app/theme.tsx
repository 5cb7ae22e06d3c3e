import { App, theme as antd, ConfigProvider, type ThemeConfig } from 'antd';
import en from 'antd/locale/en_US';
import zhCN from 'antd/locale/zh_CN';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import 'dayjs/locale/zh-cn';
import dayjs from 'dayjs';

export type ThemeChoice = 'light' | 'dark' | 'system';

interface Theme {
  readonly choice: ThemeChoice;
  readonly isDark: boolean;
  choose(choice: ThemeChoice): void;
}

const ThemeContext = createContext<Theme>({ choice: 'system', isDark: false, choose: () => {} });

export function useTheme(): Theme {
  return useContext(ThemeContext);
}

/** Latin fonts come first: quotation marks of a Chinese font are too wide for English. */
const fontFamily =
  "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif";

const shared: ThemeConfig = {
  cssVar: { key: 'siyu' },
  hashed: false,
  token: { fontFamily, borderRadius: 8, wireframe: false },
};

const light: ThemeConfig = {
  ...shared,
  algorithm: antd.defaultAlgorithm,
  token: {
    ...shared.token,
    colorPrimary: '#0f766e',
    colorPrimaryBg: '#e5f3f0',
    colorPrimaryBgHover: '#d3eae5',
    colorPrimaryBorder: '#a8d5cd',
    colorPrimaryBorderHover: '#6db8ac',
    colorInfoBg: '#e5f3f0',
    colorInfoBorder: '#a8d5cd',
    colorSuccessBg: '#e8f5ed',
    colorSuccessBorder: '#b3dcc3',
    colorWarningBg: '#fdf4e0',
    colorWarningBorder: '#f0d39a',
    colorErrorBg: '#fcecea',
    colorErrorBorder: '#f1bcb7',
    colorInfo: '#0f766e',
    colorSuccess: '#2f8f5b',
    colorWarning: '#a36a00',
    colorError: '#c8453b',
    colorTextBase: '#14201e',
    // Ant Design's own greys are below the contrast that small text needs.
    colorTextSecondary: '#4d5957',
    colorTextTertiary: '#66726f',
    colorTextPlaceholder: '#7f8a87',
    colorBgLayout: '#f5f7f6',
  },
};

const dark: ThemeConfig = {
  ...shared,
  algorithm: antd.darkAlgorithm,
  token: {
    ...shared.token,
    colorPrimary: '#2fa899',
    colorPrimaryBg: '#14302c',
    colorPrimaryBgHover: '#1a3d38',
    colorPrimaryBorder: '#235c54',
    colorPrimaryBorderHover: '#2c7a6f',
    colorInfoBg: '#14302c',
    colorInfoBorder: '#235c54',
    colorSuccessBg: '#173025',
    colorSuccessBorder: '#265a40',
    colorWarningBg: '#33290f',
    colorWarningBorder: '#65501c',
    colorErrorBg: '#391e1b',
    colorErrorBorder: '#6d332d',
    colorInfo: '#2fa899',
    colorSuccess: '#4fb27d',
    colorWarning: '#d9a441',
    colorError: '#e0685e',
    colorTextBase: '#e8efed',
    colorTextTertiary: '#8f9c99',
    colorTextPlaceholder: '#74817e',
    colorBgBase: '#0f1514',
    colorBgLayout: '#0c1110',
    colorBgContainer: '#151c1b',
    colorBgElevated: '#1c2523',
    colorBorder: '#34413e',
    colorBorderSecondary: '#242e2c',
    colorSplit: '#242e2c',
  },
  // White on the lighter green of the dark theme is too faint to read.
  components: { Button: { primaryColor: '#03201c' } },
};

const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');

function watchPreference(changed: () => void) {
  prefersDark.addEventListener('change', changed);
  return () => prefersDark.removeEventListener('change', changed);
}

const storageKey = 'siyu.theme';

function storedChoice(): ThemeChoice {
  const stored = localStorage.getItem(storageKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

export function ThemeProvider({ children }: { children: ReactNode }) {
  const { i18n } = useTranslation();
  const [choice, setChoice] = useState(storedChoice);
  const systemIsDark = useSyncExternalStore(watchPreference, () => prefersDark.matches);
  const isDark = choice === 'system' ? systemIsDark : choice === 'dark';

  useEffect(() => {
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  }, [isDark]);

  useEffect(() => {
    document.documentElement.lang = i18n.language;
    dayjs.locale(i18n.language === 'zh-CN' ? 'zh-cn' : 'en');
  }, [i18n.language]);

  const value = useMemo<Theme>(
    () => ({
      choice,
      isDark,
      choose: (next) => {
        localStorage.setItem(storageKey, next);
        setChoice(next);
      },
    }),
    [choice, isDark],
  );

  return (
    <ThemeContext value={value}>
      <ConfigProvider
        theme={isDark ? dark : light}
        button={{ autoInsertSpace: false }}
        locale={i18n.language === 'zh-CN' ? zhCN : en}
      >
        <App className="app">{children}</App>
      </ConfigProvider>
    </ThemeContext>
  );
}
