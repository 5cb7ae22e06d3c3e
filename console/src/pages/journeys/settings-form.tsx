import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Card, DatePicker, Dropdown, Switch } from 'antd';
import dayjs from 'dayjs';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { type GraphProblem, type JourneyDraft, type TriggerKind, triggerKinds } from '#contract/journey-graph';
import { BasisPoints, SegmentPicker } from '~/pages/campaigns/inputs';
import {
  Choice,
  Choices,
  type Data,
  EventFields,
  PartField,
  PartProblems,
  type SetData,
  Weekdays,
  WholeNumber,
} from './fields';
import { Clock, DateFields } from './node-forms';
import { useProblemText } from './words';

/** Who comes in, what ends it, what it is for, and who may come in again. */

interface Props {
  readonly draft: JourneyDraft;
  readonly problems: readonly GraphProblem[];
  readonly change: (next: (draft: JourneyDraft) => JourneyDraft, about?: string) => void;
}

/** What an entry of each kind begins as. */
const beginnings: { readonly [K in TriggerKind]: Record<string, unknown> } = {
  event: { name: '', filters: [] },
  segment: { change: 'entered' },
  date: { calendar: 'solar', offsetDays: 0, minute: 540 },
  schedule: { on: { every: 'day' }, minute: 600 },
  hand: {},
  api: {},
};

const triggerForms: { readonly [K in TriggerKind]: (props: { data: Data; set: SetData }) => ReactNode } = {
  event: TriggerEvent,
  segment: MembershipFields,
  date: DateFields,
  schedule: ScheduleFields,
  hand: () => null,
  api: () => null,
};

function TriggerEvent(props: { data: Data; set: SetData }) {
  const { t } = useTranslation();
  return <EventFields {...props} label={t('journey.field.event')} />;
}

const idIn = (value: unknown) => (typeof value === 'number' && value > 0 ? value : undefined);

function MembershipFields({ data, set }: { data: Data; set: SetData }) {
  const { t } = useTranslation();
  return (
    <>
      <PartField label={t('journey.field.segment')} path="segmentId">
        <SegmentPicker value={idIn(data.segmentId)} onChange={(segmentId) => set({ segmentId })} />
      </PartField>
      <PartField label={t('journey.field.change')} path="change">
        <Choice
          value={data.change}
          onChange={(change) => set({ change })}
          options={(['entered', 'left'] as const).map((value) => ({
            value,
            label: t(`journey.field.changes.${value}`),
          }))}
        />
      </PartField>
    </>
  );
}

const rhythms = ['once', 'day', 'week', 'month', 'year'] as const;
const rhythmOf = {
  once: {},
  day: {},
  week: { weekdays: [1] },
  month: { days: [1] },
  year: { calendar: 'solar', month: 1, day: 1, offsetDays: 0 },
};
const upTo = (n: number) => Array.from({ length: n }, (_, i) => ({ value: i + 1, label: String(i + 1) }));

function ScheduleFields({ data, set }: { data: Data; set: SetData }) {
  const { t } = useTranslation();
  const on = (data.on ?? {}) as Data;
  const put = (patch: Data, about?: string) => set({ on: { ...on, ...patch } }, about);
  return (
    <>
      <PartField label={t('journey.field.every')} path="on.every">
        <Choice
          value={on.every}
          onChange={(every: (typeof rhythms)[number]) => set({ on: { every, ...rhythmOf[every] } })}
          options={rhythms.map((value) => ({ value, label: t(`journey.field.everys.${value}`) }))}
        />
      </PartField>
      {on.every === 'once' && (
        <PartField label={t('journey.field.day')} path="on.day">
          <DatePicker
            className="full-width"
            value={typeof on.day === 'string' ? dayjs(on.day) : null}
            onChange={(day) => put({ day: day?.format('YYYY-MM-DD') })}
          />
        </PartField>
      )}
      {on.every === 'week' && (
        <PartField label={t('journey.field.weekdays')} path="on.weekdays" below>
          <Weekdays value={on.weekdays} onChange={(weekdays) => put({ weekdays })} />
        </PartField>
      )}
      {on.every === 'month' && (
        <PartField label={t('journey.field.monthDays')} path="on.days" below hint={t('journey.field.monthDaysHint')}>
          <Choices value={on.days} onChange={(days) => put({ days })} options={upTo(31)} />
        </PartField>
      )}
      {on.every === 'year' && (
        <>
          <PartField label={t('journey.field.calendarYear')} path="on.calendar">
            <Choice
              value={on.calendar}
              onChange={(calendar) => put({ calendar })}
              options={(['solar', 'lunar'] as const).map((value) => ({
                value,
                label: t(`journey.field.calendarYears.${value}`),
              }))}
            />
          </PartField>
          <div className="field-pair">
            <PartField label={t('journey.field.month')} path="on.month">
              <Choice value={on.month} onChange={(month) => put({ month })} options={upTo(12)} />
            </PartField>
            <PartField label={t('journey.field.dayOfMonth')} path="on.day">
              <Choice
                value={on.day}
                onChange={(day) => put({ day })}
                options={upTo(on.calendar === 'lunar' ? 30 : 31)}
              />
            </PartField>
          </div>
          <PartField label={t('journey.field.offset')} path="on.offsetDays" hint={t('journey.field.offsetHint')}>
            <WholeNumber
              value={on.offsetDays ?? 0}
              min={-90}
              max={90}
              onChange={(offsetDays) => put({ offsetDays: offsetDays ?? 0 }, 'offset')}
            />
          </PartField>
        </>
      )}
      <Clock data={data} set={set} />
      <PartField label={t('journey.field.segment')} path="segmentId">
        <SegmentPicker value={idIn(data.segmentId)} onChange={(segmentId) => set({ segmentId })} />
      </PartField>
    </>
  );
}

export function SettingsForm({ draft, problems, change }: Props) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  const ofPlace = (place: GraphProblem['place'], id: string) =>
    problems.filter((one) => one.place === place && one.id === id);
  const whole = problems.filter((one) => one.place === 'graph');
  return (
    <div className="stack">
      {whole.map((one) => (
        <p key={one.problem} className="journey-problem">
          {problemText(one)}
        </p>
      ))}
      <section>
        <h3 className="section-title">{t('journey.settings.triggers')}</h3>
        <div className="stack">
          {draft.triggers.map(({ kind, data }, i) => {
            const Fields = triggerForms[kind];
            const set: SetData = (patch, about) =>
              change(
                (before) => ({
                  ...before,
                  triggers: before.triggers.map((one, at) =>
                    at === i ? { ...one, data: { ...one.data, ...patch } } : one,
                  ),
                }),
                about && `trigger ${i} ${about}`,
              );
            return (
              <Part
                key={i}
                title={t(`journey.trigger.${kind}`)}
                onRemove={() =>
                  change((before) => ({ ...before, triggers: before.triggers.filter((_, at) => at !== i) }))
                }
              >
                <PartProblems problems={ofPlace('trigger', String(i))}>
                  <Fields data={data} set={set} />
                </PartProblems>
              </Part>
            );
          })}
          {draft.triggers.length < 5 && (
            <Dropdown
              trigger={['click']}
              menu={{
                items: triggerKinds.map((kind) => ({ key: kind, label: t(`journey.trigger.${kind}`) })),
                onClick: ({ key }) =>
                  change((before) => ({
                    ...before,
                    triggers: [...before.triggers, { kind: key as TriggerKind, data: beginnings[key as TriggerKind] }],
                  })),
              }}
            >
              <Button type="dashed" icon={<PlusOutlined />} data-testid="add-trigger">
                {t('journey.settings.addTrigger')}
              </Button>
            </Dropdown>
          )}
        </div>
      </section>
      <Reentry draft={draft} change={change} />
      <Goal draft={draft} change={change} problems={ofPlace('goal', '')} />
      <Exits draft={draft} change={change} problems={problems} />
      <Limits draft={draft} change={change} />
    </div>
  );
}

function Part({ title, onRemove, children }: { title: string; onRemove: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <Card
      size="small"
      title={title}
      extra={
        <Button size="small" type="text" icon={<DeleteOutlined />} aria-label={t('common.remove')} onClick={onRemove} />
      }
      styles={{ body: { paddingBottom: 0 } }}
    >
      {children}
    </Card>
  );
}

const reentries = ['never', 'after_end', 'after_days', 'always'] as const;

function Reentry({ draft, change }: Omit<Props, 'problems'>) {
  const { t } = useTranslation();
  const { reentry } = draft;
  return (
    <section>
      <h3 className="section-title">{t('journey.settings.reentry')}</h3>
      <Choice
        label={t('journey.settings.reentry')}
        value={reentry.kind}
        onChange={(kind: (typeof reentries)[number]) =>
          change((before) => ({ ...before, reentry: kind === 'after_days' ? { kind, days: 30 } : { kind } }))
        }
        options={reentries.map((kind) => ({
          value: kind,
          label: t(`journey.reentries.${kind}`, { n: reentry.kind === 'after_days' ? reentry.days : 30 }),
        }))}
      />
      {reentry.kind === 'after_days' && (
        <PartField label={t('journey.settings.reentryDays')} path="days">
          <WholeNumber
            value={reentry.days}
            min={1}
            max={3660}
            onChange={(days) =>
              change((before) => ({ ...before, reentry: { kind: 'after_days', days: days ?? 1 } }), 'reentry')
            }
          />
        </PartField>
      )}
    </section>
  );
}

function Goal({ draft, change, problems }: Props) {
  const { t } = useTranslation();
  const { goal } = draft;
  const set: SetData = (patch, about) =>
    change((before) => ({ ...before, goal: { ...before.goal, ...patch } }), about && `goal ${about}`);
  return (
    <section>
      <h3 className="section-title">{t('journey.settings.goal')}</h3>
      <p className="field-hint">{t('journey.settings.goalHint')}</p>
      <span className="journey-switch">
        <Switch
          checked={goal !== null}
          aria-label={t('journey.settings.hasGoal')}
          onChange={(has) =>
            change((before) => ({ ...before, goal: has ? { name: 'order.paid', filters: [], windowDays: 14 } : null }))
          }
        />
        {t('journey.settings.hasGoal')}
      </span>
      {goal !== null && (
        <PartProblems problems={problems}>
          <EventFields data={goal} set={set} label={t('journey.field.event')} />
          <PartField label={t('journey.field.windowDays')} path="windowDays">
            <WholeNumber
              value={goal.windowDays}
              min={1}
              max={365}
              onChange={(windowDays) => set({ windowDays }, 'window')}
            />
          </PartField>
          <span className="journey-switch">
            <Switch
              checked={goal.isEnd === true}
              aria-label={t('journey.field.isEnd')}
              onChange={(isEnd) => set({ isEnd })}
            />
            {t('journey.field.isEnd')}
          </span>
        </PartProblems>
      )}
    </section>
  );
}

const exitKinds = ['event', 'segment'] as const;

function Exits({ draft, change, problems }: Props) {
  const { t } = useTranslation();
  return (
    <section>
      <h3 className="section-title">{t('journey.settings.exits')}</h3>
      <p className="field-hint">{t('journey.settings.exitsHint')}</p>
      <div className="stack">
        {draft.exits.map(({ kind, data }, i) => {
          const Fields = kind === 'event' ? TriggerEvent : MembershipFields;
          const set: SetData = (patch, about) =>
            change(
              (before) => ({
                ...before,
                exits: before.exits.map((one, at) => (at === i ? { ...one, data: { ...one.data, ...patch } } : one)),
              }),
              about && `exit ${i} ${about}`,
            );
          return (
            <Part
              key={i}
              title={t(`journey.settings.exitKind.${kind}`)}
              onRemove={() => change((before) => ({ ...before, exits: before.exits.filter((_, at) => at !== i) }))}
            >
              <PartProblems problems={problems.filter((one) => one.place === 'exit' && one.id === String(i))}>
                <Fields data={data} set={set} />
              </PartProblems>
            </Part>
          );
        })}
        {draft.exits.length < 5 && (
          <Dropdown
            trigger={['click']}
            menu={{
              items: exitKinds.map((kind) => ({ key: kind, label: t(`journey.settings.exitKind.${kind}`) })),
              onClick: ({ key }) =>
                change((before) => ({
                  ...before,
                  exits: [
                    ...before.exits,
                    { kind: key as 'event' | 'segment', data: beginnings[key as 'event' | 'segment'] },
                  ],
                })),
            }}
          >
            <Button type="dashed" icon={<PlusOutlined />}>
              {t('journey.settings.addExit')}
            </Button>
          </Dropdown>
        )}
      </div>
    </section>
  );
}

function Limits({ draft, change }: Omit<Props, 'problems'>) {
  const { t } = useTranslation();
  return (
    <section className="stack">
      <PartField
        label={t('journey.settings.holdoutBasisPoints')}
        path="holdoutBasisPoints"
        hint={t('journey.settings.holdoutHint')}
      >
        <BasisPoints
          value={draft.holdoutBasisPoints}
          max={50}
          onChange={(holdoutBasisPoints) => change((before) => ({ ...before, holdoutBasisPoints }), 'holdout')}
        />
      </PartField>
      <span className="journey-switch">
        <Switch
          checked={draft.maxInside !== null}
          aria-label={t('journey.settings.hasCap')}
          onChange={(has) => change((before) => ({ ...before, maxInside: has ? 1000 : null }))}
        />
        {t('journey.settings.hasCap')}
      </span>
      {draft.maxInside !== null && (
        <PartField label={t('journey.settings.maxInside')} path="maxInside" hint={t('journey.settings.maxInsideHint')}>
          <WholeNumber
            value={draft.maxInside}
            min={1}
            onChange={(maxInside) => change((before) => ({ ...before, maxInside: maxInside ?? 1 }), 'cap')}
          />
        </PartField>
      )}
    </section>
  );
}
