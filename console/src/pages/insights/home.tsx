import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { Segmented, Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { getHome } from '#contract/insights';
import { useSession } from '~/app/session';
import { reading } from '~/call';
import { DayRange } from '~/components/day-range';
import { ErrorNotice } from '~/components/error-notice';
import { Figure } from '~/components/figure';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { shiftDay, useFormat } from '~/format';
import { WebhookNotice } from '~/pages/webhooks/notice';
import { CodeRanking, CustomersChart, RetentionTable, SourceBars, StaffTable, WelcomeFigures } from './charts';
import { defaultDays, presetDays } from './filters';
import { FirstSteps } from './first-steps';

const page = getRouteApi('/inside/');

export default function HomePage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const { now } = useSession();
  const search = page.useSearch();
  const navigate = page.useNavigate();

  const isCustom = search.from !== undefined && search.to !== undefined;
  const days = search.days ?? defaultDays;
  const today = format.dayOf(now);
  const period = isCustom ? { from: search.from, to: search.to } : { from: shiftDay(today, 1 - days), to: today };
  const { data, error, refetch } = useQuery({
    ...reading(getHome, period),
    placeholderData: (before) => before,
    refetchInterval: 15_000,
  });

  const picker = (
    <>
      <Segmented
        aria-label={t('common.period')}
        value={isCustom ? 'custom' : days}
        options={presetDays.map((count) => ({
          value: count as number | 'custom',
          label: t('home.lastDays', { n: count }),
        }))}
        onChange={(next) =>
          void navigate({ search: { days: presetDays.find((count) => count === next) }, replace: true })
        }
      />
      <DayRange
        from={period.from}
        to={period.to}
        onChange={({ from, to }) => void navigate({ search: from && to ? { from, to } : {}, replace: true })}
        className="day-range"
      />
    </>
  );

  if (data === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('menu.home')} actions={picker} />
        {error ? (
          <ErrorNotice error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton active paragraph={{ rows: 10 }} />
        )}
      </div>
    );
  }

  const { totals } = data;
  const isEmpty = totals.customersNow === 0 && totals.follows === 0 && totals.added === 0 && totals.lost === 0;
  if (isEmpty) {
    return (
      <div className="page">
        <PageHeader title={t('menu.home')} />
        <WebhookNotice />
        <FirstSteps />
      </div>
    );
  }

  return (
    <div className="page">
      <PageHeader
        title={t('menu.home')}
        subtitle={t('home.period', { from: format.longDay(data.from), to: format.longDay(data.to) })}
        actions={picker}
      />
      <WebhookNotice />
      <div className="stack-large">
        <Panel>
          <div className="figures">
            <Figure
              name="customersNow"
              value={format.number(totals.customersNow)}
              note={t('home.follows', { n: format.number(totals.follows) })}
            />
            <Figure name="added" value={format.number(totals.added)} now={totals.added} before={totals.addedBefore} />
            <Figure
              name="lost"
              value={format.number(totals.lost)}
              now={totals.lost}
              before={totals.lostBefore}
              isLossWhenUp
            />
            <Figure name="net" value={`${totals.net > 0 ? '+' : ''}${format.number(totals.net)}`} />
            <Figure name="leaveRate" value={format.percent(totals.added === 0 ? null : totals.lost / totals.added)} />
          </div>
          <CustomersChart home={data} />
        </Panel>
        <div className="two-columns">
          <SourceBars home={data} />
          <CodeRanking home={data} />
        </div>
        <RetentionTable home={data} />
        <div className="two-columns two-columns-wide-left">
          <StaffTable home={data} />
          <WelcomeFigures home={data} />
        </div>
      </div>
    </div>
  );
}
