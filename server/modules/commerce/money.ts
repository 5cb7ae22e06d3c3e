/** Amounts as people and other programs write them, made into whole numbers of a currency's smallest unit. */

const digitsOf = new Map<string, number>();

/** Places after the point: 2 for CNY, 0 for JPY, 3 for KWD (ISO 4217, as the platform's ICU knows it). */
export function minorDigits(currency: string): number {
  let digits = digitsOf.get(currency);
  if (digits === undefined) {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    digitsOf.set(currency, digits);
  }
  return digits;
}

/** A decimal number, exactly: `units` / 10 ^ `places`. */
export interface Decimal {
  readonly units: bigint;
  readonly places: number;
}

/**
 * '1,234.50', '¥12', '-3.5', '(3.50)', '1.5e3'; with a decimal comma only where that is said: '1.234,50'. Undefined for
 * anything else: a guess at money is worse than a question.
 */
export function parseDecimal(text: string, decimalComma = false): Decimal | undefined {
  let plain = text.trim().replace(/^[¥￥$€£]\s*|\s*(?:元|¥|€)$/gu, '');
  const isNegative = /^\(.*\)$|^[-−]/.test(plain);
  plain = plain.replace(/^[-−+]|^\(|\)$/g, '').replace(/^[¥￥$€£]\s*/u, '');
  if (decimalComma) plain = plain.replaceAll('.', '\u0000').replace(',', '.').replaceAll('\u0000', ',');
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)?(?:\.(\d*))?(?:[eE]([+-]?\d{1,2}))?$/.exec(plain);
  if (!match || (match[1] === undefined && !match[2])) return undefined;
  const [, whole = '', fraction = '', exponent = '0'] = match;
  if (whole.length + fraction.length > 40) return undefined;
  const units = BigInt(whole.replaceAll(',', '') + fraction || '0') * (isNegative ? -1n : 1n);
  const places = fraction.length - Number(exponent);
  return places >= 0 ? { units, places } : { units: units * 10n ** BigInt(-places), places: 0 };
}

/** In smallest units of the currency; half of one is rounded away from zero, as invoices do. */
export function toFen(amount: Decimal, currency: string): number {
  const shift = amount.places - minorDigits(currency);
  if (shift <= 0) return Number(amount.units * 10n ** BigInt(-shift));
  const divisor = 10n ** BigInt(shift);
  const size = amount.units < 0n ? -amount.units : amount.units;
  const rounded = (size * 2n + divisor) / (divisor * 2n);
  return Number(amount.units < 0n ? -rounded : rounded);
}

/** Price times quantity, rounded once. */
export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, places: a.places + b.places };
}

/** A number of JSON as an amount. */
export function decimalOf(value: unknown): Decimal | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return parseDecimal(String(value));
  return typeof value === 'string' ? parseDecimal(value) : undefined;
}
