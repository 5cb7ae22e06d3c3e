import { ScheduleOutlined } from '@ant-design/icons';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Tag, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listAssignments, taskState } from '#contract/tasks';
import { readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { KeysetTable } from '~/components/keyset-table';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

type Assignment = Output<typeof listAssignments>['rows'][number];

/** What was asked by hand, and what became of it. */
export function Assignments({ make }: { make: ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const pages = useInfiniteQuery({ ...readingPages(listAssignments, {}), refetchInterval: 10_000 });
  const by = (row: Assignment) => t('assignment.by', { name: row.createdBy, time: format.time(row.createdAt) });
  const days = (row: Assignment) =>
    t('assignment.days', { from: format.longDay(row.dueOn), to: format.longDay(row.lastDay) });
  return (
    <Panel isFlush>
      <KeysetTable<Assignment>
        pages={pages}
        columns={[
          {
            title: t('task.title'),
            key: 'title',
            render: (_, row) => (
              <span className="stack-tight">
                <b>{row.title}</b>
                <span className="muted small">{by(row)}</span>
              </span>
            ),
          },
          { title: t('task.categoryTitle'), key: 'category', render: (_, row) => t(`task.category.${row.category}`) },
          { title: t('task.dueOn'), key: 'due', render: (_, row) => <span className="nowrap">{days(row)}</span> },
          { title: t('task.stateTitle'), key: 'tasks', render: (_, row) => <Outcome assignment={row} /> },
        ]}
        card={(row) => (
          <div className="list-card">
            <span className="list-card-head">
              <b>{row.title}</b>
              <span className="muted small">{t(`task.category.${row.category}`)}</span>
            </span>
            <span className="muted small">{by(row)}</span>
            <span className="muted small">{days(row)}</span>
            <Outcome assignment={row} />
          </div>
        )}
        empty={
          <EmptyState
            icon={<ScheduleOutlined />}
            title={t('assignment.none')}
            hint={t('assignment.noneHint')}
            action={make}
          />
        }
      />
    </Panel>
  );
}

function Outcome({ assignment }: { assignment: Assignment }) {
  const { t } = useTranslation();
  return (
    <span className="task-marks">
      {taskState.options.map((state) => {
        const count = assignment.tasks[state] ?? 0;
        return count === 0 ? null : (
          <Tag key={state} variant="filled" color={state === 'done' ? 'success' : 'default'}>
            {t(`task.state.${state}`)} {count}
          </Tag>
        );
      })}
      {assignment.held.map(({ state, reason, count }) => (
        <Tooltip
          key={`${state} ${reason}`}
          title={reason === null ? t('assignment.held') : textOr(`touch.reason.${reason}`, reason)}
        >
          <Tag variant="filled" color="warning">
            {textOr(`touch.state.${state}`, state)} {count}
          </Tag>
        </Tooltip>
      ))}
    </span>
  );
}
