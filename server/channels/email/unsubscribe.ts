import { timingSafeEqual } from 'node:crypto';
import type { WriteCtx } from '#platform/ctx';
import type { BytesReply } from '#platform/module';
import { escapeHtml, pageReply } from '#platform/page';
import type { Sealer } from '#platform/seal';
import { withdrawConsent } from '#touch';

/**
 * How a reader takes himself off. The pass in the address names his account and the mail he had, and is signed: nobody can
 * make one for somebody else. It names the account and not the customer, who may have become one with another meanwhile.
 */

interface Reader {
  readonly accountId: number;
  readonly touchId: number;
}

const purpose = 'email unsubscribe';
const numberBytes = 6;
const tagBytes = 16;

/** The same reader and mail always get the same pass. */
export function passFor(sealer: Pick<Sealer, 'sign'>, reader: Reader): string {
  const payload = Buffer.alloc(2 * numberBytes);
  payload.writeUIntBE(reader.accountId, 0, numberBytes);
  payload.writeUIntBE(reader.touchId, numberBytes, numberBytes);
  return Buffer.concat([payload, tagOf(sealer, payload)]).toString('base64url');
}

/** Undefined for what is not one of ours. */
export function readPass(sealer: Pick<Sealer, 'sign'>, pass: string): Reader | undefined {
  const bytes = Buffer.from(pass, 'base64url');
  const payload = bytes.subarray(0, 2 * numberBytes);
  const tag = bytes.subarray(2 * numberBytes);
  if (tag.length !== tagBytes || !timingSafeEqual(tag, tagOf(sealer, payload))) return undefined;
  return { accountId: payload.readUIntBE(0, numberBytes), touchId: payload.readUIntBE(numberBytes, numberBytes) };
}

function tagOf(sealer: Pick<Sealer, 'sign'>, payload: Uint8Array): Buffer {
  return sealer.sign(purpose, payload).subarray(0, tagBytes);
}

export function showUnsubscribe(sealer: Sealer, pass: string, brand: string): BytesReply {
  if (!readPass(sealer, pass)) return unknownPage;
  const title = '退订邮件';
  return pageReply({
    title,
    body: `<h1>${title}</h1>
<p class="hook">不再接收「${escapeHtml(brand)}」的邮件？</p>
<form method="post"><button type="submit">确认退订</button></form>
<p class="hint">退订后立即生效。 Press the button to stop these mails at once.</p>`,
  });
}

/** Repeating it changes nothing. Somebody who is known no more hears nothing anyway, and is told the same. */
export async function takeOff(ctx: WriteCtx, sealer: Sealer, pass: string, brand: string): Promise<BytesReply> {
  const reader = readPass(sealer, pass);
  if (!reader) return unknownPage;
  const account = await ctx.db
    .selectFrom('identity')
    .select('customer_id as customerId')
    .where('id', '=', reader.accountId)
    .executeTakeFirst();
  if (account) {
    const evidence = { how: 'link', text: `unsubscribed by the link in touch ${reader.touchId}` } as const;
    await withdrawConsent(ctx, { customerId: account.customerId, channel: 'email', category: 'any', evidence });
  }
  return pageReply({
    title: '已退订',
    body: `<h1>已退订</h1>
<p class="hook">你不会再收到「${escapeHtml(brand)}」的邮件。</p>
<p class="hint">You have been unsubscribed.</p>`,
  });
}

const unknownPage = pageReply({
  title: '链接无效',
  status: 404,
  body: `<h1>链接无效</h1>
<p class="hook">请从邮件里重新打开退订链接，或直接回复邮件告诉我们。</p>
<p class="hint">This link is not valid. Please open it again from the mail.</p>`,
});
