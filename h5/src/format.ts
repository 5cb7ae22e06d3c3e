import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from './session';

const dayMs = 86_400_000;

/** Moves a civil day: shiftDay('2026-03-01', -1) is '2026-02-28'. */
export function shiftDay(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);
}

export function daysFrom(day: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(day)) / dayMs);
}

/** Writing of times and money in the reader's language and the organisation's time zone. */
export function useFormat() {
  const { i18n } = useTranslation();
  const { timeZone, now } = useSession();
  const language = i18n.language;
  return useMemo(() => {
    const time = new Intl.DateTimeFormat(language, {
      timeZone,
      month: 'numeric',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hour12: false,
    });
    const date = new Intl.DateTimeFormat(language, { timeZone, year: 'numeric', month: 'short', day: 'numeric' });
    const today = new Intl.DateTimeFormat(language, { timeZone, month: 'long', day: 'numeric', weekday: 'long' });
    // A civil day has no zone: it is read and written as UTC so that it cannot slip.
    const day = new Intl.DateTimeFormat(language, {
      timeZone: 'UTC',
      month: 'short',
      day: 'numeric',
      weekday: 'short',
    });
    const ago = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
    const civil = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
    const hour = new Intl.DateTimeFormat('en', { timeZone, hour: '2-digit', hour12: false });
    return {
      time: (iso: string) => time.format(new Date(iso)),
      date: (iso: string) => date.format(new Date(iso)),
      today: () => today.format(new Date(now)),
      hour: () => Number(hour.format(new Date(now))) % 24,
      /** The civil day a moment falls on: '2026-11-21'. */
      civil: (iso: string) => civil.format(new Date(iso)),
      day: (civil: string) => day.format(new Date(civil)),
      ago: (iso: string) => {
        const minutes = (Date.parse(iso) - Date.parse(now)) / 60_000;
        if (minutes > -60) return ago.format(Math.min(0, Math.round(minutes)), 'minute');
        if (minutes > -60 * 24) return ago.format(Math.round(minutes / 60), 'hour');
        if (minutes > -60 * 24 * 60) return ago.format(Math.round(minutes / 60 / 24), 'day');
        return date.format(new Date(iso));
      },
      /** From the smallest unit of a currency: 1250 CNY is ¥12.50. */
      money: (minor: number, currency: string) => {
        const writer = new Intl.NumberFormat(language, {
          style: 'currency',
          currency,
          currencyDisplay: 'narrowSymbol',
        });
        return writer.format(minor / 10 ** (writer.resolvedOptions().maximumFractionDigits ?? 2));
      },
    };
  }, [language, timeZone, now]);
}
