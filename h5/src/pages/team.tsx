import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { reading, readingPages } from '#console/call';
import type { Output } from '#contract';
import { countTasks, listTaskHeirs, listTasks, reassignTasks, remindTasks } from '#contract/tasks';
import { Icon } from '~/icons';
import { Avatar, Empty, Problem, Section, Sheet, TopBar, useCustomerName, Waiting } from '~/parts';
import { useWriting } from '~/taps';
import { TaskChips } from '~/task-card';
import { say } from '~/toast';

type Task = Output<typeof listTasks>['rows'][number];

/** For whoever leads a department: what members have not done in time, and a word or a hand to help. */
export function TeamPage() {
  const { t } = useTranslation();
  const counts = useQuery(reading(countTasks, { whose: 'mine' }));
  return (
    <div className="page">
      <TopBar title={t('team.title')} />
      {counts.isError ? (
        <Problem error={counts.error} onRetry={() => void counts.refetch()} />
      ) : counts.data === undefined ? (
        <Waiting />
      ) : !counts.data.isLeader ? (
        <Empty icon="people" title={t('team.notLeader')} />
      ) : (
        <>
          <TeamList title={t('team.escalated')} isEscalated today={counts.data.today} />
          <TeamList title={t('team.others')} isEscalated={false} today={counts.data.today} />
        </>
      )}
    </div>
  );
}

function TeamList({ title, isEscalated, today }: { title: string; isEscalated: boolean; today: string }) {
  const { t } = useTranslation();
  const pages = useInfiniteQuery(readingPages(listTasks, { whose: 'team', escalated: isEscalated, limit: 30 }));
  if (pages.isError) return <Problem error={pages.error} onRetry={() => void pages.refetch()} />;
  if (pages.data === undefined) return <Waiting />;
  const rows = pages.data.pages.flatMap((page) => page.rows);
  if (rows.length === 0) {
    return isEscalated ? <Empty icon="cup" title={t('team.none')} hint={t('team.noneHint')} /> : null;
  }
  return (
    <Section title={title}>
      <ul className="cards">
        {rows.map((task) => (
          <TeamCard key={task.id} task={task} today={today} />
        ))}
      </ul>
      {pages.hasNextPage && (
        <button type="button" className="button button-wide" onClick={() => void pages.fetchNextPage()}>
          {t('common.more')}
        </button>
      )}
    </Section>
  );
}

function TeamCard({ task, today }: { task: Task; today: string }) {
  const { t } = useTranslation();
  const nameOf = useCustomerName();
  const [isGiving, setGiving] = useState(false);
  const remind = useWriting(remindTasks, (_, { reminded }) =>
    say(t(reminded > 0 ? 'team.reminded' : 'team.remindedAlready')),
  );
  const name = nameOf(task.customer);
  return (
    <li className="card team-card">
      <Link to="/tasks/$id" params={{ id: String(task.id) }} className="task-link">
        <Avatar name={name} src={task.customer.avatar} />
        <span className="task-text">
          <span className="task-name">
            <b>{name}</b>
            <span>{t('task.staff', { name: task.staff.name })}</span>
          </span>
          <span className="task-title">{task.title}</span>
          <TaskChips task={task} today={today} />
        </span>
      </Link>
      <div className="team-actions">
        <button
          type="button"
          className="button button-small"
          disabled={remind.isPending}
          onClick={() => remind.mutate({ ids: [task.id] })}
        >
          <Icon name="bell" size={16} />
          {t('team.remind')}
        </button>
        <button type="button" className="button button-small" onClick={() => setGiving(true)}>
          <Icon name="person" size={16} />
          {t('team.reassign')}
        </button>
      </div>
      {isGiving && <HeirSheet taskId={task.id} onClose={() => setGiving(false)} />}
    </li>
  );
}

function HeirSheet({ taskId, onClose }: { taskId: number; onClose: () => void }) {
  const { t } = useTranslation();
  const { data } = useQuery(reading(listTaskHeirs, { id: taskId }));
  const [chosen, setChosen] = useState('');
  const reassign = useWriting(reassignTasks, () => {
    say(t('team.reassigned', { name: chosen }));
    onClose();
  });
  return (
    <Sheet title={t('team.reassignTitle')} onClose={onClose}>
      {data === undefined ? (
        <Waiting />
      ) : data.rows.length === 0 ? (
        <p className="muted">{t('team.noHeir')}</p>
      ) : (
        <>
          <p className="muted small">{t('team.reassignHint')}</p>
          <ul className="reasons">
            {data.rows.map((staff) => (
              <li key={staff.id}>
                <button
                  type="button"
                  disabled={reassign.isPending}
                  onClick={() => {
                    setChosen(staff.name);
                    reassign.mutate({ ids: [taskId], staffId: staff.id });
                  }}
                >
                  {staff.name}
                  <Icon name="next" size={16} />
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </Sheet>
  );
}
