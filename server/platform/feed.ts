/**
 * The change feed: one row for each statement that changed a watched table (more for very large statements), written by
 * triggers in the transaction of the change.
 *
 * A follower remembers a snapshot: the transactions it has seen. The next time it takes the rows that its new snapshot sees
 * and the old one did not, whatever the order in which those transactions began and committed.
 */
export interface FeedTable {
  readonly name: string;
  /** Whose rows: a bigint column. */
  readonly key: string;
  /** Changes of these columns count. */
  readonly columns: readonly string[];
  /** What a row is about: a column whose values followers can choose by. */
  readonly topic?: string;
  /** Rows are mostly added: their ids and times are told, so that only they are read again. */
  readonly rows?: { readonly id: string; readonly at: string };
}

/** A connection in a transaction, as the driver or the query builder gives it. */
export interface FeedClient {
  query<T extends Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: T[]; rowCount?: number | null }>;
}

/** A statement on more rows than this makes several rows of the feed. */
const chunk = 5000;
const page = 500;

export type FeedRow = {
  readonly table_name: string;
  readonly is_insert: boolean;
  readonly keys: readonly number[];
  readonly topics: readonly string[];
  readonly row_ids: readonly number[] | null;
  readonly first_at: Date | null;
  readonly last_at: Date | null;
};

/** First key of the advisory lock under which triggers are put in place. */
const installLock = 7164006;

/** Puts the triggers in place where they are missing or different. Tables that do not exist are passed over. */
export async function watchTables(client: FeedClient, tables: readonly FeedTable[]): Promise<void> {
  // Each table in a transaction of its own: one that held several would wait in a circle with those who write.
  for (const table of tables) {
    await client.query('begin');
    try {
      await client.query('select pg_advisory_xact_lock($1)', [installLock]);
      await watchTable(client, table);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  }
}

async function watchTable(client: FeedClient, table: FeedTable): Promise<void> {
  const { rows } = await client.query<{ here: boolean; marks: string[] }>(
    `select to_regclass($1) is not null as here, coalesce(array(
      select obj_description(oid, 'pg_trigger') from pg_trigger where tgrelid = to_regclass($1) and tgname like 'feed_%'
    ), '{}') as marks`,
    [table.name],
  );
  const mark = JSON.stringify(table);
  const [found] = rows;
  if (!found?.here || (found.marks.length === 3 && found.marks.every((text) => text === mark))) return;
  await client.query(triggersOf(table, mark));
}

function triggersOf(table: FeedTable, mark: string): string {
  const columns = [...new Set([table.key, ...table.columns])].join(', ');
  const topic = table.topic ? `array_agg(distinct ${table.topic}::text)` : "'{}'::text[]";
  const distinct = (what: string) => `(select array_agg(one) from (select distinct ${what} as one from new_rows) s)`;
  const added = table.rows
    ? `array_agg(${table.rows.id}), min(${table.rows.at}), max(${table.rows.at})`
    : 'null::bigint[], null::timestamptz, null::timestamptz';
  const write = (isInsert: boolean, source: string, rest: string) => `
    insert into change_feed (table_name, is_insert, keys, topics, row_ids, first_at, last_at)
    select '${table.name}', ${isInsert}, array_agg(distinct ${table.key}), ${topic}, ${rest}
    from (select *, (row_number() over () - 1) / ${chunk} as part from (${source}) s) p group by part;`;
  const nothing = 'null::bigint[], null::timestamptz, null::timestamptz';
  const bodies = {
    // Most statements add few rows, and sets made by hashing are made faster than sorted ones.
    insert: `
    if (select count(*) from new_rows) > ${chunk} then ${write(true, 'select * from new_rows', added)}
    else
      insert into change_feed (table_name, is_insert, keys, topics, row_ids, first_at, last_at)
      select '${table.name}', true, ${distinct(table.key)}, ${table.topic ? distinct(`${table.topic}::text`) : topic}, ${added}
      from new_rows having count(*) > 0;
    end if;`,
    // Rows that are the same before and after did not change, whatever else the statement set.
    update: write(
      false,
      `(select ${columns} from new_rows except select ${columns} from old_rows)
       union all (select ${columns} from old_rows except select ${columns} from new_rows)`,
      nothing,
    ),
    delete: write(false, 'select * from old_rows', nothing),
  };
  const referencing = {
    insert: 'new table as new_rows',
    update: 'old table as old_rows new table as new_rows',
    delete: 'old table as old_rows',
  };
  return (['insert', 'update', 'delete'] as const)
    .map((operation) => {
      const name = `feed_${table.name}_${operation}`;
      return `create or replace function ${name}() returns trigger language plpgsql as $feed$ begin ${bodies[operation]} return null; end $feed$;
        create or replace trigger ${name} after ${operation} on ${table.name}
          referencing ${referencing[operation]} for each statement execute function ${name}();
        comment on trigger ${name} on ${table.name} is '${mark.replaceAll("'", "''")}';`;
    })
    .join('\n');
}

/** The snapshot of the transaction that `client` is in. */
export async function currentPosition(client: FeedClient): Promise<string> {
  const { rows } = await client.query<{ position: string }>('select pg_current_snapshot()::text as position');
  return rows[0]?.position ?? '';
}

/** Rows of the feed that this transaction's snapshot sees and `position` did not, oldest first, a page at a time. */
export async function* readFeed(
  client: FeedClient,
  position: string,
  tables: readonly string[],
): AsyncGenerator<FeedRow[]> {
  for (let after = 0; ; ) {
    const { rows } = await client.query<FeedRow & { id: number }>(
      `select id, table_name, is_insert, keys, topics, row_ids, first_at, last_at from change_feed
      where xid >= pg_snapshot_xmin($1::pg_snapshot) and not pg_visible_in_snapshot(xid, $1::pg_snapshot)
        and table_name = any($2) and id > $3 order by id limit ${page}`,
      [position, tables, after],
    );
    const last = rows.at(-1);
    if (last) yield rows;
    if (!last || rows.length < page) return;
    after = last.id;
  }
}

/** Where a named follower stands; at its first call, here and now. */
export async function followerPosition(client: FeedClient, name: string): Promise<string> {
  const { rows } = await client.query<{ position: string }>(
    `insert into change_follower (name, position, moved_at) values ($1, pg_current_snapshot()::text, clock_timestamp())
    on conflict (name) do update set name = excluded.name returning position`,
    [name],
  );
  return rows[0]?.position ?? '';
}

export async function moveFollower(client: FeedClient, name: string, position: string): Promise<void> {
  await client.query(
    `insert into change_follower (name, position, moved_at) values ($1, $2, clock_timestamp())
    on conflict (name) do update set position = excluded.position, moved_at = excluded.moved_at`,
    [name, position],
  );
}

/** A follower that nobody has heard of for so long is given up: it starts anew instead of holding the feed for ever. */
const patience = '1 day';

/** Removes what every follower has seen. @param kept a follower that cannot start anew: the feed waits for it */
export async function pruneFeed(client: FeedClient, kept: string): Promise<number> {
  await client.query(
    `delete from change_follower where moved_at < clock_timestamp() - interval '${patience}' and name <> $1`,
    [kept],
  );
  const { rowCount } = await client.query(
    `delete from change_feed where xid < coalesce(
      (select min(pg_snapshot_xmin(position::pg_snapshot)::text::bigint) from change_follower)::text::xid8,
      pg_snapshot_xmin(pg_current_snapshot())
    )`,
  );
  return rowCount ?? 0;
}
