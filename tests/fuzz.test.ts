import fc from 'fast-check';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ErrorReply, errorStatus, type Route, routes } from '#contract';
import { createCode, getCodeImage, importCodes } from '#contract/acquisition';
import { createMaterial } from '#contract/content';
import { createApiKey, createUser, getSession, updateUser } from '#contract/organization';
import { receiveCallback } from '#contract/wecom';
import { encrypt, signature } from '#sandbox/callbacks/crypto';
import { createTestApp, type TestApp, toRequest } from '#testing';
import { readChecksums } from './testing/checksum.ts';
import { type Attempt, attemptsOn } from './testing/hostile.ts';
import { leastInput, schemaOf } from './testing/inputs.ts';
import { seedWorld, type World } from './testing/world.ts';

/** Whatever is sent to a route: the answer has its form, is no fault of ours, and a refusal changes nothing. */

const seed = 20261121;
const runsPerRoute = 60;

let siyu: TestApp;
let world: World;

beforeAll(async () => {
  siyu = await createTestApp();
  world = await seedWorld(siyu);
});

afterAll(() => siyu?.close());

async function send(request: InjectOptions) {
  const headers = { ...request.headers, ...siyu.owner.headers };
  const response = await siyu.app.http.inject({ ...request, headers });
  return { status: response.statusCode, type: String(response.headers['content-type']), text: response.body };
}

const brief = (text: unknown) => {
  const shown =
    typeof text === 'string' ? text : Buffer.isBuffer(text) ? text.toString('latin1') : JSON.stringify(text);
  return (shown ?? '').length > 600 ? `${shown?.slice(0, 600)}… (${shown?.length})` : shown;
};
const describeRequest = ({ method, url, payload, headers }: InjectOptions) =>
  `${method} ${brief(url)} ${brief(headers)} ${brief(payload)}`;

/** What is wrong with an answer, or undefined. */
function faultOf(route: Route | undefined, answer: Awaited<ReturnType<typeof send>>): string | undefined {
  if (answer.status >= 500) return `answered ${answer.status}`;
  if (answer.status < 400) return undefined;
  // The page that a phone shows for a code that is not open, or for an address that leads nowhere.
  const isPage = (route?.bytes === 'out' || route?.page) && answer.type.startsWith('text/html');
  if (isPage && (answer.status === 410 || answer.status === 404)) return undefined;
  if (!answer.type.startsWith('application/json')) return `answered ${answer.status} as ${answer.type}`;
  const { error } = JSON.parse(answer.text) as Partial<ErrorReply>;
  if (!error || errorStatus[error.code] !== answer.status) return `answered ${answer.status} ${brief(answer.text)}`;
  if (typeof error.message !== 'string' || error.requestId === '') return `answered ${brief(answer.text)}`;
  return undefined;
}

/** Sends all; returns what was wrong, at most a few. */
async function findFaults(route: Route, attempts: readonly Attempt[]): Promise<string[]> {
  const faults: string[] = [];
  const note = (attempt: Attempt, fault: string | undefined) => {
    if (fault) faults.push(`${fault}: ${describeRequest(attempt.request)}`);
  };
  const never = attempts.filter((attempt) => attempt.isAgainstContract);
  const before = await readChecksums(siyu.database);
  for (const attempt of never) {
    const answer = await send(attempt.request);
    note(attempt, answer.status < 400 ? `accepted against the contract (${answer.status})` : faultOf(route, answer));
  }
  let known = await readChecksums(siyu.database);
  const after = known;
  if (JSON.stringify(known) !== JSON.stringify(before)) {
    for (const attempt of never) {
      await send(attempt.request);
      const now = await readChecksums(siyu.database);
      if (JSON.stringify(now) !== JSON.stringify(known)) note(attempt, 'refused, and changed something');
      known = now;
    }
    const changed = Object.keys({ ...before, ...known }).filter((table) => before[table] !== after[table]);
    if (faults.length === 0) faults.push(`a refused request changed ${changed.join(', ')}, once`);
  }
  // A GET gets no transaction; only one that says so writes at all.
  const isReading = route.method === 'GET' && !route.outside;
  for (const attempt of attempts.filter((attempt) => !attempt.isAgainstContract)) {
    const answer = await send(attempt.request);
    note(attempt, faultOf(route, answer));
    if (isReading) continue;
    const now = await readChecksums(siyu.database);
    const changed = Object.keys({ ...known, ...now }).filter((table) => known[table] !== now[table]);
    if (answer.status >= 400 && changed.length > 0) note(attempt, `refused, and changed ${changed.join(', ')}`);
    known = now;
  }
  if (isReading && JSON.stringify(await readChecksums(siyu.database)) !== JSON.stringify(known))
    faults.push('a GET wrote');
  return faults.slice(0, 4);
}

describe('any input', () => {
  const order = ['GET', 'POST', 'PUT', 'DELETE'];
  const cases = routes
    .map(({ name, route }) => ({ title: `${route.method} ${route.path} (${name})`, route }))
    .sort((a, b) => order.indexOf(a.route.method) - order.indexOf(b.route.method));

  it.each(cases)('to $title', async ({ route }) => {
    // What calls out waits for the outside, and a picture takes long to draw: fewer attempts there.
    // So are they where there is no field to fill.
    const hasFields = Object.keys(schemaOf(route).properties ?? {}).length > 0;
    const isSlow = (route.outside && route.method !== 'GET') || route === getCodeImage || !hasFields;
    const count = isSlow ? runsPerRoute / 6 : runsPerRoute;
    expect(await findFaults(route, attemptsOn(route, world.known, { seed, count }))).toEqual([]);
  });
});

describe('addresses', () => {
  it('that cannot be read are refused in the usual form', async () => {
    for (const url of [
      '/api/staff/%ff',
      '/api/codes/%',
      '/%c0%ae',
      `/api/tags/${'9'.repeat(5000)}`,
      '/q/%00',
      '/api//x',
    ]) {
      for (const method of ['GET', 'PUT', 'DELETE', 'POST'] as const) {
        const answer = await send({ method, url });
        if (answer.status < 400 && method === 'GET') continue;
        expect(faultOf(undefined, answer), `${method} ${url}`).toBeUndefined();
      }
    }
  });

  it('with a method that nobody serves are refused in the usual form', async () => {
    for (const method of ['PATCH', 'OPTIONS', 'DELETE', 'PUT', 'TRACE', 'PROPFIND']) {
      const answer = await send({ method: method as 'PATCH', url: '/api/customers' });
      expect(faultOf(undefined, answer), method).toBeUndefined();
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('files', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc
      .uint8Array({ maxLength: 64 })
      .map((rest) => Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ...rest])),
    fc.uint8Array({ maxLength: 64 }).map((rest) => Uint8Array.from([0xff, 0xd8, 0xff, ...rest])),
  );

  it('of any content become materials or are refused whole', async () => {
    const attempts = fc.sample(fc.tuple(bytes, fc.constantFrom('a.png', 'a.mp4', '../../x', '<b>.exe')), {
      seed,
      numRuns: 40,
    });
    const faults = await findFaults(
      createMaterial,
      attempts.map(([content, name]) => {
        const request = toRequest(createMaterial, { name }, Buffer.from(content));
        return { request: request as InjectOptions, isAgainstContract: false };
      }),
    );
    expect(faults).toEqual([]);
  });

  it('above the limit are refused', async () => {
    const megabytes = (n: number) => Buffer.alloc(n * 1024 * 1024, 'x');
    const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), megabytes(10)]);
    for (const file of [megabytes(21), png]) {
      const answer = await siyu.ask(siyu.owner, createMaterial, { name: 'large' }, file);
      expect(answer).toMatchObject({ status: 413, body: { error: { code: 'body_too_large' } } });
    }
  });
});

describe('CSV', () => {
  const columns = ['name', 'source', 'staff', 'folder', 'tags', 'hook', 'welcome', 'daily_limit'];
  const hostile = [
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u0007',
    "'; drop table customer; --",
    '<b>x</b>',
    '=1+1',
    '"',
  ];
  const cells = [
    ...hostile,
    'x'.repeat(2000),
    '😀'.repeat(50),
    '|',
    'li|',
    '-1',
    '1e9',
    '{{nobody}}',
    'two\nlines',
    '__proto__',
  ];
  const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;

  it('with one hostile cell makes the code or nothing', async () => {
    const attempts = columns.flatMap((column) =>
      cells.map((cell, i): Attempt => {
        const row: Record<string, string> = {
          name: `码 ${column} ${i}`,
          source: 'shop',
          staff: 'li',
          folder: `夹${i}`,
          tags: 'vip',
        };
        const line = columns.map((name) => quote(name === column ? cell : (row[name] ?? ''))).join(',');
        const csv = `${columns.join(',')}\n${line}\n`;
        const request = toRequest(importCodes, { csv, dryRun: false });
        return { request: request as InjectOptions, isAgainstContract: false };
      }),
    );
    expect(await findFaults(importCodes, attempts)).toEqual([]);
  });

  it('that is no CSV is refused', async () => {
    const texts = [
      '"',
      'name\n"a',
      'name,source,staff',
      'name,source,staff\na',
      '\ufeff',
      '\u0000',
      'a'.repeat(1_900_000),
      '\n'.repeat(9999),
    ];
    const attempts = texts.map((csv): Attempt => {
      const request = toRequest(importCodes, { csv, dryRun: false });
      return { request: request as InjectOptions, isAgainstContract: false };
    });
    expect(await findFaults(importCodes, attempts)).toEqual([]);
  });
});

describe('callbacks that are signed', () => {
  const names = [
    'change_external_contact',
    'change_external_tag',
    'change_contact',
    'change_external_chat',
    'nobody_knows',
  ];
  const changes = [
    ...[
      'add_external_contact',
      'del_follow_user',
      'edit_external_contact',
      'transfer_fail',
      'create',
      'update',
      'shuffle',
    ],
    ...['update_user', 'create_party', 'nothing'],
  ];
  const value = fc.oneof(
    fc.constantFrom(
      'wmOfLi00001',
      'li',
      '1',
      '',
      '0',
      '-1',
      '999999999999999',
      '1e9',
      '\u0000',
      '\ud800',
      'x'.repeat(4000),
    ),
    fc.constantFrom('<![CDATA[]]>', '<Item>a</Item>', '&lt;', '&amp;', '<b>', ']]>', "'; drop table event; --"),
    fc.string({ maxLength: 20 }),
  );
  const field = fc.constantFrom(
    'UserID',
    'ExternalUserID',
    'State',
    'WelcomeCode',
    'CreateTime',
    'Id',
    'ChatId',
    'TagType',
    'Name',
  );
  const event = fc.tuple(
    fc.constantFrom(...names),
    fc.constantFrom(...changes),
    fc.dictionary(field, value, { maxKeys: 4 }),
  );

  it('never break the door, whatever is inside', async () => {
    const { token, encodingAesKey, corpId } = world.connection;
    const attempts = fc.sample(event, { seed, numRuns: 150 }).map(([name, change, fields]): Attempt => {
      const all = {
        UserID: 'li',
        ExternalUserID: 'wmOfLi00001',
        CreateTime: '1790000000',
        Id: '1',
        ChatId: 'wrc',
        ...fields,
      };
      const inner = Object.entries(all).map(([key, text]) => `<${key}>${text}</${key}>`);
      const xml = `<xml><ToUserName>${corpId}</ToUserName><MsgType>event</MsgType><Event>${name}</Event><ChangeType>${change}</ChangeType>${inner.join('')}</xml>`;
      const encrypted = encrypt(encodingAesKey, xml, corpId, Buffer.alloc(16, 'r'));
      const signed = { timestamp: '1790000000', nonce: 'n' };
      const msg_signature = signature(token, signed.timestamp, signed.nonce, encrypted);
      const body = `<xml><ToUserName>${corpId}</ToUserName><Encrypt>${encrypted}</Encrypt></xml>`;
      const request = toRequest(receiveCallback, { ...signed, msg_signature }, Buffer.from(body));
      return { request: request as InjectOptions, isAgainstContract: false };
    });
    expect(await findFaults(receiveCallback, attempts)).toEqual([]);
  });

  it('are refused without their signature, and as rubbish', async () => {
    const bodies = [
      '',
      '<xml>',
      '<xml><Encrypt>AAAA</Encrypt></xml>',
      '<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>',
      'x'.repeat(300_000),
    ];
    const input = leastInput(receiveCallback, world.known);
    const attempts = bodies.map((body): Attempt => {
      const request = toRequest(receiveCallback, { ...input, timestamp: '1' }, Buffer.from(body));
      return { request: request as InjectOptions, isAgainstContract: false };
    });
    expect(await findFaults(receiveCallback, attempts)).toEqual([]);
    for (const attempt of attempts) expect((await send(attempt.request)).status).toBeGreaterThanOrEqual(400);
  });
});

describe('many at once', () => {
  it('codes of one name become one code', async () => {
    const draft = {
      name: '同名',
      source: 'shop' as const,
      rotation: [{ staffIds: [world.staff.li], weekdays: [1], fromMinute: 0, toMinute: 1 }],
    };
    const answers = await Promise.all(Array.from({ length: 12 }, () => siyu.ask(siyu.owner, createCode, draft)));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(11).fill(409)]);
  });

  it('keys are all made, although each needs a second connection', async () => {
    const permissions = ['tag.write'];
    const ask = (_: unknown, i: number) => siyu.ask(siyu.owner, createApiKey, { name: `key ${i}`, permissions });
    const answers = await Promise.all(Array.from({ length: 15 }, ask));
    expect(answers.map((answer) => answer.status)).toEqual(Array(15).fill(200));
  });

  it('changes of the last owners leave one', async () => {
    const other = {
      name: 'Second',
      email: 'second@siyu.test',
      role: 'owner',
      password: 'correct horse battery',
    } as const;
    const { id: second } = await siyu.call(siyu.owner, createUser, other);
    const { user } = await siyu.call(siyu.owner, getSession, {});
    const owners = [second, user?.id ?? ''];
    await siyu.database.pool.query("update auth_user set role = 'viewer' where id <> all($1)", [owners]);
    const answers = await Promise.all(owners.map((id) => siyu.ask(siyu.owner, updateUser, { id, role: 'viewer' })));
    expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
    const { rows } = await siyu.database.pool.query("select 1 from auth_user where role = 'owner' and not disabled");
    expect(rows).toHaveLength(1);
  });
});

describe('the sums by which a change is noticed', () => {
  it('differ after any write that was committed, and after no other', async () => {
    const { pool } = siyu.database;
    const before = await readChecksums(siyu.database);
    await pool.query('select id from customer for update');
    await pool.query("begin; insert into setting values ('x', '{}', now()); rollback");
    expect(await readChecksums(siyu.database)).toEqual(before);
    for (const write of [
      'update customer set name = name',
      "insert into setting values ('x', '{}', now())",
      "delete from setting where key = 'x'",
      'update auth_api_key set name = id',
    ]) {
      const known = await readChecksums(siyu.database);
      await pool.query(write);
      expect(await readChecksums(siyu.database), write).not.toEqual(known);
    }
  });
});
