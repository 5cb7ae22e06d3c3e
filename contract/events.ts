import { z } from 'zod';
import { route } from './route.ts';
import { id, none, time } from './types.ts';

/** The state of the inbox: what came in and is not yet known, and what could not be understood. */

export const getInbox = route({
  method: 'GET',
  path: '/api/inbox',
  permission: 'health.read',
  summary: 'Facts waiting to be projected, how old the oldest is, and those that failed',
  input: none,
  output: z.object({
    waiting: z.number().int(),
    oldestAgeMs: z.number().int().nullable(),
    failed: z.array(
      z.object({ id, name: z.string(), receivedAt: time, attempts: z.number().int(), problem: z.string() }),
    ),
  }),
});

export const retryFacts = route({
  method: 'POST',
  path: '/api/inbox/retry',
  permission: 'sync.run',
  summary: 'Try the failed facts again',
  input: none,
  output: z.object({ retried: z.number().int() }),
});
