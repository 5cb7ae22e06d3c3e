import { z } from 'zod';
import { tagKind } from './customers.ts';
import { route } from './route.ts';
import { category } from './touch.ts';
import { after, day, done, flag, id, limit, line, none, page, text, time } from './types.ts';

/** Tasks: what the platform lets only a human do, one customer and one adviser each. */

/** How long a tap can be taken back. */
export const undoMs = 60_000;

export const taskState = z.enum(['open', 'postponed', 'done', 'not_suitable', 'expired', 'cancelled']);

/** What an adviser may give as the reason why a task does not suit. */
export const notSuitableReason = z.enum([
  'contacted_already',
  'wrong_time',
  'not_interested',
  'not_reachable',
  'wrong_person',
  'other',
]);

/** Why a task ended without being done; the console has a sentence for each. */
export const taskReason = z.enum([...notSuitableReason.options, 'too_late', 'follow_ended', 'by_manager', 'withdrawn']);

/** Where a task comes from: a journey, a campaign, or somebody's hand. */
export const taskKind = z.enum(['journey', 'campaign', 'task']);

/** 0 first, 2 when there is time. */
const priority = z.number().int().min(0).max(2);

const staffRef = z.object({ id, name: z.string() });

export const taskRow = z.object({
  id,
  customer: z.object({ id, name: z.string().nullable(), avatar: z.string().nullable(), remark: z.string().nullable() }),
  staff: staffRef,
  state: taskState,
  kind: taskKind,
  sourceId: id.nullable(),
  /** Name of the journey or campaign. */
  sourceName: z.string().nullable(),
  category,
  priority,
  title: z.string(),
  /** The day on which it is to be done; postponing moves it. */
  dueOn: day,
  /** The day on which it was first to be done. */
  firstDueOn: day,
  postponeCount: z.number().int(),
  expiresAt: time,
  /** Nobody acted in time: the department whose leaders have it on their list. */
  escalatedTo: z.object({ id, name: z.string() }).nullable(),
  /** How often it went up; with no department left it is the operators'. */
  escalationCount: z.number().int(),
  createdAt: time,
  endedAt: time.nullable(),
  reason: taskReason.nullable(),
  note: z.string(),
  /** Until then whoever ended or postponed it can take that back. */
  undoUntil: time.nullable(),
  /** Whether the caller is the one to do it. */
  isMine: z.boolean(),
});

export const taskFilter = z.object({
  /** `mine`: to be done by the caller. `team`: by the members of departments he leads. */
  whose: z.enum(['mine', 'team', 'all']).default('all'),
  /** `todo` is open or postponed. */
  state: z.enum(['todo', ...taskState.options]).default('todo'),
  /** Of those to do: the day before today, today, or later. */
  due: z.enum(['overdue', 'today', 'later']).optional(),
  staff: id.optional(),
  customer: id.optional(),
  category: category.optional(),
  kind: taskKind.optional(),
  escalated: flag.optional(),
  /** Part of the title, or of the customer's name or remark. */
  search: line(60).optional(),
  /** Days on which it ended, or, while it is to do, on which it is due. */
  from: day.optional(),
  to: day.optional(),
});

export const listTasks = route({
  method: 'GET',
  path: '/api/tasks',
  permission: 'task.read',
  summary: 'Tasks: those to do by day and priority, those that ended with the last first',
  input: taskFilter.extend({ after, limit }),
  output: page(taskRow),
});

export const countTasks = route({
  method: 'GET',
  path: '/api/tasks/counts',
  permission: 'task.read',
  summary: 'How many tasks are overdue, for today, for later, escalated, and were done today',
  input: z.object({ whose: taskFilter.shape.whose, staff: id.optional() }),
  output: z.object({
    /** The caller's own staff member; null when he is none, and so has no tasks. */
    staff: staffRef.nullable(),
    /** Whether the caller leads a department. */
    isLeader: z.boolean(),
    /** Today in the organisation's zone. */
    today: day,
    overdue: z.number().int(),
    dueToday: z.number().int(),
    later: z.number().int(),
    doneToday: z.number().int(),
    escalated: z.number().int(),
  }),
});

/** A task with what helps to do it. */
export const task = taskRow.extend({
  /** Suggested words, ready to be sent. */
  words: z.string(),
  /** Why this customer. */
  why: z.string(),
  /** Null for a leader who is no adviser of this customer's. */
  known: z
    .object({
      tags: z.array(z.object({ id, name: z.string(), kind: tagKind })),
      lastOrder: z
        .object({ at: time, names: z.array(z.string()), totalFen: z.number().int(), currency: z.string() })
        .nullable(),
      orderCount: z.number().int(),
      /** When we last reached him, by whatever channel. */
      lastTouchAt: time.nullable(),
      /** What he last did of his own accord. */
      lastAct: z.object({ at: time, name: z.string() }).nullable(),
      /** Since when he and this adviser are contacts; null when they no longer are. */
      followedSince: time.nullable(),
    })
    .nullable(),
  /** The account by which WeCom opens the chat with him. */
  externalUserid: z.string().nullable(),
});

export const getTask = route({
  method: 'GET',
  path: '/api/tasks/:id',
  permission: 'task.read',
  summary: 'One task with suggested words and what is known of the customer',
  input: z.object({ id }),
  output: task,
  errors: ['not_found'],
});

const note = text(500, 0).default('');

export const finishTask = route({
  method: 'POST',
  path: '/api/tasks/:id/done',
  permission: 'task.write',
  summary: 'The adviser has done it. Can be taken back for a minute',
  input: z.object({ id, note }),
  output: done,
  errors: ['not_found', 'task_ended', 'task_of_other'],
});

export const postponeTask = route({
  method: 'POST',
  path: '/api/tasks/:id/postpone',
  permission: 'task.write',
  summary: 'To be done on a later day. Can be taken back for a minute',
  input: z.object({ id, until: day, note }),
  output: done,
  errors: ['not_found', 'task_ended', 'task_of_other', 'task_day_unfit'],
});

export const refuseTask = route({
  method: 'POST',
  path: '/api/tasks/:id/not-suitable',
  permission: 'task.write',
  summary: 'It does not suit this customer, and why; his attention is given back. Can be taken back for a minute',
  input: z.object({ id, reason: notSuitableReason, note }),
  output: done,
  errors: ['not_found', 'task_ended', 'task_of_other'],
});

export const undoTask = route({
  method: 'POST',
  path: '/api/tasks/:id/undo',
  permission: 'task.write',
  summary: 'Take back what was last tapped, within a minute',
  input: z.object({ id }),
  output: done,
  errors: ['not_found', 'task_of_other', 'task_undo_over'],
});

const taskIds = z.array(id).min(1).max(200);

export const reassignTasks = route({
  method: 'POST',
  path: '/api/tasks/reassign',
  permission: 'task.write',
  summary:
    'Give tasks to another adviser. A leader may within his departments; only to somebody who has the customer too, the others stay where they are',
  input: z.object({ ids: taskIds, staffId: id }),
  output: z.object({ moved: z.number().int(), kept: z.number().int() }),
  errors: ['staff_unknown', 'not_allowed'],
});

export const listTaskHeirs = route({
  method: 'GET',
  path: '/api/tasks/:id/heirs',
  permission: 'task.write',
  summary: 'Advisers who have the customer of a task too, and to whom the caller may give it',
  input: z.object({ id }),
  output: z.object({ rows: z.array(staffRef) }),
  errors: ['not_found'],
});

export const remindTasks = route({
  method: 'POST',
  path: '/api/tasks/remind',
  permission: 'task.write',
  summary: 'Remind the advisers of tasks that are to be done, each at most once a day. A leader may his own people',
  input: z.object({ ids: taskIds }),
  output: z.object({ reminded: z.number().int() }),
});

export const cancelTasks = route({
  method: 'POST',
  path: '/api/tasks/cancel',
  permission: 'task.manage',
  summary: 'Take tasks off the lists; the attention of their customers is given back',
  input: z.object({ ids: taskIds }),
  output: z.object({ cancelled: z.number().int() }),
});

export const assignmentDraft = z.object({
  customerIds: z.array(id).min(1).max(200),
  /** Null: of each customer the adviser who has him since the shortest time. */
  staffId: id.nullable().default(null),
  category,
  title: line(60),
  why: text(300, 0).default(''),
  /** Suggested words: a template, as those of contents are. */
  words: text(1300, 0).default(''),
  dueOn: day,
  /** The last day on which it still makes sense. */
  lastDay: day,
  priority: priority.default(1),
});

export const createAssignment = route({
  method: 'POST',
  path: '/api/tasks',
  permission: 'task.manage',
  summary:
    'Ask advisers to contact customers. Each becomes a task when the gate allows it: a service task at once, others within the limits that protect the customer',
  input: assignmentDraft.refine((value) => value.lastDay >= value.dueOn, {
    message: 'ends_before_it_is_due',
    path: ['lastDay'],
  }),
  output: z.object({
    id,
    planned: z.number().int(),
    /** Customers whom no adviser (or not the one named) has. */
    unreachable: z.number().int(),
  }),
  errors: ['staff_unknown', 'task_day_unfit', 'task_nobody'],
});

export const listAssignments = route({
  method: 'GET',
  path: '/api/tasks/assignments',
  permission: 'task.manage',
  summary: 'What was asked by hand, newest first, and what became of it',
  input: z.object({ after, limit }),
  output: page(
    z.object({
      id,
      title: z.string(),
      category,
      createdAt: time,
      createdBy: z.string(),
      dueOn: day,
      lastDay: day,
      /** Tasks by state, and touches that have not become one, by the reason of the gate. */
      tasks: z.record(z.string(), z.number().int()),
      held: z.array(z.object({ state: z.string(), reason: z.string().nullable(), count: z.number().int() })),
    }),
  ),
});

export const getTaskReport = route({
  method: 'GET',
  path: '/api/tasks/report',
  permission: 'task.read',
  summary: 'Each adviser: tasks that fell due in the period, what became of them, and what customers did afterwards',
  input: z.object({ from: day.optional(), to: day.optional() }),
  output: z.object({
    from: day,
    to: day,
    rows: z.array(
      z.object({
        staff: staffRef,
        /** Tasks first due in the period. */
        given: z.number().int(),
        done: z.number().int(),
        /** Done no later than the day they were first due. */
        inTime: z.number().int(),
        postponed: z.number().int(),
        notSuitable: z.number().int(),
        expired: z.number().int(),
        /** Still to do, and of these after their day. */
        open: z.number().int(),
        overdue: z.number().int(),
        /** Done ones after which the customer did something himself within three days, or ordered within seven. */
        reacted: z.number().int(),
        ordered: z.number().int(),
      }),
    ),
    /** Each day: done and first due. */
    days: z.array(z.object({ day, due: z.number().int(), done: z.number().int() })),
  }),
});

/** A minute of the civil day, from midnight. */
const minute = z.number().int().min(0).max(1439);

export const taskSettings = z.object({
  /** The message that tells each adviser in the morning what there is to do. */
  summary: z
    .object({
      isOn: z.boolean().default(true),
      minute: minute.default(9 * 60),
      /** 1 is Monday. */
      weekdays: z.array(z.number().int().min(1).max(7)).max(7).default([1, 2, 3, 4, 5, 6, 7]),
    })
    .prefault({}),
  /** What nobody has done goes to the leaders of the department, and after a pause to those of the one above. */
  escalation: z
    .object({
      isOn: z.boolean().default(true),
      afterDays: z.number().int().min(1).max(30).default(1),
      againAfterDays: z.number().int().min(1).max(30).default(2),
    })
    .prefault({}),
  /** For tasks of journeys and campaigns that name no last day: so many days after the day they are due. */
  lastsDays: z.number().int().min(0).max(90).default(7),
});

export const getTaskSettings = route({
  method: 'GET',
  path: '/api/tasks/settings',
  permission: 'task.read',
  summary: 'When summaries go out and when tasks go up',
  input: none,
  output: taskSettings,
});

export const setTaskSettings = route({
  method: 'PUT',
  path: '/api/tasks/settings',
  permission: 'task.manage',
  summary: 'Change when summaries go out and when tasks go up',
  input: taskSettings,
  output: done,
});
