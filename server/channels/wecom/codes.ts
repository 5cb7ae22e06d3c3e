import { markAsked, readPush, reportPush } from '#acquisition';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Connection } from './connection.ts';
import type { Failure } from './errors.ts';
import { describeFailure, OutsideError } from './refresh.ts';

/** The contact way is gone already. */
const noSuchWay = 41044;
const imageLimitBytes = 2 * 1024 * 1024;
const imageTimeoutMs = 10_000;

/**
 * Brings one code's settings to WeCom: makes, changes or deletes its contact way (doc 92228). Making one is not
 * repeatable, so a try whose answer was lost first looks for what it may have made.
 */
export async function pushCode(ctx: Ctx, connection: Connection, codeId: number): Promise<void> {
  const code = await readPush(ctx, codeId);
  if (!code || (code.isPushed && code.hasImage)) return;
  const report = (change: Parameters<typeof reportPush>[2]) =>
    inTransaction(ctx, (ctx) => reportPush(ctx, codeId, change));
  const { revision } = code;
  const { client } = connection;

  if (code.isEnded) {
    if (code.configId) {
      const gone = await client.call('externalcontact/del_contact_way', { config_id: code.configId });
      if (!gone.ok && gone.errcode !== noSuchWay) return fail(gone, report, revision);
    }
    return report({ revision, configId: null });
  }
  if (code.staffUserids.length === 0) return report({ revision, problem: 'no_staff' });

  const settings = {
    remark: [...code.name].slice(0, 30).join(''),
    skip_verify: code.skipVerify,
    state: code.stateKey,
    user: code.staffUserids,
  };
  let { configId } = code;
  if (!configId && code.wasAsked) configId = (await findContactWay(connection, code.stateKey, code.createdAt)) ?? null;
  let qrUrl = code.qrUrl;
  if (configId) {
    const changed = await client.call('externalcontact/update_contact_way', { config_id: configId, ...settings });
    if (!changed.ok && changed.errcode === noSuchWay) {
      // Somebody deleted it on WeCom: the printed code is dead, a new one is made and the page shows it.
      configId = null;
      qrUrl = null;
    } else if (!changed.ok) return fail(changed, report, revision);
  }
  if (!configId) {
    await inTransaction(ctx, (ctx) => markAsked(ctx, codeId));
    // Several members may answer: the type cannot change later, so it is 2 also for one.
    const made = await client.call('externalcontact/add_contact_way', { type: 2, scene: 2, ...settings });
    if (!made.ok) return fail(made, report, revision);
    configId = made.value.config_id;
    qrUrl = made.value.qr_code ?? null;
    await report({ revision, configId, qrUrl, qrImage: null });
  }
  if (!qrUrl) {
    const way = await client.call('externalcontact/get_contact_way', { config_id: configId });
    if (!way.ok) return fail(way, report, revision);
    qrUrl = way.value.contact_way.qr_code ?? null;
  }
  const qrImage = !code.hasImage || qrUrl !== code.qrUrl ? await fetchImage(qrUrl) : undefined;
  await report({ revision, configId, qrUrl, ...(qrImage === undefined ? {} : { qrImage }) });
  // The code works without its picture; the job comes again for it.
  if (qrImage === null) throw new Error('the picture of the QR code could not be fetched');
}

/** What may pass is tried again by the job; what will not waits for a person, with the reason on the code's page. */
async function fail(
  failure: Failure,
  report: (change: Parameters<typeof reportPush>[2]) => Promise<void>,
  revision: number,
): Promise<void> {
  if (failure.retryable || failure.outcome !== 'refused') throw new OutsideError(failure);
  await report({ revision, problem: describeFailure(failure) });
}

/** The contact way that carries our state, among those made since the code was. */
async function findContactWay(connection: Connection, stateKey: string, since: Date): Promise<string | undefined> {
  const { client } = connection;
  const start_time = Math.floor(since.getTime() / 1000) - 86_400;
  for await (const page of client.pages('externalcontact/list_contact_way', { start_time, limit: 100 })) {
    if (!page.ok) throw new OutsideError(page);
    for (const { config_id } of page.value.contact_way) {
      const way = await client.call('externalcontact/get_contact_way', { config_id });
      if (way.ok && way.value.contact_way.state === stateKey) return config_id;
    }
  }
  return undefined;
}

async function fetchImage(url: string | null): Promise<Buffer | null> {
  if (!url) return null;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(imageTimeoutMs) });
    if (!answer.ok) return null;
    const bytes = Buffer.from(await answer.arrayBuffer());
    const isPicture = bytes[0] === 0x89 || (bytes[0] === 0xff && bytes[1] === 0xd8);
    return isPicture && bytes.length <= imageLimitBytes ? bytes : null;
  } catch {
    return null;
  }
}
