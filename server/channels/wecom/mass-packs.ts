import type { Ctx } from '#platform/ctx';
import type { Packer, PackFailure, PackResult, TouchPack } from '#touch';
import type { Connector } from './connection.ts';
import { createDoubts } from './doubts.ts';
import type { Failure } from './errors.ts';
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

/** Mass messages to customers: a pack is one task, of one member. */
export function createMassPacker(connector: Connector): Packer {
  const doubts = createDoubts();
  return {
    channel: 'wecom_mass',
    // docs 92135 and 97610
    traits: { maxCustomers: 10_000, maxReminders: 3 },

    async submit(ctx, pack, externalUserids, _runtime, signal) {
      const connection = await connector.connect(ctx);
      if (!connection) return { receipt: notConnected };
      const { failed, ...submitted } = await submitMass(
        ctx,
        connection,
        await taskOf(ctx, pack, externalUserids),
        doubts,
        signal,
      );
      return {
        ...submitted,
        failed: (failed ?? []).map((externalUserid) => ({ externalUserid, reason: 'not_a_contact' as const })),
      };
    },

    async find(ctx, pack, externalUserids) {
      const connection = await connector.connect(ctx);
      if (!connection) return { failure: notConnected };
      const task = await taskOf(ctx, pack, externalUserids);
      const isKnown = (platformId: string) => isKnownElsewhere(ctx, platformId, { packId: pack.id });
      return findMass(connection, task, pack.createdAt, ctx.now, isKnown, doubts);
    },

    async poll(ctx, pack) {
      const connection = await connector.connect(ctx);
      if (!connection || pack.platformId === null) return { failure: notConnected };
      const read = await readMembers(connection, pack.platformId);
      if ('failure' in read) return failed(read.failure);
      const sent = read.members.filter((member) => member.sentAt !== null);
      const results: PackResult[] = [];
      // A member who has sent it may still have customers on their way.
      let isOver = read.members.length > 0 && sent.length === read.members.length;
      for (const { userid } of sent) {
        for await (const page of readOutcomes(connection, pack.platformId, userid)) {
          if (!Array.isArray(page)) return failed(page);
          for (const { target, state, reason, at } of page) {
            if (state === 'waiting') isOver = false;
            else
              results.push({
                externalUserid: target,
                state,
                ...(reason === null ? {} : { reason }),
                ...(at === null ? {} : { at }),
              });
          }
        }
      }
      const times = sent.flatMap((member) => member.sentAt?.getTime() ?? []);
      return { confirmedAt: times.length === 0 ? null : new Date(Math.min(...times)), results, isOver };
    },

    async remind(ctx, pack) {
      const connection = await connector.connect(ctx);
      if (!connection || pack.platformId === null) return { receipt: notConnected };
      return { receipt: await remindMass(connection, pack.platformId) };
    },

    async cancel(ctx, pack) {
      const connection = await connector.connect(ctx);
      if (!connection || pack.platformId === null) return { receipt: notConnected };
      return { receipt: await cancelMass(connection, pack.platformId) };
    },
  };
}

async function taskOf(ctx: Ctx, pack: TouchPack, externalUserids: readonly string[]): Promise<MassTask> {
  const { message } = pack;
  if (message.kind !== 'wecom') throw new Error(`pack ${pack.id} has a message for ${message.kind}`);
  const sender =
    pack.staffId === null
      ? undefined
      : await ctx.db
          .selectFrom('staff')
          .select('wecom_userid')
          .where('id', '=', pack.staffId)
          .executeTakeFirstOrThrow();
  return {
    key: `pack ${pack.id}`,
    chatType: 'single',
    sender: sender?.wecom_userid ?? null,
    targets: externalUserids,
    text: message.text,
    attachments: message.attachments,
  };
}

function failed(failure: Failure): PackFailure {
  return { failure: toReceipt(failure) };
}
