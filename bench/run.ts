// npm run bench -- NAME [--option value]: runs bench/NAME.ts. The last line is RESULT {json}; status 1 when a bound is broken.
import { readdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Bench } from './parts/bench.ts';

function listBenches(): string[] {
  return readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
    .filter((name) => name !== 'run');
}

function readOptions(bench: Bench, args: string[]): Record<string, number> {
  const options = Object.fromEntries(Object.keys(bench.options).map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args, options });
  const given = Object.entries(values).map(([name, text]) => {
    const value = Number(text);
    if (!Number.isFinite(value) || value <= 0) throw new Error(`--${name} must be a number above 0`);
    return [name, value] as const;
  });
  return { ...bench.options, ...Object.fromEntries(given) };
}

async function load(name: string | undefined): Promise<Bench> {
  const names = listBenches();
  if (name === undefined || !names.includes(name)) {
    throw new Error(`usage: npm run bench -- NAME [--option value], where NAME is one of: ${names.join(', ')}`);
  }
  return ((await import(`./${name}.ts`)) as { bench: Bench }).bench;
}

const showLoad = () => `${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}`;

try {
  const [name, ...args] = process.argv.slice(2);
  const bench = await load(name);
  const options = readOptions(bench, args);
  console.log(bench.summary);
  console.log(`options ${JSON.stringify(options)}; ${showLoad()}`);
  const { result, broken } = await bench.run(options);
  console.log(`at the end: ${showLoad()}`);
  for (const line of broken) console.log(`BROKEN: ${line}`);
  console.log(`RESULT ${JSON.stringify(result)}`);
  process.exitCode = broken.length > 0 ? 1 : 0;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
