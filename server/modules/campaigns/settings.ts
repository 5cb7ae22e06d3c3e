import type { z } from 'zod';
import { campaignSettings } from '#contract/campaigns';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { readSetting, saveSetting } from '#platform/settings';

const settingKey = 'campaigns.settings';

type Settings = z.output<typeof campaignSettings>;

/** From how many people on a second person approves, and what new campaigns begin with. */
export async function readSettings(ctx: Pick<Ctx, 'db'>): Promise<Settings> {
  const setting = await readSetting(ctx, settingKey);
  return campaignSettings.parse(setting?.value ?? {});
}

export async function changeSettings(ctx: WriteCtx, settings: Settings): Promise<void> {
  const before = await readSettings(ctx);
  await saveSetting(ctx, settingKey, settings);
  await recordAudit(ctx, {
    action: 'campaign_settings.updated',
    subjectKind: 'campaign_settings',
    subjectId: 'all',
    before,
    after: settings,
  });
}
