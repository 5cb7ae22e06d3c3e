import type { Broadcast, Broadcaster, TargetNews } from '#touch';
import type { Connector } from './connection.ts';
import { createDoubts } from './doubts.ts';
import {
  cancelMass,
  findMass,
  isKnownElsewhere,
  type MassTask,
  notConnected,
  readMembers,
  readOutcomes,
  remindMass,
  submitMass,
} from './mass.ts';
import { toReceipt } from './receipts.ts';

/** A group that the platform does not name an hour after its owner sent the task did not get it. */
const unnamedAfterMs = 3_600_000;

/** Messages to groups: one task for each owner, which he sends to all its groups at once. */
export function createGroupBroadcaster(connector: Connector): Broadcaster {
  const doubts = createDoubts();
  return {
    channel: 'wecom_group',
    traits: { canRemind: true },

    async submit(ctx, broadcast, keys) {
      const connection = await connector.connect(ctx);
      if (!connection) return { receipt: notConnected };
      return submitMass(ctx, connection, taskOf(broadcast, keys), doubts);
    },

    async find(ctx, broadcast, keys) {
      const connection = await connector.connect(ctx);
      if (!connection) return { failure: notConnected };
      const isKnown = (platformId: string) => isKnownElsewhere(ctx, platformId, { broadcastId: broadcast.id });
      return findMass(connection, taskOf(broadcast, keys), broadcast.createdAt, ctx.now, isKnown, doubts);
    },

    async *poll(ctx, broadcast, targets) {
      const connection = await connector.connect(ctx);
      if (!connection || broadcast.platformId === null) {
        yield { kind: 'failure', failure: notConnected };
        return;
      }
      const read = await readMembers(connection, broadcast.platformId);
      if ('failure' in read) {
        yield { kind: 'failure', failure: toReceipt(read.failure) };
        return;
      }
      const sent = read.members.find((member) => member.sentAt !== null);
      if (!sent?.sentAt) return;
      const open = new Set(targets.filter((target) => target.state === 'waiting').map((target) => target.key));
      for await (const page of readOutcomes(connection, broadcast.platformId, sent.userid)) {
        if (!Array.isArray(page)) {
          yield { kind: 'failure', failure: toReceipt(page) };
          return;
        }
        const told = page.flatMap(({ target, state, reason, at }): TargetNews[] => {
          if (state === 'waiting' || !open.delete(target)) return [];
          return [
            {
              key: target,
              state: state === 'delivered' ? 'sent' : 'failed',
              ...(reason === null ? {} : { reason }),
              ...(at === null ? {} : { at }),
            },
          ];
        });
        if (told.length > 0) yield { kind: 'targets', targets: told };
      }
      if (open.size > 0) {
        if (ctx.now.getTime() - sent.sentAt.getTime() < unnamedAfterMs) return;
        yield {
          kind: 'targets',
          targets: [...open].map((key) => ({ key, state: 'failed', reason: 'platform_quota' })),
        };
      }
      yield { kind: 'over' };
    },

    async remind(ctx, broadcast) {
      const connection = await connector.connect(ctx);
      if (!connection || broadcast.platformId === null) return { receipt: notConnected };
      return { receipt: await remindMass(connection, broadcast.platformId) };
    },

    async cancel(ctx, broadcast) {
      const connection = await connector.connect(ctx);
      if (!connection || broadcast.platformId === null) return { receipt: notConnected };
      return { receipt: await cancelMass(connection, broadcast.platformId) };
    },
  };
}

function taskOf(broadcast: Broadcast, keys: readonly string[]): MassTask {
  const { message } = broadcast;
  if (message.kind !== 'wecom') throw new Error(`broadcast ${broadcast.id} has a message for ${message.kind}`);
  return {
    key: `broadcast ${broadcast.id}`,
    chatType: 'group',
    sender: broadcast.staffUserid,
    targets: keys,
    text: message.text,
    attachments: message.attachments,
  };
}
