import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en';
import { zhCN } from './zh-CN';

export type Language = 'zh-CN' | 'en';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof zhCN };
  }
}

/** The console's key: who chose a language there has it here. */
const storageKey = 'siyu.language';

function firstLanguage(): Language {
  const wanted = localStorage.getItem(storageKey) ?? navigator.language;
  return wanted.toLowerCase().startsWith('en') ? 'en' : 'zh-CN';
}

await i18next.use(initReactI18next).init({
  lng: firstLanguage(),
  fallbackLng: 'zh-CN',
  resources: { 'zh-CN': { translation: zhCN }, en: { translation: en } },
  interpolation: { escapeValue: false },
});
document.documentElement.lang = i18next.language;

export function setLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

/** The text of a key that is only known while running, or the fallback. */
export function textOr(key: string, fallback: string): string {
  if (!i18next.exists(key)) return fallback;
  const text: unknown = i18next.t(key as never);
  return typeof text === 'string' ? text : fallback;
}
