import { type LinkMaker, renderWords, requireVersion } from '#content';
import type { ChannelMessage } from '#contract/content';
import { type Ctx, inTransaction, type WriteCtx } from '#platform/ctx';
import { addDays, dayOf, dayStart } from '#platform/days';
import { sql } from '#platform/db';
import type { Deliverer, TouchToDeliver } from '#touch';
import { readSettings } from './settings.ts';

/** Tasks are a channel: on the list is submitted, done is delivered. */
export const taskDeliverer: Deliverer = {
  channel: 'staff_task',
  // The touch's number makes the task unique; what is on the list is not yet with the customer.
  traits: { isRepeatable: true, waitsForHuman: true },
  async deliver(ctx, touch, runtime) {
    const asked = touch.kind === 'task' ? await readAssignment(ctx, touch, runtime) : await readContent(ctx, touch);
    if (!asked || touch.staffId === null) {
      const reason = asked ? 'not_a_contact' : 'content_missing';
      return { receipt: { outcome: 'refused', reason, retryable: false, message: reason } };
    }
    await inTransaction(ctx, (ctx) => makeTask(ctx, touch, asked));
    return { receipt: { outcome: 'accepted' }, said: { text: asked.words, attachmentCount: 0 } };
  },
};

interface Asked {
  readonly title: string;
  readonly why: string;
  readonly words: string;
  readonly priority: number;
  readonly dueOn: string;
  readonly expiresAt: Date;
}

async function readAssignment(ctx: Ctx, touch: TouchToDeliver, links: LinkMaker): Promise<Asked | undefined> {
  const assignment = await ctx.db
    .selectFrom('task_assignment')
    .selectAll()
    .where('id', '=', touch.sourceId ?? 0)
    .executeTakeFirst();
  if (!assignment) return undefined;
  const message = { text: assignment.words, attachments: [] };
  const rendered = await renderWords(ctx, message, { ...touch, touchId: touch.id }, links);
  const today = dayOf(ctx.now, ctx.zone);
  return {
    ...assignment,
    // An adviser finds words of his own for what has none, or cannot be filled for this customer.
    words: 'message' in rendered && rendered.message.kind === 'wecom' ? rendered.message.text : '',
    // The gate may have held it until a later day.
    dueOn: laterDay(assignment.due_on, today),
    expiresAt: assignment.expires_at,
  };
}

const laterDay = (one: string, other: string) => (one.localeCompare(other) > 0 ? one : other);

/** What a journey or a campaign asks: a version of content, in words for staff. */
async function readContent(ctx: Ctx, touch: TouchToDeliver): Promise<Asked | undefined> {
  const message = touch.message as ChannelMessage | null;
  if (message?.kind !== 'task' || touch.versionId === null) return undefined;
  const { name } = await requireVersion(ctx, touch.versionId);
  const { lastsDays } = await readSettings(ctx);
  const dueOn = dayOf(ctx.now, ctx.zone);
  return {
    title: name,
    why: '',
    words: message.words,
    priority: touch.category === 'service' ? 0 : 1,
    dueOn,
    expiresAt: await expiryOf(ctx, touch, dayStart(addDays(dueOn, lastsDays + 1), ctx.zone)),
  };
}

async function expiryOf(ctx: Ctx, touch: TouchToDeliver, otherwise: Date): Promise<Date> {
  const row = await ctx.db.selectFrom('touch').select('expires_at').where('id', '=', touch.id).executeTakeFirst();
  return row?.expires_at ?? otherwise;
}

async function makeTask(ctx: WriteCtx, touch: TouchToDeliver, asked: Asked): Promise<void> {
  // Whose the touch is now: held, so that a merge of the customer finds the task as well.
  await sql`
    insert into task (customer_id, home_id, touch_id, staff_id, kind, source_id, category, priority, title, why, words, state,
      due_on, first_due_on, expires_at, created_at)
    select t.customer_id, t.home_id, t.id, t.staff_id, ${touch.kind}, t.source_id, t.category, ${asked.priority}, ${asked.title},
      ${asked.why}, ${asked.words}, 'open', ${asked.dueOn}::date, ${asked.dueOn}::date, ${asked.expiresAt}, ${ctx.now}
    from (select * from touch where id = ${touch.id} for share) t
    on conflict (customer_id, touch_id) do nothing
  `.execute(ctx.db);
}
