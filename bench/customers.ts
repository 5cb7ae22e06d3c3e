import { performance } from 'node:perf_hooks';
import pg from 'pg';
import type { Call } from '#contract';
import { listCodes } from '#contract/acquisition';
import { countCustomers, listCustomers, listTags } from '#contract/customers';
import { getHome } from '#contract/insights';
import { listStaff } from '#contract/organization';
import { becomeOwner, findPostgres, makeHome, removeHome, type Session, startSiyu } from '#scripts/processes';
import { type Bench, brokenBounds, percentile } from './parts/bench.ts';
import { fillCustomers } from './parts/fill.ts';
import { type Customer, createRandom, shops, staffCount } from './parts/population.ts';
import { siyuEnv } from './parts/system.ts';

type Query = Call<typeof listCustomers>;

/** How a request is made, the nth time it is asked for. */
type Ask = (n: number) => Query;

const boundMs = 100;
/** What must hold; the other figures are there to be watched. */
const bounds = {
  first_page_p95_ms: boundMs,
  search_p95_ms: boundMs,
  by_tag_p95_ms: boundMs,
  by_code_p95_ms: boundMs,
};
const repeats = { page: 5 };

/** Kinds of requests; those with one first word are one figure in the result: the worst of them. */
function askings(sample: readonly Customer[], count: number): Record<string, Ask> {
  const random = createRandom(7);
  const one = (n: number) => sample[(n * 37) % sample.length] as Customer;
  const letters = (n: number, from: number, length: number) => [...one(n).name].slice(from, from + length).join('');
  const withPhone = sample.filter((customer) => customer.phone !== undefined);
  const phone = (n: number) => withPhone[n % withPhone.length]?.phone ?? '13800000000';
  // Cursors are the id of the last row shown; jumping is what an operator does after paging for long.
  const cursor = (id: number) => Buffer.from(JSON.stringify([id])).toString('base64url');
  const lastCode = (period: number) => 41 + period * 8;
  return {
    first_page: () => ({}),
    deep_page: () => ({ after: cursor(1 + Math.floor(random() * count)) }),
    'search one character': (n) => ({ search: letters(n, 0, 1) }),
    'search a rare character': (n) => ({ search: String.fromCodePoint(0x4e00 + n * 37) }),
    'search two characters': (n) => ({ search: letters(n, 0, 2) }),
    'search a given name': (n) => ({ search: letters(n, 1, 2) }),
    'search a whole name': (n) => ({ search: one(n).name }),
    'search a remark': (n) => ({ search: `${shops[n % shops.length]}-${letters(n, 0, 1)}` }),
    'search the start of remarks': (n) => ({ search: `${shops[n % shops.length]}-` }),
    'search latin letters': (n) => ({ search: ['lin', 'momo', 'k', 'tony', 'Jack', 'a'][n % 6] ?? '' }),
    'search the start of a phone number': (n) => ({ search: phone(n).slice(0, 4 + (n % 5)) }),
    'search the last digits of a phone number': (n) => ({ search: phone(n).slice(-4) }),
    'search a whole phone number': (n) => ({ search: phone(n) }),
    'search an external_userid': (n) => ({ search: one(n).externalUserid }),
    'search in vain': (n) => ({ search: ['龘靐', '王龘', 'zzqq', '99887766', '芳王娜李', 'x'][n % 6] ?? '' }),
    'search parts that are frequent but not together': (n) => ({
      search: ['路王', '南京伟', '会员芳', '子子子'][n % 4] ?? '',
    }),
    'by_tag any, large': (n) => ({ tags: [1 + (n % 5)], tagMode: 'any' }),
    'by_tag any, small': (n) => ({ tags: [51 + (n % 9)], tagMode: 'any' }),
    'by_tag any, early customers only': () => ({ tags: [60], tagMode: 'any' }),
    'by_tag any of three': (n) => ({ tags: [1 + (n % 5), 20 + (n % 10), 52], tagMode: 'any' }),
    'by_tag all, large': (n) => ({ tags: [1 + (n % 5), 6 + (n % 10)], tagMode: 'all' }),
    'by_tag all, large and small': (n) => ({ tags: [1 + (n % 5), 51 + (n % 9)], tagMode: 'all' }),
    'by_tag all, four of them': (n) => ({ tags: [1, 2, 3, 6 + (n % 10)], tagMode: 'all' }),
    'by_tag all, early customers only': (n) => ({ tags: [60, 1 + (n % 5)], tagMode: 'all' }),
    'by_tag none': (n) => ({ tags: [1 + (n % 5), 51], tagMode: 'none' }),
    'by_tag none of the frequent': () => ({ tags: Array.from({ length: 35 }, (_, i) => i + 1), tagMode: 'none' }),
    'by_code large': (n) => ({ code: 1 + (n % 3) }),
    'by_code middle': (n) => ({ code: 20 + (n % 20) }),
    'by_code of the first season': (n) => ({ code: lastCode(0) + (n % 8) }),
    'by_code of the last season': (n) => ({ code: lastCode(19) + (n % 8) }),
    by_staff: (n) => ({ staff: 1 + (n % staffCount) }),
    by_source: (n) => ({ source: (['shop', 'event', 'article', 'direct'] as const)[n % 4] ?? 'shop' }),
    'by_state gone': () => ({ active: false }),
    by_day: (n) => ({ from: `2026-0${1 + (n % 9)}-01`, to: `2026-0${1 + (n % 9)}-07` }),
    'combined name and tag': (n) => ({ search: letters(n, 0, 1), tags: [1 + (n % 5)] }),
    'combined code and small tag': (n) => ({ code: 1 + (n % 3), tags: [51 + (n % 9)] }),
    'combined code and large tag': (n) => ({ code: 1 + (n % 3), tags: [1 + (n % 5)] }),
    'combined staff, state and tag': (n) => ({ staff: 1 + (n % staffCount), active: true, tags: [1 + (n % 5)] }),
    'combined name, staff and source': (n) => ({ search: letters(n, 0, 1), staff: 1 + (n % 9), source: 'shop' }),
    'combined first season code and name': (n) => ({ code: lastCode(0), search: letters(n, 0, 1) }),
    'combined day and tag none': (n) => ({
      from: '2025-03-01',
      to: '2025-03-02',
      tags: [1 + (n % 5)],
      tagMode: 'none',
    }),
  };
}

const keyOf = (name: string) => name.split(' ')[0] ?? name;

interface Figures {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

async function measure(count: number, ask: (n: number) => Promise<unknown>): Promise<Figures> {
  // The first ones find cold caches and prepare nothing that lasts: operators do not wait for them all day.
  for (let n = 0; n < 3; n++) await ask(n + 1000);
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const startedAt = performance.now();
    await ask(n);
    times.push(performance.now() - startedAt);
  }
  const round = (ms: number) => Math.round(ms * 10) / 10;
  return { p50: round(percentile(times, 0.5)), p95: round(percentile(times, 0.95)), max: round(percentile(times, 1)) };
}

function report(name: string, { p50, p95, max }: Figures, bound: number | undefined): void {
  const verdict = bound !== undefined && p95 > bound ? '   <-- too slow' : '';
  console.log(`${name.padEnd(52)} p50 ${p50} ms, p95 ${p95} ms, at most ${max} ms${verdict}`);
}

async function measureAll(session: Session, sample: readonly Customer[], count: number, requests: number) {
  const worst: Record<string, number> = {};
  for (const [name, ask] of Object.entries(askings(sample, count))) {
    const figures = await measure(requests, (n) => session.call(listCustomers, ask(n)));
    report(name, figures, boundMs);
    const key = `${keyOf(name)}_p95_ms`;
    worst[key] = Math.max(worst[key] ?? 0, figures.p95);
  }
  const unbound: Record<string, Figures> = {
    count_all: await measure(requests, () => session.call(countCustomers, {})),
    count_by_tag: await measure(requests, (n) => session.call(countCustomers, { tags: [1 + (n % 59)] })),
    count_by_search: await measure(requests, (n) =>
      session.call(countCustomers, { search: [...(sample[n]?.name ?? '王')][0] }),
    ),
    home: await measure(repeats.page, () => session.call(getHome, {})),
    codes: await measure(repeats.page, () => session.call(listCodes, {})),
    tags: await measure(repeats.page, () => session.call(listTags, {})),
    staff: await measure(repeats.page, () => session.call(listStaff, {})),
  };
  const others: Record<string, number> = {};
  for (const [name, figures] of Object.entries(unbound)) {
    report(name, figures, undefined);
    others[`${name}_p95_ms`] = figures.p95;
  }
  return { worst, others };
}

export const bench: Bench = {
  summary:
    'A database of many customers, and the requests that the list of customers makes, over HTTP as a signed-in owner. ' +
    'The figure of a group is the p95 of its slowest kind of request.',
  options: { customers: 1_000_000, requests: 40 },
  async run({ customers = 1_000_000, requests = 40 }) {
    const home = makeHome('customers');
    const siyu = await startSiyu({ home, env: siyuEnv });
    try {
      const session = await becomeOwner(siyu);
      const client = new pg.Client({ connectionString: findPostgres(home).url });
      await client.connect();
      const startedAt = Date.now();
      const sample = await fillCustomers(client, home, customers, (text) =>
        console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s: ${text}`),
      );
      await client.end();
      const { worst, others } = await measureAll(session, sample, customers, requests);
      return { result: { customers, ...worst, ...others }, broken: brokenBounds(worst, bounds) };
    } finally {
      await siyu.stop();
      await removeHome(home);
    }
  },
};
