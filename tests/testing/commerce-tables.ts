import type pg from 'pg';

/** Lets tests write orders with no more than conditions read of them: what only commerce needs gets defaults. */
export async function easeCommerceTables(client: Pick<pg.Pool, 'query'>): Promise<void> {
  await client.query(`
    alter table shop_order alter refunded_fen set default 0, alter line_count set default 0, alter details set default '{}',
      alter told set default '{}', alter source set default 'test', alter created_at set default '2026-01-01',
      alter updated_at set default '2026-01-01';
    alter table order_line alter quantity set default 1, alter told_at set default '2026-01-01', alter sku drop not null,
      alter name drop not null;`);
}
