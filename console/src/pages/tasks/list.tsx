import { BellOutlined, CarryOutOutlined, StopOutlined, UserSwitchOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { App, Button, Modal } from 'antd';
import { type Key, type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import { cancelTasks, countTasks, listTasks, reassignTasks, remindTasks, taskKind, taskState } from '#contract/tasks';
import { category as touchCategory } from '#contract/touch';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { CustomerName } from '~/components/customer-name';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { Panel } from '~/components/panel';
import { OneStaffPicker } from '~/components/pickers';
import { SearchBox } from '~/components/search-box';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import type { taskFilters } from './filters';
import { DueDay, TaskMarks, TaskStateTag } from './parts';

export type Task = Output<typeof listTasks>['rows'][number];
type Chosen = z.output<typeof taskFilters>;

const page = getRouteApi('/inside/tasks');

/** All tasks one may see, and what a manager does with them. */
export function TaskList({ make }: { make: ReactNode }) {
  const { t } = useTranslation();
  const can = useCan();
  const { view: _, task: __, ...filters } = page.useSearch();
  const navigate = page.useNavigate();
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const counts = useQuery(reading(countTasks, {}));
  const pages = useInfiniteQuery({
    ...readingPages(listTasks, filters),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 15_000 : false),
  });
  const filter = useCallback(
    (patch: Partial<Chosen>) => {
      setChosen([]);
      void navigate({ search: (before) => ({ ...before, ...patch }), replace: true });
    },
    [navigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const open = (row: Task) => void navigate({ search: (before) => ({ ...before, task: row.id }) });
  const hasFilters = isFiltered(filters);
  const mayAct = can('task.manage') || counts.data?.isLeader === true;
  const today = counts.data?.today ?? '';

  return (
    <Panel isFlush>
      <Filters
        search={<SearchBox value={filters.search} onChange={search} placeholder={t('task.search')} />}
        count={countFilters(filters)}
        onClear={hasFilters ? () => void navigate({ search: {}, replace: true }) : undefined}
      >
        <FilterSelect
          label={t('task.todo')}
          value={filters.state}
          onChange={(state) => filter({ state, due: undefined })}
          options={taskState.options.map((state) => ({ value: state, label: t(`task.state.${state}`) }))}
        />
        <FilterSelect
          label={t('task.dueTitle')}
          value={filters.due}
          onChange={(due) => filter({ due, state: undefined })}
          options={(['overdue', 'today', 'later'] as const).map((due) => ({ value: due, label: t(`task.due.${due}`) }))}
        />
        {can('staff.read') && (
          <OneStaffPicker
            className="filter"
            label={t('task.staff')}
            placeholder={t('task.staff')}
            value={filters.staff}
            onChange={(staff) => filter({ staff })}
          />
        )}
        <FilterSelect
          label={t('task.categoryTitle')}
          value={filters.category}
          onChange={(category) => filter({ category })}
          options={touchCategory.options.map((category) => ({
            value: category,
            label: t(`task.category.${category}`),
          }))}
        />
        <FilterSelect
          label={t('task.kindTitle')}
          value={filters.kind}
          onChange={(kind) => filter({ kind })}
          options={taskKind.options.map((kind) => ({ value: kind, label: t(`task.kind.${kind}`) }))}
        />
        <FilterSelect
          label={t('task.escalated')}
          value={filters.escalated === true ? 'yes' : undefined}
          onChange={(value) => filter({ escalated: value === undefined ? undefined : true })}
          options={[{ value: 'yes', label: t('task.escalated') }]}
        />
        <DayRange className="filter-wide" from={filters.from} to={filters.to} onChange={filter} />
      </Filters>
      {mayAct && chosen.length > 0 && (
        <Actions ids={chosen} onDone={() => setChosen([])} className="selection-bar">
          <span>{t('task.chosen', { n: chosen.length })}</span>
        </Actions>
      )}
      <KeysetTable<Task>
        pages={pages}
        onOpen={open}
        rowTestId="task-row"
        {...(mayAct && (filters.state === undefined || filters.state === 'open' || filters.state === 'postponed')
          ? {
              selection: {
                selectedRowKeys: [...chosen],
                onChange: (keys: readonly Key[]) => setChosen(keys.map(Number).slice(0, 200)),
              },
            }
          : {})}
        columns={[
          {
            title: t('task.customer'),
            key: 'customer',
            render: (_, row) => <CustomerName customer={row.customer} size={32} />,
          },
          {
            title: t('task.title'),
            key: 'title',
            render: (_, row) => (
              <Button type="text" className="inline-button" onClick={() => open(row)}>
                {row.title}
              </Button>
            ),
          },
          { title: t('task.staff'), key: 'staff', render: (_, row) => row.staff.name },
          {
            title: t('task.stateTitle'),
            key: 'state',
            render: (_, row) => <TaskStateTag task={row} />,
          },
          { title: t('task.dueOn'), key: 'due', render: (_, row) => <DueDay task={row} today={today} /> },
          { title: t('task.kindTitle'), key: 'marks', render: (_, row) => <TaskMarks task={row} /> },
        ]}
        card={(row) => <TaskCard task={row} today={today} onOpen={() => open(row)} />}
        empty={
          hasFilters ? (
            <EmptyState icon={<CarryOutOutlined />} title={t('task.noneFound')} hint={t('task.noneFoundHint')} />
          ) : (
            <EmptyState icon={<CarryOutOutlined />} title={t('task.none')} hint={t('task.noneHint')} action={make} />
          )
        }
      />
    </Panel>
  );
}

function TaskCard({ task, today, onOpen }: { task: Task; today: string; onOpen: () => void }) {
  return (
    <button type="button" className="list-card card-button" onClick={onOpen}>
      <span className="list-card-head">
        <CustomerName customer={task.customer} size={32} />
        <TaskStateTag task={task} />
      </span>
      <span>{task.title}</span>
      <span className="muted small">{task.staff.name}</span>
      <span className="list-card-facts">
        <DueDay task={task} today={today} />
        <TaskMarks task={task} />
      </span>
    </button>
  );
}

interface ActionsProps {
  readonly ids: readonly number[];
  readonly onDone: () => void;
  readonly className: string;
  readonly children?: ReactNode;
}

/** What can be done to some tasks. */
export function Actions({ ids, onDone, className, children }: ActionsProps) {
  const { t } = useTranslation();
  const can = useCan();
  const format = useFormat();
  const { message, modal } = App.useApp();
  const [isGiving, setGiving] = useState(false);
  const remind = useWriting(remindTasks, {
    onDone: ({ reminded }) => {
      void message.success(reminded > 0 ? t('task.reminded', { n: reminded }) : t('task.remindedNone'));
      onDone();
    },
  });
  const cancel = useWriting(cancelTasks, {
    onDone: ({ cancelled }) => {
      void message.success(t('task.cancelled', { n: cancelled }));
      onDone();
    },
  });
  const confirmCancel = () =>
    modal.confirm({
      title: t('task.cancelTitle', { n: format.number(ids.length) }),
      content: t('task.cancelHint'),
      okText: t('task.cancel'),
      cancelText: t('common.back'),
      okButtonProps: { danger: true },
      onOk: () => cancel.mutateAsync({ ids: [...ids] }).catch(() => undefined),
    });
  return (
    <div className={className}>
      {children}
      <Button icon={<BellOutlined />} loading={remind.isPending} onClick={() => remind.mutate({ ids: [...ids] })}>
        {t('task.remind')}
      </Button>
      {can('staff.read') && (
        <Button icon={<UserSwitchOutlined />} onClick={() => setGiving(true)}>
          {t('task.reassign')}
        </Button>
      )}
      {can('task.manage') && (
        <Button icon={<StopOutlined />} danger onClick={() => void confirmCancel()}>
          {t('task.cancel')}
        </Button>
      )}
      {isGiving && <ReassignModal ids={ids} onClose={() => setGiving(false)} onDone={onDone} />}
    </div>
  );
}

interface ReassignProps {
  readonly ids: readonly number[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function ReassignModal({ ids, onClose, onDone }: ReassignProps) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const [staffId, setStaffId] = useState<number>();
  const reassign = useWriting(reassignTasks, {
    onDone: ({ moved, kept }) => {
      if (kept === 0) void message.success(t('task.reassigned', { moved }));
      else void message.warning(t('task.reassignedSome', { moved, kept }), 6);
      onClose();
      onDone();
    },
  });
  return (
    <Modal
      open
      title={t('task.reassignTitle')}
      onCancel={onClose}
      okText={t('task.reassign')}
      confirmLoading={reassign.isPending}
      okButtonProps={{ disabled: staffId === undefined }}
      onOk={() => staffId !== undefined && reassign.mutate({ ids: [...ids], staffId })}
    >
      <div className="stack">
        <OneStaffPicker className="full-width" value={staffId} onChange={setStaffId} />
        <p className="muted small">{t('task.reassignHint')}</p>
      </div>
    </Modal>
  );
}
