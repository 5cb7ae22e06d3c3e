import type { Random } from '#sandbox/random';
import type { State, Token } from '#sandbox/store';
import { refuse } from './errors.ts';

/** Access tokens: one per secret, 7200 real seconds (reference §1.2). */
export function grantToken(
  state: State,
  kind: Token['kind'],
  input: { random: Random; ttlMs: number; sameWhileValid: boolean },
): { value: string; expiresInSeconds: number } {
  const now = Date.now();
  const valid = [...state.tokens.values()].find(
    (token) => token.kind === kind && !token.revoked && token.expiresRealMs > now,
  );
  if (valid && input.sameWhileValid) {
    return { value: valid.value, expiresInSeconds: Math.ceil((valid.expiresRealMs - now) / 1000) };
  }
  // A new token replaces the old ones; those long dead are forgotten and become "unknown".
  for (const token of state.tokens.values()) {
    if (token.kind === kind && token.expiresRealMs > now) token.revoked = true;
    if (token.expiresRealMs < now - input.ttlMs) state.tokens.delete(token.value);
  }
  const value = input.random.id(214);
  state.tokens.set(value, { value, kind, expiresRealMs: now + input.ttlMs, revoked: false });
  return { value, expiresInSeconds: Math.ceil(input.ttlMs / 1000) };
}

/** 41001 absent, 40014 unknown or replaced, 42001 well formed but too old. */
export function requireToken(state: State, value: string | undefined): Token {
  if (!value) refuse(41001);
  const token = state.tokens.get(value);
  if (!token || token.revoked) refuse(40014);
  if (token.expiresRealMs <= Date.now()) refuse(42001);
  return token;
}

export function revokeTokens(state: State): void {
  for (const token of state.tokens.values()) token.revoked = true;
}
