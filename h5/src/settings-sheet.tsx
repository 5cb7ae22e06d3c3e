import { useTranslation } from 'react-i18next';
import { auth } from '#console/auth';
import { type Language, setLanguage } from './i18n/index';
import { Sheet } from './parts';
import { useSession } from './session';
import { chooseTheme, type ThemeChoice, useThemeChoice } from './theme';

const languages: readonly (readonly [Language, string])[] = [
  ['zh-CN', '简体中文'],
  ['en', 'English'],
];
const themes: readonly ThemeChoice[] = ['light', 'dark', 'system'];

export function SettingsSheet({ onClose }: { onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const theme = useThemeChoice();
  const { user, organizationName } = useSession();

  async function signOut() {
    await auth.signOut();
    // A whole new page, so that nothing of this session stays in memory.
    window.location.assign('/m/sign-in');
  }

  return (
    <Sheet title={user?.name ?? t('layout.settings')} onClose={onClose}>
      <p className="muted">{organizationName}</p>
      <h3 className="sheet-label">{t('layout.language')}</h3>
      <div className="choices">
        {languages.map(([language, label]) => (
          <button
            key={language}
            type="button"
            className="choice"
            aria-pressed={i18n.language === language}
            onClick={() => setLanguage(language)}
          >
            {label}
          </button>
        ))}
      </div>
      <h3 className="sheet-label">{t('layout.theme')}</h3>
      <div className="choices">
        {themes.map((choice) => (
          <button
            key={choice}
            type="button"
            className="choice"
            aria-pressed={theme === choice}
            onClick={() => chooseTheme(choice)}
          >
            {t(`layout.${choice}`)}
          </button>
        ))}
      </div>
      <div className="sheet-foot">
        <a className="button" href="/">
          {t('layout.console')}
        </a>
        <button type="button" className="button" onClick={() => void signOut()}>
          {t('layout.signOut')}
        </button>
      </div>
    </Sheet>
  );
}
