import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger as JobLogger, runMigrations } from 'graphile-worker';
import type { Database } from './db.ts';
import type { Logger } from './log.ts';

const folder = join(import.meta.dirname, '..', 'migrations');

/**
 * Brings the database up to this code: each file of server/migrations once, in the order of its number, each in one
 * transaction. Refuses when a file that was applied has changed since. Several processes may call this at once.
 */
export async function migrate(database: Pick<Database, 'pool' | 'url'>, log: Logger): Promise<void> {
  const client = await database.pool.connect();
  try {
    await client.query('select pg_advisory_lock(7164001)');
    await client.query(
      'create table if not exists migration (name text primary key, hash text not null, applied_at timestamptz not null)',
    );
    const applied = await client.query<{ name: string; hash: string }>('select name, hash from migration');
    const known = new Map(applied.rows.map((row) => [row.name, row.hash]));
    for (const name of readdirSync(folder)
      .filter((file) => file.endsWith('.sql'))
      .sort()) {
      const text = readFileSync(join(folder, name), 'utf8');
      const hash = createHash('sha256').update(text).digest('hex');
      if (known.get(name) === hash) continue;
      if (known.has(name))
        throw new Error(`The migration ${name} was applied and has changed since. Restore the file.`);
      log.info({ name }, 'applying a migration');
      await client.query('begin');
      try {
        await client.query(text);
        await client.query('insert into migration (name, hash, applied_at) values ($1, $2, clock_timestamp())', [
          name,
          hash,
        ]);
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw error;
      }
    }
    await runMigrations({ pgPool: database.pool, logger: new JobLogger(() => () => {}) });
  } finally {
    await client.query('select pg_advisory_unlock(7164001)').catch(() => {});
    client.release();
  }
}
