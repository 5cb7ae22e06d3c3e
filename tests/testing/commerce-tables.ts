import type pg from 'pg';

/** The tables of orders and scores in the shape conditions read them, where no migration has made them yet. */
export async function ensureCommerceTables(client: Pick<pg.Pool, 'query'>): Promise<void> {
  await client.query(`
    create table if not exists shop_order (
      customer_id bigint not null, id bigint not null, shop text not null, number text not null, currency text not null,
      state text not null, ordered_at timestamptz not null, paid_at timestamptz, cancelled_at timestamptz,
      total_fen bigint not null, refunded_fen bigint not null default 0, line_count integer not null default 0, home_id bigint,
      primary key (customer_id, id)
    );
    create table if not exists order_line (
      customer_id bigint not null, order_id bigint not null, line_key text not null, product_id bigint, sku text, name text,
      category text, quantity integer not null default 1, amount_fen bigint not null, refunded_quantity integer not null default 0,
      refunded_fen bigint not null default 0, ordered_at timestamptz not null, home_id bigint,
      primary key (customer_id, order_id, line_key)
    );
    create table if not exists customer_score (
      customer_id bigint primary key, computed_at timestamptz not null, recency_days integer, frequency integer, monetary_fen bigint,
      r smallint, f smallint, m smallint, rfm_group text, expected_orders double precision, p_alive double precision,
      expected_value_fen bigint, relation double precision, responsiveness double precision, attention double precision,
      freebie double precision, is_super boolean
    );`);
}
