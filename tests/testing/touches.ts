import { createSource, tellIdentify } from '#contract/web';
import { inTransaction } from '#platform/ctx';
import { createSealer } from '#platform/seal';
import { planTouches, type TouchToDeliver } from '#touch';
import { secret, type TestApp } from './app.ts';
import { projectFacts } from './world.ts';

/** What the channels' tests need: people with addresses, and touches that are ready to go. */

/** What a channel gets from the process it runs in. */
export function runtimeOf(siyu: TestApp) {
  const { db, bell, log, zone } = siyu.ctx;
  return { db, bell, log, zone, clock: siyu.clock, publicUrl: 'http://siyu.test', sealer: createSealer(secret) };
}

/** Tells of somebody as a website does; returns the customer. */
export function createTeller(siyu: TestApp) {
  let writeKey: string | undefined;
  return async (userId: string, traits: Record<string, string>): Promise<number> => {
    if (writeKey === undefined) {
      await siyu.call(siyu.owner, createSource, { name: '官网', kind: 'website' });
      const { rows } = await siyu.database.pool.query<{ write_key: string }>('select write_key from source');
      writeKey = rows[0]?.write_key ?? '';
    }
    await siyu.call(siyu.nobody, tellIdentify, { writeKey, userId, traits });
    await projectFacts(siyu);
    const { rows } = await siyu.database.pool.query<{ customer_id: number }>(
      `select customer_id from identity where kind = 'user' and value = $1`,
      [userId],
    );
    return rows[0]?.customer_id ?? 0;
  };
}

/** A touch that a worker has claimed, in the ledger and as its channel gets it. */
export async function claimTouch(
  siyu: TestApp,
  touch: Pick<TouchToDeliver, 'customerId' | 'channel' | 'message'> & Partial<TouchToDeliver>,
): Promise<TouchToDeliver> {
  const category = touch.category ?? 'care';
  const purpose = `test:${Math.random()}`;
  await inTransaction(siyu.ctx, (ctx) =>
    planTouches(ctx, [
      {
        customerId: touch.customerId,
        channel: touch.channel,
        category,
        purpose,
        kind: 'manual',
        staffId: null,
        occasionAt: ctx.now,
        priority: 0,
      },
    ]),
  );
  const { rows } = await siyu.database.pool.query<{ id: number; occasion_at: Date }>(
    `update touch set state = 'claimed' where purpose = $1 returning id, occasion_at`,
    [purpose],
  );
  const row = rows[0];
  if (!row) throw new Error('the touch was not planned');
  return {
    kind: 'manual',
    sourceId: null,
    part: null,
    versionId: null,
    staffId: null,
    codeId: null,
    externalUserid: null,
    content: null,
    address: null,
    attempts: 1,
    mayHaveArrived: false,
    receivedAt: null,
    deadlineAt: null,
    ...touch,
    id: row.id,
    occasionAt: row.occasion_at,
    purpose,
    category,
  };
}
