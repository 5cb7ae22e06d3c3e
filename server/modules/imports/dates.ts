import type { dateForms } from '#contract/imports';
import { zoneShiftMs } from '#platform/days';

/** Moments as files write them. Civil times are read in a zone that the operator states; an offset in the text wins. */

export type DateForm = (typeof dateForms)[number];

/** Why a text is no moment. */
export type DateProblem = 'date_invalid' | 'date_out_of_range';

const [fromYear, toYear] = [2000, 2100];
const hourMs = 3_600_000;

/** A reader that remembers: in a file of orders the same moment stands on many rows, and asking for zones is slow. */
export function createDateReader(form: DateForm, zone: string): (text: string) => number | DateProblem {
  const shifts = new Map<number, number>();
  const shiftAt = (ms: number) => {
    const hour = Math.floor(ms / hourMs);
    let shift = shifts.get(hour);
    if (shift === undefined) {
      if (shifts.size > 50_000) shifts.clear();
      shift = zoneShiftMs(new Date(hour * hourMs), zone);
      shifts.set(hour, shift);
    }
    return shift;
  };
  /** The first guess of the shift is wrong only within hours of a change; then the second is right. */
  const toMoment = (civil: number) => civil - shiftAt(civil - shiftAt(civil));
  let [lastText, last]: [string, number | DateProblem] = ['', 'date_invalid'];
  return (text) => {
    if (text === lastText) return last;
    const read = readCivil(text.trim(), form);
    const moment = read === undefined ? undefined : read.isCivil ? toMoment(read.ms) : read.ms;
    lastText = text;
    if (moment === undefined) last = 'date_invalid';
    else {
      const year = new Date(moment).getUTCFullYear();
      last = year >= fromYear && year < toYear ? moment : 'date_out_of_range';
    }
    return last;
  };
}

interface Read {
  readonly ms: number;
  /** Still to be read in a zone. */
  readonly isCivil: boolean;
}

const time = String.raw`(?:[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:[.,](\d{1,6}))?秒?|分)?\s*([AaPp])?\.?[Mm]?\.?)?`;
const zoneMark = String.raw`\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?`;
const yearFirst = new RegExp(String.raw`^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?${time}${zoneMark}$`);
const yearLast = new RegExp(String.raw`^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})${time}${zoneMark}$`);
const packed = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?$/;

function readCivil(text: string, form: DateForm): Read | undefined {
  switch (form) {
    case 'epoch_s':
      return /^\d{9,10}(\.\d+)?$/.test(text) ? { ms: Math.round(Number(text) * 1000), isCivil: false } : undefined;
    case 'epoch_ms':
      return /^\d{12,13}$/.test(text) ? { ms: Number(text), isCivil: false } : undefined;
    case 'excel':
      // Days since 1899-12-30, as spreadsheets count.
      return /^\d{4,6}(\.\d+)?$/.test(text)
        ? { ms: Math.round((Number(text) - 25_569) * 86_400) * 1000, isCivil: true }
        : undefined;
    case 'ymd': {
      const match = packed.exec(text);
      if (match) return moment(match[1], match[2], match[3], [match[4], match[5], match[6]]);
      const parts = yearFirst.exec(text);
      return parts ? moment(parts[1], parts[2], parts[3], parts.slice(4, 9), parts[9]) : undefined;
    }
    case 'dmy':
    case 'mdy': {
      const parts = yearLast.exec(text);
      if (!parts) return undefined;
      const [day, month] = form === 'dmy' ? [parts[1], parts[2]] : [parts[2], parts[1]];
      const year = parts[3]?.length === 2 ? `20${parts[3]}` : parts[3];
      return moment(year, month, day, parts.slice(4, 9), parts[9]);
    }
  }
}

type Part = string | undefined;

function moment(year: Part, month: Part, day: Part, clock: readonly Part[], mark?: string): Read | undefined {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  let hour = Number(clock[0] ?? 0);
  const [minute, second] = [Number(clock[1] ?? 0), Number(clock[2] ?? 0)];
  const half = clock[4]?.toLowerCase();
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half === 'p' ? 12 : 0);
  }
  if (m < 1 || m > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  const days = new Date(Date.UTC(y, m, 0)).getUTCDate();
  if (d < 1 || d > days) return undefined;
  const ms = Math.floor(Number(`0.${clock[3] ?? 0}`) * 1000);
  const civil = Date.UTC(y, m - 1, d, hour, minute, second, ms);
  if (mark === undefined) return { ms: civil, isCivil: true };
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(mark);
  if (!offset) return { ms: civil, isCivil: false };
  const shift = (Number(offset[2]) * 60 + Number(offset[3])) * 60_000 * (offset[1] === '-' ? -1 : 1);
  return { ms: civil - shift, isCivil: false };
}

/**
 * The form that reads all of the samples, or most of them where none does. `isAmbiguous`: 03/04/2026 may be two days, and
 * no sample says which.
 */
export function guessDateForm(samples: readonly string[]): { form: DateForm; isAmbiguous: boolean } {
  const texts = samples.map((text) => text.trim()).filter((text) => text !== '');
  const forms: readonly DateForm[] = ['ymd', 'mdy', 'dmy', 'epoch_ms', 'epoch_s', 'excel'];
  const scored = forms.map((form) => {
    const read = createDateReader(form, 'UTC');
    return { form, count: texts.filter((text) => typeof read(text) === 'number').length };
  });
  const best = scored.reduce((a, b) => (b.count > a.count ? b : a));
  const countOf = (form: DateForm) => scored.find((score) => score.form === form)?.count ?? 0;
  const isAmbiguous = best.count > 0 && best.form === 'mdy' && countOf('mdy') === countOf('dmy');
  return { form: best.count === 0 ? 'ymd' : best.form, isAmbiguous };
}
