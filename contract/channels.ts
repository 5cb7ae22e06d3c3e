import { z } from 'zod';
import { time } from './types.ts';

/** What the channels besides WeCom have in common. Each has settings, a trial and a check of its own. */

/** How the last attempts ended. A refusal that concerns one person alone is none of the channel's. */
export function channelHealth<P extends z.ZodType>(problem: P) {
  return z.object({
    succeededAt: time.nullable(),
    failedAt: time.nullable(),
    problem: problem.nullable(),
    /** What the other side said, for engineers. */
    message: z.string().nullable(),
  });
}

/** What came of a trial or a check. `unknown`: it may have arrived. */
export function trial<P extends z.ZodType>(problem: P) {
  return z.object({
    outcome: z.enum(['accepted', 'refused', 'unreachable', 'unknown']),
    problem: problem.nullable(),
    message: z.string().nullable(),
  });
}
