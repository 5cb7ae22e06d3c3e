import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Skeleton } from 'antd';
import { type ReactNode, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getStaff } from '#contract/organization';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { ErrorNotice } from '~/components/error-notice';
import { Figure } from '~/components/figure';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useFormat } from '~/format';
import { StaffStates } from './staff';

type Member = Output<typeof getStaff>;

const page = getRouteApi('/inside/staff/$id');

function sumOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
}

export default function StaffMemberPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const id = Number(page.useParams().id);
  const { data: member, error, refetch } = useQuery(reading(getStaff, { id }));

  if (member === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('staff.one')} backTo="/staff" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }

  const added = sumOf(member.days.map((row) => row.added));
  const lost = sumOf(member.days.map((row) => row.lost));
  const chats = sumOf(member.days.map((row) => row.chats));
  return (
    <div className="page">
      <PageHeader
        title={member.name}
        backTo="/staff"
        beside={<StaffStates staff={member} />}
        subtitle={[member.position, format.list(member.departments.map(({ name }) => name)), member.wecomUserid]
          .filter((part) => part !== '')
          .join(' · ')}
        actions={
          can('customer.read') && (
            <Link to="/customers" search={{ staff: member.id }}>
              <Button>{t('staff.showCustomers')}</Button>
            </Link>
          )
        }
      />
      <div className="stack-large">
        <Panel title={t('staff.lastThirtyDays')}>
          <div className="figures">
            <Figure name="staffCustomers" value={format.number(member.customerCount)} />
            <Figure name="added" value={format.number(added)} />
            <Figure name="lost" value={format.number(lost)} />
            <Figure name="chats" value={format.number(chats)} />
          </div>
          <FlowChart member={member} />
        </Panel>
        <Panel title={t('staff.replies')} definition={t('staff.repliesDefinition')}>
          <ReplyChart member={member} />
        </Panel>
      </div>
    </div>
  );
}

function FlowChart({ member }: { member: Member }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(
    () => ({
      ...frame(member.days.map((row) => format.shortDay(row.day))),
      yAxis: axis,
      series: [
        {
          type: 'bar' as const,
          name: t('figure.added.name'),
          data: member.days.map((row) => row.added),
          color: colours.added,
          stack: 'flow',
          barMaxWidth: 20,
        },
        {
          type: 'bar' as const,
          name: t('figure.lost.name'),
          data: member.days.map((row) => -row.lost),
          color: colours.lost,
          stack: 'flow',
          barMaxWidth: 20,
        },
      ],
    }),
    [member, t, format, colours.added, colours.lost, frame, axis],
  );
  return <Chart option={option} label={t('staff.lastThirtyDays')} height={240} />;
}

function ReplyChart({ member }: { member: Member }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(
    () => ({
      ...frame(member.days.map((row) => format.shortDay(row.day))),
      yAxis: [
        axis,
        { ...axis, splitLine: { show: false }, max: 100, axisLabel: { ...axis.axisLabel, formatter: '{value}%' } },
      ],
      series: [
        {
          type: 'bar' as const,
          name: t('figure.chats.name'),
          data: member.days.map((row) => row.chats),
          color: colours.scans,
          barMaxWidth: 20,
        },
        {
          type: 'line' as const,
          name: t('figure.replyRate.name'),
          yAxisIndex: 1,
          data: member.days.map((row) => row.replyPercentage),
          color: colours.added,
          showSymbol: false,
          connectNulls: true,
        },
      ],
    }),
    [member, t, format, colours.added, colours.scans, frame, axis],
  );
  return <Chart option={option} label={t('staff.replies')} height={240} />;
}
