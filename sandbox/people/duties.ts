import { linkOfAppMessage } from '#sandbox/app-messages';
import { refuseMass, sendMass } from '#sandbox/mass';
import { publishMoment, refuseMoment } from '#sandbox/moments';
import type { Action } from '#sandbox/store';
import type { Fact, World } from '#sandbox/world';
import { afterWorkingTime, minutesBetween, planTask, planWhenReminded } from './habits.ts';

/** Staff and the tasks that wait for them in the client: they confirm in their hours, overlook some and refuse a few. */

export function planTasks(world: World, fact: Extract<Fact, { kind: 'tasked' }>): void {
  const { at, id, userids, again } = fact;
  const { staffHabits } = world.settings;
  for (const userid of userids) {
    const stream = world.random.fork(`task/${id}/${userid}/${again ? at : 'first'}`);
    if (again) {
      // Whoever was going to confirm anyway does so once: the later of the two finds nothing left to do.
      const dueAt = planWhenReminded(staffHabits, at, stream);
      if (dueAt !== null) world.agenda.plan(dueAt, { kind: 'confirmTask', userid, id });
      continue;
    }
    const plan = planTask(staffHabits, at, stream);
    if (!plan) continue;
    world.agenda.plan(plan.at, { kind: plan.kind === 'confirm' ? 'confirmTask' : 'refuseTask', userid, id });
  }
}

/** Members open what the app sends them, in their hours. */
export function planOpening(world: World, fact: Extract<Fact, { kind: 'appMessage' }>): void {
  const { at, userids, message } = fact;
  const url = message && linkOfAppMessage(message.content);
  if (!url) return;
  const { openAppLink, answerMinutes, workingHours } = world.settings.staffHabits;
  for (const userid of userids) {
    const stream = world.random.fork(`open/${message.msgid}/${userid}`);
    if (!stream.chance(openAppLink)) continue;
    const dueAt = afterWorkingTime(at, minutesBetween(answerMinutes, stream), workingHours);
    world.agenda.plan(dueAt, { kind: 'openAppLink', userid, url });
  }
}

export function performTask(
  world: World,
  at: number,
  { kind, id, userid }: Extract<Action, { kind: 'confirmTask' | 'refuseTask' }>,
): void {
  const mass = world.state.massTasks.get(id);
  if (mass) (kind === 'confirmTask' ? sendMass : refuseMass)(world, at, mass, userid);
  const moment = world.state.moments.get(id);
  if (moment) (kind === 'confirmTask' ? publishMoment : refuseMoment)(world, at, moment, userid);
}
