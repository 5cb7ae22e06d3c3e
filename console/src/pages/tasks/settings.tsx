import { useQuery } from '@tanstack/react-query';
import { Button, Checkbox, Drawer, InputNumber, Skeleton, Switch, TimePicker } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { getTaskSettings, setTaskSettings, taskSettings } from '#contract/tasks';
import { reading } from '~/call';
import { CopyText } from '~/components/copy-text';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { ErrorNotice } from '~/components/error-notice';
import { useWriting } from '~/components/writing';

type Settings = z.output<typeof taskSettings>;

/** When summaries go out, when tasks go up, and where the phone's pages are. */
export function TaskSettingsDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ ...reading(getTaskSettings, {}), refetchOnWindowFocus: false, gcTime: 0 });
  return (
    <Drawer title={t('taskSettings.title')} open onClose={onClose} size={480}>
      {data === undefined ? (
        error ? (
          <ErrorNotice error={error} />
        ) : (
          <Skeleton active />
        )
      ) : (
        <SettingsForm settings={data} onSaved={onClose} />
      )}
    </Drawer>
  );
}

const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

function SettingsForm({ settings, onSaved }: { settings: Settings; onSaved: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<Settings>(taskSettings, settings);
  const saving = useWriting(setTaskSettings, {
    said: t('taskSettings.saved'),
    onDone: onSaved,
    onRefused: (error) => draft.refuse(error),
  });
  const { summary, escalation, lastsDays } = draft.value;
  const setSummary = (patch: Partial<Settings['summary']>) => draft.set({ summary: { ...summary, ...patch } });
  const setEscalation = (patch: Partial<Settings['escalation']>) =>
    draft.set({ escalation: { ...escalation, ...patch } });
  const days = (value: number, onChange: (next: number) => void) => (
    <InputNumber suffix={t('taskSettings.unit')} value={value} onChange={(next) => onChange(next ?? 0)} />
  );
  return (
    <DraftForm draft={draft} onSave={() => saving.mutate(draft.value)}>
      <Field label={t('taskSettings.summary')} path="summary.isOn" hint={t('taskSettings.summaryHint')}>
        <Switch checked={summary.isOn} onChange={(isOn) => setSummary({ isOn })} />
      </Field>
      {summary.isOn && (
        <>
          <Field label={t('taskSettings.at')} path="summary.minute">
            <TimePicker
              format="HH:mm"
              minuteStep={5}
              allowClear={false}
              needConfirm={false}
              value={dayjs().startOf('day').add(summary.minute, 'minute')}
              onChange={(picked) => picked && setSummary({ minute: picked.hour() * 60 + picked.minute() })}
            />
          </Field>
          <Field label={t('taskSettings.weekdays')} path="summary.weekdays" below>
            <Checkbox.Group
              value={[...summary.weekdays]}
              onChange={(chosen) => setSummary({ weekdays: chosen.map(Number).sort() })}
              options={weekdays.map((name, i) => ({ value: i + 1, label: t(`taskSettings.weekday.${name}`) }))}
            />
          </Field>
        </>
      )}
      <Field label={t('taskSettings.escalation')} path="escalation.isOn" hint={t('taskSettings.escalationHint')}>
        <Switch checked={escalation.isOn} onChange={(isOn) => setEscalation({ isOn })} />
      </Field>
      {escalation.isOn && (
        <div className="field-pair">
          <Field label={t('taskSettings.afterDays')} path="escalation.afterDays">
            {days(escalation.afterDays, (afterDays) => setEscalation({ afterDays }))}
          </Field>
          <Field label={t('taskSettings.againAfterDays')} path="escalation.againAfterDays">
            {days(escalation.againAfterDays, (againAfterDays) => setEscalation({ againAfterDays }))}
          </Field>
        </div>
      )}
      <Field label={t('taskSettings.lastsDays')} path="lastsDays" hint={t('taskSettings.lastsDaysHint')}>
        {days(lastsDays, (next) => draft.set({ lastsDays: next }))}
      </Field>
      <Button type="primary" htmlType="submit" loading={saving.isPending}>
        {t('common.save')}
      </Button>
      <h3 className="section-title">{t('taskSettings.pages')}</h3>
      <div className="stack">
        <p className="muted small">{t('taskSettings.pagesHint')}</p>
        {(['home', 'sidebar'] as const).map((name) => (
          <div key={name} className="stack-tight">
            <span>{t(`taskSettings.${name}`)}</span>
            <CopyText
              value={`${window.location.origin}/m/${name === 'home' ? '' : 'sidebar'}`}
              label={t(`taskSettings.${name}`)}
            />
          </div>
        ))}
      </div>
    </DraftForm>
  );
}
