import { MobileOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Drawer, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { countTasks, getTask } from '#contract/tasks';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { CustomerName } from '~/components/customer-name';
import { ErrorNotice } from '~/components/error-notice';
import { StaffName } from '~/components/staff-name';
import { useFormat } from '~/format';
import { Actions } from './list';
import { DueDay, TaskMarks, TaskStateTag } from './parts';

type Task = Output<typeof getTask>;

export function TaskDrawer({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(reading(getTask, { id }));
  return (
    <Drawer title={t('task.detail')} open onClose={onClose} size={480}>
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton active />
        )
      ) : (
        <Detail task={data} onClose={onClose} />
      )}
    </Drawer>
  );
}

function Detail({ task, onClose }: { task: Task; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const counts = useQuery(reading(countTasks, {}));
  const isToDo = task.state === 'open' || task.state === 'postponed';
  const mayAct = can('task.manage') || counts.data?.isLeader === true;
  const facts: [string, ReactNode][] = [
    [t('task.staff'), <StaffName key="staff" staff={task.staff} />],
    [isToDo ? t('task.dueOn') : t('task.endedAt'), <DueDay key="due" task={task} today={counts.data?.today ?? ''} />],
    [t('task.lastDay'), format.date(new Date(Date.parse(task.expiresAt) - 1).toISOString())],
    [t('task.kindTitle'), <TaskMarks key="marks" task={task} />],
    ...(task.postponeCount > 0 ? [['', t('task.postponed', { n: task.postponeCount })] as [string, ReactNode]] : []),
    ...(task.reason === null ? [] : [[t('task.stateTitle'), t(`task.reason.${task.reason}`)] as [string, ReactNode]]),
    ...(task.note === '' ? [] : [[t('task.note'), task.note] as [string, ReactNode]]),
  ];
  return (
    <div className="stack-large">
      <div className="task-who">
        {task.known === null ? (
          <CustomerName customer={task.customer} />
        ) : (
          <Link to="/customers/$id" params={{ id: String(task.customer.id) }}>
            <CustomerName customer={task.customer} />
          </Link>
        )}
        <TaskStateTag task={task} />
      </div>
      <h2 className="task-heading">{task.title}</h2>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {task.why !== '' && (
        <div>
          <h3 className="section-title">{t('task.why')}</h3>
          <p>{task.why}</p>
        </div>
      )}
      {task.words !== '' && (
        <div>
          <h3 className="section-title">{t('task.words')}</h3>
          <p className="task-words">{task.words}</p>
        </div>
      )}
      {task.known === null && <p className="muted small">{t('task.unknownCustomer')}</p>}
      {isToDo && task.isMine && (
        <Button icon={<MobileOutlined />} href={`/m/tasks/${task.id}`} target="_blank">
          {t('task.open')}
        </Button>
      )}
      {isToDo && mayAct && <Actions ids={[task.id]} onDone={onClose} className="task-actions" />}
    </div>
  );
}
