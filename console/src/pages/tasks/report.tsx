import { BarChartOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getTaskReport } from '#contract/tasks';
import { reading } from '~/call';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { Definition, Panel } from '~/components/panel';
import { StaffName } from '~/components/staff-name';
import { type Column, TableOrCards } from '~/components/table-or-cards';
import { useFormat } from '~/format';

type TaskReport = Output<typeof getTaskReport>;
type Row = TaskReport['rows'][number];

const page = getRouteApi('/inside/tasks');

/** Who did how much of what fell due, and what customers did afterwards. */
export function Report() {
  const { t } = useTranslation();
  const { from, to } = page.useSearch();
  const navigate = page.useNavigate();
  const { data, error, refetch } = useQuery(reading(getTaskReport, { from, to }));
  const range = (
    <DayRange
      from={from ?? data?.from}
      to={to ?? data?.to}
      onChange={(days) => void navigate({ search: (before) => ({ ...before, ...days }), replace: true })}
    />
  );
  if (data === undefined)
    return error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />;
  return (
    <div className="stack-large">
      <Panel title={t('taskReport.days')} definition={t('taskReport.daysDefinition')} extra={range}>
        {data.days.every((day) => day.due === 0 && day.done === 0) ? (
          <EmptyState icon={<BarChartOutlined />} title={t('taskReport.none')} hint={t('task.noneHint')} />
        ) : (
          <DaysChart report={data} />
        )}
      </Panel>
      {data.rows.length > 0 && <Members rows={data.rows} />}
    </div>
  );
}

function DaysChart({ report }: { report: TaskReport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(
    () => ({
      ...frame(report.days.map((row) => format.shortDay(row.day))),
      yAxis: axis,
      series: [
        {
          type: 'bar' as const,
          name: t('taskReport.due'),
          data: report.days.map((row) => row.due),
          color: colours.scans,
          barMaxWidth: 18,
          itemStyle: { borderRadius: [3, 3, 0, 0] },
        },
        {
          type: 'bar' as const,
          name: t('taskReport.done'),
          data: report.days.map((row) => row.done),
          color: colours.added,
          barMaxWidth: 18,
          itemStyle: { borderRadius: [3, 3, 0, 0] },
        },
      ],
    }),
    [report, t, format, colours, frame, axis],
  );
  return <Chart option={option} label={t('taskReport.days')} height={240} />;
}

function Members({ rows }: { rows: readonly Row[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const named = (name: ReactNode, hint: string) => (
    <span className="nowrap">
      {name}
      <Definition text={hint} />
    </span>
  );
  const share = (part: number, whole: number) => (
    <span className="nowrap">
      {whole === 0 ? '–' : format.percent(part / whole)} <span className="muted small">{format.number(part)}</span>
    </span>
  );
  const count = (name: 'given' | 'postponed' | 'notSuitable' | 'expired'): Column<Row> => ({
    title: t(`taskReport.${name}`),
    key: name,
    align: 'right',
    render: (_, row) => format.number(row[name]),
  });
  return (
    <Panel title={t('taskReport.members')} definition={t('taskReport.membersDefinition')} isFlush>
      <TableOrCards<Row>
        rows={rows}
        keyOf={(row) => row.staff.id}
        columns={[
          { title: t('task.staff'), key: 'staff', render: (_, row) => <StaffName staff={row.staff} /> },
          count('given'),
          {
            title: t('taskReport.doneShare'),
            key: 'done',
            render: (_, row) => (
              <span className="task-share">
                <span className="bar-track" aria-hidden>
                  <span className="bar-part" style={{ width: `${(row.done / row.given) * 100}%` }} />
                </span>
                {share(row.done, row.given)}
              </span>
            ),
          },
          {
            title: named(t('taskReport.inTime'), t('taskReport.inTimeHint')),
            key: 'inTime',
            align: 'right',
            render: (_, row) => share(row.inTime, row.given),
          },
          {
            title: t('taskReport.open'),
            key: 'open',
            align: 'right',
            render: (_, row) => (
              <span className="nowrap">
                {format.number(row.open)}
                {row.overdue > 0 && (
                  <span className="small task-late"> {t('taskReport.overdue', { n: row.overdue })}</span>
                )}
              </span>
            ),
          },
          count('postponed'),
          count('notSuitable'),
          count('expired'),
          {
            title: named(t('taskReport.reacted'), t('taskReport.reactedHint')),
            key: 'reacted',
            align: 'right',
            render: (_, row) => share(row.reacted, row.done),
          },
          {
            title: named(t('taskReport.ordered'), t('taskReport.orderedHint')),
            key: 'ordered',
            align: 'right',
            render: (_, row) => share(row.ordered, row.done),
          },
        ]}
      />
    </Panel>
  );
}
