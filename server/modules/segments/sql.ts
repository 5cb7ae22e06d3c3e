import { type Comparison, type Range, scale } from './rules.ts';

/**
 * Pieces of SQL in the common subset of PostgreSQL and DuckDB. Values are written into the text: the very same text runs
 * on both. Dates are numbers (20261121), moments are literals in UTC.
 */

/** Text as a literal. Neither engine gives the backslash a meaning here; NUL never passes the contract. */
export const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;

export const quoteAll = (texts: readonly string[]) => texts.map(quote).join(', ');

export const numbers = (values: readonly number[]) => values.map((value) => String(Math.trunc(value))).join(', ');

/** A double, read back exactly. */
export const double = (value: number) => `cast('${value}' as double precision)`;

export const moment = (at: Date) => `timestamptz '${at.toISOString().replace('T', ' ').replace('Z', '+00')}'`;

export const interval = (ms: number) => `interval '${Math.round(ms)} milliseconds'`;

/** Conditions that a moment in `column` lies in a range. */
export function inRange(column: string, range: Range): string[] {
  return [
    `${column} <= ${moment(range.upTo)}`,
    ...(range.after ? [`${column} > ${moment(range.after)}`] : []),
    ...(range.from ? [`${column} >= ${moment(range.from)}`] : []),
    ...(range.until ? [`${column} < ${moment(range.until)}`] : []),
  ];
}

const signs = { eq: '=', ne: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

/** @param literal writes a bound of the comparison as SQL */
export function compareSql(value: string, compare: Comparison, literal: (bound: number) => string): string {
  if (compare.op === 'between') return `${value} >= ${literal(compare.value)} and ${value} <= ${literal(compare.to)}`;
  return `${value} ${signs[compare.op]} ${literal(compare.value)}`;
}

/** A bound in ten-thousandths; whole numbers otherwise. */
export const scaled = (bound: number) => String(Math.round(bound * scale));
export const whole = (bound: number) => String(Math.round(bound));

/** An average without dividing: the sum of what lies above the bound. Exact, and the same in any order of adding. */
export function averageSql(value: string, compare: Comparison, literal: (bound: number) => string): string {
  const above = (bound: number) => `sum(${value} - ${literal(bound)})`;
  if (compare.op === 'between') return `${above(compare.value)} >= 0 and ${above(compare.to)} <= 0`;
  return `${above(compare.value)} ${signs[compare.op]} 0`;
}

export const all = (conditions: readonly string[]) => conditions.join(' and ');
