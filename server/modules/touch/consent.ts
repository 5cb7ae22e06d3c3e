import type { Category, Channel, Evidence } from '#contract/touch';
import { recordEvents } from '#events';
import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import { giveAttentionBack, holdLanes, type TouchRef } from './attention.ts';

/** What somebody agrees to hear, or no longer wants to. Of the words that fit a touch, the newest counts. */
export interface ConsentWord {
  readonly customerId: number;
  readonly channel: Channel | 'any';
  readonly category: Category | 'any';
  readonly evidence: Evidence;
}

export function grantConsent(ctx: WriteCtx, word: ConsentWord): Promise<void> {
  return keepWord(ctx, word, 'granted');
}

/** Holds at once: what is planned or allowed and not yet sent is suppressed with it. */
export async function withdrawConsent(ctx: WriteCtx, word: ConsentWord): Promise<void> {
  await holdLanes(ctx, [word.customerId]);
  await keepWord(ctx, word, 'withdrawn');
  // Of a pack that waits to be handed over, and of which the platform surely knows nothing, he is left out.
  const { rows } = await sql<TouchRef>`
    with pack as (
      select id from touch_pack
      where state = 'planned' and not may_have_arrived
        and id in (select pack_id from touch where customer_id = ${word.customerId} and state = 'claimed')
      order by id for update
    )
    update touch set state = 'suppressed', reason = 'consent_withdrawn', detail = null, pack_id = null, settled_at = ${ctx.now}
    where customer_id = ${word.customerId}
      and (state in ('planned', 'deferred', 'allowed') or state = 'claimed' and pack_id in (select id from pack))
      and (${word.channel} = 'any' or channel = ${word.channel}) and (${word.category} = 'any' or category = ${word.category})
    returning customer_id as "customerId", id as "touchId"
  `.execute(ctx.db);
  await giveAttentionBack(ctx, rows);
}

async function keepWord(ctx: WriteCtx, word: ConsentWord, state: 'granted' | 'withdrawn'): Promise<void> {
  const { customerId, channel, category, evidence } = word;
  await sql`
    insert into consent as c (customer_id, channel, category, state, at, evidence)
    values (${customerId}, ${channel}, ${category}, ${state}, ${ctx.now}, ${JSON.stringify(evidence)}::jsonb)
    on conflict (customer_id, channel, category) do update
      set state = excluded.state, at = excluded.at, evidence = excluded.evidence where c.at <= excluded.at
  `.execute(ctx.db);
  await recordEvents(ctx, [
    {
      name: state === 'granted' ? 'consent.granted' : 'consent.withdrawn',
      source: 'touch',
      messageId: `consent ${customerId} ${channel} ${category} ${state} ${ctx.now.toISOString()}`,
      occurredAt: ctx.now,
      payload: { customerId, channel, category, evidence, by: ctx.actor.name },
    },
  ]);
}
