import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { reading, readingPages } from '#console/call';
import type { Output } from '#contract';
import { countTasks, listTasks } from '#contract/tasks';
import { useFormat } from '~/format';
import { Icon } from '~/icons';
import { Empty, Problem, Waiting } from '~/parts';
import { useSession } from '~/session';
import { SettingsSheet } from '~/settings-sheet';
import { TaskCard } from '~/task-card';

type Counts = Output<typeof countTasks>;
type Task = Output<typeof listTasks>['rows'][number];

/** The adviser's day: what is late, what is for today, what comes later, and what is done. */
export function TodayPage() {
  const { t } = useTranslation();
  const { organizationName } = useSession();
  const [isOpen, setOpen] = useState(false);
  const counts = useQuery({ ...reading(countTasks, { whose: 'mine' }), refetchInterval: 60_000 });
  useEffect(() => {
    document.title = `${t('today.title')} · ${organizationName}`;
  }, [t, organizationName]);

  return (
    <div className="page">
      <Greeting counts={counts.data} onSettings={() => setOpen(true)} />
      {counts.data?.isLeader && counts.data.escalated > 0 && (
        <Link to="/team" className="team-note">
          <Icon name="people" />
          <span>{t('today.team', { n: String(counts.data.escalated) })}</span>
          <Icon name="next" size={18} />
        </Link>
      )}
      {counts.isError && counts.data === undefined ? (
        <Problem error={counts.error} onRetry={() => void counts.refetch()} />
      ) : counts.data === undefined ? (
        <Waiting />
      ) : counts.data.staff === null ? (
        <Empty icon="person" title={t('today.noStaff')} hint={t('today.noStaffHint')} />
      ) : (
        <Tasks counts={counts.data} />
      )}
      {isOpen && <SettingsSheet onClose={() => setOpen(false)} />}
    </div>
  );
}

function Greeting({ counts, onSettings }: { counts: Counts | undefined; onSettings: () => void }) {
  const { t } = useTranslation();
  const { user } = useSession();
  const format = useFormat();
  const hour = format.hour();
  const time = hour < 11 ? 'morning' : hour < 14 ? 'noon' : hour < 18 ? 'afternoon' : 'evening';
  const name = counts?.staff?.name ?? user?.name ?? '';
  const done = counts?.doneToday ?? 0;
  const all = done + (counts?.overdue ?? 0) + (counts?.dueToday ?? 0);
  return (
    <header className="greeting">
      <div className="greeting-text">
        <p>{format.today()}</p>
        <h1>{t(`today.${time}`, { name })}</h1>
        {all > 0 && (
          <p>{done === all ? t('today.allDone') : t('today.progress', { done: String(done), all: String(all) })}</p>
        )}
      </div>
      {all > 0 && <Ring share={done / all} />}
      {counts?.isLeader && (
        <Link to="/team" className="icon-button" aria-label={t('team.title')}>
          <Icon name="people" size={22} />
        </Link>
      )}
      <button type="button" className="icon-button" aria-label={t('layout.settings')} onClick={onSettings}>
        <Icon name="gear" size={22} />
      </button>
    </header>
  );
}

function Ring({ share }: { share: number }) {
  const length = 2 * Math.PI * 20;
  return (
    <svg className="ring" viewBox="0 0 48 48" width="56" height="56" aria-hidden="true">
      <circle cx="24" cy="24" r="20" />
      <circle cx="24" cy="24" r="20" strokeDasharray={`${length * share} ${length}`} className="ring-done" />
      {share === 1 && <path d="m16 24.5 5.5 5.5L32.5 19" />}
    </svg>
  );
}

function Tasks({ counts }: { counts: Counts }) {
  const { t } = useTranslation();
  const pages = useInfiniteQuery({
    ...readingPages(listTasks, { whose: 'mine', state: 'todo', limit: 100 }),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) <= 1 ? 60_000 : false),
  });
  if (pages.isError && pages.data === undefined)
    return <Problem error={pages.error} onRetry={() => void pages.refetch()} />;
  if (pages.data === undefined) return <Waiting />;
  const rows = pages.data.pages.flatMap((page) => page.rows);
  const { today } = counts;
  const overdue = rows.filter((row) => row.dueOn < today);
  const due = rows.filter((row) => row.dueOn === today);
  const later = rows.filter((row) => row.dueOn > today);

  return (
    <>
      {rows.length === 0 && counts.doneToday === 0 && (
        <Empty icon="cup" title={t('today.none')} hint={t('today.noneHint')} />
      )}
      <Group title={t('today.overdue')} tone="late" rows={overdue} count={counts.overdue} today={today} />
      <Group title={t('today.today')} rows={due} count={counts.dueToday} today={today} />
      <Group
        title={t('today.later')}
        rows={later}
        count={counts.later}
        today={today}
        isFolded={due.length + overdue.length > 0}
      />
      {pages.hasNextPage && (
        <button type="button" className="button button-wide" onClick={() => void pages.fetchNextPage()}>
          {t('common.more')}
        </button>
      )}
      {counts.doneToday > 0 && <DoneToday counts={counts} />}
    </>
  );
}

interface GroupProps {
  readonly title: string;
  readonly tone?: 'late';
  readonly rows: readonly Task[];
  readonly count: number;
  readonly today: string;
  readonly isFolded?: boolean;
}

function Group({ title, tone, rows, count, today, isFolded = false }: GroupProps) {
  if (rows.length === 0) return null;
  return (
    <details className="group" open={!isFolded}>
      <summary className={tone === 'late' ? 'group-head group-late' : 'group-head'}>
        <h2>{title}</h2>
        <span>{count}</span>
        <Icon name="next" size={16} className="arrow" />
      </summary>
      <ul className="cards">
        {rows.map((row) => (
          <TaskCard key={row.id} task={row} today={today} />
        ))}
      </ul>
    </details>
  );
}

function DoneToday({ counts }: { counts: Counts }) {
  const { t } = useTranslation();
  const { data } = useQuery(
    reading(listTasks, { whose: 'mine', state: 'done', from: counts.today, to: counts.today, limit: 50 }),
  );
  if (!data) return null;
  return <Group title={t('today.done')} rows={data.rows} count={counts.doneToday} today={counts.today} isFolded />;
}
