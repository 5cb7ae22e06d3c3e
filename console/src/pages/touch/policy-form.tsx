import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Drawer, InputNumber, Select, Switch, TimePicker } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';
import {
  type Cap,
  type Category,
  type Channel,
  category,
  channel,
  type Policy,
  policy as policySchema,
  setTouchPolicy,
} from '#contract/touch';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useWriting } from '~/components/writing';
import './touch.css';

export function PolicyDrawer({ policy, onClose }: { policy: Policy; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Drawer title={t('policy.edit')} open onClose={onClose} size={620}>
      <PolicyForm policy={policy} onSaved={onClose} />
    </Drawer>
  );
}

const emptyCap: Cap = { max: 1, windowHours: 24, channels: [], categories: [], isByStaff: false };
/** A campaign cannot send by these. */
const gated = channel.options.filter((one) => one !== 'wecom_welcome' && one !== 'wecom_moment');

function PolicyForm({ policy, onSaved }: { policy: Policy; onSaved: () => void }) {
  const { t } = useTranslation();
  const draft = useDraft<Policy>(policySchema, policy);
  const saving = useWriting(setTouchPolicy, {
    said: t('policy.saved'),
    onDone: onSaved,
    onRefused: (error) => draft.refuse(error),
  });
  const { value } = draft;
  const setPacks = (patch: Partial<Policy['packs']>) => draft.set({ packs: { ...value.packs, ...patch } });
  const setControl = (patch: Partial<Policy['controlGroup']>) =>
    draft.set({ controlGroup: { ...value.controlGroup, ...patch } });
  const packNumber = (label: string, name: keyof Policy['packs']) => (
    <Field label={label} path={`packs.${name}`}>
      <InputNumber
        className="full-width"
        value={value.packs[name]}
        onChange={(next) => setPacks({ [name]: next ?? 0 })}
      />
    </Field>
  );
  return (
    <DraftForm draft={draft} onSave={() => saving.mutate(value)}>
      <QuietHours value={value.quietHours} onChange={(quietHours) => draft.set({ quietHours })} />
      <Caps caps={value.caps} onChange={(caps) => draft.set({ caps })} />
      <div className="field-pair">
        <Field label={t('policy.form.gap')} path="minGapMinutes">
          <InputNumber
            className="full-width"
            value={value.minGapMinutes}
            onChange={(next) => draft.set({ minGapMinutes: next ?? 0 })}
          />
        </Field>
        <Field label={t('policy.form.give')} path="giveBeforeAsk" hint={t('policy.form.giveHint')}>
          <InputNumber
            className="full-width"
            value={value.giveBeforeAsk}
            onChange={(next) => draft.set({ giveBeforeAsk: next ?? 0 })}
          />
        </Field>
      </div>
      <Fatigue steps={value.fatigue} onChange={(fatigue) => draft.set({ fatigue })} />
      <div className="field-pair">
        <Field label={t('policy.form.mute')} path="muteDays">
          <InputNumber
            className="full-width"
            value={value.muteDays}
            onChange={(next) => draft.set({ muteDays: next ?? 0 })}
          />
        </Field>
        <Field label={t('policy.form.patience')} path="patienceHours">
          <InputNumber
            className="full-width"
            value={value.patienceHours}
            onChange={(next) => draft.set({ patienceHours: next ?? 0 })}
          />
        </Field>
      </div>
      <OptIn value={value.optIn} onChange={(optIn) => draft.set({ optIn })} />
      <Field label={t('policy.form.exempt')} path="exemptCategories" hint={t('policy.form.exemptHint')}>
        <Categories value={value.exemptCategories} onChange={(exemptCategories) => draft.set({ exemptCategories })} />
      </Field>
      <Field label={t('policy.form.controlShare')} path="controlGroup.share" hint={t('policy.form.controlHint')}>
        <InputNumber
          min={0}
          max={50}
          step={1}
          value={Math.round(value.controlGroup.share * 1000) / 10}
          onChange={(next) => setControl({ share: (next ?? 0) / 100 })}
        />
      </Field>
      {value.controlGroup.share > 0 && (
        <Field label={t('policy.form.controlCategories')} path="controlGroup.categories">
          <Categories value={value.controlGroup.categories} onChange={(categories) => setControl({ categories })} />
        </Field>
      )}
      <Field label={t('policy.form.quota')} path="wecomQuota" hint={t('policy.form.quotaHint')}>
        <Select
          value={value.wecomQuota}
          onChange={(wecomQuota) => draft.set({ wecomQuota })}
          options={policySchema.shape.wecomQuota
            .unwrap()
            .options.map((rule) => ({ value: rule, label: t(`policy.quotaRule.${rule}`) }))}
        />
      </Field>
      <h3 className="section-title">{t('policy.form.packs')}</h3>
      <div className="field-pair">
        {packNumber(t('policy.form.wait'), 'waitMinutes')}
        {packNumber(t('policy.form.expire'), 'expireHours')}
      </div>
      <div className="field-pair">
        {packNumber(t('policy.form.remind'), 'remindHours')}
        {packNumber(t('policy.form.maxReminders'), 'maxReminders')}
      </div>
      <Button type="primary" htmlType="submit" loading={saving.isPending} disabled={!draft.isChanged}>
        {t('common.save')}
      </Button>
    </DraftForm>
  );
}

function QuietHours({
  value,
  onChange,
}: {
  readonly value: Policy['quietHours'];
  readonly onChange: (next: Policy['quietHours']) => void;
}) {
  const { t } = useTranslation();
  const night = { fromMinute: 22 * 60, untilMinute: 8 * 60 };
  const time = (label: string, name: 'fromMinute' | 'untilMinute') =>
    value && (
      <TimePicker
        aria-label={label}
        format="HH:mm"
        minuteStep={5}
        allowClear={false}
        needConfirm={false}
        placeholder={label}
        value={dayjs().startOf('day').add(value[name], 'minute')}
        onChange={(picked) => picked && onChange({ ...value, [name]: picked.hour() * 60 + picked.minute() })}
      />
    );
  return (
    <Field label={t('policy.form.quiet')} path="quietHours" below hint={t('policy.form.quietHint')}>
      <div className="button-line">
        <Switch
          aria-label={t('policy.form.quiet')}
          checked={value !== null}
          onChange={(isOn) => onChange(isOn ? night : null)}
        />
        {time(t('policy.form.from'), 'fromMinute')}
        {value && '–'}
        {time(t('policy.form.until'), 'untilMinute')}
      </div>
    </Field>
  );
}

function Caps({ caps, onChange }: { caps: readonly Cap[]; onChange: (caps: Cap[]) => void }) {
  const { t } = useTranslation();
  const put = (place: number, patch: Partial<Cap>) =>
    onChange(caps.map((cap, i) => (i === place ? { ...cap, ...patch } : cap)));
  return (
    <Field label={t('policy.form.caps')} path="caps" below isOptional>
      <div>
        {caps.map((cap, place) => (
          <div key={place} className="policy-row">
            <InputNumber
              aria-label={t('policy.form.capMax')}
              className="full-width"
              placeholder={t('policy.form.capMax')}
              value={cap.max}
              onChange={(next) => put(place, { max: next ?? 0 })}
            />
            <InputNumber
              aria-label={t('policy.form.capHours')}
              className="full-width"
              placeholder={t('policy.form.capHours')}
              suffix="h"
              value={cap.windowHours}
              onChange={(next) => put(place, { windowHours: next ?? 0 })}
            />
            <div className="what touch-stack">
              <Select<Category[]>
                mode="multiple"
                className="full-width"
                aria-label={t('policy.form.capCategories')}
                placeholder={t('policy.all')}
                value={cap.categories}
                onChange={(categories) => put(place, { categories })}
                options={category.options.map((one) => ({ value: one, label: t(`touch.category.${one}`) }))}
              />
              <Select<Channel[]>
                mode="multiple"
                className="full-width"
                aria-label={t('policy.form.capChannels')}
                placeholder={t('policy.allChannels')}
                value={cap.channels}
                onChange={(channels) => put(place, { channels })}
                options={channel.options.map((one) => ({ value: one, label: t(`touch.channel.${one}`) }))}
              />
              <Checkbox checked={cap.isByStaff} onChange={(event) => put(place, { isByStaff: event.target.checked })}>
                {t('policy.form.capByStaff')}
              </Checkbox>
            </div>
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('common.remove')}
              onClick={() => onChange(caps.filter((_, i) => i !== place))}
            />
          </div>
        ))}
        <Button type="dashed" icon={<PlusOutlined />} onClick={() => onChange([...caps, emptyCap])}>
          {t('policy.form.addCap')}
        </Button>
      </div>
    </Field>
  );
}

function Fatigue({
  steps,
  onChange,
}: {
  readonly steps: Policy['fatigue'];
  readonly onChange: (steps: Policy['fatigue']) => void;
}) {
  const { t } = useTranslation();
  const put = (place: number, patch: Partial<Policy['fatigue'][number]>) =>
    onChange(steps.map((step, i) => (i === place ? { ...step, ...patch } : step)));
  const last = steps.at(-1);
  return (
    <Field label={t('policy.form.fatigue')} path="fatigue" below isOptional>
      <div>
        {steps.map((step, place) => (
          <div key={place} className="policy-pair">
            <InputNumber
              className="full-width"
              aria-label={t('policy.form.fatigueTouches')}
              prefix={<span className="muted small">{t('policy.form.fatigueTouches')}</span>}
              value={step.touches}
              onChange={(next) => put(place, { touches: next ?? 0 })}
            />
            <InputNumber
              className="full-width"
              aria-label={t('policy.form.fatigueHours')}
              prefix={<span className="muted small">{t('policy.form.fatigueHours')}</span>}
              value={step.pauseHours}
              onChange={(next) => put(place, { pauseHours: next ?? 0 })}
            />
            <Button
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('common.remove')}
              onClick={() => onChange(steps.filter((_, i) => i !== place))}
            />
          </div>
        ))}
        <Button
          type="dashed"
          icon={<PlusOutlined />}
          onClick={() =>
            onChange([
              ...steps,
              last ? { touches: last.touches + 3, pauseHours: last.pauseHours * 2 } : { touches: 3, pauseHours: 72 },
            ])
          }
        >
          {t('policy.form.addStep')}
        </Button>
      </div>
    </Field>
  );
}

/** Which categories need consent, channel by channel. */
function OptIn({
  value,
  onChange,
}: {
  readonly value: Policy['optIn'];
  readonly onChange: (value: Policy['optIn']) => void;
}) {
  const { t } = useTranslation();
  return (
    <Field label={t('policy.form.optIn')} path="optIn" isOptional>
      <div className="opt-in">
        {gated.map((one) => [
          <span key={`${one} name`} className="muted">
            {t(`touch.channel.${one}`)}
          </span>,
          <Categories
            key={one}
            value={value.filter((pair) => pair.channel === one).map((pair) => pair.category)}
            onChange={(chosen) =>
              onChange([
                ...value.filter((pair) => pair.channel !== one),
                ...chosen.map((of) => ({ channel: one, category: of })),
              ])
            }
          />,
        ])}
      </div>
    </Field>
  );
}

function Categories({
  value,
  onChange,
}: {
  readonly value: readonly Category[];
  readonly onChange: (value: Category[]) => void;
}) {
  const { t } = useTranslation();
  return (
    <Checkbox.Group<Category>
      value={[...value]}
      onChange={onChange}
      options={category.options.map((one) => ({ value: one, label: t(`touch.category.${one}`) }))}
    />
  );
}
