import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Cap, Category, Channel, touchDetail, touchReason } from '#contract/touch';
import { useFormat } from '~/format';

/** The gate in words: caps, spans of time, and reasons with what belongs to them. */
export function useTouchWords() {
  const { t } = useTranslation();
  const format = useFormat();

  const span = (hours: number) =>
    hours % 24 === 0 && hours > 24
      ? t('policy.days', { n: format.number(hours / 24) })
      : t('policy.hours', { n: format.number(hours) });
  const categories = (list: readonly Category[]) => format.list(list.map((one) => t(`touch.category.${one}`)));
  const channels = (list: readonly Channel[]) => format.list(list.map((one) => t(`touch.channel.${one}`)));

  function cap({ max, windowHours, categories: of, channels: on, isByStaff }: Cap): string {
    const what = [
      t('policy.capWhat'),
      of.length === 0 ? '' : t('policy.capOf', { categories: categories(of) }),
      on.length === 0 ? '' : t('policy.capOn', { channels: channels(on) }),
      isByStaff ? t('policy.capByStaff') : '',
    ];
    return t('policy.cap', { window: span(windowHours), max: format.number(max), what: what.join('') });
  }

  function reason(why: z.output<typeof touchReason>, detail: z.output<typeof touchDetail> | null): string {
    const parts = [
      t(`touch.reason.${why}`),
      detail?.cap === undefined ? '' : cap(detail.cap),
      detail?.count !== undefined && detail.max !== undefined
        ? t('touch.countOf', { count: format.number(detail.count), max: format.number(detail.max) })
        : detail?.count !== undefined
          ? t('touch.unanswered', { count: format.number(detail.count) })
          : '',
      detail?.until === undefined ? '' : t('touch.until', { time: format.time(detail.until) }),
    ];
    return parts.filter((part) => part !== '').join(' · ');
  }

  return { span, categories, channels, cap, reason };
}
