// Part of npm run check: who imports whom, who writes which table, and that a door is only a door (docs/architecture.md).
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Source {
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly problem: string;
}

/** Longest door: what needs more is two modules, or shows too much of itself. */
const maxDoorLines = 30;
/** Tables of the platform; who else may write them. '*' is everybody. */
const platformTables: Readonly<Record<string, readonly string[]>> = {
  setting: ['*'],
  schedule: [],
  operation: [],
  inbox: ['events'],
  migration: [],
  change_feed: [],
  mirror_meta: [],
  change_follower: ['segments'],
};

/** What the phone's pages have from the console: how one calls, signs in, and says refusals, events and touches. */
const sharedPages = /^#console\/(call|auth|i18n\/(texts|(en|zh-CN)\/(errors|event-names|touch)))$/;

/** The table of contents, as written: modules in their order, each with its tables. Channels have the same form. */
export function readContents(text: string): { name: string; tables: string[] }[] {
  return [...text.matchAll(/name: '([\w-]+)',\s*tables: \[([^\]]*)\]/g)].map((match) => ({
    name: match[1] ?? '',
    tables: [...(match[2] ?? '').matchAll(/'(\w+)'/g)].map((table) => table[1] ?? ''),
  }));
}

/** Which part of the house a file is in: 'contract', 'platform', 'module customers', 'channel wecom', 'composition', … */
function partOf(path: string): string {
  const [top, second, third] = path.split('/');
  if (top !== 'server') return top ?? '';
  if (second === 'modules' && third) return `module ${third}`;
  if (second === 'channels' && third) return `channel ${third}`;
  return second === 'platform' ? 'platform' : 'composition';
}

/** Tests, and what tests of a module stand on. */
const isTest = (path: string) => /(\.test|\/testing)\.tsx?$/.test(path);

export function checkModules(sources: readonly Source[]): Violation[] {
  const contents = readContents(sources.find(({ path }) => path === 'server/modules.ts')?.text ?? '');
  const modules = contents.map((module) => module.name);
  const owners = new Map(contents.flatMap((module) => module.tables.map((table) => [table, `module ${module.name}`])));
  for (const { path, text } of sources.filter(({ path }) => /^server\/channels\/[\w-]+\/index\.ts$/.test(path))) {
    for (const channel of readContents(text)) for (const table of channel.tables) owners.set(table, partOf(path));
  }
  for (const table of Object.keys(platformTables)) owners.set(table, 'platform');
  return sources.flatMap((source) => [
    ...checkImports(source, modules),
    ...(source.path.startsWith('server/') && !isTest(source.path) ? checkWrites(source, owners) : []),
    ...(/^server\/modules\/\w+\/index\.ts$/.test(source.path) ? checkDoor(source) : []),
  ]);
}

function checkImports({ path, text }: Source, modules: readonly string[]): Violation[] {
  const imports = /^[^'"\n]*?\b(?:from|import)\s*\(?\s*['"]([^'"\n]+)['"]/gm;
  return [...text.matchAll(imports)].flatMap((match) => {
    const problem = problemOfImport(path, match[1] ?? '', modules);
    return problem ? [{ path, line: lineOf(text, match.index + match[0].length), problem }] : [];
  });
}

function problemOfImport(path: string, target: string, modules: readonly string[]): string | undefined {
  if (/(^|\/)\.\.(\/|$)/.test(target)) return `imports ${target}: ./ inside a folder, #name for another's door`;
  if (!target.startsWith('#')) return undefined;
  const part = partOf(path);
  const [door = ''] = target.slice(1).split('/');
  const isTable = modules.includes(door);
  const refuse = (why: string) => `imports ${target}: ${why}`;
  if (part === 'sandbox') return door === 'sandbox' ? undefined : refuse('the sandbox knows nothing of siyu');
  if (part === 'h5' && sharedPages.test(target)) return undefined;
  if (part === 'console' || part === 'h5' || part === 'contract') {
    return door === 'contract' ? undefined : refuse(`${part} may know the contract only`);
  }
  if (!path.startsWith('server/') || isTest(path)) return undefined;
  if (door === 'contract' || door === 'platform') return undefined;
  if (part === 'composition') return undefined;
  if (!isTable) return refuse('only server/app.ts and server/main.ts put the parts together');
  if (part === 'platform') return refuse('the platform knows no module');
  if (part.startsWith('channel ')) return undefined;
  const own = part.slice('module '.length);
  if (door === own) return refuse('inside a module, ./');
  const isAbove = modules.indexOf(door) < modules.indexOf(own);
  return isAbove ? undefined : refuse(`${door} stands below ${own} in server/modules.ts; emit a fact instead`);
}

/** A write as Kysely or as SQL; `update` is one only with its `set`, for `for update of` and `do update set` are none. */
const writes = [
  /\b(?:insertInto|updateTable|deleteFrom|mergeInto)\(\s*['"](\w+)/g,
  /\b(?:insert\s+into|merge\s+into|delete\s+from|truncate(?:\s+table)?)\s+"?(\w+)/gi,
  /\bupdate\s+(?!set\b)"?(\w+)"?(?:\s+(?:as\s+)?(?!set\b)\w+)?\s+set\b/gi,
];

function checkWrites({ path, text }: Source, owners: ReadonlyMap<string, string>): Violation[] {
  const part = partOf(path);
  const code = text.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '');
  return writes.flatMap((pattern) =>
    [...code.matchAll(pattern)].flatMap((match) => {
      const table = match[1] ?? '';
      const owner = owners.get(table);
      const guests = platformTables[table] ?? [];
      if (owner === part || guests.includes('*') || guests.includes(part.replace('module ', ''))) return [];
      const whose = owner ? `it belongs to ${owner}` : 'no module lists it';
      return [{ path, line: lineOf(code, match.index), problem: `writes the table ${table}: ${whose}` }];
    }),
  );
}

function checkDoor({ path, text }: Source): Violation[] {
  const lines = text.trimEnd().split('\n').length;
  const rest = text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
    .replace(/export (?:type )?(?:\{[^}]*\}|\*(?: as \w+)?) from '[^']+';/g, '');
  return [
    ...(lines > maxDoorLines
      ? [{ path, line: maxDoorLines + 1, problem: `a door of ${lines} lines: at most ${maxDoorLines}` }]
      : []),
    ...(rest.trim() === '' ? [] : [{ path, line: 1, problem: `a door with logic: ${rest.trim().split('\n')[0]}` }]),
  ];
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const paths = globSync('{contract,server,sandbox,console/src,h5,scripts,bench,tests}/**/*.{ts,tsx}', { cwd: root });
  const sources = paths.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  const violations = checkModules(sources);
  for (const { path, line, problem } of violations) console.error(`${path}:${line} ${problem}`);
  if (violations.length > 0) process.exitCode = 1;
}
