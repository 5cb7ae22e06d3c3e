import { z } from 'zod';
import { named } from './content.ts';
import { route } from './route.ts';
import { after, done, id, limit, line, page, text, time } from './types.ts';

/** Scripts: prepared words that staff copy into a chat. */

export const scriptRow = z.object({
  id,
  title: z.string(),
  words: z.string(),
  folder: named.nullable(),
  copyCount: z.number().int(),
  updatedAt: time,
});

export const listScripts = route({
  method: 'GET',
  path: '/api/scripts',
  permission: 'content.read',
  summary: 'Prepared words for staff; those copied most come first',
  input: z.object({ search: line(60).optional(), folder: id.optional(), after, limit }),
  output: page(scriptRow),
});

const scriptDraft = {
  title: line(60),
  words: text(4000),
  folderId: id.nullable().default(null),
};

export const createScript = route({
  method: 'POST',
  path: '/api/scripts',
  permission: 'content.write',
  summary: 'Make a script; its words are a Liquid template',
  input: z.object(scriptDraft),
  output: z.object({ id }),
  errors: ['folder_unknown'],
});

export const updateScript = route({
  method: 'PUT',
  path: '/api/scripts/:id',
  permission: 'content.write',
  summary: 'Change a script',
  input: z.object({ id, ...scriptDraft }),
  output: done,
  errors: ['not_found', 'folder_unknown'],
});

export const deleteScript = route({
  method: 'DELETE',
  path: '/api/scripts/:id',
  permission: 'content.write',
  summary: 'Delete a script',
  input: z.object({ id }),
  output: done,
  errors: ['not_found'],
});

export const copyScript = route({
  method: 'POST',
  path: '/api/scripts/:id/copies',
  permission: 'content.read',
  summary: 'The words of a script, filled for a customer when one is named; counts that they were taken',
  input: z.object({ id, customerId: id.optional() }),
  output: z.object({ words: z.string(), missing: z.array(z.string()) }),
  errors: ['not_found'],
});
