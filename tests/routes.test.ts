import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  contracts,
  type Permission,
  pathNames,
  type Role,
  type Route,
  rolePermissions,
  roles,
  routes,
} from '#contract';
import { getCode, listCodes } from '#contract/acquisition';
import {
  countCustomers,
  getCustomer,
  listCustomers,
  listTags,
  listTimeline,
  setAttributes,
  setRemark,
  tagCustomers,
} from '#contract/customers';
import { createApiKey, createUser, listUsers, updateUser } from '#contract/organization';
import { listTouches } from '#contract/touch';
import { type Fact, recordEvents } from '#events';
import { inTransaction } from '#platform/ctx';
import { createTestApp, type Person, type TestApp, toRequest } from '#testing';
import { readChecksums } from './testing/checksum.ts';
import { leastInput, schemaOf } from './testing/inputs.ts';
import { projectFacts, seedWorld, type World, worldRefusals } from './testing/world.ts';

/** What is true of every route, asked of every route: the cases are made from the contract. */

const cases = routes.map(({ name, route }) => ({ title: `${route.method} ${route.path} (${name})`, name, route }));
const isPublic = (route: Route) => route.permission === 'public';

/** What a route needs besides its least valid input to work in the seeded world. */
const extras: Readonly<Record<string, Record<string, unknown>>> = {
  mergeCustomers: { ids: [1, 4] },
  tagCustomers: { customerIds: [1], add: [1] },
  createAttribute: { key: 'hobby', name: '爱好', kind: 'text' },
  createCode: { name: '新码' },
  updateCode: { name: '改名' },
  createContent: { name: '新内容' },
  updateContent: { name: '改名' },
  updateContentFolder: { name: '改名' },
  updateTag: { name: '改名' },
  updateTagGroup: { name: '改名' },
  updateFolder: { name: '改名' },
  updateSegment: { name: '改名' },
  createJourney: { name: '新旅程' },
  saveJourney: { name: '改名' },
  enrolInJourney: { customerIds: [1] },
  updateUser: { role: 'viewer' },
  setAttributes: { values: { city: '上海' } },
  createTagGroup: { tags: ['一'] },
  tellBatch: { batch: [{ type: 'track', userId: 'u1', event: 'Song Played' }] },
  tellShortBatch: { batch: [{ type: 'track', userId: 'u1', event: 'Song Played' }] },
  createCampaign: { name: '新活动' },
  importCodes: { csv: 'name,source,staff\n甲,shop,li' },
};

const validInput = (name: string, route: Route, world: World) => ({
  ...leastInput(route, world.known),
  // Who tells of people has a key, and names them.
  ...(name.startsWith('tell') ? { writeKey: world.known.writeKey?.[0], userId: 'u1' } : {}),
  ...extras[name],
});

/** Refused for its form alone, so that nothing happens when the caller is admitted. */
function harmlessRequest(route: Route, world: World) {
  const inPath = Object.fromEntries(Object.entries(leastInput(route, world.known)).filter(([name]) => name !== 'id'));
  const request = toRequest(route, { ...inPath, id: '9999999' });
  return route.method === 'GET' || route.bytes === 'in' ? request : { ...request, payload: '[]' };
}

let siyu: TestApp;
let world: World;
const people: Partial<Record<Role, Person>> = {};

beforeAll(async () => {
  siyu = await createTestApp();
  world = await seedWorld(siyu);
  for (const role of roles) {
    people[role] = role === 'owner' ? siyu.owner : await siyu.signIn(role, role === 'adviser' ? world.staff.li : null);
  }
});

afterAll(() => siyu?.close());

async function answerTo(person: Person, route: Route): Promise<{ status: number; code: string | undefined }> {
  const request = harmlessRequest(route, world);
  const response = await siyu.app.http.inject({ ...request, headers: { ...request.headers, ...person.headers } });
  const isJson = String(response.headers['content-type']).includes('json');
  return { status: response.statusCode, code: isJson ? response.json().error?.code : undefined };
}

/** Let in, whatever came of it; a refusal of the route's own (a wrong signature) is an answer too. */
async function expectAdmitted(person: Person, route: Route): Promise<void> {
  const { status, code } = await answerTo(person, route);
  const isOwnRefusal = route.errors?.some((known) => known === code && known !== 'not_allowed') ?? false;
  if (!isOwnRefusal) expect([401, 403], `${person.name} is admitted to ${route.path}`).not.toContain(status);
}

describe('permissions', () => {
  it('knows a permission for each route', () => {
    const unguarded = routes.filter(({ route }) => isPublic(route)).map(({ name }) => name);
    expect(unguarded.filter((name) => !name.startsWith('tell')).sort()).toEqual([
      'getSession',
      'openLanding',
      'openLink',
      'openUnsubscribe',
      'receiveCallback',
      'setUpOwner',
      'unsubscribe',
      'verifyCallback',
    ]);
  });

  it.each(cases.filter(({ route }) => !isPublic(route)))('$title refuses nobody', async ({ name, route }) => {
    const before = await readChecksums(siyu.database);
    for (const headers of [{}, { cookie: 'siyu.session_token=forged.forged' }, { authorization: 'Bearer forged' }]) {
      const answer = await siyu.ask({ name: 'nobody', headers }, route, validInput(name, route, world));
      expect(answer.status, JSON.stringify(headers)).toBe(401);
      expect(answer.body).toMatchObject({ error: { code: 'not_signed_in', requestId: expect.any(String) } });
    }
    expect(await readChecksums(siyu.database)).toEqual(before);
  });

  it.each(cases.filter(({ route }) => isPublic(route)))('$title answers nobody', async ({ route }) => {
    await expectAdmitted(siyu.nobody, route);
  });

  it.each(cases)('$title admits exactly the roles that may', async ({ name, route }) => {
    for (const role of roles) {
      const person = people[role] ?? siyu.nobody;
      const may =
        isPublic(route) ||
        route.permission === 'signed_in' ||
        rolePermissions[role].includes(route.permission as Permission);
      if (may) {
        await expectAdmitted(person, route);
      } else {
        const before = await readChecksums(siyu.database);
        const answer = await siyu.ask(person, route, validInput(name, route, world));
        expect(answer.status, `${role} is refused`).toBe(403);
        expect(answer.body).toMatchObject({
          error: { code: 'not_allowed', details: { permission: route.permission } },
        });
        expect(await readChecksums(siyu.database), `${role} changes nothing`).toEqual(before);
      }
    }
  });

  it('knows no key that it did not make', async () => {
    for (const key of ['', 'siyu_forged', 'x'.repeat(5000), '\u00e9']) {
      const holder: Person = { name: 'forger', headers: { 'x-api-key': key, ...siyu.owner.headers } };
      // A request that shows a key is the key's, whoever else is signed in.
      expect((await siyu.ask(holder, listCustomers, {})).status, key.slice(0, 20)).toBe(401);
    }
  });

  it('gives a key what it was made for and no more', async () => {
    const granted: Permission[] = ['customer.read', 'tag.write'];
    const { key } = await siyu.call(siyu.owner, createApiKey, { name: 'limited', permissions: granted });
    const holder: Person = { name: 'key', headers: { 'x-api-key': key } };
    for (const { title, route } of cases) {
      const may =
        isPublic(route) || route.permission === 'signed_in' || granted.includes(route.permission as Permission);
      if (may) await expectAdmitted(holder, route);
      else expect(await answerTo(holder, route), title).toEqual({ status: 403, code: 'not_allowed' });
    }
  });

  it('never lets a key make a key that may more', async () => {
    const { key } = await siyu.call(siyu.owner, createApiKey, { name: 'maker', permissions: ['key.manage'] });
    const holder: Person = { name: 'key', headers: { 'x-api-key': key } };
    const answer = await siyu.ask(holder, createApiKey, { name: 'more', permissions: ['key.manage', 'user.manage'] });
    expect(answer).toMatchObject({ status: 403, body: { error: { code: 'api_key_permission_exceeds' } } });
  });

  it('takes from a key what its maker may no longer do', async () => {
    const operator = await siyu.signIn('operator');
    const { key } = await siyu.call(operator, createApiKey, {
      name: 'before',
      permissions: ['customer.read', 'tag.write'],
    });
    const holder: Person = { name: 'key', headers: { 'x-api-key': key } };
    const { rows: users } = await siyu.call(siyu.owner, listUsers, {});
    const maker = users.filter((user) => user.role === 'operator').at(-1);
    await siyu.call(siyu.owner, updateUser, { id: maker?.id ?? '', role: 'adviser', staffId: world.staff.wang });
    expect((await siyu.ask(holder, listCustomers, {})).body.rows.map((row) => row.id).sort()).toEqual(
      [world.customers.ofWang, world.customers.ofBoth].sort(),
    );
    expect((await siyu.ask(holder, listTags, {})).status).toBe(200);
    const writing = await siyu.ask(holder, contracts.customers.createTag, { groupId: 1, name: '越权' });
    expect(writing.status).toBe(403);
    await siyu.call(siyu.owner, updateUser, { id: maker?.id ?? '', disabled: true });
    expect((await siyu.ask(holder, listCustomers, {})).status).toBe(401);
    expect((await siyu.ask(operator, listCustomers, {})).status).toBe(401);
  });

  it('refuses a write that another site sends through a signed-in browser', async () => {
    const request = toRequest(createUser, {});
    const headers = { ...request.headers, ...siyu.owner.headers, host: 'siyu.test', origin: 'https://evil.test' };
    const response = await siyu.app.http.inject({ ...request, headers });
    expect(response.json()).toMatchObject({ error: { code: 'origin_not_allowed' } });
  });
});

describe('the table of routes', () => {
  it('is served whole', () => {
    const missing = cases.filter(({ route }) => !siyu.app.http.hasRoute({ method: route.method, url: route.path }));
    expect(missing.map(({ title }) => title)).toEqual([]);
  });

  it('names each method and path once', () => {
    const names = cases.map(({ route }) => `${route.method} ${route.path}`);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('holds every address of the API that is served', () => {
    const known = new Set(cases.map(({ route }) => `${route.method} ${route.path}`));
    const others = [/^GET \/api\/openapi\.json$/, /^GET \/api\/docs(\/.*)?$/, /^(GET|POST) \/api\/auth\/\*$/];
    const strangers = servedRoutes(siyu.app.http.printRoutes({ commonPrefix: false })).filter(
      (served) => served.includes(' /api') && !known.has(served) && !others.some((other) => other.test(served)),
    );
    expect(strangers).toEqual([]);
  });

  it('is what the modules serve, route by route', () => {
    const served = siyu.app.modules.flatMap((module) => module.endpoints.map(({ route }) => route));
    expect(new Set(served)).toEqual(new Set(cases.map(({ route }) => route)));
    expect(served).toHaveLength(cases.length);
  });

  it('answers an unknown address of the API as the API', async () => {
    for (const url of [
      '/api',
      '/api/',
      '/api/staff/%ff',
      '/api/nothing',
      '/api/customers/1/nothing',
      '/api/codes/1/image/',
    ]) {
      const response = await siyu.app.http.inject({ url, headers: siyu.owner.headers });
      expect(response.headers['content-type'], url).toContain('application/json');
      expect(response.json(), url).toMatchObject({ error: { code: expect.any(String) } });
      expect([400, 404], url).toContain(response.statusCode);
    }
  });
});

/** Reads Fastify's drawing of its routes: '│   └── /:id (PUT, DELETE)' under 'api/tags (GET)' is PUT /api/tags/:id. */
function servedRoutes(drawing: string): string[] {
  const parents: string[] = [];
  return drawing.split('\n').flatMap((line) => {
    const match = /^((?:│ {3}| {4})*)[├└]── (\S+)(?: \(([A-Z, ]+)\))?/.exec(line);
    if (!match) return [];
    const depth = (match[1] ?? '').length / 4;
    const path = `${depth === 0 ? '' : parents[depth - 1]}${match[2]}`;
    parents[depth] = path;
    const methods = (match[3] ?? '').split(', ').filter((method) => method !== '' && method !== 'HEAD');
    return methods.map((method) => `${method} ${path}`);
  });
}

describe('bad input', () => {
  const wrongs: readonly unknown[] = ['wrong'.repeat(800), ' ', 'x'.repeat(100), -1, {}, [{}], 'two\nlines', true, '?'];

  /** For each field a value that the contract refuses, where there is one. */
  function wrongFields(route: Route) {
    const inPath = pathNames(route.path);
    const inQuery = route.method === 'GET' || route.bytes === 'in';
    return Object.keys(schemaOf(route).properties ?? {}).flatMap((field) => {
      const isText = inPath.includes(field) || inQuery;
      const fits = (value: unknown) =>
        (!isText || typeof value === 'string') && (!inPath.includes(field) || String(value).length <= 100);
      const wrong = wrongs.filter(fits).find((value) => {
        const parsed = route.input.safeParse({ ...leastInput(route, world.known), [field]: value });
        return parsed.error?.issues.some((issue) => issue.path[0] === field);
      });
      return wrong === undefined ? [] : [{ field, wrong }];
    });
  }

  it.each(cases.filter(({ route }) => Object.keys(schemaOf(route).properties ?? {}).length > 0))(
    '$title says which field is wrong and changes nothing',
    async ({ name, route }) => {
      const before = await readChecksums(siyu.database);
      const fields = wrongFields(route);
      expect(fields.length, 'some field can be wrong').toBeGreaterThan(0);
      for (const { field, wrong } of fields) {
        const answer = await siyu.ask(siyu.owner, route, { ...validInput(name, route, world), [field]: wrong });
        expect(answer, `${field}: ${JSON.stringify(wrong).slice(0, 60)}`).toMatchObject({
          status: 400,
          body: { error: { code: 'input_invalid', fields: expect.any(Array) } },
        });
        const { error } = answer.body as { error: { fields: { path: string; problem: string; message: string }[] } };
        expect(error.fields.map((problem) => problem.path.split('.')[0])).toContain(field);
        expect(error.fields.every((problem) => problem.problem !== '' && problem.message !== '')).toBe(true);
      }
      expect(await readChecksums(siyu.database)).toEqual(before);
    },
  );

  it.each(cases.filter(({ route }) => route.method !== 'GET' && route.bytes !== 'in'))(
    '$title refuses a body that is no JSON',
    async ({ route }) => {
      const before = await readChecksums(siyu.database);
      for (const [payload, contentType, status] of [
        ['{"name":', 'application/json', 400],
        ['name=x', 'application/x-www-form-urlencoded', 415],
        ['<a/>', 'text/xml', 415],
        ['"text"', 'application/json', 400],
        ['[1]', 'application/json', 400],
        ['7', 'application/json', 400],
      ] as const) {
        const request = toRequest(route, leastInput(route, world.known));
        const headers = { ...siyu.owner.headers, 'content-type': contentType };
        const response = await siyu.app.http.inject({ ...request, headers, payload });
        expect(response.statusCode, `${contentType} ${payload}`).toBe(status);
        expect(response.json()).toMatchObject({ error: { code: expect.any(String), requestId: expect.any(String) } });
      }
      expect(await readChecksums(siyu.database)).toEqual(before);
    },
  );
});

describe('data scope', () => {
  const ids = (rows: readonly { id: number }[]) => rows.map((row) => row.id).sort((a, b) => a - b);
  let li: Person;

  beforeAll(async () => {
    li = await siyu.signIn('adviser', world.staff.li);
  });

  it('lists and counts for an adviser only who follows him', async () => {
    const { ofLi, ofBoth } = world.customers;
    const filters = [
      { filter: {}, expected: [ofLi, ofBoth] },
      { filter: { staff: world.staff.wang }, expected: [ofBoth] },
      { filter: { search: '陈晨' }, expected: [] },
      { filter: { search: 'wmOfWang0001' }, expected: [] },
      { filter: { active: false }, expected: [] },
      { filter: { tags: String(world.tags.vip), tagMode: 'none' as const }, expected: [] },
      { filter: { tags: String(world.tags.vip) }, expected: [ofLi, ofBoth] },
      { filter: { code: world.codeId }, expected: [ofLi, ofBoth] },
      { filter: { source: 'shop' as const }, expected: [ofLi, ofBoth] },
    ];
    for (const { filter, expected } of filters) {
      const { rows } = await siyu.call(li, listCustomers, filter);
      expect(ids(rows), JSON.stringify(filter)).toEqual(expected);
      const count = await siyu.call(li, countCustomers, filter);
      expect(count, JSON.stringify(filter)).toEqual({ count: expected.length, isExact: true });
    }
    expect(ids((await siyu.call(siyu.owner, listCustomers, {})).rows)).toHaveLength(7);
    expect(await siyu.call(siyu.owner, countCustomers, {})).toEqual({ count: 7, isExact: true });
  });

  it('keeps everything about other customers from an adviser, as if they did not exist', async () => {
    const before = await readChecksums(siyu.database);
    for (const id of [world.customers.ofWang, world.customers.left, 9_999_999]) {
      const answers = [
        await siyu.ask(li, getCustomer, { id }),
        await siyu.ask(li, listTimeline, { id }),
        await siyu.ask(li, setAttributes, { id, values: { city: '北京' } }),
        await siyu.ask(li, setRemark, { id, staffId: world.staff.li, remark: '我的' }),
        await siyu.ask(li, setRemark, { id, staffId: world.staff.wang, remark: '我的' }),
      ];
      for (const answer of answers)
        expect(answer).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
    }
    expect(await readChecksums(siyu.database)).toEqual(before);
  });

  it('tags for an adviser only his own among the chosen, and no whole filter', async () => {
    const { ofLi, ofWang, left } = world.customers;
    const chosen = { customerIds: [ofLi, ofWang, left], add: [world.tags.cat] };
    expect(await siyu.call(li, tagCustomers, chosen)).toEqual({ changed: 1, operationId: null });
    const tagged = await siyu.call(siyu.owner, listCustomers, { tags: String(world.tags.cat) });
    expect(ids(tagged.rows)).toEqual([ofLi]);
    const whole = await siyu.ask(li, tagCustomers, { filter: {}, add: [world.tags.cat] });
    expect(whole).toMatchObject({ status: 403, body: { error: { code: 'not_allowed' } } });
  });

  it('shows an adviser without a staff member nobody', async () => {
    const stranger = await siyu.signIn('adviser');
    expect((await siyu.call(stranger, listCustomers, {})).rows).toEqual([]);
    expect((await siyu.ask(stranger, getCustomer, { id: world.customers.ofLi })).status).toBe(404);
  });

  it('lets an adviser change only the remark that he keeps himself', async () => {
    const id = world.customers.ofBoth;
    const own = await siyu.ask(li, setRemark, { id, staffId: world.staff.li, remark: '李的' });
    expect(own.status).toBe(200);
    const other = await siyu.ask(li, setRemark, { id, staffId: world.staff.wang, remark: '李写王的' });
    expect([403, 404]).toContain(other.status);
  });

  it('ends when the customer leaves and comes back with him', async () => {
    const { ofBoth } = world.customers;
    const fact = (name: 'follow.ended' | 'follow.added', minute: number): Fact => {
      const edge = { externalUserid: 'wmOfBoth0001', staffUserid: 'li' };
      const common = { source: 'test', messageId: `${name} ${minute}`, occurredAt: siyu.clock.now() };
      return name === 'follow.ended'
        ? { ...common, name, payload: { ...edge, by: 'customer' } }
        : { ...common, name, payload: { ...edge, codeId: null, welcomeCode: null, isHalf: false } };
    };
    await inTransaction(siyu.ctx, (ctx) => recordEvents(ctx, [fact('follow.ended', 1)]));
    await projectFacts(siyu);
    expect((await siyu.ask(li, getCustomer, { id: ofBoth })).status).toBe(404);
    await inTransaction(siyu.ctx, (ctx) => recordEvents(ctx, [fact('follow.added', 2)]));
    await projectFacts(siyu);
    expect((await siyu.ask(li, getCustomer, { id: ofBoth })).status).toBe(200);
  });

  it('gives an adviser codes but no touches', async () => {
    expect((await siyu.ask(li, listCodes, {})).status).toBe(200);
    expect((await siyu.ask(li, getCode, { id: world.codeId })).status).toBe(200);
    expect((await siyu.ask(li, listTouches, {})).status).toBe(403);
  });
});

describe('the OpenAPI document', () => {
  interface Operation {
    operationId: string;
    summary?: string;
    tags: string[];
    security?: Record<string, string[]>[];
    parameters?: { name: string; in: string; required: boolean; schema: object }[];
    requestBody?: { content: Record<string, { schema: object }> };
    responses: Record<string, { content: Record<string, { schema: object }> }>;
  }
  interface Document {
    openapi: string;
    security: Record<string, string[]>[];
    paths: Record<string, Record<string, Operation>>;
    components: { securitySchemes: Record<string, { in: string; name: string }>; schemas: Record<string, object> };
  }
  let document: Document;
  const operationOf = (route: Route) =>
    document.paths[route.path.replace(/:([a-zA-Z]+)/g, '{$1}')]?.[route.method.toLowerCase()];

  beforeAll(async () => {
    const response = await siyu.app.http.inject({ url: '/api/openapi.json' });
    document = response.json();
  });

  it('describes every route and nothing else', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(cases.filter(({ route }) => !operationOf(route)).map(({ title }) => title)).toEqual([]);
    expect(Object.values(document.paths).flatMap((path) => Object.keys(path))).toHaveLength(cases.length);
  });

  it('gives each operation a name of its own, a summary and answers', () => {
    const operations = cases.map(({ route }) => operationOf(route));
    expect(new Set(operations.map((operation) => operation?.operationId)).size).toBe(cases.length);
    for (const operation of operations) {
      expect(operation?.summary).not.toBe('');
      expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining(['200', 'default']));
    }
  });

  it('says of each operation how to sign in, except where nobody has to', () => {
    expect(document.security.length).toBeGreaterThan(0);
    const schemes = Object.keys(document.components.securitySchemes);
    for (const requirement of document.security)
      expect(schemes).toEqual(expect.arrayContaining(Object.keys(requirement)));
    for (const { title, route } of cases) {
      expect(operationOf(route)?.security, title).toEqual(isPublic(route) ? [] : undefined);
    }
  });

  it('names the header and the cookie that really sign in', () => {
    const { key, session } = document.components.securitySchemes;
    expect(key).toMatchObject({ in: 'header', name: 'x-api-key' });
    const cookies = (siyu.owner.headers.cookie ?? '').split('; ').map((cookie) => cookie.split('=')[0]);
    expect(cookies).toContain(session?.name);
  });

  it('places each field of the input in path, query or body', () => {
    for (const { title, route } of cases) {
      const operation = operationOf(route);
      const named = (operation?.parameters ?? []).map((parameter) => parameter.name);
      const inPath = (operation?.parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map((parameter) => parameter.name).sort(), title).toEqual(pathNames(route.path).sort());
      expect(inPath.every((parameter) => parameter.required)).toBe(true);
      const body = operation?.requestBody?.content['application/json']?.schema as { properties?: object } | undefined;
      const fields = [...named, ...Object.keys(body?.properties ?? {})];
      expect(fields.sort(), title).toEqual(Object.keys(schemaOf(route).properties ?? {}).sort());
    }
  });

  it('points only at what it holds', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    for (const ref of new Set(refs)) {
      const target = ref
        .split('/')
        .slice(1)
        .reduce<unknown>((node, part) => (node as Record<string, unknown> | undefined)?.[part], document);
      expect(target, ref).toBeDefined();
    }
  });
});

describe('valid input', () => {
  const order = ['GET', 'POST', 'PUT', 'DELETE'];
  // Deletions come last, and a tag goes before its group.
  const place = ({ name, route }: (typeof cases)[number]) =>
    name === 'deleteTagGroup' ? order.length : order.indexOf(route.method);
  const ordered = [...cases].sort((a, b) => place(a) - place(b));

  it.each(ordered)('$title answers the owner as its contract says', async ({ name, route }) => {
    const file = route.bytes === 'in' ? Buffer.from('%PDF-1.7 something') : undefined;
    const answer = await siyu.ask(siyu.owner, route, validInput(name, route, world), file);
    const refusal = worldRefusals[name];
    if (refusal) {
      expect(answer.body).toMatchObject({ error: { code: refusal } });
      expect(route.errors).toContain(refusal);
      return;
    }
    // A tracked link leads on.
    if (name === 'openLink') return expect(answer.status).toBe(302);
    expect(answer.status, answer.raw.toString().slice(0, 300)).toBe(200);
    if (route.bytes === 'out' || route.page) return expect(answer.raw.length).toBeGreaterThan(0);
    const parsed = route.output.safeParse(answer.body);
    expect(parsed.error?.issues).toBeUndefined();
    // Nothing is said beyond the contract: an unknown field may be a secret.
    expect(answer.body).toEqual(parsed.data);
  });
});
