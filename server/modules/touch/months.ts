import { sql } from '#platform/db';
import { ensureMonths } from '#platform/partitions';
import { type Chore, dailyAt } from '#platform/schedule';

/** Months that are made before they begin. */
const monthsAhead = 3;

/** Chore: the ledger's months are there before the first row of each; rows that came before their month move into it. */
export const touchChores: readonly Chore[] = [
  {
    name: 'touch.ensure_months',
    next: dailyAt(2 * 60 + 20),
    async run(ctx) {
      const { rows } = await sql<{ table: string; month: Date }>`
        select distinct 'touch' as table, date_trunc('month', occasion_at, 'UTC') as month from touch_rest
        union select 'attention', date_trunc('month', at, 'UTC') from attention_rest
      `.execute(ctx.db);
      const coming = Array.from({ length: monthsAhead + 1 }, (_, i) => {
        const month = new Date(ctx.now);
        month.setUTCDate(1);
        month.setUTCMonth(month.getUTCMonth() + i);
        return month;
      });
      for (const table of ['touch', 'attention']) {
        const waiting = rows.filter((row) => row.table === table).map((row) => row.month);
        await ensureMonths(ctx, table, [...coming, ...waiting]);
      }
    },
  },
];
