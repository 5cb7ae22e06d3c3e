import type { Output } from '#contract';
import type { runSelfCheck } from '#contract/wecom';
import { readInbox } from '#events';
import type { Ctx } from '#platform/ctx';
import type { CallOptions } from './client.ts';
import type { Connection, Connector } from './connection.ts';
import { parseAesKey } from './crypto.ts';
import type { Failure } from './errors.ts';
import type { CallbackStats, Receiver } from './receive.ts';

type Check = Output<typeof runSelfCheck>;
type Line = Check['lines'][number];

/** Keys of the lines, in the order in which they make sense; each depends on those before it. */
const keys = [
  'connection',
  'secret',
  'trusted_ip',
  'agent',
  'api_permission',
  'visible_range',
  'tags',
  'mass',
  'moments',
  'app_messages',
  'oauth',
  'callback',
  'inbox',
  'welcome',
] as const;

function line(key: (typeof keys)[number], state: Line['state'], finding: string, values: Line['values'] = {}): Line {
  return { key, state, finding: `${key}.${finding}`, values };
}

const ipRefused = 60020;
const momentsOff = 41211;
const secretRefused = new Set([40001, 40013, 40091, 41004, 45031, 50003, 301007]);

/**
 * Tries everything the connection needs. A line's finding is the key of a sentence that says what is wrong and how to
 * mend it in WeCom's admin console; a line that cannot be tried because of an earlier one is skipped.
 */
export async function checkConnection(
  ctx: Ctx,
  connector: Connector,
  receiver: Receiver,
  publicUrl: string,
): Promise<Check> {
  const connection = await connector.connect(ctx);
  const lines = connection
    ? [line('connection', 'ok', 'ok', { corpId: connection.corpId }), ...(await tryCalls(ctx, connection, publicUrl))]
    : [line('connection', 'failed', 'missing')];
  if (connection) lines.push(checkCallback(ctx, connection, await receiver.readStats(ctx)));
  lines.push(await checkInbox(ctx), await checkWelcomes(ctx));
  const known = new Set(lines.map((entry) => entry.key));
  const skipped = keys.filter((key) => !known.has(key)).map((key) => line(key, 'skipped', 'skipped'));
  const place = (entry: Line) => keys.indexOf(entry.key as (typeof keys)[number]);
  return { checkedAt: ctx.now.toISOString(), lines: [...lines, ...skipped].sort((a, b) => place(a) - place(b)) };
}

async function tryCalls(ctx: Ctx, connection: Connection, publicUrl: string): Promise<Line[]> {
  const { client } = connection;
  const options: CallOptions = { lane: 'urgent', signal: AbortSignal.timeout(8000) };
  const agent = await client.call('agent/get', { agentid: Number(connection.agentId) }, options);
  if (!agent.ok) {
    if (agent.errcode !== undefined && secretRefused.has(agent.errcode))
      return [line('secret', 'failed', agent.remedy, valuesOf(agent))];
    if (agent.outcome !== 'refused') return [line('secret', 'failed', 'unreachable', valuesOf(agent))];
    if (agent.errcode === ipRefused)
      return [line('secret', 'ok', 'ok'), line('trusted_ip', 'failed', 'refused', valuesOf(agent))];
  }
  const lines = [line('secret', 'ok', 'ok'), line('trusted_ip', 'ok', 'ok')];
  lines.push(
    agent.ok
      ? line('agent', 'ok', 'ok', { name: agent.value.name ?? '' })
      : line('agent', 'failed', 'refused', valuesOf(agent)),
  );
  const follow = await client.call('externalcontact/get_follow_user_list', {}, options);
  if (!follow.ok) return [...lines, line('api_permission', 'failed', 'refused', valuesOf(follow))];
  const count = follow.value.follow_user.length;
  lines.push(
    line('api_permission', 'ok', 'ok'),
    count > 0 ? line('visible_range', 'ok', 'ok', { count }) : line('visible_range', 'failed', 'empty'),
  );
  const tags = await client.call('externalcontact/get_corp_tag_list', {}, options);
  lines.push(
    tags.ok
      ? line('tags', 'ok', 'ok', { count: tags.value.tag_group.reduce((sum, group) => sum + group.tag.length, 0) })
      : line('tags', 'warning', 'refused', valuesOf(tags)),
    ...(await tryReach(ctx, connection, options)),
  );
  if (agent.ok) {
    lines.push(agent.value.close === 1 ? line('app_messages', 'failed', 'closed') : await checkNotices(ctx));
    lines.push(checkTrustedDomain(publicUrl, agent.value.redirect_domain ?? ''));
  }
  return lines;
}

const lookBackSeconds = 3600;

/** Reading what was sent of late shows whether mass messages and Moments may be sent, and sends nothing. */
async function tryReach(ctx: Ctx, { client }: Connection, options: CallOptions): Promise<Line[]> {
  const end_time = Math.floor(ctx.now.getTime() / 1000);
  const period = { start_time: end_time - lookBackSeconds, end_time, limit: 1 };
  const mass = await client.call(
    'externalcontact/get_groupmsg_list_v2',
    { chat_type: 'single', filter_type: 0, ...period },
    options,
  );
  const moments = await client.call('externalcontact/get_moment_list', { filter_type: 0, ...period }, options);
  return [
    mass.ok ? line('mass', 'ok', 'ok') : line('mass', 'warning', 'refused', valuesOf(mass)),
    moments.ok
      ? line('moments', 'ok', 'ok')
      : line('moments', 'warning', moments.errcode === momentsOff ? 'off' : 'refused', valuesOf(moments)),
  ];
}

const dayMs = 24 * 3_600_000;

async function checkNotices(ctx: Ctx): Promise<Line> {
  const failed = await ctx.db
    .selectFrom('staff_notice')
    .select((eb) => [eb.fn.countAll<number>().as('count'), eb.fn.max('problem').as('problem')])
    .where('state', '=', 'failed')
    .where('settled_at', '>', new Date(ctx.now.getTime() - dayMs))
    .executeTakeFirstOrThrow();
  if (failed.count === 0) return line('app_messages', 'ok', 'ok');
  return line('app_messages', 'warning', 'failed', { count: failed.count, message: failed.problem ?? '' });
}

/** WeCom compares the host of a page with the app's trusted domain to the letter, its port included (doc 91022). */
export function checkTrustedDomain(publicUrl: string, trusted: string): Line {
  const { host } = new URL(publicUrl);
  if (trusted === '') return line('oauth', 'warning', 'missing', { host });
  return trusted === host ? line('oauth', 'ok', 'ok', { host }) : line('oauth', 'warning', 'other', { host, trusted });
}

function valuesOf(failure: Failure): Line['values'] {
  const ip = /from ip: ([0-9a-f.:]+)/i.exec(failure.errmsg)?.[1];
  return {
    message: failure.errmsg.split(', hint:')[0]?.slice(0, 200) ?? '',
    ...(failure.errcode === undefined ? {} : { errcode: failure.errcode }),
    ...(ip === undefined ? {} : { ip }),
  };
}

const quietHours = 24;

function checkCallback(ctx: Ctx, connection: Connection, stats: CallbackStats): Line {
  if (!parseAesKey(connection.encodingAesKey)) return line('callback', 'failed', 'aes_key');
  const { lastAt, lastRefusal } = stats;
  // Strangers may knock: a refusal counts only while nothing good has come for a while.
  if (lastRefusal && (!lastAt || lastRefusal.at.getTime() - lastAt.getTime() > 3_600_000)) {
    return line('callback', 'failed', lastRefusal.reason === 'signature' ? 'signature' : 'malformed', {
      reason: lastRefusal.reason,
    });
  }
  if (!lastAt) return line('callback', 'warning', 'never');
  const hours = Math.floor((ctx.now.getTime() - lastAt.getTime()) / 3_600_000);
  return hours >= quietHours
    ? line('callback', 'warning', 'quiet', { hours })
    : line('callback', 'ok', 'ok', { at: lastAt.toISOString() });
}

async function checkInbox(ctx: Ctx): Promise<Line> {
  const inbox = await readInbox(ctx);
  const seconds = Math.round((inbox.oldestAgeMs ?? 0) / 1000);
  if (inbox.failed.length > 0) return line('inbox', 'failed', 'failed', { count: inbox.failed.length });
  if (seconds > 10) return line('inbox', 'warning', 'late', { waiting: inbox.waiting, seconds });
  return line('inbox', 'ok', 'ok', { waiting: inbox.waiting });
}

async function checkWelcomes(ctx: Ctx): Promise<Line> {
  const rows = await ctx.db
    .selectFrom('touch')
    .select((eb) => ['state', 'reason', eb.fn.countAll<number>().as('count')])
    .where('kind', '=', 'welcome')
    .where('planned_at', '>', new Date(ctx.now.getTime() - dayMs))
    .where('state', 'in', ['submitted', 'delivered', 'missed', 'failed', 'unknown'])
    .groupBy(['state', 'reason'])
    .execute();
  const sent = rows
    .filter((row) => row.state === 'submitted' || row.state === 'delivered')
    .reduce((sum, row) => sum + row.count, 0);
  const bad = rows
    .filter((row) => row.state !== 'submitted' && row.state !== 'delivered')
    .sort((a, b) => b.count - a.count);
  const missed = bad.reduce((sum, row) => sum + row.count, 0);
  if (sent + missed === 0) return line('welcome', 'skipped', 'none');
  if (missed === 0) return line('welcome', 'ok', 'ok', { sent });
  return line('welcome', 'warning', 'missed', { sent, missed, reason: bad[0]?.reason ?? '' });
}
