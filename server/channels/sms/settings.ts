import type { Input, Output } from '#contract';
import type { getSms, setSms } from '#contract/sms';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import type { Sealer } from '#platform/seal';
import { keepMade, readSetting, saveSetting } from '#platform/settings';
import { createAliyunSms } from './aliyun.ts';
import type { SmsProvider } from './provider.ts';

const settingKey = 'sms.settings';

/** As it is stored: the secret is sealed. */
type StoredSms = Omit<Input<typeof setSms>, 'keySecret'> & { readonly sealedSecret: string };

/** A provider in use. */
export interface SmsAccount {
  readonly isEnabled: boolean;
  /** Undefined: siyu's own secret has changed since, and the provider's cannot be read any more. */
  readonly provider: SmsProvider | undefined;
}

export type SmsKeeper = ReturnType<typeof createSmsKeeper>;

export function createSmsKeeper(sealer: Sealer) {
  const kept = keepMade(settingKey, (value): SmsAccount => {
    const stored = value as StoredSms;
    return { isEnabled: stored.isEnabled, provider: open(stored) };
  });

  function open({ endpoint, keyId, sealedSecret, signName }: StoredSms): SmsProvider | undefined {
    try {
      return createAliyunSms({ endpoint, key: { id: keyId, secret: sealer.open(sealedSecret) }, signName });
    } catch {
      return undefined;
    }
  }

  return {
    /** Undefined while nothing is set up. */
    connect: (ctx: Pick<Ctx, 'db'>) => kept.get(ctx),

    async describe(ctx: Ctx): Promise<Output<typeof getSms>['settings']> {
      const found = await readSetting(ctx, settingKey);
      if (!found) return null;
      const { sealedSecret: _, ...shown } = found.value as StoredSms;
      return { ...shown, updatedAt: found.savedAt.toISOString() };
    },

    async change(ctx: WriteCtx, input: Input<typeof setSms>): Promise<void> {
      kept.forget();
      const before = (await readSetting(ctx, settingKey))?.value as StoredSms | undefined;
      const { keySecret, ...rest } = input;
      const sealedSecret = keySecret === undefined ? before?.sealedSecret : sealer.seal(keySecret);
      if (sealedSecret === undefined) {
        const fields = [{ path: 'keySecret', problem: 'invalid_type', message: 'needed the first time' }];
        throw new AppError('input_invalid', { fields });
      }
      const after: StoredSms = { ...rest, endpoint: rest.endpoint.replace(/\/+$/, ''), sealedSecret };
      await saveSetting(ctx, settingKey, after);
      await recordAudit(ctx, {
        action: 'sms.updated',
        subjectKind: 'channel',
        subjectId: 'sms',
        subjectName: input.signName,
        before: shownOf(before),
        after: { ...shownOf(after), secretChanged: keySecret !== undefined },
      });
    },
  };
}

function shownOf(stored: StoredSms | undefined) {
  if (!stored) return undefined;
  const { sealedSecret: _, ...shown } = stored;
  return shown;
}
