import type { Output } from '#contract';
import { type getTouchPolicy, type Policy, policy as policySchema } from '#contract/touch';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { readSetting, saveSetting } from '#platform/settings';

const settingKey = 'touch.policy';

export async function readPolicy(ctx: Pick<Ctx, 'db'>): Promise<Policy> {
  const setting = await readSetting(ctx, settingKey);
  return policySchema.parse(setting?.value ?? {});
}

export async function showPolicy(ctx: Ctx): Promise<Output<typeof getTouchPolicy>> {
  const setting = await readSetting(ctx, settingKey);
  return { policy: policySchema.parse(setting?.value ?? {}), savedAt: setting?.savedAt.toISOString() ?? null };
}

export async function changePolicy(ctx: WriteCtx, policy: Policy): Promise<void> {
  const before = await readPolicy(ctx);
  await saveSetting(ctx, settingKey, policy);
  await recordAudit(ctx, {
    action: 'touch_policy.updated',
    subjectKind: 'touch_policy',
    subjectId: 'all',
    before,
    after: policy,
  });
}
