import { z } from 'zod';
import { route } from './route.ts';
import { after, id, limit, line, none, page, time, url } from './types.ts';

/** The connection to one WeCom corp, its self-check and reconciliation. */

export const connection = z.object({
  corpId: z.string(),
  agentId: z.string(),
  hasSecret: z.boolean(),
  token: z.string(),
  hasEncodingAesKey: z.boolean(),
  baseUrl: z.string(),
  /** Where browsers in WeCom and WeChat are asked who they are. */
  oauthBaseUrl: z.string(),
  /** Null where it follows the API's address. */
  ownOauthBaseUrl: z.string().nullable(),
  /** What to paste into WeCom's admin console. */
  callbackUrl: z.string(),
  updatedAt: time.nullable(),
});

export const getConnection = route({
  method: 'GET',
  path: '/api/wecom/connection',
  permission: 'connection.manage',
  summary: 'How siyu is connected to WeCom; secrets are never shown again',
  input: none,
  output: connection.nullable(),
});

export const setConnection = route({
  method: 'PUT',
  path: '/api/wecom/connection',
  permission: 'connection.manage',
  summary: 'Connect a corp. Secrets that are left out stay as they are. Leave token and key out to have them made',
  input: z.object({
    corpId: z.string().regex(/^w[wx][0-9a-zA-Z]{6,32}$/),
    agentId: z.string().regex(/^\d{1,12}$/),
    secret: z
      .string()
      .regex(/^[\w-]{20,128}$/)
      .optional(),
    token: z
      .string()
      .regex(/^[A-Za-z0-9]{1,32}$/)
      .optional(),
    encodingAesKey: z
      .string()
      .regex(/^[A-Za-z0-9]{43}$/)
      .optional(),
    baseUrl: url.default('https://qyapi.weixin.qq.com'),
    /** Left out, it follows the API: Tencent's own, or the address of a private WeCom or a sandbox. */
    oauthBaseUrl: url.optional(),
  }),
  output: connection,
});

/** Shown once, to be pasted into WeCom's admin console next to the callback URL. */
export const revealCallbackSecrets = route({
  method: 'POST',
  path: '/api/wecom/connection/callback-secrets',
  permission: 'connection.manage',
  summary: 'Token and EncodingAESKey in the clear, to paste into the admin console; audited',
  input: none,
  output: z.object({ token: z.string(), encodingAesKey: z.string() }),
  errors: ['wecom_not_connected'],
});

export const checkLine = z.object({
  /** connection, secret, trusted_ip, agent, api_permission, visible_range, tags, mass, moments, app_messages, oauth, callback, inbox, welcome */
  key: z.string(),
  state: z.enum(['ok', 'warning', 'failed', 'skipped']),
  /** Key of the sentence that says what is wrong and how to mend it, with its values. */
  finding: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number()])),
});

export const selfCheck = z.object({ checkedAt: time, lines: z.array(checkLine) });

export const runSelfCheck = route({
  method: 'POST',
  path: '/api/wecom/check',
  permission: 'health.read',
  summary: 'Try everything the connection needs and say, line by line, what is wrong and how to mend it',
  input: none,
  output: selfCheck,
  outside: true,
});

export const startReconciliation = route({
  method: 'POST',
  path: '/api/wecom/reconcile',
  permission: 'sync.run',
  summary: 'Compare everything with WeCom’s own lists: departments, staff, tags, customers. One under way is joined',
  input: none,
  output: z.object({ operationId: id }),
  errors: ['wecom_not_connected'],
});

const group = z.object({
  chatId: z.string(),
  /** Empty for a group that nobody named. */
  name: z.string(),
  state: z.enum(['normal', 'owner_left', 'inheriting', 'inherited', 'dismissed']),
  memberCount: z.number().int(),
  /** Members who are not of this corp. */
  customerCount: z.number().int(),
  createdAt: time.nullable(),
  ownerUserid: z.string(),
  owner: z.object({ id: z.number(), name: z.string() }).nullable(),
});

export const listGroups = route({
  method: 'GET',
  path: '/api/wecom/groups',
  permission: 'touch.read',
  summary: 'Customer groups, the largest first. Dismissed ones only when asked for by state',
  input: z.object({
    search: line(60).optional(),
    /** Of one member. */
    owner: id.optional(),
    state: group.shape.state.optional(),
    after,
    limit,
  }),
  output: page(group),
});

export const refreshGroups = route({
  method: 'POST',
  path: '/api/wecom/groups/refresh',
  permission: 'sync.run',
  summary: 'Read all customer groups from WeCom now; it also happens in every reconciliation. One under way is joined',
  input: none,
  output: z.object({ operationId: id }),
  errors: ['wecom_not_connected'],
});

const signature = z.object({ timestamp: z.number().int(), nonceStr: z.string(), signature: z.string() });

export const getJsSignature = route({
  method: 'GET',
  path: '/api/wecom/js-signature',
  permission: 'signed_in',
  summary: 'What a page of ours needs to use WeCom’s JS-SDK: signatures of the corp and of the app for its address',
  input: z.object({ url }),
  output: z.object({ corpId: z.string(), agentId: z.string(), config: signature, agentConfig: signature }),
  errors: ['wecom_not_connected', 'wecom_page_foreign', 'wecom_unavailable'],
});

export const verifyCallback = route({
  method: 'GET',
  path: '/wecom/callback',
  permission: 'public',
  summary: 'WeCom’s check of the callback address',
  input: z.object({
    msg_signature: z.string().max(100),
    timestamp: z.string().max(20),
    nonce: z.string().max(100),
    echostr: z.string().max(2000),
  }),
  output: z.unknown(),
  bytes: 'out',
  errors: ['wecom_callback_signature', 'wecom_not_connected', 'wecom_callback_malformed'],
});

export const receiveCallback = route({
  method: 'POST',
  path: '/wecom/callback',
  permission: 'public',
  summary: 'Events from WeCom: verified, stored, answered',
  input: z.object({
    msg_signature: z.string().max(100),
    timestamp: z.string().max(20),
    nonce: z.string().max(100),
  }),
  output: z.literal('success'),
  bytes: 'in',
  errors: ['wecom_callback_signature', 'wecom_not_connected', 'wecom_callback_malformed'],
});
