import type { Policy } from '#contract/touch';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import type { Pump, Worker } from '#platform/pump';
import { everySoOften } from './deliver.ts';
import { deliveryChannel } from './gate.ts';
import { returnToGate } from './ledger.ts';
import { handOverMs, type Packer } from './pack.ts';
import { packTouches } from './packing.ts';
import {
  type ClaimedPack,
  claimDuePacks,
  claimPacks,
  freePacks,
  readMembers,
  releasePack,
  settleDropped,
  settleRefused,
  settleState,
  settleSubmitted,
} from './packs.ts';
import { readPolicy } from './policy.ts';
import type { Receipt } from './rules.ts';
import { quietOf } from './verdict.ts';

/** Packs one process talks to the platform about at once. */
const atOnce = 4;

/** Packs what the gate allowed by one channel, hands the packs over, and looks after them until they are over. */
export function createPackDelivery(packer: Packer): Pump {
  const inFlight = new Map<number, Promise<void>>();
  const returnNow = everySoOften();
  return {
    name: `touch.pack_${packer.channel}`,
    channel: deliveryChannel,
    pollMs: 1000,
    lanes: 1,
    async drain(ctx, runtime, worker) {
      const policy = await readPolicy(ctx);
      if (returnNow()) await inTransaction(ctx, (ctx) => returnToGate(ctx, [packer.channel]));
      await freePacks(ctx, worker, packer.channel, [...inFlight.keys()]);
      const made = await packTouches(ctx, runtime, packer, policy);
      if (inFlight.size >= atOnce) await Promise.race(inFlight.values());
      const fresh = await claimPacks(ctx, worker, packer.channel, atOnce - inFlight.size);
      for (const pack of fresh) start(pack, handOver(toWork(ctx, runtime, worker, packer, policy), pack));
      const room = atOnce - inFlight.size;
      const due = room > 0 ? await claimDuePacks(ctx, worker, packer.channel, [...inFlight.keys()], room) : [];
      for (const pack of due) start(pack, lookAfter(toWork(ctx, runtime, worker, packer, policy), pack));
      return made + fresh.length + due.length;

      function start(pack: ClaimedPack, work: Promise<void>): void {
        const working = work
          .catch((error) =>
            ctx.log.error({ err: error, pack: pack.id }, 'a pack could not be settled and is taken up again'),
          )
          .finally(() => inFlight.delete(pack.id));
        inFlight.set(pack.id, working);
      }
    },
    async finish() {
      await Promise.all(inFlight.values());
    },
  };
}

interface Work {
  readonly ctx: Ctx;
  readonly runtime: Runtime;
  readonly worker: Worker;
  readonly packer: Packer;
  readonly policy: Policy;
  /** As of now: a call may have taken long. */
  now(): Ctx;
}

function toWork(ctx: Ctx, runtime: Runtime, worker: Worker, packer: Packer, policy: Policy): Work {
  return { ctx, runtime, worker, packer, policy, now: () => ({ ...ctx, now: runtime.clock.now() }) };
}

async function handOver({ ctx, runtime, worker, packer, policy, now }: Work, claimed: ClaimedPack): Promise<void> {
  const signal = AbortSignal.timeout(handOverMs);
  let pack = claimed;
  const isOver = pack.ending !== null || ctx.now >= pack.expiresAt;
  const drop = () =>
    inTransaction(now(), (ctx) =>
      settleDropped(ctx, worker, { ...pack, ending: pack.ending ?? (isOver ? 'expired' : null) }),
    );
  const members = await inTransaction(ctx, (ctx) => readMembers(ctx, pack));
  if (!pack.mayHaveArrived && (isOver || members.length === 0)) return await drop();
  if (pack.mayHaveArrived) {
    const found = await packer.find(ctx, pack, members, runtime);
    if (found !== 'absent' && 'failure' in found) {
      return await inTransaction(now(), (ctx) => settleRefused(ctx, worker, pack, found.failure));
    }
    if (found !== 'absent') {
      return await inTransaction(now(), (ctx) => settleSubmitted(ctx, worker, pack, policy, members.length, found));
    }
    if (isOver) return await drop();
    pack = { ...pack, mayHaveArrived: false };
  }
  const { receipt, ...submission } = await packer.submit(ctx, pack, members, runtime, signal);
  await inTransaction(now(), (ctx) =>
    receipt.outcome === 'accepted'
      ? settleSubmitted(ctx, worker, pack, policy, members.length, submission)
      : settleRefused(ctx, worker, pack, receipt),
  );
}

type DuePack = Awaited<ReturnType<typeof claimDuePacks>>[number];

async function lookAfter(work: Work, pack: DuePack): Promise<void> {
  const { ctx, runtime, worker, packer, now } = work;
  const isLate = pack.confirmedAt === null && ctx.now >= pack.expiresAt;
  const ending = pack.ending ?? (isLate ? 'expired' : null);
  const release = (next: { remind_at: Date | null }) =>
    inTransaction(now(), (ctx) => releasePack(ctx, worker, pack, next));
  let isTakenBack = false;
  if (ending !== null) {
    const { receipt } = await packer.cancel(ctx, pack, runtime);
    if (isPassing(receipt)) return await release({ remind_at: pack.remindAt });
    isTakenBack = receipt.outcome === 'accepted';
  }
  const state = await packer.poll(ctx, pack, runtime);
  if ('failure' in state) return await release({ remind_at: pack.remindAt });
  // Confirmed before it could be taken back: it goes its way, and is asked for until it is over.
  const isEnd = ending !== null && (isTakenBack || state.confirmedAt === null);
  const goesOn = await inTransaction(now(), (ctx) => settleState(ctx, worker, pack, state, isEnd ? ending : null));
  if (!goesOn) return;
  const confirmedAt = pack.confirmedAt ?? state.confirmedAt;
  const reminded = confirmedAt === null ? await remind(work, pack) : { remind_at: null };
  await inTransaction(now(), (ctx) => releasePack(ctx, worker, { ...pack, confirmedAt }, reminded));
}

/** The outcome may be another one later. */
function isPassing(receipt: Receipt): boolean {
  return (
    receipt.outcome === 'unreachable' ||
    receipt.outcome === 'unknown' ||
    (receipt.outcome === 'refused' && receipt.retryable)
  );
}

const hourMs = 3_600_000;

/** Reminds the member when it is time; at night the reminder waits for the morning. */
async function remind({ ctx, runtime, packer, policy }: Work, pack: DuePack) {
  const { remindAt, reminderCount } = pack;
  if (remindAt === null || remindAt > ctx.now) return { remind_at: remindAt };
  const morning = quietOf(policy, ctx.zone, ctx.now)?.endsAt;
  if (morning) return { remind_at: morning };
  const { receipt } = await packer.remind(ctx, pack, runtime);
  if (isPassing(receipt)) return { remind_at: remindAt };
  if (receipt.outcome !== 'accepted') return { remind_at: null };
  const count = reminderCount + 1;
  // The platform takes so many within 24 hours.
  const pauseMs = count % packer.traits.maxReminders === 0 ? 24 * hourMs : policy.packs.remindHours * hourMs;
  return {
    reminder_count: count,
    reminded_at: ctx.now,
    remind_at: count < policy.packs.maxReminders ? new Date(ctx.now.getTime() + pauseMs) : null,
  };
}
