import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'light' | 'dark' | 'system';

/** The console's key: who chose there has it here. */
const storageKey = 'siyu.theme';
const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
const changed = new EventTarget();

function storedChoice(): ThemeChoice {
  const stored = localStorage.getItem(storageKey);
  return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function apply(): void {
  const choice = storedChoice();
  const isDark = choice === 'system' ? prefersDark.matches : choice === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
}

/** Before the first paint, and whenever the phone changes its mind. */
export function followTheme(): void {
  apply();
  prefersDark.addEventListener('change', apply);
}

export function chooseTheme(choice: ThemeChoice): void {
  localStorage.setItem(storageKey, choice);
  apply();
  changed.dispatchEvent(new Event('change'));
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore((listen) => {
    changed.addEventListener('change', listen);
    return () => changed.removeEventListener('change', listen);
  }, storedChoice);
}
