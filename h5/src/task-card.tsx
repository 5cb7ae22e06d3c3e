import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listTasks } from '#contract/tasks';
import { daysFrom, shiftDay, useFormat } from './format';
import { Icon } from './icons';
import { Avatar, useCustomerName } from './parts';
import { useTaps } from './taps';

type Task = Output<typeof listTasks>['rows'][number];

interface Props {
  readonly task: Task;
  readonly today: string;
  /** On the page of one customer his name says nothing. */
  readonly isNameless?: boolean;
}

/** One task in a list, done by one tap. */
export function TaskCard({ task, today, isNameless = false }: Props) {
  const { t } = useTranslation();
  const nameOf = useCustomerName();
  const { finish } = useTaps();
  const isToDo = task.state === 'open' || task.state === 'postponed';
  const name = nameOf(task.customer);
  return (
    <li className={isToDo ? 'card task-card' : 'card task-card task-ended'} data-testid="task">
      <Link to="/tasks/$id" params={{ id: String(task.id) }} className="task-link">
        {!isNameless && <Avatar name={name} src={task.customer.avatar} />}
        <span className="task-text">
          {!isNameless && (
            <span className="task-name">
              <b>{name}</b>
              {task.customer.remark !== null && task.customer.remark !== name && <span>{task.customer.remark}</span>}
            </span>
          )}
          <span className="task-title">{task.title}</span>
          <TaskChips task={task} today={today} />
        </span>
      </Link>
      {isToDo && task.isMine ? (
        <button
          type="button"
          className="tick"
          aria-label={`${t('task.markDone')}: ${name}, ${task.title}`}
          disabled={finish.isPending}
          onClick={() => finish.mutate({ id: task.id })}
        >
          <Icon name="check" size={18} />
        </button>
      ) : (
        !isToDo && (
          <span className="tick tick-done" aria-hidden="true">
            <Icon name={task.state === 'done' ? 'check' : 'cross'} size={18} />
          </span>
        )
      )}
    </li>
  );
}

/** When, how urgent, and of what kind. */
export function TaskChips({ task, today }: { task: Task; today: string }) {
  const { t } = useTranslation();
  const isToDo = task.state === 'open' || task.state === 'postponed';
  return (
    <span className="chips">
      {isToDo && <DueChip day={task.dueOn} today={today} />}
      {isToDo && task.priority === 0 && <span className="chip chip-first">{t('task.first')}</span>}
      <span className={`chip chip-${task.category}`}>{t(`task.category.${task.category}`)}</span>
      {task.postponeCount > 0 && <span className="chip">{t('task.postponed', { n: String(task.postponeCount) })}</span>}
      {!isToDo && task.state !== 'done' && <span className="chip">{t(`task.state.${task.state}`)}</span>}
    </span>
  );
}

function DueChip({ day, today }: { day: string; today: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (day < today)
    return <span className="chip chip-late">{t('task.overdue', { n: String(daysFrom(day, today)) })}</span>;
  // What is for today stands under that heading already.
  if (day === today) return null;
  return (
    <span className="chip">
      {day === shiftDay(today, 1) ? t('task.dueTomorrow') : t('task.dueOn', { day: format.day(day) })}
    </span>
  );
}
