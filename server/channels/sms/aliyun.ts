import { z } from 'zod';
import { dayOf } from '#platform/days';
import { randomToken } from '#platform/ids';
import { wasSurelyNotSent } from '#platform/network';
import type { SmsFailure, SmsMessage, SmsProvider, SmsReport } from './provider.ts';
import { problemOf } from './rules.ts';
import { type AccessKey, signCall } from './signature.ts';

/** Alibaba Cloud SMS (阿里云短信), Dysmsapi of 2017-05-25, its gateway called directly. */
export interface AliyunSettings {
  readonly endpoint: string;
  readonly key: AccessKey;
  readonly signName: string;
}

const version = '2017-05-25';
/** A message is on its way within a second; who waits longer is asked by a report what became of it. */
const defaultTimeoutMs = 8000;
/** Pages of 50 of one number's messages of a day; its limits allow hardly one. */
const maxPages = 4;
/** The provider's days, wherever the brand is. */
const providerZone = 'Asia/Shanghai';
const messageLength = 300;

const answerShape = z.object({ Code: z.string(), Message: z.string().default('') });
const detailsShape = z.object({
  SmsSendDetailDTOs: z.object({
    SmsSendDetailDTO: z.array(
      z.object({ OutId: z.string().optional(), SendStatus: z.coerce.number(), ErrCode: z.string().default('') }),
    ),
  }),
});

export function createAliyunSms(settings: AliyunSettings, options: { timeoutMs?: number } = {}): SmsProvider {
  const endpoint = new URL(settings.endpoint);
  const path = endpoint.pathname;
  const { timeoutMs = defaultTimeoutMs } = options;

  /** One signed call. A business error comes with status 200 and a Code that is not OK, the gateway's with 4xx or 5xx. */
  async function call(action: string, query: Record<string, string>): Promise<{ answer: unknown } | SmsFailure> {
    // The gateway compares with its own clock, so this is the machine's time.
    const unsigned = { host: endpoint.host, path, action, version, query, at: new Date(), nonce: randomToken(16) };
    const { query: search, headers } = signCall(unsigned, settings.key);
    const timeout = AbortSignal.timeout(timeoutMs);
    let status: number;
    let body: string;
    try {
      const response = await fetch(`${endpoint.origin}${path}?${search}`, {
        method: 'POST',
        headers: { ...headers, accept: 'application/json' },
        redirect: 'manual',
        signal: timeout,
      });
      status = response.status;
      body = await response.text();
    } catch (error) {
      if (wasSurelyNotSent(error)) return failure('unreachable', 'unreachable', wordsOf(error));
      return failure('unknown', 'no_answer', timeout.aborted ? 'no answer in time' : wordsOf(error));
    }
    const answer = parse(body);
    const parsed = answerShape.safeParse(answer);
    if (!parsed.success) {
      // Not the gateway's words: a 4xx went no further, of anything else nobody knows.
      return status >= 300 && status < 500
        ? failure('refused', 'endpoint_wrong', `HTTP status ${status}`)
        : failure('unknown', 'no_answer', `HTTP status ${status}`);
    }
    const { Code: code, Message: message } = parsed.data;
    if (code === 'OK') return { answer };
    const problem = problemOf(code, message);
    // The gateway repeats a call that it could not verify, with the person's number in it.
    return failure('refused', problem, problem === 'key_wrong' ? code : `${code} ${message}`);
  }

  async function sendOne(message: SmsMessage): Promise<{ outcome: 'accepted' } | SmsFailure> {
    const result = await call('SendSms', {
      PhoneNumbers: message.phone,
      SignName: settings.signName,
      TemplateCode: message.templateCode,
      OutId: message.id,
      ...(Object.keys(message.params).length === 0 ? {} : { TemplateParam: JSON.stringify(message.params) }),
    });
    return 'answer' in result ? { outcome: 'accepted' } : result;
  }

  async function report(message: { id: string; phone: string; sentAt: Date }): Promise<SmsReport | SmsFailure> {
    for (let page = 1; page <= maxPages; page++) {
      const result = await call('QuerySendDetails', {
        PhoneNumber: message.phone,
        SendDate: dayOf(message.sentAt, providerZone).replaceAll('-', ''),
        PageSize: '50',
        CurrentPage: String(page),
      });
      if (!('answer' in result)) return result;
      const details = detailsShape.safeParse(result.answer);
      const rows = details.success ? details.data.SmsSendDetailDTOs.SmsSendDetailDTO : [];
      const found = rows.find((row) => row.OutId === message.id);
      if (found) return toReport(found);
      if (rows.length < 50) break;
    }
    return { state: 'absent' };
  }

  return {
    name: 'aliyun',
    // SendSms knows no key of idempotence: the same call again is the same message again.
    traits: { isRepeatable: false },
    send: (batch) => Promise.all(batch.map(sendOne)),
    report,
    async check() {
      const result = await report({ id: 'check', phone: '13800000000', sentAt: new Date() });
      return 'outcome' in result ? result : undefined;
    },
  };
}

function toReport({ SendStatus: status, ErrCode: code }: { SendStatus: number; ErrCode: string }): SmsReport {
  if (status === 3) return { state: 'delivered' };
  if (status === 2) return { state: 'failed', problem: problemOf(code, ''), message: code };
  return { state: 'waiting' };
}

function failure(outcome: SmsFailure['outcome'], problem: SmsFailure['problem'], message: string): SmsFailure {
  return { outcome, problem, message: message.slice(0, messageLength) };
}

function wordsOf(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause ? error.cause : error;
  const { code, message } = cause as { code?: unknown; message?: unknown };
  return [code, message].filter((word) => typeof word === 'string' && word !== '').join(' ');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
