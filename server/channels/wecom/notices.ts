import { cutToBytes } from '#content';
import { type ClaimedNotice, claimNotices, type NoticeOutcome, noticeChannel, settleNotice } from '#organization';
import { inTransaction } from '#platform/ctx';
import type { Pump } from '#platform/pump';
import type { Connection, Connector } from './connection.ts';
import { describeFailure } from './refresh.ts';

/** For how long WeCom drops a repetition of the same words to the same member (doc 90236), at most. */
const duplicateCheckSeconds = 14_400;
/**
 * One app may send one member 30 messages a minute and 1000 an hour; what is more is dropped and answered with success
 * (doc 90236). A part is left to other programs that use the app.
 */
const limits = { perMinute: 25, perHour: 900, repeatableMs: (duplicateCheckSeconds - 600) * 1000 };
/** Longest texts (doc 90236): of a text in UTF-8 bytes, of a card in characters. */
const longest = { textBytes: 2048, titleChars: 128, descriptionChars: 512 };
const noticesAtOnce = 20;

/** Sends notices to staff. A repetition of one whose answer was lost arrives once: WeCom drops it. */
export function createNotifier(connector: Connector): Pump {
  return {
    name: 'wecom.notify',
    channel: noticeChannel,
    pollMs: 1000,
    lanes: 1,
    async drain(ctx, _runtime, worker) {
      const connection = await connector.connect(ctx);
      if (!connection) return 0;
      const notices = await claimNotices(ctx, worker, limits, noticesAtOnce);
      await Promise.all(
        notices.map(async (notice) => {
          const outcome = await send(connection, notice);
          await inTransaction(ctx, (ctx) => settleNotice(ctx, worker, notice, outcome));
        }),
      );
      return notices.length;
    },
  };
}

async function send(connection: Connection, notice: ClaimedNotice): Promise<NoticeOutcome> {
  const [title, body] = [plain(notice.title), plain(notice.body)];
  const words =
    notice.url === null
      ? { msgtype: 'text' as const, text: { content: cutToBytes(`${title}\n${body}`, longest.textBytes) } }
      : {
          msgtype: 'textcard' as const,
          textcard: {
            title: cutToChars(title, longest.titleChars),
            description: cutToChars(body, longest.descriptionChars),
            url: notice.url,
          },
        };
  const answer = await connection.client.call(
    'message/send',
    {
      touser: notice.staffUserid,
      agentid: Number(connection.agentId),
      ...words,
      enable_duplicate_check: 1,
      duplicate_check_interval: duplicateCheckSeconds,
    },
    { lane: 'urgent' },
  );
  if (!answer.ok) {
    const mayPass = answer.retryable || answer.outcome !== 'refused';
    return { kind: mayPass ? 'again' : 'failed', problem: describeFailure(answer) };
  }
  const isInvalid = answer.value.invaliduser !== '';
  return isInvalid
    ? { kind: 'failed', problem: 'widen_visible_range 60011 the member is not in range' }
    : { kind: 'sent' };
}

/** The platform reads some markup in both kinds of message; what people write is never meant as markup. */
function plain(text: string): string {
  return text.replaceAll('<', '＜').replaceAll('>', '＞');
}

function cutToChars(text: string, max: number): string {
  return [...text].slice(0, max).join('');
}
