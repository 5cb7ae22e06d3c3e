import { PlusOutlined, SettingOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Button, Tabs } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { countTasks } from '#contract/tasks';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { PageHeader } from '~/components/page-header';
import { Definition } from '~/components/panel';
import { useFormat } from '~/format';
import { AssignmentDrawer } from './assignment-form';
import { Assignments } from './assignments';
import { TaskDrawer } from './detail';
import { TaskList } from './list';
import { Report } from './report';
import { TaskSettingsDrawer } from './settings';

const page = getRouteApi('/inside/tasks');

export default function TasksPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const { view, task } = page.useSearch();
  const navigate = page.useNavigate();
  const [drawer, setDrawer] = useState<'make' | 'settings' | null>(null);
  const make = can('task.manage') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setDrawer('make')}>
      {t('task.make')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader
        title={t('menu.tasks')}
        subtitle={t('task.subtitle')}
        actions={
          <>
            {can('task.manage') && (
              <Button icon={<SettingOutlined />} onClick={() => setDrawer('settings')}>
                {t('taskSettings.open')}
              </Button>
            )}
            {make}
          </>
        }
      />
      <Counts />
      <Tabs
        activeKey={view ?? 'list'}
        onChange={(key) =>
          void navigate({ search: key === 'list' ? {} : { view: key as 'report' | 'assignments' }, replace: true })
        }
        items={[
          { key: 'list', label: t('task.view.list'), children: <TaskList make={make} /> },
          { key: 'report', label: t('task.view.report'), children: <Report /> },
          ...(can('task.manage')
            ? [{ key: 'assignments', label: t('task.view.assignments'), children: <Assignments make={make} /> }]
            : []),
        ]}
        destroyOnHidden
      />
      {drawer === 'make' && <AssignmentDrawer onClose={() => setDrawer(null)} />}
      {drawer === 'settings' && <TaskSettingsDrawer onClose={() => setDrawer(null)} />}
      {task !== undefined && (
        <TaskDrawer
          id={task}
          onClose={() => void navigate({ search: (before) => ({ ...before, task: undefined }), replace: true })}
        />
      )}
    </div>
  );
}

/** The figures above the list; each is also a filter of it. */
function Counts() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery({ ...reading(countTasks, {}), refetchInterval: 30_000 });
  const navigate = page.useNavigate();
  const figures = [
    ['overdue', data?.overdue, { due: 'overdue' }],
    ['today', data?.dueToday, { due: 'today' }],
    ['later', data?.later, { due: 'later' }],
    ['escalated', data?.escalated, { escalated: true }],
    ['done', data?.doneToday, { state: 'done', from: data?.today, to: data?.today }],
  ] as const;
  return (
    <div className="figures">
      {figures.map(([name, value, search]) => (
        <div key={name} className="figure">
          <div className="figure-name">
            {t(`task.figures.${name}`)}
            <Definition text={t(`task.figures.${name}Hint`)} />
          </div>
          <button
            type="button"
            className={`figure-value task-figure ${name === 'overdue' && (value ?? 0) > 0 ? 'task-figure-late' : ''}`}
            aria-label={t(`task.figures.${name}`)}
            onClick={() => void navigate({ search, replace: true })}
          >
            {value === undefined ? '–' : format.number(value)}
          </button>
        </div>
      ))}
    </div>
  );
}
