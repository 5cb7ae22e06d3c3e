import { describe, expect, it } from 'vitest';
import { checkModules, readContents } from './check-modules.ts';

const contents = `
  return [
    { name: 'organization', tables: ['staff', 'audit_entry'], endpoints: [] },
    {
      name: 'customers',
      tables: [
        'customer',
        'tag',
      ],
    },
    { name: 'events', tables: ['event'], endpoints: [] },
    { name: 'insights', tables: [], endpoints: [] },
  ];`;

/** What is wrong with one file of a house with these modules, as 'line problem'. */
function problemsOf(path: string, text: string, others: Record<string, string> = {}): string[] {
  const house = {
    'server/modules.ts': contents,
    'server/channels/wecom/index.ts': "name: 'wecom', tables: ['media']",
    ...others,
  };
  const sources = Object.entries({ ...house, [path]: text }).map(([path, text]) => ({ path, text }));
  return checkModules(sources)
    .filter((violation) => violation.path === path)
    .map(({ line, problem }) => `${line} ${problem}`);
}

it('the table of contents is read in its order', () => {
  expect(readContents(contents)).toEqual([
    { name: 'organization', tables: ['staff', 'audit_entry'] },
    { name: 'customers', tables: ['customer', 'tag'] },
    { name: 'events', tables: ['event'] },
    { name: 'insights', tables: [] },
  ]);
});

describe('imports', () => {
  const file = 'server/modules/customers/list.ts';
  const allowed: [path: string, target: string][] = [
    [file, './rules.ts'],
    [file, '#platform/db'],
    [file, '#contract'],
    [file, '#contract/customers'],
    [file, '#organization'],
    [file, 'kysely'],
    [file, 'node:path'],
    ['server/channels/wecom/index.ts', '#events'],
    ['server/app.ts', '#channels/wecom'],
    ['server/modules.ts', '#customers'],
    ['sandbox/protocol/tags.ts', '#sandbox/store'],
    ['console/src/pages/home.tsx', '#contract/insights'],
    ['console/src/pages/home.tsx', '~/call.ts'],
    ['h5/src/session.ts', '#console/call'],
    ['h5/src/session.ts', '#contract/tasks'],
    ['tests/story.test.ts', '#sandbox'],
    ['scripts/demo.ts', '#app'],
    ['server/modules/customers/tags.test.ts', '#events'],
    ['server/modules/customers/tags.test.ts', '#testing'],
  ];
  it.each(allowed)('%s may import %s', (path, target) => {
    expect(problemsOf(path, `import { x } from '${target}';\n`)).toEqual([]);
  });

  const refused: [path: string, target: string][] = [
    [file, '../events/inbox.ts'],
    [file, './../events/inbox.ts'],
    [file, '#events'],
    [file, '#insights'],
    [file, '#customers'],
    [file, '#channels/wecom'],
    [file, '#app'],
    [file, '#modules'],
    [file, '#testing'],
    [file, '#sandbox'],
    ['server/platform/http.ts', '#organization'],
    ['server/platform/http.ts', '#channels/wecom'],
    ['server/channels/wecom/index.ts', '#channels/sms'],
    ['server/channels/wecom/index.ts', '#app'],
    ['contract/index.ts', '#platform/db'],
    ['sandbox/main.ts', '#contract'],
    ['sandbox/main.ts', '#platform/log'],
    ['sandbox/main.test.ts', '#testing'],
    ['console/src/pages/home.tsx', '#platform/days'],
    ['console/src/pages/home.tsx', '../call.ts'],
    ['h5/src/session.ts', '#console/app/session'],
    ['h5/src/session.ts', '#tasks'],
    ['tests/story.test.ts', '../server/app.ts'],
  ];
  it.each(refused)('%s may not import %s', (path, target) => {
    const problems = problemsOf(path, `\n  import { x } from '${target}';\n`);
    expect(problems).toEqual([expect.stringContaining(`imports ${target}: `)]);
    expect(problems[0]).toMatch(/^2 /);
  });

  it('are seen in every form', () => {
    const text = [
      "import type { A } from '#events';",
      "export * from '#insights';",
      'import {',
      '  b,',
      "} from '#events';",
      "const c = await import('#insights');",
      "import '../d.ts';",
    ].join('\n');
    expect(problemsOf(file, text).map((problem) => problem[0])).toEqual(['1', '2', '5', '6', '7']);
  });
});

describe('writes', () => {
  const file = 'server/modules/customers/tags.ts';

  it.each([
    "db.insertInto('tag')",
    "db.insertInto('setting')",
    'sql`insert into customer (id) values (1)`',
    'sql`update tag t set name = 1`',
    "db.selectFrom('staff')",
    'sql`select * from staff s for update of s`',
    'sql`insert into tag values (1) on conflict (id) do update set name = excluded.name`',
    '// insert into staff when it is new',
    ' * update staff set what is known',
  ])('%s is the module’s own affair', (text) => {
    expect(problemsOf(file, text)).toEqual([]);
  });

  it.each([
    ["db.insertInto('staff')", 'staff'],
    ["db.updateTable(\n  'staff',\n)", 'staff'],
    ["db.deleteFrom('event')", 'event'],
    ['sql`insert into event (id)`', 'event'],
    ['sql`INSERT INTO staff (id)`', 'staff'],
    ['sql`update staff as s set name = 1`', 'staff'],
    ['sql`update staff\n set name = 1`', 'staff'],
    ['sql`delete from "staff" where true`', 'staff'],
    ['sql`truncate table staff`', 'staff'],
    ["db.insertInto('media')", 'media'],
    ["db.insertInto('operation')", 'operation'],
    ["db.insertInto('inbox')", 'inbox'],
    ["db.insertInto('nobodys')", 'nobodys'],
  ])('%s is refused', (text, table) => {
    expect(problemsOf(file, text)).toEqual([expect.stringContaining(`writes the table ${table}: `)]);
  });

  it('go by the part of the house', () => {
    expect(problemsOf('server/platform/operations.ts', "db.insertInto('operation')")).toEqual([]);
    expect(problemsOf('server/platform/operations.ts', "db.insertInto('customer')")).toHaveLength(1);
    expect(problemsOf('server/modules/events/inbox.ts', "db.updateTable('inbox')")).toEqual([]);
    expect(problemsOf('server/channels/wecom/media.ts', "db.insertInto('media')")).toEqual([]);
    expect(problemsOf('server/modules/customers/tags.test.ts', "db.insertInto('staff')")).toEqual([]);
  });
});

describe('a door', () => {
  const door = 'server/modules/customers/index.ts';

  it('hands out what is inside, and says what it is', () => {
    const text = `/** People. */
export { type A, b } from './list.ts';
export type { C } from './rules.ts';
// The rest.
export * from './routes.ts';
export * as d from './d.ts';
`;
    expect(problemsOf(door, text)).toEqual([]);
  });

  it('has no logic', () => {
    expect(problemsOf(door, "import { a } from './a.ts';\nexport const b = a();\n")).toEqual([
      expect.stringContaining('a door with logic'),
    ]);
  });

  it('is short', () => {
    const text = "export { a } from './a.ts';\n".repeat(31);
    expect(problemsOf(door, text)).toEqual([expect.stringContaining('a door of 31 lines')]);
  });
});
