import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en/index';
import { zhCN } from './zh-CN/index';

export type Language = 'zh-CN' | 'en';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'translation';
    resources: { translation: typeof zhCN };
  }
}

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

export function setLanguage(language: Language): void {
  localStorage.setItem(storageKey, language);
  void i18next.changeLanguage(language);
}

/** The text of a key that is only known while running (an event's name, a finding), or the fallback. */
export function textOr(key: string, fallback: string, values: Record<string, unknown> = {}): string {
  if (!i18next.exists(key)) return fallback;
  const text: unknown = i18next.t(key as never, values as never);
  return typeof text === 'string' ? text : fallback;
}
