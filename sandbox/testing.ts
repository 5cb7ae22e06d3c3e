import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { decrypt, signature } from './callbacks/crypto.ts';
import type { Person, Sandbox, SandboxOptions } from './index.ts';
import { startSandbox } from './index.ts';

/** A sandbox with a signed-in caller, for the tests beside the code. */

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by the tests that read them
export type Reply = Record<string, any> & { errcode: number; errmsg: string };

export type Bench = AsyncDisposable & {
  sandbox: Sandbox;
  token: string;
  get(path: string, query?: Record<string, string>): Promise<Reply>;
  post(path: string, body?: unknown): Promise<Reply>;
  addWay(body?: Record<string, unknown>): Promise<{ config_id: string; qr_code: string }>;
  /** So many people who are customers of the member; visitors unless a kind is given. */
  addCustomers(count: number, userid: string, kind?: Person['kind']): Promise<string[]>;
  upload(type: string, bytes: Buffer, filename?: string): Promise<Reply>;
  stop(): Promise<void>;
};

export const noon = Date.parse('2026-03-10T12:00:00+08:00');

export async function startBench(options: SandboxOptions = {}): Promise<Bench> {
  const sandbox = await startSandbox({ seed: 'tests', clock: { simMs: noon, speed: 0 }, ...options });
  const signIn = await fetch(
    `${sandbox.url}/cgi-bin/gettoken?corpid=${sandbox.corp.corpId}&corpsecret=${sandbox.corp.secret}`,
  );
  const token = ((await signIn.json()) as { access_token: string }).access_token;
  const urlOf = (path: string, query: Record<string, string> = {}) =>
    `${sandbox.url}/cgi-bin/${path}?${new URLSearchParams({ access_token: token, ...query })}`;
  const send = async (url: string, init?: RequestInit) => (await (await fetch(url, init)).json()) as Reply;
  const post = (path: string, body: unknown = {}) =>
    send(urlOf(path), { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  const stop = () => sandbox.stop();
  const addWay: Bench['addWay'] = async (body = {}) => {
    const reply = await post('externalcontact/add_contact_way', { type: 1, scene: 2, user: ['linxiaoyu'], ...body });
    return reply as Reply & { config_id: string; qr_code: string };
  };
  return {
    sandbox,
    token,
    get: (path, query) => send(urlOf(path, query)),
    post,
    addWay,
    addCustomers: async (count, userid, kind = 'visitor') => {
      const { config_id } = await addWay({ user: [userid] });
      const ids: string[] = [];
      for (let i = 0; i < count; i++) {
        const person = sandbox.makePerson({ kind });
        await sandbox.scan(person.externalUserid, config_id, { half: false });
        ids.push(person.externalUserid);
      }
      return ids;
    },
    upload: (type, bytes, filename = 'a.png') => {
      const form = new FormData();
      form.set('media', new File([new Uint8Array(bytes)], filename, { type: 'image/png' }));
      return send(urlOf('media/upload', { type }), { method: 'POST', body: form });
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

type ReceivedEvent = { xml: string; changeType: string; fields: Record<string, string>; receivedMs: number };

export type Receiver = AsyncDisposable & {
  url: string;
  events: ReceivedEvent[];
  /** Answers the next deliveries with these statuses; 0 breaks the connection, -1 never answers. */
  troubles: number[];
  signaturesWrong: number;
};

/** The app's callback url: decrypts what arrives and remembers it. */
export async function startReceiver(corp: Sandbox['corp'], answerEcho?: (plain: string) => string): Promise<Receiver> {
  const events: ReceivedEvent[] = [];
  const troubles: number[] = [];
  const receiver = { events, troubles, signaturesWrong: 0 };
  const server = http.createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams;
    const isSigned = (encrypted: string) =>
      signature(corp.token, query.get('timestamp') ?? '', query.get('nonce') ?? '', encrypted) ===
      query.get('msg_signature');
    const echostr = query.get('echostr');
    if (echostr !== null) {
      const { message } = decrypt(corp.encodingAesKey, echostr);
      if (!isSigned(echostr)) receiver.signaturesWrong += 1;
      response.end(answerEcho?.(message) ?? message);
      return;
    }
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const encrypted = body.match(/<Encrypt><!\[CDATA\[(.*?)\]\]>/)?.[1] ?? '';
      if (!isSigned(encrypted)) receiver.signaturesWrong += 1;
      const trouble = troubles.shift();
      if (trouble === -1) return;
      if (trouble === 0) {
        request.socket.destroy();
        return;
      }
      if (trouble !== undefined && trouble !== 200) {
        response.writeHead(trouble).end();
        return;
      }
      events.push(readEvent(decrypt(corp.encodingAesKey, encrypted).message));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(receiver, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

function readEvent(xml: string): ReceivedEvent {
  const fields: Record<string, string> = {};
  for (const [, name, cdata, bare] of xml.matchAll(/<(\w+)>(?:<!\[CDATA\[(.*?)\]\]>|([^<]*))<\/\1>/g)) {
    if (name) fields[name] = cdata ?? bare ?? '';
  }
  return { xml, changeType: fields.ChangeType ?? '', fields, receivedMs: Date.now() };
}

export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
