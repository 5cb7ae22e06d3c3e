import type { MassTask } from './mass.ts';
import { groupsOf, isWaiting } from './mass.ts';
import { isUnpublished } from './moments.ts';
import type { MessageContent } from './store.ts';
import type { World } from './world.ts';

/** What waits for a member's confirmation in the client (群发助手 and 朋友圈). */
export type StaffTask = {
  id: string;
  kind: MassTask['chatType'] | 'moment';
  createdAt: number;
  contents: MessageContent[];
  reminders: number;
  /** Customers, or groups, that will get it. */
  count: number;
};

export function waitingTasks({ state }: World, userid: string): StaffTask[] {
  const tasks: StaffTask[] = [];
  for (const task of state.massTasks.values()) {
    const member = task.members.get(userid);
    if (!member || !isWaiting(task, member)) continue;
    const { msgid, chatType, createdAt, contents, reminders } = task;
    const count = member.targets?.length ?? groupsOf(state, userid).length;
    tasks.push({ id: msgid, kind: chatType, createdAt, contents, reminders: reminders.length, count });
  }
  for (const moment of state.moments.values()) {
    const member = moment.members.get(userid);
    if (!member || !isUnpublished(moment, member)) continue;
    const { momentId, createdAt, contents } = moment;
    tasks.push({ id: momentId, kind: 'moment', createdAt, contents, reminders: 0, count: member.audience.size });
  }
  return tasks.sort((a, b) => b.createdAt - a.createdAt);
}
