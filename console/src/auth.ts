import { twoFactorClient } from 'better-auth/client/plugins';
import { createAuthClient } from 'better-auth/react';

/** Sign-in, password and second factor; everything else goes through the contract. */
export const auth = createAuthClient({ plugins: [twoFactorClient()] });

/** better-auth answers with its own codes; these are the ones a person can do something about. */
const known = {
  INVALID_EMAIL_OR_PASSWORD: 'wrongPassword',
  INVALID_PASSWORD: 'wrongPassword',
  INVALID_CODE: 'wrongCode',
  INVALID_BACKUP_CODE: 'wrongBackupCode',
  INVALID_TWO_FACTOR_COOKIE: 'stepExpired',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'stepExpired',
  PASSWORD_TOO_SHORT: 'passwordTooShort',
  PASSWORD_TOO_LONG: 'passwordTooLong',
  BANNED_USER: 'userDisabled',
  USER_DISABLED: 'userDisabled',
} as const;

export type AuthProblem = (typeof known)[keyof typeof known] | 'tooManyTries' | 'unknown';

export function authProblem(error: { code?: string | undefined; status: number }): AuthProblem {
  if (error.status === 429) return 'tooManyTries';
  return known[error.code as keyof typeof known] ?? 'unknown';
}
