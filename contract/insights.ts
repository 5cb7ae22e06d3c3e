import { z } from 'zod';
import { customerSource } from './customers.ts';
import { route } from './route.ts';
import { day, id } from './types.ts';

/** Figures. Each has its definition in the console's catalogue under `figure.<name>`. */

export const getHome = route({
  method: 'GET',
  path: '/api/insights/home',
  permission: 'insight.read',
  summary: 'The home page: customers now, added, lost, net, by day and source; retention; staff',
  input: z.object({ from: day.optional(), to: day.optional() }),
  output: z.object({
    from: day,
    to: day,
    totals: z.object({
      /** People whom at least one staff member has now. */
      customersNow: z.number().int(),
      /** People who came to us for the first time in the period. */
      added: z.number().int(),
      /** People whose last follow ended in the period and who are gone now. */
      lost: z.number().int(),
      net: z.number().int(),
      addedBefore: z.number().int(),
      lostBefore: z.number().int(),
      follows: z.number().int(),
    }),
    days: z.array(z.object({ day, added: z.number().int(), lost: z.number().int(), total: z.number().int() })),
    sources: z.array(
      z.object({
        source: customerSource,
        added: z.number().int(),
        active: z.number().int(),
        rate: z.number().nullable(),
      }),
    ),
    codes: z.array(z.object({ id, name: z.string(), added: z.number().int(), active: z.number().int() })),
    /** People added in a week: how many are old enough for day n, and how many of those were still there then. */
    retention: z.array(
      z.object({
        week: day,
        added: z.number().int(),
        points: z.array(z.object({ days: z.number().int(), eligible: z.number().int(), kept: z.number().int() })),
      }),
    ),
    staff: z.array(
      z.object({
        id,
        name: z.string(),
        added: z.number().int(),
        lost: z.number().int(),
        customers: z.number().int(),
        replyPercentage: z.number().nullable(),
        replyMinutes: z.number().nullable(),
      }),
    ),
    welcomes: z.object({
      sent: z.number().int(),
      missed: z.number().int(),
      failed: z.number().int(),
      medianMs: z.number().int().nullable(),
      p99Ms: z.number().int().nullable(),
    }),
  }),
});
