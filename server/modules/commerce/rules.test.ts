import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderTelling } from '#contract/commerce';
import { multiply, parseDecimal, toFen } from './money.ts';
import { figuresOf, foldOrder, type KnownOrder, newsOf, nothingKnown, type OrderTelling } from './rules.ts';
import { orderFromSegment } from './segment.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();

const tell = (told: Partial<OrderTelling> & { minute: number }): OrderTelling => {
  const { minute, ...rest } = told;
  return orderTelling.parse({ shop: '天猫', number: 'T1', updatedAt: at(minute), ...rest });
};

const line = (key: string, amountFen: number, quantity = 1) => ({
  key,
  sku: key,
  quantity,
  amountFen,
  isProduct: true,
});

const fold = (tellings: readonly OrderTelling[]) => tellings.reduce(foldOrder, nothingKnown);

/** Texts for comparison: maps in the order of their keys. */
const plain = (known: KnownOrder) => ({
  known: JSON.stringify(known, (_, value: unknown) =>
    value instanceof Map
      ? [...value].sort(([a], [b]) => (a < b ? -1 : 1))
      : value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
        : value,
  ),
  figures: figuresOf(known),
});

const few = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });

const tellings = fc
  .array(
    fc.record(
      {
        minute: fc.integer({ min: 0, max: 4 }),
        accounts: fc.constantFrom(
          [],
          [{ kind: 'phone' as const, value: '13800000001' }],
          [{ kind: 'shop_user' as const, value: 'u1' }],
        ),
        currency: few('CNY', 'USD'),
        orderedAt: few(at(10), at(11)),
        paidAt: few(at(12)),
        completedAt: few(at(13)),
        cancelledAt: few(at(14), at(15)),
        totalFen: few(0, 500, 700),
        areLinesAll: fc.boolean(),
        lines: few([line('a', 100)], [line('b', 200, 2)], [line('a', 150), line('b', 250, 3)], [line('__proto__', 5)]),
        refunds: few(
          [{ key: 'r1', refundedAt: at(20), amountFen: 50 }],
          [{ key: 'r1', amountFen: 80 }],
          [{ key: 'r2', lines: [{ key: 'x', sku: 'b', quantity: 1, amountFen: 70 }] }],
        ),
        details: few({ country: 'CN' }, { country: 'GB', gift: true }),
      },
      { requiredKeys: ['minute', 'accounts', 'areLinesAll'] },
    ),
    { minLength: 1, maxLength: 7 },
  )
  .map((all) =>
    all.map((told) =>
      tell(Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as never),
    ),
  );

describe('an order', () => {
  it('is the same, whatever the order in which it was told of', () => {
    fc.assert(
      fc.property(
        tellings.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
        ),
        ([told, shuffled]) => {
          expect(plain(fold(shuffled))).toEqual(plain(fold(told)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('is not changed by a telling that is repeated', () => {
    fc.assert(
      fc.property(tellings, fc.nat(), (told, n) => {
        const again = told[n % told.length] as OrderTelling;
        expect(plain(fold([...told, again]))).toEqual(plain(fold(told)));
      }),
    );
  });

  it('tells each thing that happened once, whatever the order of arrival', () => {
    const heard = (all: readonly OrderTelling[]) => {
      let known = nothingKnown;
      const news: string[] = [];
      for (const telling of all) {
        const after = foldOrder(known, telling);
        news.push(...newsOf(known, after).map((item) => `${item.name} ${item.refundKey ?? ''}`));
        known = after;
      }
      return news.sort();
    };
    fc.assert(
      fc.property(tellings, (told) => {
        const news = heard(told);
        expect(new Set(news).size).toBe(news.length);
        expect(heard([...told].reverse())).toEqual(news);
        // Told together in one batch it is the same.
        expect(
          newsOf(nothingKnown, fold(told))
            .map((item) => `${item.name} ${item.refundKey ?? ''}`)
            .sort(),
        ).toEqual(news);
      }),
    );
  });

  it('keeps the newest telling of each field, also when it comes first', () => {
    const early = tell({ minute: 1, orderedAt: at(1), totalFen: 900, lines: [line('a', 900)] });
    const late = tell({ minute: 5, totalFen: 800, paidAt: at(5) });
    for (const order of [
      [early, late],
      [late, early],
    ]) {
      expect(figuresOf(fold(order))).toMatchObject({
        totalFen: 800,
        state: 'paid',
        orderedAt: new Date(at(1)),
        currency: 'CNY',
      });
    }
  });

  it('loses the lines that a telling of all lines does not name, also when they arrive after it', () => {
    const old = tell({ minute: 1, lines: [line('a', 100), line('b', 200)] });
    const all = tell({ minute: 5, lines: [line('b', 250)], areLinesAll: true });
    for (const order of [
      [old, all],
      [all, old],
    ]) {
      const known = fold(order);
      expect([...known.lines.keys()]).toEqual(['b']);
      expect(figuresOf(known).totalFen).toBe(250);
    }
  });

  it('has the sum of its lines as its total until a total is told', () => {
    const known = fold([tell({ minute: 1, lines: [line('a', 100), line('b', 250)] })]);
    expect(figuresOf(known).totalFen).toBe(350);
    expect(figuresOf(foldOrder(known, tell({ minute: 0, totalFen: 300 }))).totalFen).toBe(300);
  });

  it('of which only a refund is known was paid, and is as old as the refund', () => {
    const known = fold([tell({ minute: 9, refunds: [{ key: 'r', refundedAt: at(3), amountFen: 40 }] })]);
    expect(figuresOf(known)).toMatchObject({ state: 'paid', totalFen: 0, refundedFen: 40, orderedAt: new Date(at(3)) });
    expect(newsOf(nothingKnown, known).map((item) => item.name)).toEqual(['order.refunded']);
  });

  it('counts what was given back by line, or by product where the line is not named', () => {
    const known = fold([
      tell({
        minute: 1,
        lines: [
          { ...line('1', 200, 2), sku: 'tea' },
          { ...line('2', 300, 3), sku: 'tea' },
          { ...line('3', 50), sku: 'cup' },
        ],
        refunds: [
          {
            key: 'r',
            lines: [
              { key: 'x', sku: 'tea', quantity: 3, amountFen: 300 },
              { key: '3', sku: 'cup', quantity: 1, amountFen: 50 },
            ],
          },
        ],
      }),
    ]);
    expect(Object.fromEntries(figuresOf(known).returned)).toEqual({
      '1': { quantity: 2, amountFen: 200 },
      '2': { quantity: 1, amountFen: 100 },
      '3': { quantity: 1, amountFen: 50 },
    });
  });

  it('never gives back more or less of its lines than its refunds say', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ sku: fc.constantFrom('a', 'b'), quantity: fc.integer({ min: 1, max: 5 }) }), {
          minLength: 1,
          maxLength: 5,
        }),
        fc.array(fc.record({ quantity: fc.integer({ min: 0, max: 9 }), amountFen: fc.integer({ min: 0, max: 999 }) }), {
          maxLength: 4,
        }),
        (bought, back) => {
          const known = fold([
            tell({
              minute: 1,
              lines: bought.map((item, i) => ({ ...line(`l${i}`, 100, item.quantity), sku: item.sku })),
              refunds: back.map((item, i) => ({
                key: `r${i}`,
                lines: [{ key: 'unknown', sku: bought[0]?.sku ?? 'a', ...item }],
              })),
            }),
          ]);
          const returned = [...figuresOf(known).returned.values()];
          const sum = (name: 'quantity' | 'amountFen', items: readonly { quantity: number; amountFen: number }[]) =>
            items.reduce((total, item) => total + item[name], 0);
          expect(sum('quantity', returned)).toBe(sum('quantity', back));
          expect(sum('amountFen', returned)).toBe(sum('amountFen', back));
        },
      ),
    );
  });
});

describe('money', () => {
  it.each([
    ['12.50', 'CNY', 1250],
    ['1,234.5', 'CNY', 123450],
    ['￥99', 'CNY', 9900],
    ['88元', 'CNY', 8800],
    ['-11062.06', 'GBP', -1106206],
    ['(3.50)', 'USD', -350],
    ['0.001', 'GBP', 0],
    ['0.005', 'GBP', 1],
    ['-0.005', 'GBP', -1],
    ['1200', 'JPY', 1200],
    ['1.5e3', 'KWD', 1500000],
    ['.5', 'CNY', 50],
  ])('%s %s is %d', (text, currency, fen) => {
    const amount = parseDecimal(text);
    expect(amount && toFen(amount, currency)).toBe(fen);
  });

  it.each(['', '-', '.', '12a', '1,23', '1.2.3', '１２', 'NaN', '1e99999', '--1'])('%j is no amount', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('reads a decimal comma where that is said', () => {
    const amount = parseDecimal('1.234,50', true);
    expect(amount && toFen(amount, 'EUR')).toBe(123450);
    expect(parseDecimal('1,234.50', true)).toBeUndefined();
  });

  it('multiplies exactly and rounds once', () => {
    const product = (a: string, b: string) => {
      const [x, y] = [parseDecimal(a), parseDecimal(b)];
      return x && y ? toFen(multiply(x, y), 'GBP') : undefined;
    };
    expect(product('0.29', '100')).toBe(2900);
    expect(product('1.005', '1')).toBe(101);
    expect(product('6', '2.55')).toBe(1530);
  });
});

/** Payloads as in Segment's e-commerce spec v2. */
describe('orders of Segment', () => {
  const products = [
    { product_id: '507f', sku: '45790-32', name: 'Monopoly: 3rd Edition', price: 19, quantity: 1, category: 'Games' },
    { product_id: '505b', sku: '46493-32', name: 'Uno Card Game', price: 3, quantity: 2, category: 'Games' },
  ];
  const told = { shop: 'web', messageId: 'm1', at: new Date(at(1)), accounts: [{ kind: 'user' as const, value: 'u' }] };
  const completed = { order_id: '50314b', affiliation: 'Google Store', total: 27.5, currency: 'USD', products };

  it('are placed and paid when completed', () => {
    const telling = orderFromSegment('Order Completed', completed, told);
    expect(telling).toMatchObject({
      shop: 'web',
      number: '50314b',
      currency: 'USD',
      totalFen: 2750,
      details: { affiliation: 'Google Store' },
      lines: [
        { key: '507f', sku: '45790-32', quantity: 1, amountFen: 1900 },
        { key: '505b', quantity: 2, amountFen: 600 },
      ],
    });
    expect(newsOf(nothingKnown, fold([telling as OrderTelling])).map((item) => item.name)).toEqual([
      'order.placed',
      'order.paid',
    ]);
  });

  it('are refunded, updated and cancelled', () => {
    const properties = { order_id: '50314b', total: 30, currency: 'USD', products: products.slice(0, 1) };
    const all = [
      orderFromSegment('Order Completed', completed, told),
      orderFromSegment('Order Refunded', properties, { ...told, messageId: 'm2', at: new Date(at(3)) }),
      orderFromSegment('Order Updated', { ...completed, total: 30 }, { ...told, at: new Date(at(2)) }),
      orderFromSegment('Order Cancelled', { order_id: '50314b' }, { ...told, at: new Date(at(4)) }),
    ] as OrderTelling[];
    const figures = figuresOf(fold(all));
    expect(figures).toMatchObject({ state: 'cancelled', totalFen: 3000, refundedFen: 3000, currency: 'USD' });
    expect(Object.fromEntries(figures.returned)).toEqual({ '507f': { quantity: 1, amountFen: 1900 } });
  });

  it('that name no order, or are of another form, are no orders', () => {
    expect(orderFromSegment('Order Completed', {}, told)).toBeUndefined();
    expect(orderFromSegment('Order Completed', { order_id: '1', currency: 'dollars' }, told)).toBeUndefined();
    expect(
      orderFromSegment('Order Completed', { order_id: '1', products: [{ sku: 'a', quantity: 1.5 }] }, told),
    ).toBeUndefined();
    expect(orderFromSegment('Product Viewed', completed, told)).toBeUndefined();
  });

  it('never break on any properties', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('order_id', 'currency', 'total', 'products', 'coupon'), fc.jsonValue()),
        (properties) => {
          const telling = orderFromSegment('Order Completed', properties as never, told);
          if (telling) expect(orderTelling.safeParse(telling).success).toBe(true);
        },
      ),
    );
  });
});
