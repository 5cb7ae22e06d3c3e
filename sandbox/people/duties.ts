import { isWaiting, refuseMass, sendMass } from '#sandbox/mass';
import type { Action } from '#sandbox/store';
import type { Fact, World } from '#sandbox/world';
import { planTask, planWhenReminded } from './habits.ts';

/** Staff and the tasks that wait for them in the client: they confirm in their hours, overlook some and refuse a few. */

export function planTasks(world: World, fact: Extract<Fact, { kind: 'tasked' }>): void {
  const { at, id, userids, again } = fact;
  const { staffHabits } = world.settings;
  for (const userid of userids) {
    const stream = world.random.fork(`task/${id}/${userid}/${again ? at : 'first'}`);
    if (again) {
      // Whoever was going to confirm anyway does so once: the later of the two finds nothing left to do.
      const dueAt = planWhenReminded(staffHabits, at, stream);
      if (dueAt !== null) world.agenda.plan(dueAt, { kind: 'sendMass', userid, msgid: id });
      continue;
    }
    const plan = planTask(staffHabits, at, stream);
    if (!plan) continue;
    world.agenda.plan(plan.at, { kind: plan.kind === 'confirm' ? 'sendMass' : 'refuseMass', userid, msgid: id });
  }
}

export function performTask(
  world: World,
  at: number,
  action: Extract<Action, { kind: 'sendMass' | 'refuseMass' }>,
): void {
  const task = world.state.massTasks.get(action.msgid);
  const member = task?.members.get(action.userid);
  if (!task || !member || !isWaiting(task, member)) return;
  if (action.kind === 'sendMass') sendMass(world, at, task, action.userid);
  else refuseMass(world, at, task, action.userid);
}
