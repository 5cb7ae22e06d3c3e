import { taskSettings } from '#contract/tasks';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { readSetting, saveSetting } from '#platform/settings';
import type { TaskSettings } from './rules.ts';

const settingKey = 'tasks.settings';

export async function readSettings(ctx: Pick<Ctx, 'db'>): Promise<TaskSettings> {
  const setting = await readSetting(ctx, settingKey);
  return taskSettings.parse(setting?.value ?? {});
}

export async function changeSettings(ctx: WriteCtx, settings: TaskSettings): Promise<void> {
  const before = await readSettings(ctx);
  await saveSetting(ctx, settingKey, settings);
  await recordAudit(ctx, {
    action: 'task_settings.updated',
    subjectKind: 'task_settings',
    subjectId: 'all',
    before,
    after: settings,
  });
}
