import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { openDatabase } from '#platform/db';
import { silentLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { startEmbeddedPostgres } from '#platform/postgres';

declare module 'vitest' {
  interface ProvidedContext {
    /** A server on which tests may create databases. */
    serverUrl: string;
    /** A migrated database that each test file clones. */
    templateName: string;
  }
}

/** One server for all test files: the embedded one, or DATABASE_URL's. */
export default async function setup(project: TestProject) {
  const home = mkdtempSync(join(tmpdir(), 'siyu-test-'));
  chmodSync(home, 0o755);
  const given = process.env.DATABASE_URL;
  const embedded = given ? undefined : await startEmbeddedPostgres(home, silentLog);
  const serverUrl = given ?? embedded?.url ?? '';
  const templateName = `siyu_template_${process.pid}`;
  await withServer(serverUrl, (client) => client.query(`create database ${templateName}`));
  const url = new URL(serverUrl);
  url.pathname = `/${templateName}`;
  const template = openDatabase(url.href, silentLog);
  await migrate(template, silentLog);
  await template.close();
  // A template can be cloned only while nobody is connected to it.
  await withServer(serverUrl, async (client) => {
    await client.query(`alter database ${templateName} with allow_connections false`);
    await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [templateName]);
  });
  project.provide('serverUrl', serverUrl);
  project.provide('templateName', templateName);
  return async () => {
    await withServer(serverUrl, (client) => client.query(`drop database if exists ${templateName} with (force)`));
    await embedded?.stop();
    rmSync(home, { recursive: true, force: true });
  };
}

async function withServer(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
