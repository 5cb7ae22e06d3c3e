import { cutToBytes } from '#content';
import type { Attachment as DraftAttachment } from '#contract/content';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import type { PackFailure, Receipt, TouchReason } from '#touch';
import { forgetGoneMedia, makeAttachments } from './attachments.ts';
import type { Connection } from './connection.ts';
import type { Doubts } from './doubts.ts';
import type { Attachment } from './endpoint.ts';
import type { EndpointValue } from './endpoints.ts';
import type { Failure } from './errors.ts';
import { type Refusal, refused, toReceipt } from './receipts.ts';

/**
 * WeCom's mass messages, to customers and to groups (doc 92135). What is made is a task: its member sends it, or does
 * not. Making one cannot be repeated, so a task whose answer was lost is looked for before it is made again.
 */

export interface MassTask {
  /** Which pack or broadcast it is of. */
  readonly key: string;
  readonly chatType: 'single' | 'group';
  /** Userid of the member; null lets the platform choose the one who chatted last. Groups have their owner. */
  readonly sender: string | null;
  /** External userids, or chat ids. */
  readonly targets: readonly string[];
  readonly text: string;
  readonly attachments: readonly DraftAttachment[];
}

/** Longest text (doc 92135). */
const maxTextBytes = 4000;
/** Somebody else waits behind a call that waits for its turn. */
const turnMs = 30_000;
/** Clocks differ: how much earlier or later than ours the platform may say that a task was made. */
const clockSlackMs = 10 * 60_000;

/** Nobody of them can be sent to (41048): they had as many as they may have, or are nobody's customers any more. */
const reasons: Readonly<Record<number, TouchReason>> = {
  41048: 'platform_quota',
  40096: 'not_a_contact',
  84061: 'not_a_contact',
  40050: 'not_a_contact',
  90501: 'not_a_contact',
  40003: 'not_permitted',
  60111: 'not_permitted',
  84074: 'not_permitted',
};

export type Submitted = { receipt: Receipt; platformId?: string; failed?: string[] };

/** @param signal aborts when somebody else may be at it: nothing is sent from then on */
export async function submitMass(
  ctx: Ctx,
  connection: Connection,
  task: MassTask,
  doubts: Doubts,
  signal?: AbortSignal,
): Promise<Submitted> {
  const first = await addTask(ctx, connection, task, signal);
  if (!('failure' in first)) return first;
  // Files that expired meanwhile are uploaded again at once; the refused call has done nothing.
  if (!(await forgetGoneMedia(ctx, first.failure, task.attachments)))
    return { receipt: refusalOf(first.failure, task.key, doubts) };
  const second = await addTask(ctx, connection, task, signal);
  return 'failure' in second ? { receipt: refusalOf(second.failure, task.key, doubts) } : second;
}

async function addTask(
  ctx: Ctx,
  connection: Connection,
  task: MassTask,
  signal: AbortSignal | undefined,
): Promise<Submitted | { failure: Failure }> {
  const made = await makeAttachments(ctx, connection, task.attachments);
  if ('receipt' in made) return made;
  const text = textOf(task);
  const turn = AbortSignal.timeout(turnMs);
  const answer = await connection.client.call(
    'externalcontact/add_msg_template',
    {
      chat_type: task.chatType,
      ...(task.sender === null ? {} : { sender: task.sender }),
      ...(task.chatType === 'single' ? { external_userid: [...task.targets] } : { chat_id_list: [...task.targets] }),
      ...(text === '' ? {} : { text: { content: text } }),
      ...(made.attachments.length === 0 ? {} : { attachments: made.attachments }),
    },
    { lane: 'bulk', signal: signal ? AbortSignal.any([turn, signal]) : turn },
  );
  if (!answer.ok) return { failure: answer };
  return { receipt: { outcome: 'accepted' }, platformId: answer.value.msgid, failed: answer.value.fail_list };
}

function refusalOf(failure: Failure, key: string, doubts: Doubts): Refusal {
  return toDoubtful(failure, key, doubts, reasons);
}

/**
 * What a failed call that makes something is to a touch. "System busy" does not say whether it was made; looking for it
 * does.
 */
export function toDoubtful(
  failure: Failure,
  key: string,
  doubts: Doubts,
  own: Readonly<Record<number, TouchReason>>,
): Refusal {
  const isBusy = failure.errcode === -1;
  if (isBusy || failure.outcome === 'unknown') {
    doubts.note(key, isBusy);
    return { outcome: 'unknown', message: failure.errmsg.slice(0, 300) };
  }
  return toReceipt(failure, own);
}

function textOf(task: MassTask): string {
  return cutToBytes(task.text, maxTextBytes);
}

/**
 * The task that a lost call may have made: of that time, with the same words, for the same member and his customers.
 * `isKnown` says of a task that it belongs to somebody else. A failure says nothing, or that it may still come: ask again
 * later.
 */
export async function findMass(
  connection: Connection,
  task: MassTask,
  since: Date,
  now: Date,
  isKnown: (platformId: string) => Promise<boolean>,
  doubts: Doubts,
): Promise<{ platformId: string } | 'absent' | PackFailure> {
  const pages = connection.client.pages('externalcontact/get_groupmsg_list_v2', {
    chat_type: task.chatType,
    start_time: seconds(since.getTime() - clockSlackMs),
    end_time: seconds(now.getTime() + clockSlackMs),
    filter_type: 0,
    limit: 100,
  });
  for await (const page of pages) {
    if (!page.ok) return { failure: toReceipt(page) };
    for (const row of page.value.group_msg_list) {
      if (row.creator !== undefined || !hasSameWords(row, task)) continue;
      const verdict = await isOfTask(connection, row.msgid, task);
      if (typeof verdict === 'object') return { failure: toReceipt(verdict) };
      if (verdict && !(await isKnown(row.msgid))) return { platformId: row.msgid };
    }
  }
  const failure = doubts.unsure(task.key);
  return failure ? { failure } : 'absent';
}

type ListedTask = EndpointValue<'externalcontact/get_groupmsg_list_v2'>['group_msg_list'][number];

const kindNames: Readonly<Record<DraftAttachment['kind'], Attachment['msgtype']>> = {
  image: 'image',
  link: 'link',
  mini_program: 'miniprogram',
  file: 'file',
  video: 'video',
};

function hasSameWords(row: ListedTask, task: MassTask): boolean {
  const kinds = task.attachments.map((draft) => kindNames[draft.kind]);
  return (
    (row.text?.content ?? '') === textOf(task) && kinds.join() === row.attachments.map((one) => one.msgtype).join()
  );
}

/** Whether the task has this member, and nobody but these customers. Of groups the platform names only those sent to. */
async function isOfTask(connection: Connection, platformId: string, task: MassTask): Promise<boolean | Failure> {
  const read = await readMembers(connection, platformId);
  if ('failure' in read) return read.failure;
  const { members } = read;
  const isMember = (userid: string) => task.sender === null || userid.toLowerCase() === task.sender.toLowerCase();
  const own = members.find((member) => isMember(member.userid));
  if (!own) return false;
  if (task.chatType === 'group') return true;
  const targets = new Set(task.targets);
  let count = 0;
  for await (const page of readOutcomes(connection, platformId, own.userid)) {
    if (!Array.isArray(page)) return page;
    if (page.some((outcome) => !targets.has(outcome.target))) return false;
    count += page.length;
  }
  return count > 0;
}

export interface MassMember {
  readonly userid: string;
  readonly sentAt: Date | null;
}

/** Whose task it is, and who has sent it. */
export async function readMembers(
  connection: Connection,
  platformId: string,
): Promise<{ members: MassMember[] } | { failure: Failure }> {
  const members: MassMember[] = [];
  const pages = connection.client.pages('externalcontact/get_groupmsg_task', { msgid: platformId, limit: 1000 });
  for await (const page of pages) {
    if (!page.ok) return { failure: page };
    for (const row of page.value.task_list) {
      const isSent = row.status === 2;
      members.push({ userid: row.userid, sentAt: isSent ? new Date((row.send_time ?? 0) * 1000) : null });
    }
  }
  return { members };
}

/** What became of one customer or group. `waiting`: the member has not sent it. */
export interface MassOutcome {
  readonly target: string;
  readonly state: 'waiting' | 'delivered' | 'failed';
  readonly reason: Extract<TouchReason, 'not_a_contact' | 'platform_quota'> | null;
  readonly at: Date | null;
}

/** One member's outcomes by pages; a failure ends them. */
export async function* readOutcomes(
  connection: Connection,
  platformId: string,
  userid: string,
): AsyncGenerator<MassOutcome[] | Failure, void, void> {
  const request = { msgid: platformId, userid, limit: 1000 };
  for await (const page of connection.client.pages('externalcontact/get_groupmsg_send_result', request)) {
    if (!page.ok) {
      yield page;
      return;
    }
    yield page.value.send_list.flatMap((row): MassOutcome[] => {
      const target = row.external_userid ?? row.chat_id;
      if (target === undefined) return [];
      const at = row.send_time === undefined ? null : new Date(row.send_time * 1000);
      if (row.status === 1) return [{ target, state: 'delivered', reason: null, at }];
      if (row.status === 2) return [{ target, state: 'failed', reason: 'not_a_contact', at }];
      if (row.status === 3) return [{ target, state: 'failed', reason: 'platform_quota', at }];
      return [{ target, state: 'waiting', reason: null, at: null }];
    });
  }
}

/** The platform reminds the member in his client; three times in 24 hours at most (41094). */
export async function remindMass(connection: Connection, platformId: string): Promise<Receipt> {
  const answer = await connection.client.call('externalcontact/remind_groupmsg_send', { msgid: platformId });
  return answer.ok ? { outcome: 'accepted' } : toReceipt(answer);
}

/** Cancelled already. */
const alreadyCancelled = 41093;

/** Stops what is not yet sent. Nothing is recalled. */
export async function cancelMass(connection: Connection, platformId: string): Promise<Receipt> {
  const answer = await connection.client.call('externalcontact/cancel_groupmsg_send', { msgid: platformId });
  return answer.ok || answer.errcode === alreadyCancelled ? { outcome: 'accepted' } : toReceipt(answer);
}

/** Whether a task of WeCom's belongs to another pack or broadcast than the one that looks for its own. */
export async function isKnownElsewhere(
  ctx: Ctx,
  platformId: string,
  own: { packId: number } | { broadcastId: number },
): Promise<boolean> {
  const packId = 'packId' in own ? own.packId : 0;
  const broadcastId = 'broadcastId' in own ? own.broadcastId : 0;
  const { rows } = await sql<{ id: number }>`
    select id from touch_pack where platform_id = ${platformId} and id <> ${packId}
    union all select id from broadcast where platform_id = ${platformId} and id <> ${broadcastId}
    limit 1
  `.execute(ctx.db);
  return rows.length > 0;
}

/** What a channel says while no corp is connected. */
export const notConnected = refused('platform_unreachable', true, 'no corp is connected');

export const seconds = (ms: number) => Math.floor(ms / 1000);
