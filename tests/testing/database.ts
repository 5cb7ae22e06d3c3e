import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '#platform/db';
import { silentLog } from '#platform/log';

export interface TestDatabase extends Database {
  drop(): Promise<void>;
}

/** A clone of the migrated template, dropped at the end. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('serverUrl');
  const name = `siyu_test_${randomBytes(6).toString('hex')}`;
  await onServer(serverUrl, `create database ${name} template ${inject('templateName')}`);
  // Tables are tiny here: forking a worker for them takes far longer than reading them.
  await onServer(serverUrl, `alter database ${name} set max_parallel_workers_per_gather = 0`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const database = openDatabase(url.href, silentLog, { maxConnections: 10 });
  return {
    ...database,
    async drop() {
      await database.close();
      // Sockets outlive the pool's end by a moment; one that the drop cuts off would fail the run.
      await waitUntilLeft(serverUrl, name);
      await onServer(serverUrl, `drop database if exists ${name} with (force)`);
    },
  };
}

async function waitUntilLeft(url: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let attempt = 0; attempt < 40; attempt++) {
      const { rowCount } = await client.query('select 1 from pg_stat_activity where datname = $1', [name]);
      if (rowCount === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await client.end();
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Two clones of one template at one moment get in each other's way.
    await client.query('select pg_advisory_lock(7164099)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
