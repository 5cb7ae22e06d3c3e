import { assertMessage, isEmptyMessage } from '#content';
import type { Input, Output } from '#contract';
import { codeWelcome, type getDefaultWelcome, type setDefaultWelcome } from '#contract/acquisition';
import { type Message, message as messageSchema } from '#contract/content';
import { requestRemarks, tagEdges } from '#customers';
import type { Listener, ProjectedEvent } from '#events';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { dayOf } from '#platform/days';
import { sql } from '#platform/db';
import { readSetting, saveSetting } from '#platform/settings';
import { findWelcomed, planTouches, type TouchDraft, type TouchReason } from '#touch';
import { takeTurn } from './codes.ts';
import { stateOfCode } from './rules.ts';

const defaultWelcomeKey = 'acquisition.default_welcome';

/** A welcome code lives 20 seconds (doc 92137), counted by the platform from its event. */
const welcomeLifeMs = 20_000;

const firstWelcome: Output<typeof getDefaultWelcome> = {
  isOn: true,
  message: { text: '{{customer_name}}，你好！我是{{staff_name}}，有任何问题随时找我。', attachments: [] },
};

export async function readDefaultWelcome(ctx: Pick<Ctx, 'db'>): Promise<Output<typeof getDefaultWelcome>> {
  const setting = await readSetting(ctx, defaultWelcomeKey);
  if (!setting) return firstWelcome;
  const value = setting.value as { isOn: boolean; message: unknown };
  return { isOn: value.isOn, message: messageSchema.parse(value.message) };
}

export async function changeDefaultWelcome(ctx: WriteCtx, input: Input<typeof setDefaultWelcome>): Promise<void> {
  await assertMessage(ctx, input.message, 'message');
  const before = await readDefaultWelcome(ctx);
  await saveSetting(ctx, defaultWelcomeKey, input);
  await recordAudit(ctx, {
    action: 'default_welcome.updated',
    subjectKind: 'default_welcome',
    subjectId: 'default',
    before,
    after: input,
  });
}

/**
 * What a code does for the people it brings: counts them for the day's limit, tags them, asks for their remark, and plans
 * their welcome. Runs in the transaction that makes the add known.
 */
export const welcomeNewcomers: Listener = async (ctx, events) => {
  const opened = events.filter((event) => event.name === 'follow.added');
  const told = events.filter((event) => event.name === 'follow.told' && typeof event.payload.welcomeCode === 'string');
  if (opened.length + told.length === 0) return;
  const codes = await readCodes(ctx, [...opened, ...told]);
  const newcomers = opened.flatMap((event) => {
    const code = event.codeId === null ? undefined : codes.get(event.codeId);
    if (code?.state !== 'active' || event.staffId === null || event.externalUserid === null) return [];
    return [{ customerId: event.customerId, externalUserid: event.externalUserid, staffId: event.staffId, code }];
  });
  await tagEdges(
    ctx,
    newcomers.map(({ code, ...edge }) => ({ ...edge, tagIds: code.tagIds })),
  );
  await requestRemarks(
    ctx,
    newcomers
      .filter(({ code }) => code.remarkPrefix !== '' || code.description !== '')
      .map(({ code, ...edge }) => ({ ...edge, prefix: code.remarkPrefix, description: code.description })),
  );
  await planWelcomes(ctx, told, codes);
  // Last: all adds through one code meet on these rows, and wait for each other until the commit.
  await countAdds(ctx, opened);
};

interface NewcomerCode {
  id: number;
  state: ReturnType<typeof stateOfCode>;
  tagIds: number[];
  remarkPrefix: string;
  description: string;
  hook: string;
  welcome: { kind: 'own'; message: Message } | { kind: 'default' } | { kind: 'none' };
}

async function readCodes(ctx: WriteCtx, events: readonly ProjectedEvent[]): Promise<Map<number, NewcomerCode>> {
  const ids = [...new Set(events.flatMap((event) => event.codeId ?? []))];
  if (ids.length === 0) return new Map();
  const rows = await ctx.db.selectFrom('channel_code').selectAll().where('id', 'in', ids).execute();
  return new Map(
    rows.map((row) => [
      row.id,
      {
        id: row.id,
        // It brought somebody, so it has a QR code, whether or not we heard of that yet.
        state: stateOfCode(
          { isPaused: row.is_paused, endedAt: row.ended_at, startsAt: row.starts_at, endsAt: row.ends_at, hasQr: true },
          ctx.now,
        ),
        tagIds: row.tag_ids,
        remarkPrefix: row.remark_prefix,
        description: row.description,
        hook: (row.hook as { text: string }).text,
        welcome: codeWelcome.parse(row.welcome),
      },
    ]),
  );
}

/** Adds of the day by code and staff member; who reached the limit makes room for the next. */
async function countAdds(ctx: WriteCtx, opened: readonly ProjectedEvent[]): Promise<void> {
  const rows = opened.flatMap((event) =>
    event.codeId === null || event.staffId === null
      ? []
      : [{ code_id: event.codeId, staff_id: event.staffId, day: dayOf(event.at, ctx.zone) }],
  );
  if (rows.length === 0) return;
  const { rows: full } = await sql<{ code_id: number }>`
    with counted as (
      insert into code_staff_day as d (code_id, staff_id, day, adds)
      select code_id, staff_id, day, count(*)
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(code_id bigint, staff_id bigint, day date)
      group by code_id, staff_id, day order by code_id, staff_id, day
      on conflict (code_id, staff_id, day) do update set adds = d.adds + excluded.adds
      returning code_id, staff_id, adds
    )
    select distinct c.id as code_id from counted join channel_code c on c.id = counted.code_id
    where c.daily_limit is not null and counted.adds >= c.daily_limit and counted.staff_id = any(c.staff_now) and not c.uses_backup
    order by 1
  `.execute(ctx.db);
  for (const { code_id } of full) await takeTurn(ctx, code_id);
}

async function planWelcomes(ctx: WriteCtx, told: readonly ProjectedEvent[], codes: ReadonlyMap<number, NewcomerCode>) {
  if (told.length === 0) return;
  const usual = await readDefaultWelcome(ctx);
  const welcomed = new Set(await keysOfWelcomed(ctx, told));
  const touches = told.map((event): TouchDraft => {
    const { staffId, externalUserid } = event;
    if (staffId === null || externalUserid === null) throw new Error('an add without an edge');
    const code = event.codeId === null ? undefined : codes.get(event.codeId);
    const key = `${event.customerId} ${externalUserid} ${staffId}`;
    const chosen = chooseWelcome(code, usual);
    // What waits as already_welcomed always has words: it may be needed yet (touch/ledger.ts).
    const suppressed: TouchReason | null =
      'reason' in chosen ? chosen.reason : welcomed.has(key) ? 'already_welcomed' : null;
    if (!suppressed) welcomed.add(key);
    return {
      customerId: event.customerId,
      purpose: `welcome:${String(event.payload.welcomeCode)}`,
      kind: 'welcome',
      channel: 'wecom_welcome',
      category: 'service',
      priority: 0,
      staffId,
      codeId: event.codeId,
      externalUserid,
      content: {
        message: 'message' in chosen ? chosen.message : { text: '', attachments: [] },
        hook: code?.hook ?? '',
      },
      address: { welcomeCode: event.payload.welcomeCode },
      suppressed,
      occasionAt: event.at,
      receivedAt: event.receivedAt,
      deadlineAt: new Date(event.receivedAt.getTime() + welcomeLifeMs),
    };
  });
  await planTouches(ctx, touches);
}

/** Which words a newcomer hears. A code that is not active (paused, not begun, ended) greets like no code. */
function chooseWelcome(
  code: NewcomerCode | undefined,
  usual: Output<typeof getDefaultWelcome>,
): { message: Message } | { reason: TouchReason } {
  const active = code?.state === 'active' ? code : undefined;
  if (active?.welcome.kind === 'none') return { reason: 'welcome_off' };
  if (active?.welcome.kind === 'own') {
    return isEmptyMessage(active.welcome.message) ? { reason: 'nothing_to_say' } : { message: active.welcome.message };
  }
  if (!usual.isOn) return { reason: 'welcome_off' };
  return isEmptyMessage(usual.message) ? { reason: 'nothing_to_say' } : { message: usual.message };
}

/** Edges whose present stay was welcomed already, or is about to be: a half add and its add are one add. */
async function keysOfWelcomed(ctx: WriteCtx, told: readonly ProjectedEvent[]): Promise<string[]> {
  const ids = [...new Set(told.map((event) => event.customerId))];
  const touches = await findWelcomed(ctx, ids);
  if (touches.length === 0) return [];
  const stays = await ctx.db
    .selectFrom('follow_spell')
    .select(['customer_id', 'external_userid', 'staff_id', 'started_at', 'ended_at'])
    .where('customer_id', 'in', ids)
    .execute();
  return told.flatMap((event) => {
    const isOfEdge = (other: { customerId: number; externalUserid: string; staffId: number }) =>
      other.customerId === event.customerId &&
      other.externalUserid === event.externalUserid &&
      other.staffId === event.staffId;
    const stay = stays.find(
      (row) =>
        isOfEdge({ customerId: row.customer_id, externalUserid: row.external_userid, staffId: row.staff_id }) &&
        row.started_at <= event.at &&
        (row.ended_at === null || event.at <= row.ended_at),
    );
    const isWelcomed = touches.some((touch) => isOfEdge(touch) && (!stay || touch.occasionAt >= stay.started_at));
    return isWelcomed ? [`${event.customerId} ${event.externalUserid} ${event.staffId}`] : [];
  });
}
