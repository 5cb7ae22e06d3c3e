import type { Input, Output } from '#contract';
import type { listGroups } from '#contract/wecom';
import { type Ctx, inTransaction, type WriteCtx, wake } from '#platform/ctx';
import { sql } from '#platform/db';
import { decodeCursor, toPage } from '#platform/paging';
import type { Pump } from '#platform/pump';
import type { Connection, Connector } from './connection.ts';
import type { EndpointValue } from './endpoints.ts';
import type { Failure } from './errors.ts';
import { describeFailure } from './refresh.ts';

/** Customer groups as WeCom describes them: kept from its lists and from callbacks, for choosing whom to send to. */

const groupChannel = 'wecom_groups';
/** WeCom's record follows a change by some two seconds. */
const lagMs = 2500;
const readingsAtOnce = 8;
const maxAttempts = 10;
/** The group is no more, or is none of this corp: dissolved, unknown, no customer group. */
const groupGone = new Set([49008, 40050, 90501]);
const ownersAtOnce = 100;

const states = ['normal', 'owner_left', 'inheriting', 'inherited'] as const;

/** A callback said that something changed. Several of them are answered by one reading. */
export async function requestGroupReading(ctx: WriteCtx, chatId: string): Promise<void> {
  const row = { asked_at: new Date(), retry_at: new Date(Date.now() + lagMs), attempts: 0 };
  await ctx.db
    .insertInto('wecom_group_chat')
    .values({ chat_id: chatId, ...row })
    .onConflict((conflict) => conflict.column('chat_id').doUpdateSet(row))
    .execute();
  wake(ctx, groupChannel);
}

/** A dismissed group stays as a row: messages were sent to it. */
export async function markDismissed(ctx: WriteCtx, chatId: string): Promise<void> {
  const row = { state: 'dismissed', asked_at: null, retry_at: null };
  await ctx.db
    .insertInto('wecom_group_chat')
    .values({ chat_id: chatId, ...row })
    .onConflict((conflict) => conflict.column('chat_id').doUpdateSet(row))
    .execute();
}

/** Reads the groups that callbacks asked for. */
export function createGroupReader(connector: Connector): Pump {
  return {
    name: 'wecom.groups',
    channel: groupChannel,
    pollMs: 1000,
    lanes: 1,
    async drain(ctx) {
      const connection = await connector.connect(ctx);
      if (!connection) return 0;
      const asked = await ctx.db
        .selectFrom('wecom_group_chat')
        .select(['chat_id', 'asked_at', 'attempts'])
        .where('asked_at', 'is not', null)
        .where('retry_at', '<=', new Date())
        .orderBy('asked_at')
        .limit(readingsAtOnce)
        .execute();
      const failures = await Promise.all(asked.map((row) => readGroup(ctx, connection, row.chat_id)));
      await inTransaction(ctx, async (ctx) => {
        for (const [i, row] of asked.entries()) {
          const failure = failures[i];
          const isGivenUp = failure !== undefined && (!mayPass(failure) || row.attempts + 1 >= maxAttempts);
          if (isGivenUp)
            ctx.log.warn({ chatId: row.chat_id, failure: describeFailure(failure) }, 'a group could not be read');
          const isOver = failure === undefined || isGivenUp;
          // What was asked for again while it was read stays asked for.
          await ctx.db
            .updateTable('wecom_group_chat')
            .set(
              isOver
                ? { asked_at: null, retry_at: null, attempts: 0 }
                : { attempts: row.attempts + 1, retry_at: new Date(Date.now() + 500 * 2 ** row.attempts) },
            )
            .where('chat_id', '=', row.chat_id)
            .where('asked_at', '=', row.asked_at)
            .execute();
        }
      });
      return asked.length;
    },
  };
}

function mayPass(failure: Failure): boolean {
  return failure.retryable || failure.outcome !== 'refused';
}

async function readGroup(ctx: Ctx, connection: Connection, chatId: string): Promise<Failure | undefined> {
  const readAt = new Date();
  const receipt = await connection.client.call('externalcontact/groupchat/get', { chat_id: chatId }, { lane: 'bulk' });
  if (!receipt.ok) {
    if (receipt.errcode === undefined || !groupGone.has(receipt.errcode)) return receipt;
    await inTransaction(ctx, (ctx) => markDismissed(ctx, chatId));
    return undefined;
  }
  await inTransaction(ctx, (ctx) => keepGroup(ctx, receipt.value.group_chat, readAt));
  return undefined;
}

/** A reading that began before one that is kept changes nothing. */
async function keepGroup(
  ctx: WriteCtx,
  group: EndpointValue<'externalcontact/groupchat/get'>['group_chat'],
  readAt: Date,
): Promise<void> {
  const row = {
    name: group.name.replaceAll('\0', '').toWellFormed(),
    owner_userid: group.owner,
    created_at: new Date(group.create_time * 1000),
    member_count: group.member_list.length,
    customer_count: group.member_list.filter((member) => member.type === 2).length,
    read_at: readAt,
  };
  await ctx.db
    .insertInto('wecom_group_chat')
    .values({ chat_id: group.chat_id, ...row })
    .onConflict((conflict) =>
      conflict
        .column('chat_id')
        .doUpdateSet(row)
        .where((eb) =>
          eb.or([eb('wecom_group_chat.read_at', 'is', null), eb('wecom_group_chat.read_at', '<', readAt)]),
        ),
    )
    .execute();
}

/**
 * Reads all groups of these owners and of the owners known before, who may have left. Groups that their owner's list no
 * longer names are read too: they are dismissed, or have another owner. `report` says what is done and whether to go on.
 */
export async function reconcileGroups(
  ctx: Ctx,
  connection: Connection,
  userids: readonly string[],
  report: (done: number, total: number) => Promise<boolean>,
): Promise<{ failure: Failure } | { count: number; isStopped: boolean }> {
  const startedAt = new Date();
  const known = await ctx.db.selectFrom('wecom_group_chat').select('owner_userid').distinct().execute();
  const owners = new Map([...known.map((row) => row.owner_userid), ...userids].map((id) => [id.toLowerCase(), id]));
  owners.delete('');
  const listed = await readLists(connection, [...owners.values()]);
  if ('failure' in listed) return listed;
  const unlisted = await ctx.db
    .selectFrom('wecom_group_chat')
    .select('chat_id')
    .where('state', '<>', 'dismissed')
    .where((eb) => eb.or([eb('read_at', 'is', null), eb('read_at', '<', startedAt)]))
    .execute();
  const chatIds = new Set([...listed.states.keys(), ...unlisted.map((row) => row.chat_id)]);
  let done = 0;
  const queue = [...chatIds];
  let failure: Failure | undefined;
  let goesOn = await report(0, chatIds.size);
  const work = async () => {
    for (let id = queue.shift(); id !== undefined && goesOn && !failure; id = queue.shift()) {
      const problem = await readGroup(ctx, connection, id);
      if (problem && mayPass(problem)) failure ??= problem;
      else if (problem) ctx.log.warn({ chatId: id, failure: describeFailure(problem) }, 'a group could not be read');
      done++;
      if (done % 50 === 0) goesOn = await report(done, chatIds.size);
    }
  };
  await Promise.all(Array.from({ length: readingsAtOnce }, work));
  if (failure) return { failure };
  await inTransaction(ctx, (ctx) => keepStates(ctx, listed.states));
  await report(done, chatIds.size);
  return { count: listed.states.size, isStopped: !goesOn };
}

/** An owner whom the app may not see, or who is nobody any more, is refused together with all those asked for with him. */
const ownerRefused = new Set([40003, 60011, 60111]);

/** Which groups these owners have, with the state that only the lists tell. */
async function readLists(
  connection: Connection,
  owners: readonly string[],
): Promise<{ failure: Failure } | { states: Map<string, string> }> {
  const found = new Map<string, string>();
  const readList = async (userids: readonly string[]): Promise<Failure | undefined> => {
    const filter = { owner_filter: { userid_list: [...userids] }, limit: 1000 };
    for await (const page of connection.client.pages('externalcontact/groupchat/list', filter, { lane: 'bulk' })) {
      if (!page.ok) return page;
      for (const row of page.value.group_chat_list) found.set(row.chat_id, states[row.status] ?? 'normal');
    }
    return undefined;
  };
  for (let i = 0; i < owners.length; i += ownersAtOnce) {
    const some = owners.slice(i, i + ownersAtOnce);
    const failure = await readList(some);
    if (!failure) continue;
    if (!ownerRefused.has(failure.errcode ?? 0)) return { failure };
    for (const owner of some) {
      const own = await readList([owner]);
      if (own && !ownerRefused.has(own.errcode ?? 0)) return { failure: own };
    }
  }
  return { states: found };
}

async function keepStates(ctx: WriteCtx, found: ReadonlyMap<string, string>): Promise<void> {
  await sql`
    update wecom_group_chat g set state = f.state
    from unnest(${[...found.keys()]}::text[], ${[...found.values()]}::text[]) as f(chat_id, state)
    where g.chat_id = f.chat_id and g.state <> f.state and g.state <> 'dismissed'
  `.execute(ctx.db);
}

export async function listGroupPage(ctx: Ctx, input: Input<typeof listGroups>): Promise<Output<typeof listGroups>> {
  const cursor = decodeCursor(input.after, ['number', 'string']);
  type Row = Output<typeof listGroups>['rows'][number];
  const { rows } = await sql<Omit<Row, 'createdAt'> & { createdAt: Date | null }>`
    select g.chat_id as "chatId", g.name, g.state, g.member_count as "memberCount",
      g.customer_count as "customerCount", g.created_at as "createdAt", g.owner_userid as "ownerUserid",
      (select json_build_object('id', s.id, 'name', s.name) from staff s
        where lower(s.wecom_userid) = lower(g.owner_userid)) as owner
    from wecom_group_chat g
    where g.read_at is not null
      and (${input.state ?? null}::text is null and g.state <> 'dismissed' or g.state = ${input.state ?? ''})
      and (${input.search ?? null}::text is null or strpos(lower(g.name), lower(${input.search ?? ''})) > 0)
      and (${input.owner ?? null}::bigint is null or lower(g.owner_userid) =
        (select lower(wecom_userid) from staff where id = ${input.owner ?? 0}))
      and (${cursor === undefined} or (g.customer_count, g.chat_id) < (${cursor?.[0] ?? 0}, ${cursor?.[1] ?? ''}))
    order by g.customer_count desc, g.chat_id desc limit ${input.limit + 1}
  `.execute(ctx.db);
  const page = toPage(rows, input.limit, (row) => [row.customerCount, row.chatId]);
  return {
    next: page.next,
    rows: page.rows.map((row) => ({ ...row, createdAt: row.createdAt?.toISOString() ?? null })),
  };
}
