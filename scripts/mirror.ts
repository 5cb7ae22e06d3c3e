// npm run mirror -- rebuild: builds the columnar copy that counts segments anew, while siyu is stopped.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseConfig } from '#platform/config';
import { openDatabase } from '#platform/db';
import { openHome } from '#platform/home';
import { createLog } from '#platform/log';
import { migrate } from '#platform/migrate';
import { openMirror } from '#platform/mirror';
import { startEmbeddedPostgres } from '#platform/postgres';
import { mirrorTables, wantedProperties } from '#segments';

if (process.argv[2] !== 'rebuild') {
  console.error('usage: npm run mirror -- rebuild');
  process.exit(1);
}
const config = parseConfig(process.env, process.stdout.isTTY);
const log = createLog(config);
// Refuses while siyu runs in this folder: only one process may own the file.
const home = openHome(config.home);
const embedded = config.databaseUrl === undefined ? await startEmbeddedPostgres(home.path, log) : undefined;
const database = openDatabase(config.databaseUrl ?? embedded?.url ?? '', log);
try {
  await migrate(database, log);
  const folder = join(home.path, 'mirror');
  rmSync(folder, { recursive: true, force: true });
  const settings = { ...(config.mirror ?? { memoryMb: 2048, threads: 2 }), folder, databaseUrl: database.url, log };
  const mirror = await openMirror(settings, mirrorTables(await wantedProperties(database.db)));
  await mirror.rebuild();
  const { buildMs, diskBytes } = await mirror.status();
  console.log(`built in ${((buildMs ?? 0) / 1000).toFixed(1)} s, ${(diskBytes / 1e6).toFixed(1)} MB in ${folder}`);
  await mirror.close();
} finally {
  await database.close();
  await embedded?.stop();
  home.release();
}
