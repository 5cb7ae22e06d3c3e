import * as contract from '#contract/tasks';
import { type Endpoint, endpoint } from '#platform/module';
import { assign, listAssignmentPage } from './assignments.ts';
import { countTodo, listTaskPage, readTask } from './list.ts';
import { readReport } from './report.ts';
import { changeSettings, readSettings } from './settings.ts';
import { finish, postpone, refuse, undo } from './taps.ts';
import { cancel, listHeirs, reassign, remind } from './team.ts';

const ok = { ok: true } as const;

export function taskEndpoints(publicUrl: string): Endpoint[] {
  return [
    endpoint(contract.listTasks, listTaskPage),
    endpoint(contract.countTasks, countTodo),
    endpoint(contract.getTask, (ctx, input) => readTask(ctx, input.id)),
    endpoint(contract.finishTask, async (ctx, input) => {
      await finish(ctx, input);
      return ok;
    }),
    endpoint(contract.postponeTask, async (ctx, input) => {
      await postpone(ctx, input);
      return ok;
    }),
    endpoint(contract.refuseTask, async (ctx, input) => {
      await refuse(ctx, input);
      return ok;
    }),
    endpoint(contract.undoTask, async (ctx, input) => {
      await undo(ctx, input.id);
      return ok;
    }),
    endpoint(contract.reassignTasks, reassign),
    endpoint(contract.listTaskHeirs, (ctx, input) => listHeirs(ctx, input.id)),
    endpoint(contract.remindTasks, (ctx, input) => remind(ctx, input, publicUrl)),
    endpoint(contract.cancelTasks, cancel),
    endpoint(contract.createAssignment, assign),
    endpoint(contract.listAssignments, listAssignmentPage),
    endpoint(contract.getTaskReport, readReport),
    endpoint(contract.getTaskSettings, (ctx) => readSettings(ctx)),
    endpoint(contract.setTaskSettings, async (ctx, input) => {
      await changeSettings(ctx, input);
      return ok;
    }),
  ];
}
