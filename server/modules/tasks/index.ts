/** Tasks for staff: what the platform lets only a human do, from the list of the day to who hears of what nobody does. */
export { dayChore } from './day.ts';
export { endChores, withdrawTasks } from './ends.ts';
export { followTasks } from './follows.ts';
export { taskDeliverer } from './receive.ts';
export { taskEndpoints } from './routes.ts';
