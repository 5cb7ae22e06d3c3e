import type { Input, Output } from '#contract';
import type { getEmail, setEmail } from '#contract/email';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import type { Sealer } from '#platform/seal';
import { keepMade, readSetting, saveSetting } from '#platform/settings';
import { createSmtp, type Smtp } from './smtp.ts';

const settingKey = 'email.settings';

/** As it is stored: the password is sealed; null when the server asks for none. */
type StoredEmail = Omit<Input<typeof setEmail>, 'password'> & { readonly sealedPassword: string | null };

/** A mail server in use. */
export interface MailServer extends StoredEmail {
  /** Undefined: siyu's own secret has changed since, and the password cannot be read any more. */
  readonly smtp: Smtp | undefined;
}

export type EmailKeeper = ReturnType<typeof createEmailKeeper>;

/** One per process: keeps the connections to the mail server and makes new ones when the settings change. */
export function createEmailKeeper(sealer: Sealer) {
  const kept = keepMade(settingKey, (value): MailServer => {
    const stored = value as StoredEmail;
    return { ...stored, smtp: open(stored) };
  });

  function open({ host, port, security, user, sealedPassword }: StoredEmail): Smtp | undefined {
    if (user === '') return createSmtp({ host, port, security, login: undefined });
    try {
      const password = sealedPassword === null ? '' : sealer.open(sealedPassword);
      return createSmtp({ host, port, security, login: { user, password } });
    } catch {
      return undefined;
    }
  }

  return {
    /** Undefined while nothing is set up. */
    connect: (ctx: Pick<Ctx, 'db'>) => kept.get(ctx),

    async describe(ctx: Ctx): Promise<Output<typeof getEmail>['settings']> {
      const found = await readSetting(ctx, settingKey);
      if (!found) return null;
      const { sealedPassword, ...shown } = found.value as StoredEmail;
      return { ...shown, hasPassword: sealedPassword !== null, updatedAt: found.savedAt.toISOString() };
    },

    async change(ctx: WriteCtx, input: Input<typeof setEmail>): Promise<void> {
      kept.forget();
      const before = (await readSetting(ctx, settingKey))?.value as StoredEmail | undefined;
      const { password, ...rest } = input;
      const unchanged = input.user === '' ? null : (before?.sealedPassword ?? null);
      const after = { ...rest, sealedPassword: password === undefined ? unchanged : sealer.seal(password) };
      await saveSetting(ctx, settingKey, after);
      await recordAudit(ctx, {
        action: 'email.updated',
        subjectKind: 'channel',
        subjectId: 'email',
        subjectName: input.senderAddress,
        before: shownOf(before),
        after: { ...shownOf(after), passwordChanged: password !== undefined },
      });
    },
  };
}

function shownOf(stored: StoredEmail | undefined) {
  if (!stored) return undefined;
  const { sealedPassword, ...shown } = stored;
  return { ...shown, hasPassword: sealedPassword !== null };
}
