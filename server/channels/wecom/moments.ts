import { cutToBytes } from '#content';
import type { ChannelMessage } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import type { Broadcast, Broadcaster, BroadcastNews, TouchReason } from '#touch';
import { forgetGoneMedia, makeMomentAttachments } from './attachments.ts';
import type { Connection, Connector } from './connection.ts';
import { createDoubts } from './doubts.ts';
import type { EndpointValue } from './endpoints.ts';
import type { Failure } from './errors.ts';
import { isKnownElsewhere, notConnected, seconds, toDoubtful } from './mass.ts';
import { type Refusal, toReceipt } from './receipts.ts';

/**
 * Moments (doc 95094): one job makes a Moment for all its members, each of whom publishes it, or does not. There is no
 * reminding of it.
 */

const limits = { textBytes: 4000, titleBytes: 128, turnMs: 30_000 };
const clockSlackMs = 10 * 60_000;
const reasons: Readonly<Record<number, TouchReason>> = {
  41210: 'platform_quota',
  41211: 'not_permitted',
  40003: 'not_permitted',
  60111: 'not_permitted',
};
/** The platform forgets a job after a day. */
const jobUnknown = 40088;
/** The member has not published it, or it is not his: there is nothing to read of him yet. */
const nothingToRead = new Set([41061, 41062]);

/** A day after it was published, hardly anybody looks at a Moment any more. */
const readForMs = 24 * 3_600_000;
const minPauseMs = 5 * 60_000;

export function createMomentBroadcaster(connector: Connector): Broadcaster {
  const doubts = createDoubts();
  const refusalOf = (failure: Failure, { id }: Broadcast) => toDoubtful(failure, `broadcast ${id}`, doubts, reasons);
  return {
    channel: 'wecom_moment',
    traits: { canRemind: false },

    async submit(ctx, broadcast, keys) {
      const connection = await connector.connect(ctx);
      if (!connection) return { receipt: notConnected };
      const first = await addJob(ctx, connection, broadcast, keys);
      if (!('failure' in first)) return first;
      if (!(await forgetGoneMedia(ctx, first.failure, momentOf(broadcast).attachments)))
        return { receipt: refusalOf(first.failure, broadcast) };
      const second = await addJob(ctx, connection, broadcast, keys);
      return 'failure' in second ? { receipt: refusalOf(second.failure, broadcast) } : second;
    },

    async find(ctx, broadcast, keys) {
      const connection = await connector.connect(ctx);
      if (!connection) return { failure: notConnected };
      const found = await findMoment(ctx, connection, broadcast, keys);
      if (typeof found === 'object') return 'ok' in found ? { failure: toReceipt(found) } : found;
      const failure = doubts.unsure(`broadcast ${broadcast.id}`);
      return failure ? { failure } : 'absent';
    },

    async *poll(ctx, broadcast, targets) {
      const connection = await connector.connect(ctx);
      if (!connection) {
        yield { kind: 'failure', failure: notConnected };
        return;
      }
      let { platformId } = broadcast;
      if (platformId === null) {
        const news = await askJob(
          ctx,
          connection,
          broadcast,
          targets.map((target) => target.key),
        );
        if (!news) return;
        yield news;
        if (news.kind !== 'made') return;
        platformId = news.platformId;
      }
      const known = new Map(targets.map((target) => [target.key.toLowerCase(), target]));
      const members: { key: string; isPublished: boolean }[] = [];
      const pages = connection.client.pages('externalcontact/get_moment_task', { moment_id: platformId, limit: 1000 });
      for await (const page of pages) {
        if (!page.ok) {
          yield { kind: 'failure', failure: toReceipt(page) };
          return;
        }
        const told = page.value.task_list.map((row) => ({
          key: known.get(row.userid.toLowerCase())?.key ?? row.userid,
          isPublished: row.publish_status === 1,
        }));
        members.push(...told);
        yield {
          kind: 'targets',
          targets: told.map(({ key, isPublished }) => ({ key, state: isPublished ? 'sent' : 'waiting' })),
        };
      }
      let isOver = members.length > 0;
      for (const { key, isPublished } of members) {
        const target = known.get(key.toLowerCase());
        const publishedAt = target?.settledAt ?? ctx.now;
        if (!isPublished) isOver = false;
        else if (isToBeRead(target?.readAt ?? null, publishedAt, ctx.now)) {
          for await (const news of readResults(connection, platformId, key)) yield news;
          if (ctx.now.getTime() - publishedAt.getTime() < readForMs) isOver = false;
        } else if (!isReadToTheEnd(target?.readAt ?? null, publishedAt)) isOver = false;
      }
      if (isOver) yield { kind: 'over' };
    },

    remind: () => Promise.resolve({ receipt: { outcome: 'accepted' } }),

    async cancel(ctx, broadcast) {
      const connection = await connector.connect(ctx);
      if (!connection || broadcast.platformId === null) return { receipt: notConnected };
      const answer = await connection.client.call('externalcontact/cancel_moment_task', {
        moment_id: broadcast.platformId,
      });
      return { receipt: answer.ok ? { outcome: 'accepted' } : toReceipt(answer) };
    },
  };
}

type MomentMessage = Extract<ChannelMessage, { kind: 'moment' }>;

function momentOf(broadcast: Broadcast): MomentMessage {
  const { message } = broadcast;
  if (message.kind !== 'moment') throw new Error(`broadcast ${broadcast.id} has a message for ${message.kind}`);
  return message;
}

const textOf = (message: MomentMessage) => cutToBytes(message.text, limits.textBytes);

async function addJob(
  ctx: Ctx,
  connection: Connection,
  broadcast: Broadcast,
  keys: readonly string[],
): Promise<{ receipt: Refusal } | { receipt: { outcome: 'accepted' }; platformJob: string } | { failure: Failure }> {
  const message = momentOf(broadcast);
  const made = await makeMomentAttachments(ctx, connection, message.attachments);
  if ('receipt' in made) return made;
  const text = textOf(message);
  const { tagWecomIds } = broadcast;
  const range = {
    ...(keys.length === 0 ? {} : { sender_list: { user_list: [...keys] } }),
    ...(tagWecomIds.length === 0 ? {} : { external_contact_list: { tag_list: [...tagWecomIds] } }),
  };
  const answer = await connection.client.call(
    'externalcontact/add_moment_task',
    {
      ...(text === '' ? {} : { text: { content: text } }),
      ...(made.attachments.length === 0 ? {} : { attachments: made.attachments }),
      ...(Object.keys(range).length === 0 ? {} : { visible_range: range }),
    },
    { lane: 'bulk', signal: AbortSignal.timeout(limits.turnMs) },
  );
  if (!answer.ok) return { failure: answer };
  return { receipt: { outcome: 'accepted' }, platformJob: answer.value.jobid };
}

/** What became of the job; undefined while it is under way. */
async function askJob(
  ctx: Ctx,
  connection: Connection,
  broadcast: Broadcast,
  keys: readonly string[],
): Promise<BroadcastNews | undefined> {
  if (broadcast.platformJob === null) return { kind: 'failure', failure: notConnected };
  const answer = await connection.client.call('externalcontact/get_moment_task_result', {
    jobid: broadcast.platformJob,
  });
  if (!answer.ok) {
    if (answer.errcode !== jobUnknown) return { kind: 'failure', failure: toReceipt(answer) };
    const found = await findMoment(ctx, connection, broadcast, keys);
    if (found === 'absent') return { kind: 'refused', reason: 'platform_refused', message: answer.errmsg };
    return 'ok' in found
      ? { kind: 'failure', failure: toReceipt(found) }
      : { kind: 'made', platformId: found.platformId, refused: [] };
  }
  const { status, result } = answer.value;
  if (status !== 3 || !result) return undefined;
  if (result.errcode !== 0 || !result.moment_id) {
    const reason = reasons[result.errcode] ?? 'platform_refused';
    return { kind: 'refused', reason, message: `${result.errcode} ${result.errmsg}` };
  }
  return { kind: 'made', platformId: result.moment_id, refused: result.invalid_sender_list?.user_list ?? [] };
}

type ListedMoment = EndpointValue<'externalcontact/get_moment_list'>['moment_list'][number];

/** The Moment that a lost call may have made: of that time, with the same words and for the same members. */
async function findMoment(
  ctx: Ctx,
  connection: Connection,
  broadcast: Broadcast,
  keys: readonly string[],
): Promise<{ platformId: string } | 'absent' | Failure> {
  const message = momentOf(broadcast);
  const isSame = (row: ListedMoment) =>
    row.creator === undefined &&
    (row.text?.content ?? '') === textOf(message) &&
    row.image.length === message.attachments.filter((one) => one.kind === 'image').length;
  const pages = connection.client.pages('externalcontact/get_moment_list', {
    start_time: seconds(broadcast.createdAt.getTime() - clockSlackMs),
    end_time: seconds(ctx.now.getTime() + clockSlackMs),
    filter_type: 0,
    limit: 20,
  });
  for await (const page of pages) {
    if (!page.ok) return page;
    for (const row of page.value.moment_list) {
      if (!isSame(row)) continue;
      const verdict = await hasMembers(connection, row.moment_id, keys);
      if (typeof verdict === 'object') return verdict;
      if (verdict && !(await isKnownElsewhere(ctx, row.moment_id, { broadcastId: broadcast.id })))
        return { platformId: row.moment_id };
    }
  }
  return 'absent';
}

/** Whether the Moment is of some of these members and of nobody else; any will do when none were named. */
async function hasMembers(
  connection: Connection,
  platformId: string,
  keys: readonly string[],
): Promise<boolean | Failure> {
  if (keys.length === 0) return true;
  const own = new Set(keys.map((key) => key.toLowerCase()));
  const pages = connection.client.pages('externalcontact/get_moment_task', { moment_id: platformId, limit: 1000 });
  let count = 0;
  for await (const page of pages) {
    if (!page.ok) return page;
    if (page.value.task_list.some((row) => !own.has(row.userid.toLowerCase()))) return false;
    count += page.value.task_list.length;
  }
  return count > 0;
}

/** Read when it was published, then every quarter of its age, for a day. */
function isToBeRead(readAt: Date | null, publishedAt: Date, now: Date): boolean {
  if (readAt === null) return true;
  if (isReadToTheEnd(readAt, publishedAt)) return false;
  const ageMs = now.getTime() - publishedAt.getTime();
  return now.getTime() - readAt.getTime() >= Math.max(minPauseMs, ageMs / 4);
}

function isReadToTheEnd(readAt: Date | null, publishedAt: Date): boolean {
  return readAt !== null && readAt.getTime() - publishedAt.getTime() >= readForMs;
}

async function* readResults(connection: Connection, platformId: string, key: string): AsyncGenerator<BroadcastNews> {
  const request = { moment_id: platformId, userid: key };
  let customerCount = 0;
  const pages = connection.client.pages('externalcontact/get_moment_send_result', { ...request, limit: 5000 });
  for await (const page of pages) {
    if (!page.ok) {
      if (!nothingToRead.has(page.errcode ?? 0)) yield { kind: 'failure', failure: toReceipt(page) };
      return;
    }
    const externalUserids = page.value.customer_list.map((row) => row.external_userid);
    customerCount += externalUserids.length;
    if (externalUserids.length > 0) yield { kind: 'reached', externalUserids };
  }
  const reactions = await connection.client.call('externalcontact/get_moment_comments', request);
  if (!reactions.ok) {
    if (!nothingToRead.has(reactions.errcode ?? 0)) yield { kind: 'failure', failure: toReceipt(reactions) };
    return;
  }
  const { like_list, comment_list } = reactions.value;
  yield { kind: 'read', key, customerCount, likeCount: like_list.length, commentCount: comment_list.length };
}
