import { z } from 'zod';
import { taskFilter } from '#contract/tasks';

/** What the address of the page holds: which of its three sides shows, the filters of the list, the task that is open. */
export const taskFilters = taskFilter.omit({ whose: true }).extend({
  state: taskFilter.shape.state.unwrap().optional(),
  view: z.enum(['report', 'assignments']).optional(),
  task: z.coerce.number().int().positive().optional(),
});
