import { z } from 'zod';
import { message } from './content.ts';
import { sourceKinds } from './customers.ts';
import { route } from './route.ts';
import { after, day, done, id, limit, line, none, page, text, time } from './types.ts';

/** Channel codes: entry points with source, staff, tags and welcome. */

export const sourceKind = z.enum(sourceKinds);

/** A slot: these staff on these weekdays (1 Monday … 7 Sunday) between two minutes of the day, end excluded. */
export const rotationSlot = z
  .object({
    staffIds: z.array(id).min(1).max(100),
    weekdays: z.array(z.number().int().min(1).max(7)).min(1).max(7),
    fromMinute: z.number().int().min(0).max(1439),
    toMinute: z.number().int().min(1).max(1440),
  })
  .refine((slot) => slot.fromMinute < slot.toMinute, 'slot_ends_before_it_starts');

export const hook = z.object({
  kind: z.enum(['none', 'gift', 'coupon', 'service', 'content']),
  /** What the person gets, in the words of the welcome: {{hook}}. */
  text: line(100, 0),
});

/** `own`: this message; `default`: the brand's default welcome; `none`: say nothing. */
export const codeWelcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('own'), message }),
  z.object({ kind: z.literal('default') }),
  z.object({ kind: z.literal('none') }),
]);

export const codeDraft = z.object({
  name: line(40),
  folderId: id.nullable().default(null),
  source: sourceKind,
  /**
   * `direct`: the printed QR is WeCom's own; fewest steps, but nobody can count scans.
   * `landing`: the QR opens a page of siyu that shows WeCom's QR; scans are counted and the target can change after printing.
   */
  entry: z.enum(['direct', 'landing']).default('direct'),
  rotation: z.array(rotationSlot).min(1).max(50),
  backupStaffIds: z.array(id).max(100).default([]),
  /** Adds for each staff member and day through this code; null is no limit. */
  dailyLimit: z.number().int().min(1).max(10000).nullable().default(null),
  skipVerify: z.boolean().default(true),
  tagIds: z.array(id).max(20).default([]),
  /** Put before the customer's name in the staff member's list, for instance 「南京路店-」. */
  remarkPrefix: line(10, 0).default(''),
  description: text(150, 0).default(''),
  hook: hook.default({ kind: 'none', text: '' }),
  welcome: codeWelcome.default({ kind: 'default' }),
  startsAt: time.nullable().default(null),
  endsAt: time.nullable().default(null),
});

export const codeState = z.enum(['waiting', 'active', 'paused', 'ended']);

export const codeRow = z.object({
  id,
  name: z.string(),
  folder: z.object({ id, name: z.string() }).nullable(),
  source: sourceKind,
  entry: z.enum(['direct', 'landing']),
  /** `waiting`: not started yet or not on WeCom yet; `ended`: past its end or ended by hand. */
  state: codeState,
  /** Whether WeCom has the newest settings. */
  sync: z.enum(['pending', 'synced', 'failed']),
  syncProblem: z.string().nullable(),
  /** Who answers a scan right now. */
  staffNow: z.array(z.object({ id, name: z.string() })),
  usesBackup: z.boolean(),
  scanCount: z.number().int().nullable(),
  addCount: z.number().int(),
  activeCount: z.number().int(),
  addedToday: z.number().int(),
  createdAt: time,
});

export const code = codeRow.extend({
  draft: codeDraft,
  /** Value of WeCom's `state` for adds through this code. */
  stateKey: z.string(),
  /** Of a landing code the page a phone opens, of a direct one the picture WeCom made; null until WeCom answered. */
  scanUrl: z.string().nullable(),
});

export const listCodes = route({
  method: 'GET',
  path: '/api/codes',
  permission: 'code.read',
  summary: 'Channel codes, newest first',
  input: z.object({
    search: line(60).optional(),
    folder: id.optional(),
    source: sourceKind.optional(),
    state: codeState.optional(),
    after,
    limit,
  }),
  output: page(codeRow),
});

export const getCode = route({
  method: 'GET',
  path: '/api/codes/:id',
  permission: 'code.read',
  summary: 'One channel code with its settings',
  input: z.object({ id }),
  output: code,
  errors: ['not_found'],
});

const draftErrors = ['code_name_taken', 'staff_unknown', 'tag_unknown', 'folder_unknown', 'material_unknown'] as const;

export const createCode = route({
  method: 'POST',
  path: '/api/codes',
  permission: 'code.write',
  summary: 'Make a channel code; WeCom is asked for its QR code at once, `sync` says how far that is',
  input: codeDraft,
  output: z.object({ id }),
  errors: draftErrors,
});

export const updateCode = route({
  method: 'PUT',
  path: '/api/codes/:id',
  permission: 'code.write',
  summary: 'Replace the settings of a code; codes already printed stay valid',
  input: codeDraft.extend({ id }),
  output: done,
  errors: ['not_found', 'code_ended', ...draftErrors],
});

export const setCodeState = route({
  method: 'PUT',
  path: '/api/codes/:id/state',
  permission: 'code.write',
  summary:
    'Pause, resume or end a code. WeCom cannot pause a QR code: while paused, adds still work but get no tags, hook or own welcome. Ending deletes it on WeCom and cannot be undone',
  input: z.object({ id, state: z.enum(['active', 'paused', 'ended']) }),
  output: done,
  errors: ['not_found', 'code_ended'],
});

export const retryCode = route({
  method: 'POST',
  path: '/api/codes/:id/retry',
  permission: 'code.write',
  summary: 'Send the settings to WeCom again after a failure',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});

export const importCodes = route({
  method: 'POST',
  path: '/api/codes/import',
  permission: 'code.write',
  summary:
    'Make many codes from CSV with the columns name, source, staff (userids or names joined by |), folder, tags, hook, welcome, daily_limit. With dryRun nothing is made. One bad line stops all',
  input: z.object({ csv: z.string().min(1).max(2_000_000), dryRun: z.boolean().default(true) }),
  output: z.object({
    rows: z.array(
      z.object({
        line: z.number().int(),
        name: z.string(),
        problems: z.array(z.object({ column: z.string(), problem: z.string() })),
      }),
    ),
    createdIds: z.array(id),
  }),
  errors: ['code_csv_invalid'],
});

export const codeStats = z.object({
  /** Scans are known only for `landing` codes. */
  totals: z.object({
    scans: z.number().int().nullable(),
    adds: z.number().int(),
    /** Adds whose customer was not known before. */
    newCustomers: z.number().int(),
    active: z.number().int(),
    lost: z.number().int(),
    welcomesSent: z.number().int(),
    welcomesMissed: z.number().int(),
  }),
  /** Of the adds at least n days old, the share still there n days after the add; null when none is old enough. */
  stillThere: z.array(
    z.object({
      days: z.number().int(),
      eligible: z.number().int(),
      kept: z.number().int(),
      rate: z.number().nullable(),
    }),
  ),
  days: z.array(z.object({ day, scans: z.number().int().nullable(), adds: z.number().int(), lost: z.number().int() })),
  staff: z.array(
    z.object({
      id,
      name: z.string(),
      adds: z.number().int(),
      active: z.number().int(),
      /** WeCom's daily figures for all chats of this person in the period, not only for this code. */
      chats: z.number().int().nullable(),
      replyPercentage: z.number().nullable(),
      replyMinutes: z.number().nullable(),
    }),
  ),
});

export const getCodeStats = route({
  method: 'GET',
  path: '/api/codes/:id/stats',
  permission: 'code.read',
  summary: 'What one code brought, by day and staff',
  input: z.object({ id, from: day.optional(), to: day.optional() }),
  output: codeStats,
  errors: ['not_found'],
});

export const getCodeImage = route({
  method: 'GET',
  path: '/api/codes/:id/image',
  permission: 'code.read',
  summary: 'The QR code with its name beneath, as PNG or SVG',
  input: z.object({
    id,
    format: z.enum(['png', 'svg']).default('png'),
    /** Width in pixels. */
    width: z.coerce.number().int().min(200).max(2000).default(800),
  }),
  output: z.unknown(),
  bytes: 'out',
  errors: ['not_found', 'code_not_ready'],
});

export const folder = z.object({ id, name: z.string(), codeCount: z.number().int() });

export const listFolders = route({
  method: 'GET',
  path: '/api/code-folders',
  permission: 'code.read',
  summary: 'Folders of channel codes',
  input: none,
  output: z.object({ rows: z.array(folder) }),
});

export const createFolder = route({
  method: 'POST',
  path: '/api/code-folders',
  permission: 'code.write',
  summary: 'Make a folder',
  input: z.object({ name: line(40) }),
  output: z.object({ id }),
  errors: ['folder_name_taken'],
});

export const updateFolder = route({
  method: 'PUT',
  path: '/api/code-folders/:id',
  permission: 'code.write',
  summary: 'Rename a folder',
  input: z.object({ id, name: line(40) }),
  output: done,
  errors: ['not_found', 'folder_name_taken'],
});

export const deleteFolder = route({
  method: 'DELETE',
  path: '/api/code-folders/:id',
  permission: 'code.write',
  summary: 'Delete an empty folder',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'folder_not_empty'],
});

export const getDefaultWelcome = route({
  method: 'GET',
  path: '/api/default-welcome',
  permission: 'code.read',
  summary: 'What people hear who came without a code, or through a code that uses the default',
  input: none,
  output: z.object({ isOn: z.boolean(), message }),
});

export const setDefaultWelcome = route({
  method: 'PUT',
  path: '/api/default-welcome',
  permission: 'code.write',
  summary: 'Change the default welcome',
  input: z.object({ isOn: z.boolean(), message }),
  output: done,
  errors: ['material_unknown'],
});

export const openLanding = route({
  method: 'GET',
  path: '/q/:slug',
  permission: 'public',
  summary: 'The page a printed landing code opens: one sentence and WeCom’s QR code to press',
  input: z.object({ slug: z.string().regex(/^[a-z0-9]{6,20}$/) }),
  output: z.unknown(),
  bytes: 'out',
  outside: true,
  errors: ['not_found'],
});
