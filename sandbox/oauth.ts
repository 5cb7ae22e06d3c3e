import type { State } from './store.ts';
import type { World } from './world.ts';

/**
 * Signing in inside the client (reference §2.2): a page sends the browser to the authorize address, the client knows who
 * holds the phone and hands back a code. On the real platform that address is on open.weixin.qq.com; here it is the
 * sandbox's own.
 */
export const authorizePath = '/connect/oauth2/authorize';

/** By this cookie the authorize address knows a real browser: the phone page sets it. */
export const holderCookie = 'sandbox_holder';

/** Who opens a page in their client. */
export type Holder = { kind: 'person' | 'staff'; id: string };

export type OauthCode = { holder: Holder; expiresRealMs: number; isUsed: boolean };

export type Authorization = { ok: true; url: string } | { ok: false; errcode: number; problem: string };

/** @returns where the browser goes on, or what the client shows instead */
export function authorize(world: World, query: URLSearchParams, holder: Holder): Authorization {
  const { corp, oauthCodes } = world.state;
  const redirectUri = query.get('redirect_uri') ?? '';
  const state = query.get('state') ?? '';
  if (query.get('appid') !== corp.corpId) return refusal(40013, 'appid 参数错误');
  if (query.get('response_type') !== 'code') return refusal(40035, 'response_type 参数错误');
  const scope = query.get('scope');
  if (scope !== 'snsapi_base' && scope !== 'snsapi_privateinfo') return refusal(40035, 'scope 参数错误');
  if (!URL.canParse(redirectUri)) return refusal(50001, 'redirect_uri 参数错误');
  // The host must be the trusted one exactly, port included.
  if (corp.trustedDomain !== null && new URL(redirectUri).host !== corp.trustedDomain) {
    return refusal(50001, 'redirect_uri 域名与可信域名不一致');
  }
  if (!/^[a-zA-Z0-9]{0,128}$/.test(state)) return refusal(84025, 'state 参数错误');
  forgetDeadCodes(world.state);
  const code = world.random.id(43);
  const expiresRealMs = Date.now() + world.settings.policy.oauthCodeTtlMs;
  oauthCodes.set(code, { holder, expiresRealMs, isUsed: false });
  const [address = '', fragment] = redirectUri.split('#', 2);
  const joint = address.includes('?') ? '&' : '?';
  const end = fragment === undefined ? '' : `#${fragment}`;
  return { ok: true, url: `${address}${joint}code=${code}&state=${state}${end}` };
}

/** 40029 unknown or used, 42003 too old. A code works once. */
export function checkCode(
  state: State,
  code: string,
): { ok: true; holder: Holder } | { ok: false; errcode: 40029 | 42003 } {
  const known = state.oauthCodes.get(code);
  if (!known || known.isUsed) return { ok: false, errcode: 40029 };
  return known.expiresRealMs <= Date.now() ? { ok: false, errcode: 42003 } : { ok: true, holder: known.holder };
}

/** The person's id towards this corp: the same whenever they come, and no external_userid. */
export function openidOf(world: World, externalUserid: string): string {
  return `o${world.random.fork(`openid/${externalUserid}`).id(27)}`;
}

function refusal(errcode: number, problem: string): Authorization {
  return { ok: false, errcode, problem };
}

const rememberedMs = 3600_000;

function forgetDeadCodes(state: State): void {
  for (const [code, { expiresRealMs }] of state.oauthCodes) {
    if (expiresRealMs > Date.now() - rememberedMs) break;
    state.oauthCodes.delete(code);
  }
}
