-- What a shop sells. A row comes from the catalogue, or from the newest order that names the product.
create table product (
  id bigint generated always as identity primary key,
  shop text not null,
  sku text not null,
  name text not null,
  category text,
  -- Of one piece, in the smallest unit of the currency.
  price_fen bigint,
  currency text,
  image_url text,
  -- When the catalogue last told of it; a catalogue is believed before orders are.
  catalogued_at timestamptz,
  -- Moment of the newest order that names it.
  sold_at timestamptz,
  search_text text not null,
  search_grams text[] not null,
  created_at timestamptz not null,
  unique (shop, sku)
);
create index product_search on product using gin (search_grams);

create sequence shop_order_id_seq;

-- An order as the sum of everything told of it. Money is whole numbers in the smallest unit of the currency. Customer 0
-- is nobody: an order whose buyer is not known.
create table shop_order (
  customer_id bigint not null,
  id bigint not null,
  shop text not null,
  number text not null,
  currency text not null,
  state text not null check (state in ('placed', 'paid', 'completed', 'cancelled')),
  -- Of an order of which only a refund was told: when that was.
  ordered_at timestamptz not null,
  paid_at timestamptz,
  completed_at timestamptz,
  cancelled_at timestamptz,
  -- Without what was given back.
  total_fen bigint not null,
  refunded_fen bigint not null,
  line_count integer not null,
  -- Whatever else a shop wants to see with an order: flat.
  details jsonb not null,
  -- Each field with the moment of the telling that set it: {"totalFen": [2750, 1291190400000]}. All other columns follow.
  told jsonb not null,
  source text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  home_id bigint,
  primary key (customer_id, id)
);
create index shop_order_ordered on shop_order (ordered_at, id);
create index shop_order_home on shop_order (home_id) where home_id is not null;

-- Which order a shop means by a number, whoever bought.
create table order_key (
  shop text not null,
  number text not null,
  customer_id bigint not null,
  order_id bigint not null,
  primary key (shop, number)
);
create index order_key_number on order_key (number text_pattern_ops);
create unique index order_key_order on order_key (order_id);

create table order_line (
  customer_id bigint not null,
  order_id bigint not null,
  line_key text not null,
  -- Null for what is no product: postage, a fee, a discount.
  product_id bigint references product (id),
  sku text not null,
  name text not null,
  category text,
  quantity integer not null,
  amount_fen bigint not null,
  refunded_quantity integer not null default 0,
  refunded_fen bigint not null default 0,
  ordered_at timestamptz not null,
  told_at timestamptz not null,
  home_id bigint,
  primary key (customer_id, order_id, line_key)
);
create index order_line_product on order_line (product_id, ordered_at);
create index order_line_home on order_line (home_id) where home_id is not null;

create table refund (
  customer_id bigint not null,
  order_id bigint not null,
  refund_key text not null,
  refunded_at timestamptz not null,
  amount_fen bigint not null,
  reason text,
  -- As `told` of the order, with what was given back by its key.
  told jsonb not null,
  home_id bigint,
  primary key (customer_id, order_id, refund_key)
);
create index refund_refunded on refund (refunded_at);
create index refund_home on refund (home_id) where home_id is not null;
