import type { Ctx } from '#platform/ctx';
import { inTransaction } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import type { BytesReply } from '#platform/module';
import { escapeHtml, pageReply } from '#platform/page';
import { stateOfCode } from './rules.ts';

/** The page behind a printed landing code: counts the scan, shows WeCom's QR code to press. */
export async function showLanding(ctx: Ctx, slug: string): Promise<BytesReply> {
  const code = await ctx.db.selectFrom('channel_code').selectAll().where('slug', '=', slug).executeTakeFirst();
  if (!code) throw new AppError('not_found');
  const state = stateOfCode(
    {
      isPaused: code.is_paused,
      endedAt: code.ended_at,
      startsAt: code.starts_at,
      endsAt: code.ends_at,
      hasQr: code.qr_url !== null,
    },
    ctx.now,
  );
  const isOpen = code.qr_url !== null && (state === 'active' || state === 'paused');
  if (isOpen) {
    await inTransaction(ctx, (ctx) =>
      sql`
        insert into code_scan_day as d (code_id, day, scans) values (${code.id}, ${dayOf(ctx.now, ctx.zone)}, 1)
        on conflict (code_id, day) do update set scans = d.scans + 1
      `.execute(ctx.db),
    );
  }
  const hook = code.hook as { kind: string; text: string };
  const body = isOpen
    ? `<h1>${escapeHtml(code.name)}</h1>
<p class="hook">${hook.kind === 'none' || hook.text === '' ? '添加专属顾问，获得一对一服务' : escapeHtml(hook.text)}</p>
<img src="${escapeHtml(code.qr_url ?? '')}" alt="企业微信二维码" width="240" height="240">
<p class="hint">长按识别二维码 · Press and hold the code</p>`
    : `<h1>${state === 'waiting' ? '活动尚未开始' : '活动已结束'}</h1>
<p class="hook">${state === 'waiting' ? '请稍后再来。 Not open yet.' : '感谢你的关注。 This code has ended.'}</p>`;
  return pageReply({ title: '添加顾问', body, status: isOpen ? 200 : 410 });
}
