// npm run db:new -- NAME: an empty migration under the next number.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'server', 'migrations');
const name = process.argv[2];
if (!name || !/^[a-z][a-z0-9_]{1,40}$/.test(name)) {
  console.error('Say what it is about, in small letters: npm run db:new -- order_lines');
  process.exit(1);
}
const last = Math.max(0, ...readdirSync(folder).map((file) => Number.parseInt(file, 10) || 0));
const file = join(folder, `${String(last + 1).padStart(4, '0')}_${name}.sql`);
writeFileSync(file, '-- What this is for.\n', { flag: 'wx' });
console.log(file);
