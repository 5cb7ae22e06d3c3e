import { parse } from 'node:querystring';
import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { pathNames, type Route } from '#contract';
import { type Known, leastInput, validInputs } from './inputs.ts';

/** Requests that a careless or malicious caller may send. */
export interface Attempt {
  readonly request: InjectOptions;
  /** The contract refuses this input, so that nothing may come of it. */
  readonly isAgainstContract: boolean;
}

const cursorOf = (json: string) => Buffer.from(json).toString('base64url');

const hostileCursors = [
  ...['[]', '[1,2]', '["x",1]', '[null]', '{"a":1}', '["1",1]', '["infinity",1]', '["2026-02-30",1]', '[1e400]'],
  ...['[-1]', '[9007199254740991]', '[9007199254740993]', '["\\u0000",1]', '["\\ud800",1]', '["+275760-09-13",1]', '{'],
].map(cursorOf);

const hostileTexts = [
  '\u0000',
  'a\u0000b',
  '\u0007\u001b[31m',
  'a\u007fb',
  '\ud800',
  'a\udc00b',
  '\u202eevil',
  '\u200b',
  'one\nline\r\nmore',
  'x'.repeat(10_000),
  '长'.repeat(10_000),
  "'; drop table customer; --",
  "1' or '1'='1",
  '<script>alert(1)</script>',
  '{{constructor.constructor("x")()}}',
  '../../etc/passwd',
  '%00',
  '',
  ' ',
  'NaN',
  'Infinity',
  '1e309',
  '-1',
  '0x10',
  '99999999999999999999',
  '2026-02-30',
  '9999-12-31',
  '0000-01-01',
  '24:61',
  ...hostileCursors,
];

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 2 ? { a: value } : [value];
  return value;
};

const hostileOthers = [
  ...[
    null,
    true,
    false,
    0,
    -0,
    -1,
    1.5,
    1e308,
    -1e308,
    Number.MIN_VALUE,
    Number.MAX_SAFE_INTEGER,
    2 ** 53 + 2,
    Number.NaN,
  ],
  ...[[], {}, [[]], [null], [1, 'a', null], { $gt: '' }, { toString: 'x', valueOf: null }, { length: 1e9 }, deep(1500)],
];

const wild = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>(...hostileTexts) },
  { weight: 4, arbitrary: fc.constantFrom<unknown>(...hostileOthers) },
  { weight: 2, arbitrary: fc.jsonValue() },
  { weight: 2, arbitrary: fc.string({ unit: 'binary' }) },
);

type Place = readonly (string | number)[];

function placesIn(value: unknown, at: Place = []): Place[] {
  if (typeof value !== 'object' || value === null) return [at];
  const inside = Object.entries(value).flatMap(([key, part]) =>
    placesIn(part, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length === 0 ? inside : [at, ...inside];
}

function damage(input: Record<string, unknown>, at: Place, change: (old: unknown) => unknown): Record<string, unknown> {
  const copy = structuredClone(input);
  let parent: Record<string | number, unknown> = copy;
  for (const key of at.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  const last = at.at(-1) ?? 'extra';
  const value = change(parent[last]);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

/** Valid inputs with one thing wrong somewhere, also deep inside. */
function damagedInputs(route: Route, known: Known): fc.Arbitrary<Record<string, unknown>> {
  const how = fc.constantFrom('replace', 'replace', 'replace', 'remove', 'wrap', 'append');
  return fc.tuple(validInputs(route, known), fc.nat(), wild, how).map(([input, n, value, how]) => {
    const places = placesIn(input);
    const at = places[n % Math.max(1, places.length)] ?? [];
    return damage(input, at, (old) => {
      if (how === 'remove') return undefined;
      if (how === 'wrap') return [old];
      return how === 'append' && typeof old === 'string' ? `${old}${textOf(value)}` : value;
    });
  });
}

/** Valid inputs with, in each text that a route reads, once what PostgreSQL cannot hold. */
function poisonedInputs(route: Route, known: Known, seed: number): Record<string, unknown>[] {
  const byField = new Map<string, () => Record<string, unknown>[]>();
  const inputs = fc.sample(validInputs(route, known), { seed, numRuns: 80 });
  const isValid = (input: unknown) => route.input.safeParse(input).success;
  // Where there is a choice, only the poison is wrong.
  for (const input of [...inputs.filter((input) => !isValid(input)), ...inputs.filter(isValid)]) {
    for (const at of placesIn(input)) {
      const field = at.map((key) => (typeof key === 'number' ? '*' : key)).join('.');
      if (typeof readAt(input, at) !== 'string') continue;
      byField.set(field, () =>
        ['\u0000', '\ud800'].map((poison) => damage(input, at, (old) => `${String(old).slice(0, 8)}${poison}`)),
      );
    }
  }
  return [...byField.values()].flatMap((make) => make());
}

function readAt(value: unknown, at: Place): unknown {
  return at.reduce<unknown>((part, key) => (part as Record<string | number, unknown>)[key], value);
}

/** The input in the place where the route reads it; whatever cannot stand in an address is written as text. */
function requestOf(route: Route, input: unknown): Attempt {
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  const rest: Record<string, unknown> = isObject ? { ...input } : {};
  const params: Record<string, string> = {};
  let path: string = route.path;
  for (const name of pathNames(route.path)) {
    params[name] = textOf(rest[name] ?? (isObject ? '' : '1'));
    path = path.replace(`:${name}`, () => encodeURIComponent(params[name] ?? ''));
    delete rest[name];
  }
  // An address with such a part is another address.
  const isOther = Object.values(params).some((value) => value === '' || value.length > 200 || /^\.\.?$/.test(value));
  if (route.method === 'GET' || route.bytes === 'in') {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(rest)) {
      for (const part of Array.isArray(value) ? value : [value]) query.append(key, textOf(part));
    }
    const request = { method: route.method, url: `${path}?${query}` } as const;
    const read = { ...parse(query.toString()), ...params };
    return { request, isAgainstContract: !isOther && !route.input.safeParse(read).success };
  }
  const payload = JSON.stringify(isObject ? rest : input) ?? 'null';
  const body: unknown = JSON.parse(payload) ?? {};
  const isMerged = typeof body === 'object' && !Array.isArray(body);
  const read = isMerged ? { ...body, ...params } : body;
  return {
    request: { method: route.method, url: path, headers: { 'content-type': 'application/json' }, payload },
    isAgainstContract: !isOther && !route.input.safeParse(read).success,
  };
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.slice(0, 20_000).toWellFormed();
}

const megabyte = 1024 * 1024;

/** Bodies and headers that are wrong before any field is. */
function wrongBodies(route: Route, url: string): Attempt[] {
  const json = { 'content-type': 'application/json' };
  const refused: [payload: string | Buffer, headers: Record<string, string>][] = [
    ['', json],
    ['{', json],
    ['{"a":1}}', json],
    ['nul', json],
    ['"text"', json],
    ['1e999', json],
    ['true', json],
    ['[{}]', json],
    ['{"__proto__":{"role":"owner"}}', json],
    ['{"constructor":{"prototype":{"role":"owner"}}}', json],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, json],
    [JSON.stringify({ name: 'y'.repeat(4 * megabyte) }), json],
    ['name=x&id=1', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['--x\r\n\r\n--x--', { 'content-type': 'multipart/form-data; boundary=x' }],
    ['<a/>', { 'content-type': 'application/xml' }],
    ['{}', { 'content-type': 'nonsense' }],
  ];
  // A route that reads no field of these has nothing to refuse.
  const odd: typeof refused = [
    ['\ufeff{}', json],
    ['{"name":1e999,"id":1e999}', json],
    [`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`, json],
    [Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), json],
    [JSON.stringify({ name: 'y'.repeat(megabyte), csv: 'z' }), json],
    ['{}', { 'content-type': 'application/json; charset=utf-16' }],
    ['{}', { ...json, 'content-encoding': 'gzip' }],
  ];
  const attempt = (isAgainstContract: boolean) => (body: (typeof refused)[number]) => ({
    request: { method: route.method, url, payload: body[0], headers: body[1] },
    isAgainstContract,
  });
  return [...refused.map(attempt(true)), ...odd.map(attempt(false))];
}

/** Queries that are wrong before any field is. */
function wrongQueries(url: string): Attempt[] {
  const queries = [
    ...['limit=1&limit=2', '%', '%ff=%ff', 'limit[a]=1', '__proto__=1&constructor=2', 'limit=1e2', 'limit=%00'],
    ...['from=0000-01-01', 'to=9999-12-31', 'from=0000-01-01&to=9999-12-31', 'from=2026-02-01&to=2026-01-01'],
    ...hostileCursors.map((cursor) => `after=${cursor}`),
    'x=1&'.repeat(3000),
  ];
  return queries.map((query) => ({
    request: { method: 'GET', url: `${url}${url.includes('?') ? '&' : '?'}${query}` },
    isAgainstContract: false,
  }));
}

/** About `count` attempts on one route, the same ones for the same seed. */
export function attemptsOn(route: Route, known: Known, options: { seed: number; count: number }): Attempt[] {
  const sample = <T>(arbitrary: fc.Arbitrary<T>, share: number) =>
    fc.sample(arbitrary, { seed: options.seed, numRuns: Math.max(1, Math.round(options.count * share)) });
  const least = requestOf(route, leastInput(route, known)).request;
  const url = String(least.url);
  const wrong = route.method === 'GET' ? wrongQueries(url) : route.bytes === 'in' ? [] : wrongBodies(route, url);
  return [
    ...sample(validInputs(route, known), 0.25).map((input) => requestOf(route, input)),
    ...sample(damagedInputs(route, known), 0.6).map((input) => requestOf(route, input)),
    ...sample(wild, 0.15).map((input) => requestOf(route, input)),
    ...poisonedInputs(route, known, options.seed).map((input) => requestOf(route, input)),
    ...wrong,
  ];
}
