import { randomBytes, timingSafeEqual } from 'node:crypto';
import { isbot } from 'isbot';
import type { Input } from '#contract';
import type { openLink } from '#contract/links';
import { recordEvents } from '#events';
import { type Ctx, inTransaction } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { sql } from '#platform/db';
import type { BytesReply, Upload } from '#platform/module';
import { pageReply } from '#platform/page';
import { decodeLinkCode, type LinkCode } from './link-codes.ts';
import type { LinkMaker } from './render.ts';

/** What somebody meets who opens the short address of a tracked link: it is counted, and leads on to where it leads. */

/** Asks a channel who a visitor is, where the code does not say: in WeChat, WeCom's OAuth knows customers by their account. */
export interface VisitorIdentity {
  /** Where to send the visitor; undefined while nobody can be asked. `state` comes back as it is, with a code, to `returnTo`. */
  begin(ctx: Ctx, state: string, returnTo: string): string | undefined | Promise<string | undefined>;
  /** Undefined for somebody who is no customer, and when the platform does not say. Never throws for the outside world. */
  finish(ctx: Ctx, code: string): Promise<{ externalUserid: string } | undefined>;
}

export interface OpenParts extends LinkMaker {
  readonly visitors: VisitorIdentity | undefined;
}

/** What is loaded again within this time is the same visit. */
export const visitMs = 30 * 60_000;

/** How long the way through WeCom may take: a few redirects. By the machine's time. */
const identifyMs = 5 * 60_000;

const seenCookie = 'siyu_seen';
const nonceCookie = 'siyu_visitor';

export async function openTracked(
  ctx: Ctx,
  input: Input<typeof openLink>,
  request: Upload,
  parts: OpenParts,
): Promise<BytesReply> {
  const code = decodeLinkCode(parts.sealer, input.linkCode);
  const link =
    code &&
    (await ctx.db
      .selectFrom('tracked_link')
      .select(['id', 'title', 'url'])
      .where('id', '=', code.linkId)
      .executeTakeFirst());
  if (!code || !link) return unknownPage();
  const onward = redirect(link.url);
  if (isMachine(request)) return onward;
  if (code.person) {
    await count(ctx, code, link, { visitor: `code ${input.linkCode}`, customerId: code.person.customerId });
    return onward;
  }
  const isReturning = input.state !== undefined;
  if (!isReturning && isInWeChat(request)) {
    const asking = await askWho(ctx, input.linkCode, parts);
    if (asking) return asking;
  }
  const known = isReturning ? await findVisitor(ctx, input, request, parts) : undefined;
  if (known) {
    await count(ctx, code, link, { visitor: `account ${link.id} ${known.externalUserid}`, ...known });
    return onward;
  }
  // Of somebody who is not known only the browser can say that it was here a moment ago.
  if (cookieOf(request, seenCookie) !== undefined) return onward;
  await count(ctx, code, link, undefined);
  return redirect(link.url, cookie(parts, seenCookie, '1', input.linkCode, visitMs));
}

/** Robots, previews and browsers that load ahead: nobody has opened anything. */
function isMachine(request: Upload): boolean {
  const agent = request.header('user-agent') ?? '';
  const purposes = ['purpose', 'sec-purpose', 'x-purpose', 'x-moz'].map((name) => request.header(name) ?? '');
  return (
    request.method === 'HEAD' ||
    agent === '' ||
    isbot(agent) ||
    purposes.some((purpose) => /prefetch|preview|prerender/i.test(purpose))
  );
}

function isInWeChat(request: Upload): boolean {
  return /MicroMessenger|wxwork/i.test(request.header('user-agent') ?? '');
}

async function askWho(ctx: Ctx, key: string, parts: OpenParts): Promise<BytesReply | undefined> {
  const nonce = randomBytes(8).toString('hex');
  const until = Math.floor((Date.now() + identifyMs) / 1000)
    .toString(16)
    .padStart(8, '0');
  const state = until + signState(parts, key, until, nonce).toString('hex');
  const address = await parts.visitors?.begin(ctx, state, `${parts.publicUrl}/l/${key}`);
  return address === undefined ? undefined : redirect(address, cookie(parts, nonceCookie, nonce, key, identifyMs));
}

/** A state is good for one link, in the browser that set out with it, for five minutes. */
function signState({ sealer }: OpenParts, key: string, until: string, nonce: string): Buffer {
  return sealer.sign('link visitor state', `${key} ${until} ${nonce}`).subarray(0, 16);
}

async function findVisitor(
  ctx: Ctx,
  { linkCode, code, state }: Input<typeof openLink>,
  request: Upload,
  parts: OpenParts,
): Promise<{ customerId: number; externalUserid: string } | undefined> {
  const nonce = cookieOf(request, nonceCookie);
  if (!parts.visitors || !code || !state || nonce === undefined || !/^[0-9a-f]{40}$/.test(state)) return undefined;
  const until = state.slice(0, 8);
  if (Number.parseInt(until, 16) * 1000 < Date.now()) return undefined;
  if (!timingSafeEqual(Buffer.from(state.slice(8), 'hex'), signState(parts, linkCode, until, nonce))) return undefined;
  const visitor = await parts.visitors.finish(ctx, code);
  if (!visitor) return undefined;
  const account = await ctx.db
    .selectFrom('identity')
    .select('customer_id as customerId')
    .where('kind', '=', 'wecom')
    .where('value', '=', visitor.externalUserid)
    .executeTakeFirst();
  return account && { ...account, ...visitor };
}

/** Counts a visit once, and tells the fact where it is known whose it is. */
async function count(
  ctx: Ctx,
  code: LinkCode,
  link: { id: number; title: string; url: string },
  known: { visitor: string; customerId: number; externalUserid?: string } | undefined,
): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    if (known) {
      const { rows } = await sql`
        insert into link_visit as v (visitor, seen_at) values (${known.visitor}, ${ctx.now})
        on conflict (visitor) do update set seen_at = excluded.seen_at
          where v.seen_at <= ${new Date(ctx.now.getTime() - visitMs)}
        returning 1
      `.execute(ctx.db);
      if (rows.length === 0) return;
      await recordEvents(ctx, [
        {
          name: 'link.opened',
          source: 'link',
          messageId: `${known.visitor} ${ctx.now.getTime()}`,
          occurredAt: ctx.now,
          payload: {
            customerId: known.customerId,
            externalUserid: known.externalUserid ?? null,
            linkId: link.id,
            title: link.title,
            url: link.url,
            kind: code.kind,
            sourceId: code.sourceId || null,
            touchId: code.person?.touchId || null,
            staffId: code.staffId || null,
          },
        },
      ]);
    }
    await sql`
      insert into link_day as d (link_id, day, kind, source_id, staff_id, opens, unknown_opens)
      values (${link.id}, ${dayOf(ctx.now, ctx.zone)}, ${code.kind}, ${code.sourceId}, ${code.staffId}, 1, ${known ? 0 : 1})
      on conflict (link_id, day, kind, source_id, staff_id) do update
        set opens = d.opens + 1, unknown_opens = d.unknown_opens + excluded.unknown_opens
    `.execute(ctx.db);
  });
}

function redirect(url: string, setCookie?: string): BytesReply {
  return {
    status: 302,
    contentType: 'text/html; charset=utf-8',
    headers: {
      // As browsers write it: the address that is stored may have other letters than ASCII.
      location: new URL(url).href,
      'cache-control': 'no-store',
      // The code says whose it is: it is nobody else's business.
      'referrer-policy': 'no-referrer',
      ...(setCookie === undefined ? {} : { 'set-cookie': setCookie }),
    },
    body: '',
  };
}

function unknownPage(): BytesReply {
  return pageReply({
    status: 404,
    title: '链接无法打开',
    body: `<h1>这个链接打不开</h1>
<p class="hook">可能没有复制完整，或者已经失效。请回到聊天里重新点开，或联系给你发链接的顾问。</p>
<p class="hint">This link is not complete or not valid. Please open it again from the message you got.</p>`,
  });
}

/** Kept for this one link only. */
function cookie({ publicUrl }: OpenParts, name: string, value: string, key: string, lifeMs: number): string {
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  return `${name}=${value}; Path=/l/${key}; Max-Age=${Math.round(lifeMs / 1000)}; HttpOnly; SameSite=Lax${secure}`;
}

function cookieOf(request: Upload, name: string): string | undefined {
  return (request.header('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim().split('='))
    .find(([known]) => known === name)?.[1];
}
