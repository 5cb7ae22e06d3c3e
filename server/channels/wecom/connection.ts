import type { Input, Output } from '#contract';
import type { getConnection, setConnection } from '#contract/wecom';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { randomKey } from '#platform/ids';
import type { Logger } from '#platform/log';
import type { Metrics } from '#platform/metrics';
import type { Sealer } from '#platform/seal';
import { readSetting, saveSetting } from '#platform/settings';
import { createWecomClient, type WecomClient } from './client.ts';
import { randomAesKey } from './crypto.ts';
import type { EndpointValue } from './endpoints.ts';
import { createFrequency } from './frequency.ts';
import { createTickets } from './jssdk.ts';
import type { TokenKeeper } from './token.ts';

const settingKey = 'wecom.connection';

/** A connection as it is stored: what is secret is sealed. */
interface StoredConnection {
  readonly corpId: string;
  readonly agentId: string;
  readonly baseUrl: string;
  /** Absent when it follows the API's address. */
  readonly oauthBaseUrl?: string;
  readonly token: string;
  readonly sealedSecret: string | null;
  readonly sealedKey: string;
}

/** A connection in use. */
export interface Connection {
  readonly corpId: string;
  readonly agentId: string;
  readonly token: string;
  readonly encodingAesKey: string;
  readonly oauthBaseUrl: string;
  readonly client: WecomClient;
  /** Tickets of the JS-SDK: of the corp, and of the app. */
  readonly tickets: { readonly corp: TokenKeeper; readonly app: TokenKeeper };
  /** Readings of customers' records under way or just made, oldest first. */
  readonly readings: Map<string, Reading>;
}

interface Reading {
  /** The machine's time at which it began. */
  readonly readAt: number;
  readonly record: Promise<EndpointValue<'externalcontact/get'> | undefined>;
}

const officialApi = 'https://qyapi.weixin.qq.com';
const officialOauth = 'https://open.weixin.qq.com';

function oauthBaseOf(stored: StoredConnection): string {
  return stored.oauthBaseUrl ?? (stored.baseUrl === officialApi ? officialOauth : stored.baseUrl);
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** How long a connection is used before it is looked up again: another process may have changed it. */
const trustMs = 1000;

/** One per process: reads the connection, keeps one client for it, and makes a new one when it changes. */
export interface Connector {
  /** Undefined while no corp is connected. */
  connect(ctx: Pick<Ctx, 'db'>): Promise<Connection | undefined>;
  describe(ctx: Ctx): Promise<Output<typeof getConnection>>;
  change(ctx: WriteCtx, input: Input<typeof setConnection>): Promise<void>;
  reveal(ctx: WriteCtx): Promise<{ token: string; encodingAesKey: string }>;
}

export function createConnector(options: {
  sealer: Sealer;
  metrics: Metrics;
  log: Logger;
  publicUrl: string;
}): Connector {
  const { sealer, metrics } = options;
  let current: { version: string; connection: Connection; readAt: number } | undefined;

  async function read(ctx: Pick<Ctx, 'db'>) {
    const setting = await readSetting(ctx, settingKey);
    return setting && { stored: setting.value as StoredConnection, updatedAt: setting.savedAt };
  }

  return {
    async connect(ctx) {
      if (current && Date.now() - current.readAt < trustMs) return current.connection;
      const found = await read(ctx);
      if (!found?.stored.sealedSecret) return undefined;
      const version = JSON.stringify(found.stored);
      if (current?.version === version) {
        current.readAt = Date.now();
        return current.connection;
      }
      const { stored } = found;
      const client = createWecomClient({
        baseUrl: stored.baseUrl,
        corpId: stored.corpId,
        secret: sealer.open(stored.sealedSecret ?? ''),
        frequency: createFrequency({}),
        log: options.log,
        onCall: (endpoint, ms, outcome) => metrics.wecomCalls.observe({ endpoint, outcome }, ms / 1000),
      });
      const connection = {
        corpId: stored.corpId,
        agentId: stored.agentId,
        token: stored.token,
        encodingAesKey: sealer.open(stored.sealedKey),
        oauthBaseUrl: oauthBaseOf(stored),
        client,
        tickets: createTickets(client, stored.corpId),
        readings: new Map<string, Reading>(),
      };
      current = { version, connection, readAt: Date.now() };
      return connection;
    },

    async describe(ctx) {
      const found = await read(ctx);
      if (!found) return null;
      return {
        corpId: found.stored.corpId,
        agentId: found.stored.agentId,
        hasSecret: found.stored.sealedSecret !== null,
        token: found.stored.token,
        hasEncodingAesKey: true,
        baseUrl: found.stored.baseUrl,
        oauthBaseUrl: oauthBaseOf(found.stored),
        ownOauthBaseUrl: found.stored.oauthBaseUrl ?? null,
        callbackUrl: `${options.publicUrl}/wecom/callback`,
        updatedAt: found.updatedAt.toISOString(),
      };
    },

    async change(ctx, input) {
      current = undefined;
      const before = (await read(ctx))?.stored;
      const after: StoredConnection = {
        corpId: input.corpId,
        agentId: input.agentId,
        baseUrl: withoutSlash(input.baseUrl),
        ...(input.oauthBaseUrl === undefined ? {} : { oauthBaseUrl: withoutSlash(input.oauthBaseUrl) }),
        token: input.token ?? before?.token ?? randomKey(24),
        sealedSecret: input.secret === undefined ? (before?.sealedSecret ?? null) : sealer.seal(input.secret),
        sealedKey:
          input.encodingAesKey === undefined
            ? (before?.sealedKey ?? sealer.seal(randomAesKey()))
            : sealer.seal(input.encodingAesKey),
      };
      await saveSetting(ctx, settingKey, after);
      const shown = (stored: StoredConnection | undefined) =>
        stored && {
          corpId: stored.corpId,
          agentId: stored.agentId,
          baseUrl: stored.baseUrl,
          oauthBaseUrl: oauthBaseOf(stored),
          hasSecret: stored.sealedSecret !== null,
        };
      await recordAudit(ctx, {
        action: 'wecom_connection.updated',
        subjectKind: 'wecom_connection',
        subjectId: input.corpId,
        before: shown(before),
        after: { ...shown(after), secretChanged: input.secret !== undefined },
      });
    },

    async reveal(ctx) {
      const found = await read(ctx);
      if (!found) throw new AppError('wecom_not_connected');
      await recordAudit(ctx, {
        action: 'wecom_connection.revealed',
        subjectKind: 'wecom_connection',
        subjectId: found.stored.corpId,
      });
      return { token: found.stored.token, encodingAesKey: sealer.open(found.stored.sealedKey) };
    },
  };
}
