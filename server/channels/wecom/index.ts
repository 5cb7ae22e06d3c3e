import { pushCodeJob } from '#acquisition';
import type { VisitorIdentity } from '#content';
import * as contract from '#contract/wecom';
import { recordAudit, type StaffIdentity } from '#organization';
import type { Ctx } from '#platform/ctx';
import { AppError } from '#platform/errors';
import { addJob, type JobHandler } from '#platform/jobs';
import type { Metrics } from '#platform/metrics';
import { endpoint, type Module, type Runtime } from '#platform/module';
import { endOperation } from '#platform/operations';
import { dailyAt, everyMs } from '#platform/schedule';
import type { Broadcaster, Deliverer, Packer } from '#touch';
import { checkConnection } from './check.ts';
import { pushCode } from './codes.ts';
import { type Connection, createConnector } from './connection.ts';
import { createGroupBroadcaster } from './group-messages.ts';
import { createGroupReader, listGroupPage } from './groups.ts';
import { signOwnPage } from './jssdk.ts';
import { createMassPacker } from './mass-packs.ts';
import { renewMedia } from './media.ts';
import { createMirror } from './mirror.ts';
import { createMomentBroadcaster } from './moments.ts';
import { createNotifier } from './notices.ts';
import { createIdentity, createMembers, createVisitors } from './oauth.ts';
import { createReceiver } from './receive.ts';
import { ensureOperation, pullStaffDays, readGroups, reconcile } from './reconcile.ts';
import { createRefresher, OutsideError, refreshDirectory, refreshTags } from './refresh.ts';
import { createWelcomeDeliverer } from './welcome.ts';

export interface WecomChannel extends Module {
  readonly deliverers: Deliverer[];
  readonly packers: Packer[];
  readonly broadcasters: Broadcaster[];
  readonly visitors: VisitorIdentity;
  readonly members: StaffIdentity;
}

/** WeCom: callbacks in, calls out, and the two kept equal. */
export function createWecomChannel(runtime: Runtime, metrics: Metrics): WecomChannel {
  const connector = createConnector({ ...runtime, metrics });
  const receiver = createReceiver(connector, metrics);
  const identity = createIdentity(connector);

  /** A job that does nothing while no corp is connected: connecting starts a reconciliation, which catches up. */
  const whenConnected =
    <P>(work: (ctx: Parameters<JobHandler>[0], connection: Connection, payload: P) => Promise<void>): JobHandler =>
    async (ctx, payload) => {
      const connection = await connector.connect(ctx);
      if (connection) await work(ctx, connection, payload as P);
    };

  /** Long work that is watched never stays half done in silence. */
  const asOperation =
    (work: (ctx: Ctx, connection: Connection, operationId: number) => Promise<void>): JobHandler =>
    async (ctx, payload, { isLast }) => {
      const { operationId } = payload as { operationId: number };
      const connection = await connector.connect(ctx);
      if (!connection) return endOperation(ctx, operationId, { state: 'failed', problem: 'wecom_not_connected' });
      try {
        await work(ctx, connection, operationId);
      } catch (error) {
        if (isLast) await endOperation(ctx, operationId, { state: 'failed', problem: String(error).slice(0, 300) });
        throw error;
      }
    };

  return {
    name: 'wecom',
    tables: ['wecom_media', 'wecom_refresh', 'wecom_group_chat'],
    deliverers: [createWelcomeDeliverer(connector)],
    packers: [createMassPacker(connector)],
    broadcasters: [createGroupBroadcaster(connector), createMomentBroadcaster(connector)],
    visitors: createVisitors(identity),
    members: createMembers(identity),
    endpoints: [
      endpoint(contract.getConnection, (ctx) => connector.describe(ctx)),
      endpoint(contract.setConnection, async (ctx, input) => {
        await connector.change(ctx, input);
        // Catches up with everything that happened before, or while the connection was broken.
        if (await connector.connect(ctx)) await ensureOperation(ctx);
        const connection = await connector.describe(ctx);
        if (!connection) throw new Error('a connection that was just stored is gone');
        return connection;
      }),
      endpoint(contract.revealCallbackSecrets, (ctx) => connector.reveal(ctx)),
      endpoint(contract.runSelfCheck, (ctx) => checkConnection(ctx, connector, receiver, runtime.publicUrl)),
      endpoint(contract.startReconciliation, async (ctx) => {
        if (!(await connector.connect(ctx))) throw new AppError('wecom_not_connected');
        const operationId = await ensureOperation(ctx);
        await recordAudit(ctx, {
          action: 'wecom.reconciliation_started',
          subjectKind: 'operation',
          subjectId: operationId,
        });
        return { operationId };
      }),
      endpoint(contract.listGroups, listGroupPage),
      endpoint(contract.refreshGroups, async (ctx) => {
        if (!(await connector.connect(ctx))) throw new AppError('wecom_not_connected');
        return { operationId: await ensureOperation(ctx, 'wecom.read_groups') };
      }),
      endpoint(contract.getJsSignature, (ctx, { url }) => signOwnPage(ctx, connector, runtime.publicUrl, url)),
      endpoint(contract.verifyCallback, (ctx, input) => receiver.verify(ctx, input)),
      endpoint(contract.receiveCallback, async (ctx, input, upload) => {
        await receiver.receive(ctx, input, upload);
        return 'success' as const;
      }),
    ],
    pumps: [
      createMirror(connector),
      createRefresher(connector),
      createGroupReader(connector),
      createNotifier(connector),
    ],
    jobs: {
      [pushCodeJob]: whenConnected<{ codeId: number }>((ctx, connection, { codeId }) =>
        pushCode(ctx, connection, codeId),
      ),
      'wecom.refresh_tags': whenConnected(async (ctx, connection) => {
        const failure = await refreshTags(ctx, connection);
        if (failure) throw new OutsideError(failure);
      }),
      'wecom.refresh_directory': whenConnected(async (ctx, connection) => {
        const directory = await refreshDirectory(ctx, connection);
        if ('failure' in directory) throw new OutsideError(directory.failure);
      }),
      'wecom.reconcile': asOperation((ctx, connection, operationId) =>
        reconcile(ctx, connection, operationId, () => runtime.clock.now()),
      ),
      'wecom.read_groups': asOperation(readGroups),
      'wecom.pull_staff_days': whenConnected((ctx, connection) => pullStaffDays(ctx, connection)),
      'wecom.renew_media': whenConnected((ctx, connection) => renewMedia(ctx, connection)),
    },
    chores: [
      {
        name: 'wecom.reconcile_nightly',
        next: dailyAt(3 * 60 + 30),
        async run(ctx) {
          if (await connector.connect(ctx)) await ensureOperation(ctx);
        },
      },
      {
        name: 'wecom.pull_staff_days_daily',
        next: dailyAt(6 * 60),
        async run(ctx) {
          await addJob(ctx, 'wecom.pull_staff_days', {}, { key: 'wecom.pull_staff_days' });
        },
      },
      {
        name: 'wecom.renew_media_hourly',
        next: everyMs(3_600_000),
        async run(ctx) {
          await addJob(ctx, 'wecom.renew_media', {}, { key: 'wecom.renew_media' });
        },
      },
    ],
  };
}
