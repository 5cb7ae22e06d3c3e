import type { z } from 'zod';
import type { Output } from '#contract';
import { type getScoreSettings, scoreSettings } from '#contract/scores';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { readSetting, saveSetting } from '#platform/settings';

const settingKey = 'scores.settings';

export type ScoreSettings = z.output<typeof scoreSettings>;

export async function readSettings(ctx: Pick<Ctx, 'db'>): Promise<ScoreSettings> {
  const setting = await readSetting(ctx, settingKey);
  return scoreSettings.parse(setting?.value ?? {});
}

export async function showSettings(ctx: Ctx): Promise<Output<typeof getScoreSettings>> {
  const counts = await countOrdersByCurrency(ctx);
  return { ...(await readSettings(ctx)), currencies: counts.map(({ currency }) => currency) };
}

export async function changeSettings(ctx: WriteCtx, settings: ScoreSettings): Promise<void> {
  const before = await readSettings(ctx);
  await saveSetting(ctx, settingKey, settings);
  await recordAudit(ctx, {
    action: 'score_settings.updated',
    subjectKind: 'score_settings',
    subjectId: 'all',
    before,
    after: settings,
  });
}

/** Currencies of all orders, most orders first. */
async function countOrdersByCurrency(ctx: Pick<Ctx, 'db'>): Promise<{ currency: string; orders: number }[]> {
  const { rows } = await sql<{ currency: string; orders: number }>`
    select currency, count(*) as orders from shop_order group by currency order by count(*) desc, currency limit 20
  `.execute(ctx.db);
  return rows;
}

/** The one currency that scores count in, and how many orders are in others. */
export async function chooseCurrency(
  ctx: Pick<Ctx, 'db'>,
  settings: ScoreSettings,
): Promise<{ currency: string | null; otherCurrencyOrders: number }> {
  const counts = await countOrdersByCurrency(ctx);
  const currency = settings.currency ?? counts[0]?.currency ?? null;
  const others = counts.filter((row) => row.currency !== currency);
  return { currency, otherCurrencyOrders: others.reduce((sum, { orders }) => sum + orders, 0) };
}

/** The one currency that amounts are counted in: of the settings, or the one with most orders; null without orders. */
export async function readCurrency(ctx: Pick<Ctx, 'db'>): Promise<string | null> {
  const { currency } = await chooseCurrency(ctx, await readSettings(ctx));
  return currency;
}
