import { createHash } from 'node:crypto';
import { type Decimal, multiply, parseDecimal, toFen } from '#commerce';
import { accountFields } from '#contract/imports';
import type { ImportSettings } from './columns.ts';
import { createDateReader } from './dates.ts';

/** What a row says, or why it cannot be taken. Pure: the same row and settings always give the same. */

export interface Rejection {
  /** Key of a sentence of the console: 'date_invalid'. */
  readonly reason: string;
  /** The field that was wrong; empty for the row as a whole. */
  readonly field: string;
  /** Of a row of an order, where it could be read: so that rejected money is accounted for too. */
  readonly amountFen?: number;
  readonly currency?: string;
}

export type Reading<T> = { readonly ok: T } | Rejection;

export interface Account {
  readonly kind: (typeof accountFields)[number];
  readonly value: string;
}

/** Thrown inside a reader only: a row has many places where it may turn out to be wrong. */
class Wrong extends Error {
  readonly reason: string;
  readonly field: string;
  constructor(reason: string, field: string) {
    super(reason);
    this.reason = reason;
    this.field = field;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is the point
const unstorable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\p{Surrogate}|\ufffd/u;

/** The cells of one row by their meaning. */
class Cells {
  readonly #places: ReadonlyMap<string, number>;
  #cells: readonly string[] = [];

  constructor(settings: ImportSettings) {
    this.#places = new Map(settings.columns.map((meaning, i) => [meaning, i] as const));
  }

  take(cells: readonly string[]): void {
    this.#cells = cells;
  }

  has(field: string): boolean {
    return this.#places.has(field);
  }

  /** Without the signs by which spreadsheets keep digits as text: ="00123", '00123. Empty is undefined. */
  text(field: string, longest = 300): string | undefined {
    const place = this.#places.get(field);
    const cell = place === undefined ? undefined : this.#cells[place];
    if (cell === undefined || cell === '') return undefined;
    const text = cell
      .trim()
      .replace(/^="(.*)"$/s, '$1')
      .replace(/^'(?=[\d+])/, '')
      .replace(/[\r\n\t]+/g, ' ');
    if (text === '') return undefined;
    if (text.length > longest) throw new Wrong('text_too_long', field);
    return text;
  }

  /** A number by which something is named: 17850.0 is how a program wrote 17850 down. */
  id(field: string, longest = 80): string | undefined {
    const text = this.text(field, longest);
    if (text === undefined) return undefined;
    if (/^\d+(\.\d+)?[eE]\+\d+$/.test(text)) throw new Wrong('digits_lost', field);
    return /^\d+\.0+$/.test(text) ? text.slice(0, text.indexOf('.')) : text;
  }

  decimal(field: string, decimalComma: boolean): Decimal | undefined {
    const text = this.text(field, 40);
    if (text === undefined) return undefined;
    const value = parseDecimal(text, decimalComma);
    if (!value) throw new Wrong('number_invalid', field);
    return value;
  }
}

function createMoments(cells: Cells, settings: ImportSettings) {
  const read = createDateReader(settings.dateForm, settings.zone);
  return (field: string): number | undefined => {
    const text = cells.text(field, 60);
    if (text === undefined) return undefined;
    const moment = read(text);
    if (typeof moment === 'string') throw new Wrong(moment, field);
    return moment;
  };
}

function assertStorable(cells: readonly string[]): void {
  for (const cell of cells) if (unstorable.test(cell)) throw new Wrong('control_characters', '');
}

function readAccounts(cells: Cells, shop: string): Account[] {
  return accountFields.flatMap((kind) => {
    const value = cells.id(kind, 190);
    return value === undefined ? [] : [{ kind, value: accountValue(kind, value, shop) }];
  });
}

function accountValue(kind: Account['kind'], value: string, shop: string): string {
  switch (kind) {
    case 'shop_user':
      return `${shop}:${value}`;
    case 'email':
      if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value)) throw new Wrong('email_invalid', kind);
      return value.toLowerCase();
    case 'phone': {
      const digits = value.replace(/[\s\-()（）]/g, '').replace(/^(?:\+|00)?86(?=1\d{10}$)/, '');
      if (!/^\+?\d{5,15}$/.test(digits)) throw new Wrong('phone_invalid', kind);
      return digits;
    }
    default:
      return value;
  }
}

/** Turns what goes wrong inside into a rejection. */
function reader<T>(settings: ImportSettings, read: (cells: Cells) => Reading<T>) {
  const cells = new Cells(settings);
  return (row: readonly string[]): Reading<T> => {
    cells.take(row);
    try {
      if (row.length > settings.columns.length) throw new Wrong('columns_too_many', '');
      if (row.length < settings.columns.length) throw new Wrong('columns_too_few', '');
      assertStorable(row);
      return read(cells);
    } catch (error) {
      if (error instanceof Wrong) return { reason: error.reason, field: error.field };
      throw error;
    }
  };
}

export interface OrderRow {
  readonly shop: string;
  readonly number: string;
  readonly orderedAt: number;
  readonly accounts: readonly Account[];
  readonly currency: string;
  /** What the row adds to the books: below 0 it is given back. */
  readonly amountFen: number;
  /** The row's own content, by which a row that stands twice is known. */
  readonly key: string;
  /** Absent in a file that has one row for each order. */
  readonly item?: {
    readonly sku: string;
    readonly name: string | undefined;
    readonly category: string | undefined;
    readonly quantity: number;
    readonly amountFen: number;
    readonly isProduct: boolean;
  };
  readonly totalFen: number | undefined;
  readonly refundedFen: number | undefined;
  readonly state: 'placed' | 'paid' | 'completed' | 'cancelled' | 'refunded' | undefined;
  readonly paidAt: number | undefined;
  readonly updatedAt: number | undefined;
  readonly details: Readonly<Record<string, string>>;
}

const states: Readonly<Record<string, NonNullable<OrderRow['state']>>> = Object.fromEntries(
  (
    [
      ['placed', '待付款 等待买家付款 未付款 已下单 placed pending unpaid created open'],
      ['paid', '已付款 待发货 已支付 已发货 待收货 买家已付款 卖家已发货 等待买家确认收货 paid processing shipped'],
      ['completed', '已完成 交易成功 完成 已签收 已收货 complete completed fulfilled delivered success done'],
      ['cancelled', '已取消 交易关闭 取消 已关闭 关闭 cancelled canceled closed void'],
      ['refunded', '已退款 退款成功 全额退款 refunded'],
    ] as const
  ).flatMap(([state, names]) => names.split(' ').map((name) => [name, state] as const)),
);

/**
 * Rows of orders. A row whose amount is below zero gives back under its number: shops that write a cancellation as an order
 * of its own (C536379) leave no word of which order it was. A row below zero pieces and without money is a correction of the
 * stock and no sale.
 */
export function createOrderReader(settings: ImportSettings) {
  const serviceSkus = new Set(settings.serviceSkus);
  const details = settings.columns.filter((meaning) => meaning.startsWith('detail:'));
  let moment: ReturnType<typeof createMoments> | undefined;
  return reader<OrderRow>(settings, (cells) => {
    moment ??= createMoments(cells, settings);
    const currency = (cells.text('currency') ?? settings.currency).toUpperCase();
    if (!/^[A-Z]{3}$/.test(currency)) throw new Wrong('currency_invalid', 'currency');
    const money = (field: string) => {
      const value = cells.decimal(field, settings.decimalComma);
      return value && toFen(value, currency);
    };
    const quantity = cells.decimal('quantity', settings.decimalComma);
    const price = cells.decimal('unit_price', settings.decimalComma);
    const totalFen = money('order_total');
    const amountFen =
      money('amount') ?? (price && quantity ? toFen(multiply(price, quantity), currency) : undefined) ?? totalFen;
    const reject = (reason: string, field: string): Rejection => ({
      reason,
      field,
      ...(amountFen === undefined ? {} : { amountFen, currency }),
    });
    try {
      const number = cells.id('number');
      if (number === undefined) return reject('field_missing', 'number');
      if (settings.bookingPrefix !== '' && number.startsWith(settings.bookingPrefix))
        return reject('booking_entry', 'number');
      if (amountFen === undefined) return reject('field_missing', 'amount');
      if (Math.abs(amountFen) > 1e12) return reject('number_too_large', 'amount');
      if (price && price.units < 0n) return reject('price_negative', 'unit_price');
      const sku = cells.id('sku');
      const pieces = quantity === undefined ? 1 : Number(quantity.units) / 10 ** quantity.places;
      const isLine = cells.has('sku');
      if (isLine && sku === undefined) return reject('field_missing', 'sku');
      if (isLine && !Number.isInteger(pieces)) return reject('quantity_not_whole', 'quantity');
      if (isLine && pieces === 0) return reject('quantity_zero', 'quantity');
      if (Math.abs(pieces) > 10_000_000) return reject('number_too_large', 'quantity');
      if (isLine && pieces < 0 && amountFen === 0) return reject('stock_correction', 'quantity');
      const orderedAt = moment('ordered_at');
      if (orderedAt === undefined) return reject('field_missing', 'ordered_at');
      const status = cells.text('status')?.toLowerCase();
      if (status !== undefined && states[status] === undefined) return reject('status_unknown', 'status');
      const refundedFen = money('refunded_amount');
      if (refundedFen !== undefined && refundedFen < 0) return reject('number_negative', 'refunded_amount');
      const shop = cells.text('shop', 60) ?? settings.shop;
      return {
        ok: {
          shop,
          number,
          orderedAt,
          accounts: readAccounts(cells, shop),
          currency,
          amountFen,
          key: cells.id('line_key') ?? contentKey(sku, cells),
          ...(sku === undefined
            ? {}
            : {
                item: {
                  sku,
                  name: cells.text('product_name'),
                  category: cells.text('category', 100),
                  quantity: Math.abs(pieces),
                  amountFen: Math.abs(amountFen),
                  isProduct: !serviceSkus.has(sku),
                },
              }),
          totalFen: isLine ? totalFen : Math.max(0, amountFen),
          refundedFen,
          state: status === undefined ? undefined : states[status],
          paidAt: moment('paid_at'),
          updatedAt: moment('updated_at'),
          details: Object.fromEntries(
            details.flatMap((meaning) => {
              const text = cells.text(meaning);
              return text === undefined ? [] : [[meaning.slice('detail:'.length), text] as const];
            }),
          ),
        },
      };
    } catch (error) {
      if (error instanceof Wrong) return reject(error.reason, error.field);
      throw error;
    }
  });
}

const sayingLine = ['ordered_at', 'product_name', 'quantity', 'unit_price', 'amount'] as const;
const sayingOrder = [...sayingLine, 'order_total', 'status'] as const;

/**
 * By what a line is known where the file gives it no name: product, pieces, price and time as they are written. What else the
 * columns are taken to mean does not change it, so that a file imported again with other settings adds no lines.
 */
function contentKey(sku: string | undefined, cells: Cells): string {
  const said = (sku === undefined ? sayingOrder : sayingLine).map((field) => cells.text(field) ?? '');
  const hash = createHash('sha256').update(JSON.stringify(said)).digest('base64url').slice(0, 12);
  return sku === undefined ? hash : `${sku.slice(0, 60)} ${hash}`;
}

export interface PersonRow {
  readonly accounts: readonly Account[];
  readonly name: string | undefined;
  readonly gender: 'unknown' | 'male' | 'female' | undefined;
  /** As texts; what their kinds make of them is decided with the definitions. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly updatedAt: number | undefined;
}

const genders: Readonly<Record<string, PersonRow['gender']>> = {
  男: 'male',
  男性: 'male',
  m: 'male',
  male: 'male',
  '1': 'male',
  女: 'female',
  女性: 'female',
  f: 'female',
  female: 'female',
  '2': 'female',
  未知: 'unknown',
  保密: 'unknown',
  unknown: 'unknown',
  '0': 'unknown',
  u: 'unknown',
};

export function createPersonReader(settings: ImportSettings) {
  const attributes = settings.columns.filter((meaning) => meaning.startsWith('attribute:'));
  let moment: ReturnType<typeof createMoments> | undefined;
  return reader<PersonRow>(settings, (cells) => {
    moment ??= createMoments(cells, settings);
    const accounts = readAccounts(cells, settings.shop);
    if (accounts.length === 0) return { reason: 'nobody_named', field: '' };
    const gender = cells.text('gender')?.toLowerCase();
    if (gender !== undefined && genders[gender] === undefined) return { reason: 'gender_unknown', field: 'gender' };
    return {
      ok: {
        accounts,
        name: cells.text('name', 100),
        gender: gender === undefined ? undefined : genders[gender],
        attributes: Object.fromEntries(
          attributes.flatMap((meaning) => {
            const text = cells.text(meaning, 500);
            return text === undefined ? [] : [[meaning.slice('attribute:'.length), text] as const];
          }),
        ),
        updatedAt: moment('updated_at'),
      },
    };
  });
}

export interface EventRow {
  readonly accounts: readonly Account[];
  readonly event: string;
  readonly occurredAt: number;
  readonly messageId: string | undefined;
  readonly properties: Readonly<Record<string, string | number | boolean>>;
}

export function createEventReader(settings: ImportSettings) {
  const properties = settings.columns.filter((meaning) => meaning.startsWith('property:'));
  let moment: ReturnType<typeof createMoments> | undefined;
  return reader<EventRow>(settings, (cells) => {
    moment ??= createMoments(cells, settings);
    const accounts = readAccounts(cells, settings.shop);
    if (accounts.length === 0) return { reason: 'nobody_named', field: '' };
    const event = cells.text('event', 100) ?? (settings.event === '' ? undefined : settings.event);
    if (event === undefined) return { reason: 'field_missing', field: 'event' };
    const occurredAt = moment('occurred_at');
    if (occurredAt === undefined) return { reason: 'field_missing', field: 'occurred_at' };
    return {
      ok: {
        accounts,
        event,
        occurredAt,
        messageId: cells.id('message_id', 200),
        properties: Object.fromEntries(
          properties.flatMap((meaning) => {
            const text = cells.text(meaning, 1000);
            return text === undefined ? [] : [[meaning.slice('property:'.length), propertyOf(text)] as const];
          }),
        ),
      },
    };
  });
}

/** A plain number is a number; 007 and 13800000001 are names of something. */
function propertyOf(text: string): string | number | boolean {
  if (/^-?(0|[1-9]\d{0,9})(\.\d{1,9})?$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  return text;
}

export interface TagRow {
  readonly accounts: readonly Account[];
  readonly tags: readonly string[];
}

export function createTagReader(settings: ImportSettings) {
  return reader<TagRow>(settings, (cells) => {
    const accounts = readAccounts(cells, settings.shop);
    if (accounts.length === 0) return { reason: 'nobody_named', field: '' };
    const tags = (cells.text('tags', 1000) ?? '')
      .split(/[|｜,，;；、]/)
      .map((tag) => tag.trim())
      .filter((tag) => tag !== '');
    if (tags.length === 0) return { reason: 'field_missing', field: 'tags' };
    if (tags.some((tag) => tag.length > 30)) return { reason: 'text_too_long', field: 'tags' };
    return { ok: { accounts, tags: [...new Set(tags)] } };
  });
}
