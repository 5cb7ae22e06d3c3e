import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { reading } from '#console/call';
import type { Output } from '#contract';
import { countTasks, getTask, notSuitableReason } from '#contract/tasks';
import { shiftDay, useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { Icon } from '~/icons';
import { Avatar, Problem, Section, Sheet, TopBar, useCustomerName, Waiting } from '~/parts';
import { useTaps } from '~/taps';
import { TaskChips } from '~/task-card';
import { Words } from '~/words';

export type Task = Output<typeof getTask>;

const page = getRouteApi('/inside/tasks/$id');

export function TaskPage() {
  const { t } = useTranslation();
  const { id } = page.useParams();
  const task = useQuery(reading(getTask, { id }));
  const counts = useQuery(reading(countTasks, { whose: 'mine' }));
  return (
    <div className="page page-with-bar">
      <TopBar title={t('task.title')} />
      {task.isError ? (
        <Problem error={task.error} onRetry={() => void task.refetch()} />
      ) : task.data === undefined || counts.data === undefined ? (
        <Waiting />
      ) : (
        <TaskDetails task={task.data} today={counts.data.today} />
      )}
    </div>
  );
}

function TaskDetails({ task, today }: { task: Task; today: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useCustomerName();
  const name = nameOf(task.customer);
  const isToDo = task.state === 'open' || task.state === 'postponed';
  const who = (
    <>
      <Avatar name={name} src={task.customer.avatar} size={52} />
      <span className="who-text">
        <b>{name}</b>
        {task.customer.remark !== null && task.customer.remark !== name && <span>{task.customer.remark}</span>}
      </span>
    </>
  );
  return (
    <>
      {task.known === null ? (
        <div className="card who">{who}</div>
      ) : (
        <Link to="/customers/$id" params={{ id: String(task.customer.id) }} className="card who">
          {who}
          <Icon name="next" size={18} />
        </Link>
      )}
      <div className="task-head">
        <h2>{task.title}</h2>
        <TaskChips task={task} today={today} />
        {task.why !== '' && <p>{task.why}</p>}
        <p className="muted small">
          {task.sourceName === null
            ? t(`task.kind.${task.kind}`)
            : t(`task.kindNamed.${task.kind}`, { name: task.sourceName })}
          {!task.isMine && ` · ${t('task.staff', { name: task.staff.name })}`}
          {isToDo &&
            ` · ${t('task.endsOn', { day: format.date(new Date(Date.parse(task.expiresAt) - 1).toISOString()) })}`}
        </p>
      </div>
      {!isToDo && <Ended task={task} />}
      <Section title={t('task.words')}>
        {task.words === '' ? (
          <p className="muted">{t('task.noWords')}</p>
        ) : (
          <Words text={task.words} externalUserid={task.externalUserid} />
        )}
      </Section>
      {task.known !== null && <Known known={task.known} />}
      {isToDo && task.isMine && <TapBar task={task} today={today} />}
    </>
  );
}

function Ended({ task }: { task: Task }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <div className="card ended">
      <b>
        {t('task.endedOn', { state: t(`task.state.${task.state}`), time: format.time(task.endedAt ?? task.createdAt) })}
      </b>
      {task.reason !== null && <span>{t(`task.reason.${task.reason}`)}</span>}
      {task.note !== '' && <span className="muted">{task.note}</span>}
    </div>
  );
}

function Known({ known }: { known: NonNullable<Task['known']> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const order = known.lastOrder;
  return (
    <Section title={t('task.known')}>
      <dl className="facts">
        <Fact name={t('task.lastOrder')}>
          {order === null ? (
            t('task.noOrder')
          ) : (
            <>
              <b>{format.money(order.totalFen, order.currency)}</b> · {format.ago(order.at)}
              {order.names.length > 0 && <span className="muted">{order.names.join(t('common.separator'))}</span>}
            </>
          )}
        </Fact>
        <Fact name={t('task.lastTouch')}>
          {known.lastTouchAt === null ? t('task.never') : format.ago(known.lastTouchAt)}
        </Fact>
        <Fact name={t('task.lastAct')}>
          {known.lastAct === null ? (
            t('task.never')
          ) : (
            <>
              {format.ago(known.lastAct.at)}
              <span className="muted">{textOr(`eventName.${known.lastAct.name}`, known.lastAct.name)}</span>
            </>
          )}
        </Fact>
        {known.followedSince !== null && <Fact name={t('task.since')}>{format.date(known.followedSince)}</Fact>}
      </dl>
      {known.tags.length > 0 && (
        <div className="chips">
          {known.tags.map((tag) => (
            <span key={tag.id} className="chip chip-tag">
              {tag.name}
            </span>
          ))}
        </div>
      )}
    </Section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function TapBar({ task, today }: { task: Task; today: string }) {
  const { t } = useTranslation();
  const router = useRouter();
  const [sheet, setSheet] = useState<'postpone' | 'refuse' | null>(null);
  const { finish, postpone, refuse } = useTaps(() => {
    setSheet(null);
    if (router.history.canGoBack()) router.history.back();
  });
  const lastDay = new Date(Date.parse(task.expiresAt) - 1).toISOString();
  return (
    <>
      <div className="tap-bar">
        <button type="button" className="button" onClick={() => setSheet('refuse')}>
          {t('task.notSuitable')}
        </button>
        <button type="button" className="button" onClick={() => setSheet('postpone')}>
          {t('task.postpone')}
        </button>
        <button
          type="button"
          className="button button-main"
          disabled={finish.isPending}
          onClick={() => finish.mutate({ id: task.id })}
        >
          <Icon name="check" size={18} />
          {t('task.done')}
        </button>
      </div>
      {sheet === 'postpone' && (
        <PostponeSheet
          today={today}
          lastDay={lastDay}
          isBusy={postpone.isPending}
          onClose={() => setSheet(null)}
          onChoose={(until, note) => postpone.mutate({ id: task.id, until, note })}
        />
      )}
      {sheet === 'refuse' && (
        <RefuseSheet
          isBusy={refuse.isPending}
          onClose={() => setSheet(null)}
          onChoose={(reason, note) => refuse.mutate({ id: task.id, reason, note })}
        />
      )}
    </>
  );
}

interface PostponeProps {
  readonly today: string;
  /** A moment of the last day. */
  readonly lastDay: string;
  readonly isBusy: boolean;
  readonly onClose: () => void;
  readonly onChoose: (until: string, note: string) => void;
}

function PostponeSheet({ today, lastDay, isBusy, onClose, onChoose }: PostponeProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [note, setNote] = useState('');
  const last = format.civil(lastDay);
  const weekday = new Date(today).getUTCDay();
  const choices = [
    [shiftDay(today, 1), t('task.tomorrow')],
    [shiftDay(today, 2), t('task.inTwoDays')],
    [shiftDay(today, weekday === 0 ? 1 : 8 - weekday), t('task.nextMonday')],
  ] as const;
  const fitting = choices.filter(([day], i) => day <= last && choices.findIndex(([other]) => other === day) === i);
  return (
    <Sheet title={t('task.postponeTitle')} onClose={onClose}>
      <div className="days">
        {fitting.map(([day, label]) => (
          <button key={day} type="button" className="day" disabled={isBusy} onClick={() => onChoose(day, note)}>
            <b>{label}</b>
            <span>{format.day(day)}</span>
          </button>
        ))}
        <label className="day day-other">
          <b>{t('task.otherDay')}</b>
          <span>{t('task.until', { day: format.day(last) })}</span>
          <input
            type="date"
            min={shiftDay(today, 1)}
            max={last}
            disabled={isBusy}
            onChange={(event) => {
              const day = event.target.value;
              if (day > today && day <= last) onChoose(day, note);
            }}
          />
        </label>
      </div>
      <Note value={note} onChange={setNote} />
    </Sheet>
  );
}

type Reason = (typeof notSuitableReason.options)[number];

interface RefuseProps {
  readonly isBusy: boolean;
  readonly onClose: () => void;
  readonly onChoose: (reason: Reason, note: string) => void;
}

function RefuseSheet({ isBusy, onClose, onChoose }: RefuseProps) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  return (
    <Sheet title={t('task.reasonTitle')} onClose={onClose}>
      <Note value={note} onChange={setNote} />
      <ul className="reasons">
        {notSuitableReason.options.map((reason) => (
          <li key={reason}>
            <button type="button" disabled={isBusy} onClick={() => onChoose(reason, note)}>
              {t(`task.reason.${reason}`)}
              <Icon name="next" size={16} />
            </button>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}

function Note({ value, onChange }: { value: string; onChange: (note: string) => void }) {
  const { t } = useTranslation();
  return (
    <label className="note">
      <span>{t('task.note')}</span>
      <textarea
        rows={2}
        maxLength={500}
        placeholder={t('task.notePlaceholder')}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
