import type { Input, Output } from '#contract';
import type { getRelay, setRelay } from '#contract/relay';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import type { Sealer } from '#platform/seal';
import { keepMade, readSetting, saveSetting } from '#platform/settings';
import { assertUrl, makeSecret } from '#webhooks';

const settingKey = 'relay.settings';

/** As it is stored: the secret is sealed. */
type StoredRelay = Input<typeof setRelay> & { readonly sealedSecret: string; readonly secretMadeAt: string };

export interface Relay {
  readonly isEnabled: boolean;
  readonly url: string;
  /** Undefined: siyu's own secret has changed since, and this one cannot be read any more. */
  readonly secret: string | undefined;
}

export type RelayKeeper = ReturnType<typeof createRelayKeeper>;

export function createRelayKeeper(sealer: Sealer, options: { allowPrivate: boolean }) {
  const kept = keepMade(settingKey, (value): Relay => {
    const { isEnabled, url, sealedSecret } = value as StoredRelay;
    return { isEnabled, url, secret: open(sealedSecret) };
  });

  function open(sealed: string): string | undefined {
    try {
      return sealer.open(sealed);
    } catch {
      return undefined;
    }
  }
  const readStored = async (ctx: Ctx) => (await readSetting(ctx, settingKey))?.value as StoredRelay | undefined;

  return {
    /** Undefined while nothing is set up. */
    connect: (ctx: Pick<Ctx, 'db'>) => kept.get(ctx),

    async describe(ctx: Ctx): Promise<Output<typeof getRelay>['settings']> {
      const found = await readSetting(ctx, settingKey);
      if (!found) return null;
      const { sealedSecret: _, ...shown } = found.value as StoredRelay;
      return { ...shown, updatedAt: found.savedAt.toISOString() };
    },

    /** Answers with the secret when it was made now. */
    async change(ctx: WriteCtx, input: Input<typeof setRelay>): Promise<string | null> {
      assertUrl(input.url, options);
      kept.forget();
      const before = await readStored(ctx);
      const secret = before ? null : makeSecret();
      const sealedSecret = secret === null ? (before?.sealedSecret ?? '') : sealer.seal(secret);
      const secretMadeAt = before?.secretMadeAt ?? ctx.now.toISOString();
      await saveSetting(ctx, settingKey, { ...input, sealedSecret, secretMadeAt });
      await recordAudit(ctx, {
        action: 'relay.updated',
        subjectKind: 'channel',
        subjectId: 'webhook',
        subjectName: input.url,
        before: before && { isEnabled: before.isEnabled, url: before.url, description: before.description },
        after: input,
      });
      return secret;
    },

    async rotate(ctx: WriteCtx): Promise<string> {
      const before = await readStored(ctx);
      if (!before) throw new AppError('channel_not_set_up');
      kept.forget();
      const secret = makeSecret();
      const secretMadeAt = ctx.now.toISOString();
      await saveSetting(ctx, settingKey, { ...before, sealedSecret: sealer.seal(secret), secretMadeAt });
      await recordAudit(ctx, {
        action: 'relay.secret_rotated',
        subjectKind: 'channel',
        subjectId: 'webhook',
        subjectName: before.url,
      });
      return secret;
    },
  };
}
