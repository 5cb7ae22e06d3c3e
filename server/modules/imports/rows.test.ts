import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importFields, importSettings } from '#contract/imports';
import { createCollector, type Piece } from './collect.ts';
import {
  type Field,
  findProblems,
  type ImportKind,
  type ImportSettings,
  suggestColumns,
  suggestSettings,
} from './columns.ts';
import { createDateReader, type DateForm, guessDateForm } from './dates.ts';

describe('a date', () => {
  it.each<[string, DateForm, string, string]>([
    ['2010-12-01 08:26:00', 'ymd', 'Europe/London', '2010-12-01T08:26:00.000Z'],
    ['2011-07-01 08:26', 'ymd', 'Europe/London', '2011-07-01T07:26:00.000Z'],
    ['2026/3/4', 'ymd', 'Asia/Shanghai', '2026-03-03T16:00:00.000Z'],
    ['2026.03.04 9:5:7', 'ymd', 'Asia/Shanghai', '2026-03-04T01:05:07.000Z'],
    ['2026年3月4日 9时05分', 'ymd', 'Asia/Shanghai', '2026-03-04T01:05:00.000Z'],
    ['20260304', 'ymd', 'UTC', '2026-03-04T00:00:00.000Z'],
    ['20260304083000', 'ymd', 'UTC', '2026-03-04T08:30:00.000Z'],
    ['2026-03-04T09:05:07.250Z', 'ymd', 'Asia/Shanghai', '2026-03-04T09:05:07.250Z'],
    ['2026-03-04T09:05:07+08:00', 'ymd', 'UTC', '2026-03-04T01:05:07.000Z'],
    ['03/04/2026', 'dmy', 'UTC', '2026-04-03T00:00:00.000Z'],
    ['03/04/2026', 'mdy', 'UTC', '2026-03-04T00:00:00.000Z'],
    ['12/1/10 8:26', 'mdy', 'UTC', '2010-12-01T08:26:00.000Z'],
    ['3/4/2026 12:05 AM', 'mdy', 'UTC', '2026-03-04T00:05:00.000Z'],
    ['3/4/2026 1:05 pm', 'mdy', 'UTC', '2026-03-04T13:05:00.000Z'],
    ['1772582400', 'epoch_s', 'Asia/Shanghai', '2026-03-04T00:00:00.000Z'],
    ['1772582400123', 'epoch_ms', 'Asia/Shanghai', '2026-03-04T00:00:00.123Z'],
    ['46085.5', 'excel', 'UTC', '2026-03-04T12:00:00.000Z'],
    ['2024-02-29', 'ymd', 'UTC', '2024-02-29T00:00:00.000Z'],
  ])('%s as %s in %s is %s', (text, form, zone, expected) => {
    const read = createDateReader(form, zone)(text);
    expect(typeof read === 'number' ? new Date(read).toISOString() : read).toBe(expected);
  });

  it.each<[string, DateForm, string]>([
    ['2026-02-30', 'ymd', 'date_invalid'],
    ['2026-13-01', 'ymd', 'date_invalid'],
    ['2026-01-01 24:00', 'ymd', 'date_invalid'],
    ['31/12/2026', 'mdy', 'date_invalid'],
    ['13:00 PM', 'mdy', 'date_invalid'],
    ['yesterday', 'ymd', 'date_invalid'],
    ['1899-12-31', 'ymd', 'date_out_of_range'],
    ['2100-01-02', 'ymd', 'date_out_of_range'],
  ])('%s as %s is refused: %s', (text, form, problem) => {
    expect(createDateReader(form, 'UTC')(text)).toBe(problem);
  });

  it('written in any zone is read as the moment it was', () => {
    const zones = ['Asia/Shanghai', 'Europe/London', 'America/New_York', 'Asia/Kathmandu'];
    fc.assert(
      fc.property(fc.integer({ min: 946_771_200, max: 4_000_000_000 }), fc.constantFrom(...zones), (seconds, zone) => {
        const text = new Date(seconds * 1000).toLocaleString('sv-SE', { timeZone: zone });
        const read = createDateReader('ymd', zone)(text);
        // An hour that a clock shows twice has two answers.
        expect(Math.abs(Number(read) - seconds * 1000) % 3_600_000).toBe(0);
        expect(new Date(Number(read)).toLocaleString('sv-SE', { timeZone: zone })).toBe(text);
      }),
    );
  });

  it('shows its form, or says that it might be two', () => {
    expect(guessDateForm(['2026-01-02', '2026/1/3'])).toEqual({ form: 'ymd', isAmbiguous: false });
    expect(guessDateForm(['03/04/2026', '25/04/2026'])).toEqual({ form: 'dmy', isAmbiguous: false });
    expect(guessDateForm(['03/04/2026', '04/25/2026'])).toEqual({ form: 'mdy', isAmbiguous: false });
    expect(guessDateForm(['03/04/2026']).isAmbiguous).toBe(true);
    expect(guessDateForm(['1772582400', '']).form).toBe('epoch_s');
    expect(guessDateForm(['46085.5']).form).toBe('excel');
  });
});

const suggest = (kind: ImportKind, columns: string[], attributes = new Map<string, string>()) =>
  suggestColumns(kind, columns, importFields[kind] as readonly Field[], attributes);

describe('what columns mean', () => {
  it('is found by their names, in Chinese and English', () => {
    const retail = [
      'InvoiceNo',
      'StockCode',
      'Description',
      'Quantity',
      'InvoiceDate',
      'UnitPrice',
      'CustomerID',
      'Country',
    ];
    expect(suggest('orders', retail)).toEqual([
      'number',
      'sku',
      'product_name',
      'quantity',
      'ordered_at',
      'unit_price',
      'shop_user',
      'detail:Country',
    ]);
    expect(
      suggest('orders', ['主订单编号', '下单 时间', '商品编码', '购买数量', '金额', '订单金额', '收货人手机', '备注']),
    ).toEqual(['number', 'ordered_at', 'sku', 'quantity', 'amount', 'order_total', 'phone', 'ignore']);
    expect(suggest('customers', ['手机号', '姓名', '性别', '生日'], new Map([['生日', 'birthday']]))).toEqual([
      'phone',
      'name',
      'gender',
      'attribute:birthday',
    ]);
    expect(suggest('events', ['anonymous_id', 'event', 'timestamp', 'page path'])).toEqual([
      'anonymous',
      'event',
      'occurred_at',
      'property:page_path',
    ]);
    expect(suggest('tags', ['phone', '标签'])).toEqual(['phone', 'tags']);
  });

  it('is refused where something is missing or said twice', () => {
    const check = (kind: ImportKind, columns: string[]) =>
      findProblems(kind, importFields[kind], settingsOf(columns), { columns, sample: [] }, new Set()).map(
        (finding) => `${finding.kind} ${finding.problem} ${finding.field}`,
      );
    expect(check('orders', ['number', 'number', 'amount'])).toEqual([
      'error column_twice number',
      'warning nobody_named phone',
      'error missing ordered_at',
    ]);
    expect(check('customers', ['name'])).toEqual(['error nobody_named phone']);
    expect(check('customers', ['phone', 'attribute:nothing'])).toContain('error meaning_unknown attribute:nothing');
    expect(check('tags', ['phone'])).toEqual(['error missing tags']);
    expect(check('events', ['phone', 'occurred_at'])).toEqual(['error missing event']);
  });
});

function settingsOf(columns: readonly string[], more: Partial<ImportSettings> = {}): ImportSettings {
  return importSettings.parse({
    encoding: 'utf-8',
    separator: ',',
    columns,
    zone: 'Europe/London',
    dateForm: 'ymd',
    currency: 'GBP',
    shop: 'retail',
    ...more,
  });
}

function collect(kind: ImportKind, settings: ImportSettings, rows: readonly string[][]): Piece {
  const collector = createCollector({
    kind,
    settings,
    key: 'key',
    toldAt: Date.UTC(2026, 0, 1),
    attributes: new Map(),
  });
  rows.forEach((cells, i) => {
    collector.add({ line: i + 2, cells }, i + 1);
  });
  return collector.cut(true);
}

/** Rows as in the UCI Online Retail file, restated. */
describe('invoices of a retailer', () => {
  const columns = [
    'InvoiceNo',
    'StockCode',
    'Description',
    'Quantity',
    'InvoiceDate',
    'UnitPrice',
    'CustomerID',
    'Country',
  ];
  const row = (number: string, sku: string, quantity: number, price: string, customer = '17850.0') => [
    number,
    sku,
    `NAME OF ${sku}`,
    String(quantity),
    '2010-12-01 08:26:00',
    price,
    customer,
    'United Kingdom',
  ];
  const settings = suggestSettings(
    'orders',
    importFields.orders,
    { encoding: 'utf-8', separator: ',', columns, sample: [row('536365', '85123A', 6, '2.55')] },
    { zone: 'Europe/London', attributes: new Map() },
  );
  const read = (...rows: string[][]) => {
    const piece = collect('orders', { ...settings, currency: 'GBP', shop: 'retail' }, rows);
    return {
      ...piece,
      orders: piece.units
        .map((unit) => unit.fact.payload as { order: Record<string, unknown> })
        .map((fact) => fact.order),
    };
  };

  it('become one order each, of the customer whose number is 17850 and not 17850.0', () => {
    const { orders, units } = read(
      row('536365', '85123A', 6, '2.55'),
      row('536365', '71053', 6, '3.39'),
      row('536366', '22633', 6, '1.85'),
    );
    expect(orders).toHaveLength(2);
    expect(orders[0]).toMatchObject({
      number: '536365',
      currency: 'GBP',
      orderedAt: '2010-12-01T08:26:00.000Z',
      completedAt: '2010-12-01T08:26:00.000Z',
      accounts: [{ kind: 'shop_user', value: 'retail:17850' }],
      details: { Country: 'United Kingdom' },
      lines: [
        { sku: '85123A', quantity: 6, amountFen: 1530, isProduct: true },
        { sku: '71053', quantity: 6, amountFen: 2034 },
      ],
    });
    expect(units[0]?.money).toMatchObject({ soldFen: 3564, refundedFen: 0 });
  });

  it('that cancel give back under their own number, and place nothing', () => {
    const { orders } = read(row('C536379', 'D', -1, '27.50'), row('C536379', '22556', -12, '1.65'));
    expect(orders).toHaveLength(1);
    expect(orders[0]).not.toHaveProperty('orderedAt');
    expect(orders[0]).not.toHaveProperty('lines');
    expect(orders[0]).toMatchObject({
      refunds: [
        {
          refundedAt: '2010-12-01T08:26:00.000Z',
          lines: [
            { sku: 'D', quantity: 1, amountFen: 2750 },
            { sku: '22556', quantity: 12, amountFen: 1980 },
          ],
        },
      ],
    });
  });

  it('merge rows that stand twice, and keep those that differ', () => {
    const { orders, units } = read(row('1', 'A', 1, '2.00'), row('1', 'A', 1, '2.00'), row('1', 'A', 2, '2.00'));
    expect(orders[0]?.lines).toHaveLength(2);
    expect(units[0]).toMatchObject({ taken: 2, merged: 1, money: { soldFen: 600, mergedFen: 200 } });
  });

  it('keep what was given for nothing, postage and buyers that nobody knows', () => {
    const { orders } = read(row('2', 'A', 3, '0.0', ''), row('2', 'POST', 1, '18.00', ''));
    expect(orders[0]).toMatchObject({
      accounts: [],
      lines: [
        { sku: 'A', quantity: 3, amountFen: 0, isProduct: true },
        { sku: 'POST', amountFen: 1800, isProduct: false },
      ],
    });
  });

  it('leave out corrections of the stock and entries of the books, with their reason and money', () => {
    const { orders, rejected } = read(
      row('3', 'A', -10, '0.0', ''),
      row('A563186', 'B', 1, '-11062.06', ''),
      row('4', 'A', 1, '-2.00'),
    );
    expect(orders).toEqual([]);
    expect(rejected.map(({ line, reason, money }) => [line, reason, money?.amountFen])).toEqual([
      [2, 'stock_correction', 0],
      [3, 'booking_entry', -1_106_206],
      [4, 'price_negative', -200],
    ]);
  });

  it('account for every row, whatever the rows are', () => {
    const cell = fc.record({
      number: fc.constantFrom('1', '2', 'C3', 'A4', ''),
      sku: fc.constantFrom('x', 'y', 'POST', ''),
      quantity: fc.integer({ min: -2, max: 2 }),
      price: fc.constantFrom('1.00', '0', '-1', 'abc', '2.555', ''),
      date: fc.constantFrom('2010-12-01', 'someday', ''),
      extra: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 30 }), (cells) => {
        const rows = cells.map(({ number, sku, quantity, price, date, extra }) => [
          number,
          sku,
          sku,
          String(quantity),
          date,
          price,
          '1',
          'UK',
          ...(extra ? ['more'] : []),
        ]);
        const piece = read(...rows);
        const taken = piece.units.reduce((sum, unit) => sum + unit.taken + unit.merged, 0);
        expect(taken + piece.rejected.length).toBe(rows.length);
        const money = piece.units.reduce(
          (sum, { money }) => sum + (money?.soldFen ?? 0) - (money?.refundedFen ?? 0) + (money?.mergedFen ?? 0),
          0,
        );
        const lost = piece.rejected.reduce((sum, rejection) => sum + (rejection.money?.amountFen ?? 0), 0);
        const inFile = cells.reduce((sum, { quantity, price, extra }) => {
          const fen = new Map([
            ['1.00', 100],
            ['0', 0],
            ['-1', -100],
            ['2.555', 255.5],
          ]).get(price);
          // Rounded once for the row, away from zero; rows with a column too many are not read at all.
          return extra || fen === undefined
            ? sum
            : sum + Math.sign(quantity * fen) * Math.floor(Math.abs(quantity * fen) + 0.5);
        }, 0);
        expect(money + lost).toBe(inFile);
      }),
    );
  });

  it('come out the same wherever the file is cut into pieces', () => {
    const rows = Array.from({ length: 40 }, (_, i) =>
      row(String(Math.floor(i / 7)), `S${i % 5}`, (i % 4) - 1, i % 9 ? '1.5' : 'x'),
    );
    const whole = collect('orders', { ...settings, currency: 'GBP', shop: 'retail' }, rows);
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 39 }), { maxLength: 6 }), (cuts) => {
        const parts = {
          kind: 'orders',
          settings: { ...settings, currency: 'GBP', shop: 'retail' },
          key: 'key',
          toldAt: Date.UTC(2026, 0, 1),
          attributes: new Map(),
        } as const;
        let collector = createCollector(parts);
        const pieces: Piece[] = [];
        rows.forEach((cells, i) => {
          collector.add({ line: i + 2, cells }, i + 1);
          if (!cuts.includes(i)) return;
          const piece = collector.cut(false);
          pieces.push(piece);
          // As after a crash: everything behind the last piece is read again.
          collector = createCollector(parts);
          for (let again = piece.rowsDone; again <= i; again++)
            collector.add({ line: again + 2, cells: rows[again] ?? [] }, again + 1);
        });
        pieces.push(collector.cut(true));
        expect(pieces.flatMap((piece) => piece.units)).toEqual(whole.units);
        expect(pieces.flatMap((piece) => piece.rejected)).toEqual(whole.rejected);
      }),
    );
  });
});

describe('rows of other kinds', () => {
  it('with one row for each order have its total and no lines', () => {
    const columns = ['number', 'ordered_at', 'order_total', 'status', 'phone', 'refunded_amount'];
    const piece = collect('orders', settingsOf(columns, { zone: 'Asia/Shanghai' }), [
      ['="00017"', '2026-11-01 10:00', '￥1,280.00', '交易成功', '+86 138-0000-0001', '80'],
      ['18', '2026-11-01 10:00', '50', '交易关闭', '', ''],
      ['18', '2026-11-01 10:00', '51', '交易关闭', '', ''],
      ['19', '2026-11-01 10:00', '51', '不知道', '', ''],
      ['1.38E+10', '2026-11-01 10:00', '51', '', '', ''],
    ]);
    expect(piece.units.map((unit) => (unit.fact.payload as { order: object }).order)).toMatchObject([
      {
        number: '00017',
        totalFen: 128_000,
        accounts: [{ kind: 'phone', value: '13800000001' }],
        refunds: [{ amountFen: 8000 }],
      },
      { number: '18', totalFen: 5000, cancelledAt: '2026-11-01T02:00:00.000Z' },
    ]);
    expect(piece.rejected.map(({ reason }) => reason)).toEqual(['status_unknown', 'digits_lost', 'number_repeated']);
  });

  it('name people, or say why not', () => {
    const piece = collect('customers', settingsOf(['phone', 'email', 'name', 'gender']), [
      ['13800000001', 'A@Example.com', '王芳', '女'],
      ['', '', '无名', ''],
      ['12', '', '', ''],
      ['', 'not mail', '', ''],
      ['13800000002', '', '', '不明'],
      ['13800000003', '', '\u0007', ''],
    ]);
    expect(piece.units.map((unit) => unit.fact.payload)).toMatchObject([
      {
        accounts: [
          { kind: 'phone', value: '13800000001' },
          { kind: 'email', value: 'a@example.com' },
        ],
        profile: { name: '王芳', gender: 'female' },
      },
    ]);
    expect(piece.rejected.map(({ reason }) => reason)).toEqual([
      'nobody_named',
      'phone_invalid',
      'email_invalid',
      'gender_unknown',
      'control_characters',
    ]);
  });

  it('are events known by what happened, not by where it is written down', () => {
    const settings = settingsOf([
      'anonymous',
      'event',
      'occurred_at',
      'property:page',
      'property:code',
      'property:price',
    ]);
    const visit = ['a1', 'Page Viewed', '2026-11-01 10:00', '/茶', '007', '9.9'];
    const piece = collect('events', settings, [visit, ['a1', '', '2026-11-01', '', '', ''], visit]);
    expect(piece.units[0]?.fact.payload).toMatchObject({
      event: 'Page Viewed',
      properties: { page: '/茶', code: '007', price: 9.9 },
    });
    expect(piece.units[1]?.fact.messageId).toBe(piece.units[0]?.fact.messageId);
    expect(piece.rejected.map(({ reason, field }) => [reason, field])).toEqual([['field_missing', 'event']]);
  });
});
