import { createReadStream, existsSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { describe, expect, it } from 'vitest';
import { examinePurchases, fitShare } from './calibration.ts';
import { createSummary } from './summary.ts';

/** The order lines of a gift retailer (UCI "Online Retail"), gzipped; they are not in the repository. */
const file = process.env.ONLINE_RETAIL ?? '';
const dayMs = 86_400_000;

/** Net amount by customer and day: lines of cancelled invoices (C…) are taken off the day they were told. */
async function readDays(): Promise<Map<string, Map<number, number>>> {
  const customers = new Map<string, Map<number, number>>();
  const lines = createReadStream(file)
    .pipe(createGunzip())
    .pipe(parse({ columns: true }));
  for await (const line of lines as AsyncIterable<Record<string, string>>) {
    const { CustomerID: id = '', InvoiceNo: invoice = '', InvoiceDate: at = '', Quantity, UnitPrice } = line;
    if (id === '' || invoice.startsWith('C')) continue;
    const day = Math.floor(Date.parse(`${at.replace(' ', 'T')}Z`) / dayMs);
    const days = customers.get(id) ?? new Map<number, number>();
    days.set(day, (days.get(day) ?? 0) + Math.round(Number(Quantity) * Number(UnitPrice) * 100));
    customers.set(id, days);
  }
  return customers;
}

describe.skipIf(!existsSync(file))('real orders of a retailer (skipped unless ONLINE_RETAIL names the file)', () => {
  it('are fitted, foretold and ranked', async () => {
    const customers = await readDays();
    const all = [...customers.values()].flatMap((days) => [...days.keys()]);
    const first = all.reduce((one, other) => Math.min(one, other));
    const today = all.reduce((one, other) => Math.max(one, other));
    const split = first + Math.round((today - first) * fitShare);
    const summary = createSummary(0.5);
    for (const days of customers.values()) {
      const bought = [...days].filter(([, net]) => net > 0).sort(([one], [other]) => one - other);
      const seen = bought.filter(([day]) => day <= split);
      const [from] = bought[0] ?? [];
      const [last] = bought.at(-1) ?? [];
      if (from === undefined || last === undefined) continue;
      const spend = bought.reduce((sum, [, net]) => sum + net, 0);
      const isHeld = seen.length > 0;
      summary.add({
        orders: bought.length,
        amount: spend,
        recency: today - last,
        days: bought.length,
        spend,
        tx: last - from,
        T: today - from,
        holdX: isHeld ? seen.length - 1 : null,
        holdTx: isHeld ? (seen.at(-1)?.[0] ?? 0) - from : null,
        holdT: isHeld ? split - from : null,
        holdBought: bought.length - seen.length,
      });
    }
    const { purchases, value, buyers } = summary.finish();
    const dayText = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10);
    const report = examinePurchases(
      { ...purchases, firstDay: dayText(first), splitDay: dayText(split), today: dayText(today) },
      { model: 'mbg', horizonDays: 90 },
    );
    expect(buyers).toBeGreaterThan(4000);
    expect(value.topFifthValue).toBeGreaterThan(0.7);
    expect(report.refusal).toBeNull();
    const mbg = report.holdout?.fits.find(({ model }) => model === 'mbg');
    expect((mbg?.expected ?? 0) / (report.holdout?.actual ?? 1)).toBeGreaterThan(0.75);
    expect((mbg?.expected ?? 0) / (report.holdout?.actual ?? 1)).toBeLessThan(1.25);
    const ranking = report.holdout?.rankings.find(({ name }) => name === 'mbg_expected');
    expect(ranking?.auc).toBeGreaterThan(0.7);
    // One year with Christmas at its end shows nobody who stops.
    expect(report.aliveRefusal).toBe('no_stops');
  });
});
