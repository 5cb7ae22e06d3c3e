import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '~/app/session';

/** Writing of numbers and times in the reader's language and the organisation's time zone. */
export function useFormat() {
  const { i18n, t } = useTranslation();
  const { timeZone } = useSession();
  const language = i18n.language;
  return useMemo(() => {
    const number = new Intl.NumberFormat(language);
    const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
    const time = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'medium', timeStyle: 'short' });
    const clock = new Intl.DateTimeFormat(language, { timeZone, hour: '2-digit', minute: '2-digit', hour12: false });
    const date = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'medium' });
    const weekday = new Intl.DateTimeFormat(language, { timeZone, dateStyle: 'full' });
    // A civil day has no zone: it is read and written as UTC so that it cannot slip.
    const shortDay = new Intl.DateTimeFormat(language, { timeZone: 'UTC', month: 'numeric', day: 'numeric' });
    const longDay = new Intl.DateTimeFormat(language, { timeZone: 'UTC', dateStyle: 'medium' });
    const dayOfTime = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
    return {
      number: (value: number) => number.format(value),
      /** From a share between 0 and 1; null is a dash. */
      percent: (value: number | null) => (value === null ? '–' : percent.format(value)),
      time: (iso: string) => time.format(new Date(iso)),
      clock: (iso: string) => clock.format(new Date(iso)),
      date: (iso: string) => date.format(new Date(iso)),
      fullDate: (iso: string) => weekday.format(new Date(iso)),
      shortDay: (day: string) => shortDay.format(new Date(day)),
      longDay: (day: string) => longDay.format(new Date(day)),
      /** The civil day a moment falls on: '2026-11-21'. */
      dayOf: (iso: string) => dayOfTime.format(new Date(iso)),
      duration: (ms: number | null) => {
        if (ms === null) return '–';
        if (ms < 1000) return t('unit.ms', { n: number.format(Math.round(ms)) });
        if (ms < 60_000) return t('unit.seconds', { n: number.format(Math.round(ms / 100) / 10) });
        return t('unit.minutes', { n: number.format(Math.round(ms / 6000) / 10) });
      },
      /** From the smallest unit of a currency: 1250 CNY is ¥12.50; without a currency a plain number. */
      money: (minor: number, currency: string | null) => {
        if (currency === null) return number.format(minor / 100);
        const writer = new Intl.NumberFormat(language, {
          style: 'currency',
          currency,
          currencyDisplay: 'narrowSymbol',
        });
        return writer.format(minor / 10 ** (writer.resolvedOptions().maximumFractionDigits ?? 2));
      },
      decimal: (value: number, digits = 2) =>
        new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(value),
      list: (items: readonly string[]) => items.join(t('common.separator')),
      bytes: (count: number) => {
        if (count < 1024 ** 2) return `${number.format(Math.max(1, Math.round(count / 1024)))} KB`;
        if (count < 1024 ** 3) return `${number.format(Math.round(count / 104_857.6) / 10)} MB`;
        return `${number.format(Math.round(count / 107_374_182.4) / 10)} GB`;
      },
    };
  }, [language, timeZone, t]);
}

const dayMs = 86_400_000;

/** Moves a civil day: shiftDay('2026-03-01', -1) is '2026-02-28'. */
export function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);
}
