import { CarryOutOutlined, PlusOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Button, Segmented } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { countTasks, listTasks } from '#contract/tasks';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { KeysetTable } from '~/components/keyset-table';
import { AssignmentDrawer } from './assignment-form';
import { DueDay, TaskMarks, TaskStateTag } from './parts';

type Task = Output<typeof listTasks>['rows'][number];

const states = ['todo', 'done', 'not_suitable', 'expired'] as const;

/** The tasks about one customer, on his page. */
export function CustomerTasks({ customer }: { customer: { id: number; name: string | null } }) {
  const { t } = useTranslation();
  const can = useCan();
  const [state, setState] = useState<(typeof states)[number]>('todo');
  const [isMaking, setMaking] = useState(false);
  const counts = useQuery(reading(countTasks, {}));
  const pages = useInfiniteQuery(readingPages(listTasks, { customer: customer.id, state }));
  return (
    <div className="stack">
      <div className="task-who">
        <Segmented
          value={state}
          onChange={setState}
          options={states.map((value) => ({
            value,
            label: value === 'todo' ? t('task.state.open') : t(`task.state.${value}`),
          }))}
        />
        {can('task.manage') && (
          <Button icon={<PlusOutlined />} onClick={() => setMaking(true)}>
            {t('task.make')}
          </Button>
        )}
      </div>
      <KeysetTable<Task>
        pages={pages}
        isNarrow
        columns={[]}
        card={(row) => (
          <div className="list-card">
            <span className="list-card-head">
              <b>{row.title}</b>
              <TaskStateTag task={row} />
            </span>
            <span className="muted small">
              {row.staff.name} · <DueDay task={row} today={counts.data?.today ?? ''} />
            </span>
            <TaskMarks task={row} />
          </div>
        )}
        empty={
          <EmptyState icon={<CarryOutOutlined />} title={state === 'todo' ? t('task.none') : t('task.noneFound')} />
        }
      />
      {isMaking && <AssignmentDrawer customers={[customer]} onClose={() => setMaking(false)} />}
    </div>
  );
}
