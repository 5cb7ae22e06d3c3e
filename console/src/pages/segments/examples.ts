import type { Output } from '#contract';
import type { listAttributes } from '#contract/customers';

type Attribute = Output<typeof listAttributes>['rows'][number];

/** The attribute that holds birthdays: of the dates, the one that is called so, else the only one. */
export function birthdayAttribute(rows: readonly Attribute[] | undefined): Attribute | undefined {
  const dates = rows?.filter((row) => row.kind === 'date') ?? [];
  return (
    dates.find((row) => /birth|生日|出生/i.test(`${row.key} ${row.name}`)) ??
    (dates.length === 1 ? dates[0] : undefined)
  );
}
