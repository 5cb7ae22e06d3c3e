import type { Output } from '#contract';
import { category, channel, type getAttention, memoryDays } from '#contract/touch';
import { requireVisible } from '#customers';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { withPeople } from './judge.ts';
import { readPolicy } from './policy.ts';
import {
  decide,
  type GatePerson,
  type GateTouch,
  givenSinceAsk,
  isInControlGroup,
  needsConsent,
  type PastTouch,
  pauseOf,
  usageOf,
  type Verdict,
} from './verdict.ts';

type Attention = Output<typeof getAttention>;

/** Ways to touch somebody that go through the gate. */
const gatedChannels = channel.options.filter((one) => one !== 'wecom_welcome' && one !== 'wecom_moment');

/** What the gate would say about a customer now, for everything that could be sent, and why. */
export async function readAttention(ctx: Ctx, customerId: number): Promise<Attention> {
  await requireVisible(ctx, customerId);
  const [policy, { touches, person }, consents] = await Promise.all([
    readPolicy(ctx),
    readPerson(ctx, customerId),
    ctx.db
      .selectFrom('consent')
      .select(['channel', 'category', 'state', 'at', 'evidence'])
      .where('customer_id', '=', customerId)
      .orderBy('at', 'desc')
      .execute(),
  ]);
  const { now } = ctx;
  const pause = pauseOf(policy, person, now);
  const pauses = [pause.gapUntil, pause.fatigueUntil, pause.muteUntil].filter((until) => until !== null);
  return {
    zone: person.zone,
    caps: policy.caps
      .filter((cap) => !cap.isByStaff)
      .map((cap) => {
        const { used, until } = usageOf(cap, null, person, now);
        return { cap, used, until: until?.toISOString() ?? null };
      }),
    givenSinceAsk: givenSinceAsk(person, now),
    giveBeforeAsk: policy.giveBeforeAsk,
    lastTouchAt: pause.lastAt?.toISOString() ?? null,
    lastActAt: person.lastActAt?.toISOString() ?? null,
    mutedAt: person.mutedAt?.toISOString() ?? null,
    unanswered: pause.unanswered,
    pauseUntil: pauses.length === 0 ? null : new Date(Math.max(...pauses.map((at) => at.getTime()))).toISOString(),
    isInControlGroup: isInControlGroup(policy, customerId),
    verdicts: touches.map((touch) => ({
      channel: touch.channel,
      category: touch.category,
      consent: touch.word ?? (needsConsent(policy, touch) ? 'needed' : 'implied'),
      verdict: show(decide(policy, touch, person, now)),
    })),
    consents: consents.map((row) => ({ ...row, at: row.at.toISOString() })) as Attention['consents'],
  };
}

function show(verdict: Verdict): Attention['verdicts'][number]['verdict'] {
  if (verdict.kind === 'allow') return { kind: 'allow' };
  return verdict.kind === 'defer' ? { ...verdict, until: verdict.until.toISOString() } : verdict;
}

/** What the gate looks at, of one customer; a touch of each channel and category, planned now. */
async function readPerson(ctx: Ctx, customerId: number): Promise<{ touches: GateTouch[]; person: GatePerson }> {
  const since = new Date(ctx.now.getTime() - memoryDays * 86_400_000);
  const drafts = sql`
    select ${customerId}::bigint as customer_id, c.channel, k.category, null::bigint as staff_id, null::jsonb as address
    from unnest(${gatedChannels}::text[]) as c(channel) cross join unnest(${category.options}::text[]) as k(category)
  `;
  type Row = Pick<GateTouch, 'channel' | 'category' | 'obstacle' | 'word'> &
    Pick<GatePerson, 'zone' | 'lastActAt' | 'mutedAt'> & { sender: number | null };
  const [{ rows }, { rows: past }] = await Promise.all([
    sql<Row>`
      select channel, category, sender_id as sender, obstacle, word, zone, last_act_at as "lastActAt", muted_at as "mutedAt"
      from (${withPeople(drafts, ctx.zone)}) p
    `.execute(ctx.db),
    sql<PastTouch>`
      select touch_id as "touchId", at, is_open as "isOpen", channel, category, staff_id as "staffId"
      from attention where customer_id = ${customerId} and at > ${since}
    `.execute(ctx.db),
  ]);
  const { zone = ctx.zone, lastActAt = null, mutedAt = null } = rows[0] ?? {};
  return {
    touches: rows.map(({ channel, category, sender, obstacle, word }) => ({
      channel,
      category,
      staffId: sender,
      obstacle,
      word,
      isHoldout: false,
      plannedAt: ctx.now,
      expiresAt: null,
    })),
    person: { customerId, zone, lastActAt, mutedAt, past },
  };
}
