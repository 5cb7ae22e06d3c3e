import { ArrowUpOutlined } from '@ant-design/icons';
import { Link } from '@tanstack/react-router';
import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listTasks } from '#contract/tasks';
import { useCan } from '~/app/session';
import { useFormat } from '~/format';

type Task = Output<typeof listTasks>['rows'][number];

const colourOfState = {
  open: 'processing',
  postponed: 'processing',
  done: 'success',
  not_suitable: 'default',
  expired: 'warning',
  cancelled: 'default',
} as const;

export function TaskStateTag({ task }: { task: Task }) {
  const { t } = useTranslation();
  const why = [task.reason === null ? '' : t(`task.reason.${task.reason}`), task.note].filter((text) => text !== '');
  return (
    <Tooltip title={why.join(' · ')}>
      <Tag variant="filled" color={colourOfState[task.state]}>
        {t(`task.state.${task.state}`)}
      </Tag>
    </Tooltip>
  );
}

const dayMs = 86_400_000;

/** The day it is due, or ended on; how late it is. */
export function DueDay({ task, today }: { task: Task; today: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (task.endedAt !== null) return <span className="nowrap muted">{format.time(task.endedAt)}</span>;
  const late = today === '' ? 0 : Math.round((Date.parse(today) - Date.parse(task.dueOn)) / dayMs);
  return (
    <span className="nowrap">
      {format.longDay(task.dueOn)}
      {late > 0 && <span className="task-late"> {t('task.overdueBy', { n: late })}</span>}
    </span>
  );
}

function TaskSource({ task }: { task: Task }) {
  const { t } = useTranslation();
  const can = useCan();
  const name = task.sourceName ?? t(`task.kind.${task.kind}`);
  const mayOpen = task.kind === 'journey' ? can('journey.read') : can('campaign.read');
  if (task.kind === 'task' || !mayOpen) return <span>{name}</span>;
  const page: string = `/${task.kind}s/${task.sourceId}`;
  return <Link to={page}>{name}</Link>;
}

/** Where it comes from, what kind it is, how far it went up. */
export function TaskMarks({ task }: { task: Task }) {
  const { t } = useTranslation();
  return (
    <span className="task-marks">
      <TaskSource task={task} />
      <span className="muted">{t(`task.category.${task.category}`)}</span>
      {task.escalationCount > 0 && (
        <Tag variant="filled" color="error" icon={<ArrowUpOutlined />}>
          {task.escalatedTo === null ? t('task.escalatedOut') : task.escalatedTo.name}
        </Tag>
      )}
    </span>
  );
}
