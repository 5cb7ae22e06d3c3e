import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { World } from '#sandbox/world';
import type { Act, Call, Endpoint, Payload, RawReply } from './endpoint.ts';
import { isRaw } from './endpoint.ts';
import { Refusal, refuse, refuseField } from './errors.ts';
import { hourMs, minuteMs } from './quota.ts';
import { requireToken } from './tokens.ts';

/**
 * How one API call is answered. The order of the checks is the reference's §13.1: path, token, source IP,
 * permission, JSON, required fields, types and lengths, ids, visible range, relation, quota.
 */

export type Answer =
  | { kind: 'json'; errcode: number; errmsg: string; payload: Payload }
  | { kind: 'raw'; reply: RawReply }
  | { kind: 'dropped' };

export type IncomingCall = Omit<Call, 'world' | 'at' | 'token'>;

export async function answerCall(world: World, endpoint: Endpoint, incoming: IncomingCall): Promise<Answer> {
  const call: Call = { ...incoming, world, at: world.clock.now(), token: null };
  let lock: string | undefined;
  try {
    if (endpoint.family !== 'open') {
      call.token = requireToken(world.state, call.query.access_token);
      checkIp(call);
      checkPermission(call, endpoint);
    }
    const injected = world.faults.apiError(endpoint.path);
    if (injected !== undefined) refuse(injected);
    const allowed = countCall(call, endpoint);
    const input = readInput(call, endpoint);
    const act = endpoint.handle(call, input as never);
    lock = takeLock(world, endpoint, input);
    if (!allowed) refuse(45009);
    const delayMs = world.faults.apiDelayMs();
    if (delayMs <= 0) return finish(world, endpoint, act);
    await sleep(delayMs);
    // What was true before the wait is checked once more, so that no two calls act on the same old state.
    return finish(world, endpoint, endpoint.handle(call, input as never));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return {
      kind: 'json',
      errcode: error.errcode,
      errmsg: withHint(world, call.ip, error),
      payload: endpoint.empty?.() ?? {},
    };
  } finally {
    if (lock !== undefined) world.locks.delete(lock);
  }
}

function finish(world: World, endpoint: Endpoint, act: Act): Answer {
  const reply = act();
  if (world.faults.dropsResponse(endpoint.path)) return { kind: 'dropped' };
  if (isRaw(reply)) return { kind: 'raw', reply };
  const { errmsg = 'ok', ...payload } = reply as Payload & { errmsg?: string };
  return { kind: 'json', errcode: 0, errmsg, payload };
}

function checkIp(call: Call): void {
  const { trustedIps } = call.world.state.corp;
  if (trustedIps !== null && !trustedIps.includes(call.ip)) refuse(60020);
}

/** The contact-sync secret reads contacts and nothing else; user/list_id is for it alone (reference §1.5). */
function checkPermission(call: Call, { family }: Endpoint): void {
  if (family === 'open' || family === 'base') return;
  const { permissions } = call.world.state.corp;
  if (!permissions[family]) refuse(48002);
  const isSyncToken = call.token?.kind === 'contactSync';
  if (isSyncToken && family !== 'directory' && family !== 'contactSync') refuse(48002);
  if (!isSyncToken && family === 'contactSync') refuse(48002);
}

/** Every call counts, refused or not; the verdict is spoken last. */
function countCall(call: Call, { path }: Endpoint): boolean {
  const { perMinute, perHour, ipPerMinute, ipPerHour } = call.world.settings.policy.frequency;
  const corp = call.world.frequency.count(`corp ${path}`, [
    { windowMs: minuteMs, calls: perMinute },
    { windowMs: hourMs, calls: perHour },
  ]);
  const ip = call.world.frequency.count(`ip ${call.ip} ${path}`, [
    { windowMs: minuteMs, calls: ipPerMinute },
    { windowMs: hourMs, calls: ipPerHour },
  ]);
  return corp && ip;
}

function readInput(call: Call, endpoint: Endpoint): unknown {
  if (endpoint.request === undefined) return {};
  const raw = endpoint.method === 'GET' || endpoint.multipart ? call.query : readJson(call.body);
  const parsed = endpoint.request.safeParse(raw);
  if (parsed.success) return parsed.data;
  refuseInput(call, endpoint, raw, parsed.error.issues);
}

/** A POST-only API called by GET has no body and fails on its first missing field, as observed (§1.1). */
function readJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch {
    refuse(40058, 'wrong json format. invalid Request Parameter');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(40058, 'wrong json format. invalid Request Parameter');
  }
  return value;
}

function refuseInput(call: Call, endpoint: Endpoint, raw: unknown, issues: readonly z.core.$ZodIssue[]): never {
  const missing = issues.find((issue) => issue.code === 'invalid_type' && valueAt(raw, issue.path) === undefined);
  if (missing) {
    const field = missing.path.join('.');
    const own = endpoint.missing?.[field];
    if (own !== undefined) refuse(own);
    if (call.world.settings.policy.missingFieldErrcode === 40058) refuseField(`missing field \`${field}\``);
    refuse(40063);
  }
  const [first] = issues;
  const field = first?.path.join('.') ?? '';
  if (first?.code === 'custom') {
    const { params } = first as { params?: { errcode?: number } };
    if (params?.errcode !== undefined) refuse(params.errcode);
    refuseField(first.message.replaceAll('{}', field));
  }
  refuseField(`field \`${field}\` invalid`);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const key of path) current = (current as Record<PropertyKey, unknown> | undefined)?.[key];
  return current;
}

function takeLock(world: World, endpoint: Endpoint, input: unknown): string | undefined {
  if (!endpoint.lock) return undefined;
  const key = `${endpoint.path} ${endpoint.lock.key(input as never)}`;
  if (world.locks.has(key)) refuse(endpoint.lock.errcode);
  world.locks.add(key);
  return key;
}

function withHint(world: World, ip: string, { errcode, message }: Refusal): string {
  const more = `https://open.work.weixin.qq.com/devtool/query?e=${errcode}`;
  return `${message}, hint: [${world.random.digits(24)}], from ip: ${ip}, more info at ${more}`;
}
