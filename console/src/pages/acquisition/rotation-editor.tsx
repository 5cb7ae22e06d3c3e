import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Checkbox, Radio, TimePicker } from 'antd';
import dayjs from 'dayjs';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblem } from '~/components/draft';
import { StaffPicker } from '~/components/pickers';
import { alwaysSlot, minutesOfDay, type Slot, weekdays } from './draft';

function isAlways(slot: Slot): boolean {
  return slot.weekdays.length === 7 && slot.fromMinute === 0 && slot.toMinute === minutesOfDay;
}

interface Props {
  readonly id?: string;
  readonly value: readonly Slot[];
  readonly onChange: (rotation: Slot[]) => void;
}

/** Who answers a scan: the same staff always, or by weekday and time of day. */
export function RotationEditor({ id, value, onChange }: Props) {
  const { t } = useTranslation();
  const first = value[0];
  const [isByTime, setByTime] = useState(!(value.length === 1 && first !== undefined && isAlways(first)));
  const setSlot = (index: number, patch: Partial<Slot>) =>
    onChange(value.map((slot, place) => (place === index ? { ...slot, ...patch } : slot)));

  function switchMode(byTime: boolean) {
    setByTime(byTime);
    if (!byTime) onChange([{ ...alwaysSlot, staffIds: [...new Set(value.flatMap((slot) => slot.staffIds))] }]);
    else if (first && isAlways(first)) onChange([{ ...first, fromMinute: 9 * 60, toMinute: 21 * 60 }]);
  }

  return (
    <div>
      <Radio.Group
        value={isByTime}
        onChange={(event) => switchMode(event.target.value)}
        options={[
          { value: false, label: t('rotation.always') },
          { value: true, label: t('rotation.byTime') },
        ]}
        style={{ marginBottom: 12 }}
      />
      {isByTime ? (
        <>
          {value.map((slot, index) => (
            <SlotCard
              key={index}
              index={index}
              slot={slot}
              onChange={(patch) => setSlot(index, patch)}
              {...(value.length > 1 ? { onRemove: () => onChange(value.filter((_, place) => place !== index)) } : {})}
            />
          ))}
          <Button type="dashed" icon={<PlusOutlined />} onClick={() => onChange([...value, slotAfter(value.at(-1))])}>
            {t('rotation.addSlot')}
          </Button>
          <WeekView rotation={value} />
        </>
      ) : (
        <StaffPicker
          {...(id === undefined ? {} : { id })}
          value={first?.staffIds ?? []}
          onChange={(staffIds) => onChange([{ ...(first ?? alwaysSlot), staffIds }])}
          label={t('rotation.staff')}
          testId="code-staff"
        />
      )}
    </div>
  );
}

/** What is left of the day after the slot before, or before it when that one goes on until midnight. */
function slotAfter(last: Slot | undefined): Slot {
  const slot = { ...alwaysSlot, weekdays: last?.weekdays ?? alwaysSlot.weekdays };
  if (!last || isAlways(last)) return { ...slot, fromMinute: 9 * 60, toMinute: 21 * 60 };
  return last.toMinute < minutesOfDay
    ? { ...slot, fromMinute: last.toMinute, toMinute: minutesOfDay }
    : { ...slot, fromMinute: 0, toMinute: last.fromMinute || minutesOfDay };
}

interface SlotProps {
  readonly index: number;
  readonly slot: Slot;
  readonly onChange: (patch: Partial<Slot>) => void;
  readonly onRemove?: () => void;
}

function SlotCard({ index, slot, onChange, onRemove }: SlotProps) {
  const { t } = useTranslation();
  const problem = useProblem(`rotation.${index}`, true);
  const staffProblem = useProblem(`rotation.${index}.staffIds`, true);
  const at = (minute: number) => dayjs().startOf('day').add(minute, 'minute');
  const minuteOf = (time: dayjs.Dayjs | null | undefined) => (time ? time.hour() * 60 + time.minute() : 0);
  return (
    <div className="slot">
      <div className="slot-row slot-days">
        <Checkbox.Group
          className="weekdays"
          value={slot.weekdays}
          onChange={(days) => onChange({ weekdays: days.toSorted((a, b) => a - b) })}
          options={weekdays.map((day) => ({ value: day, label: t(`weekday.day${day}`) }))}
        />
        {onRemove && (
          <Button type="text" icon={<DeleteOutlined />} aria-label={t('rotation.removeSlot')} onClick={onRemove} />
        )}
      </div>
      <div className="slot-row">
        <TimePicker.RangePicker
          aria-label={t('rotation.time')}
          format="HH:mm"
          minuteStep={5}
          allowClear={false}
          order={false}
          value={[at(slot.fromMinute), at(slot.toMinute)]}
          onChange={(range) =>
            onChange({
              fromMinute: minuteOf(range?.[0]),
              // Midnight as an end is the end of the day.
              toMinute: minuteOf(range?.[1]) || minutesOfDay,
            })
          }
        />
        <div className="slot-staff">
          <StaffPicker
            value={slot.staffIds}
            onChange={(staffIds) => onChange({ staffIds })}
            label={t('rotation.staff')}
            {...(index === 0 ? { testId: 'code-staff' } : {})}
          />
          {staffProblem !== undefined && <div className="draft-problem">{staffProblem}</div>}
        </div>
      </div>
      {problem !== undefined && staffProblem === undefined && <div className="draft-problem">{problem}</div>}
    </div>
  );
}

/** The week as seven bars: filled where somebody answers. */
function WeekView({ rotation }: { rotation: readonly Slot[] }) {
  const { t } = useTranslation();
  const hasGap = weekdays.some((day) => !isCovered(rotation, day));
  return (
    <div className="week">
      {weekdays.map((day) => (
        <div className="week-row" key={day}>
          <span>{t(`weekday.day${day}`)}</span>
          <div className="week-track">
            {rotation
              .filter(
                (slot) => slot.weekdays.includes(day) && slot.staffIds.length > 0 && slot.fromMinute < slot.toMinute,
              )
              .map((slot) => (
                <span
                  key={`${slot.fromMinute}-${slot.toMinute}-${slot.staffIds.join()}`}
                  style={{
                    left: `${(slot.fromMinute / minutesOfDay) * 100}%`,
                    width: `${((slot.toMinute - slot.fromMinute) / minutesOfDay) * 100}%`,
                  }}
                />
              ))}
          </div>
        </div>
      ))}
      <div className="week-row week-hours" aria-hidden>
        <span />
        <div>
          {[0, 6, 12, 18, 24].map((hour) => (
            <span key={hour}>{hour}:00</span>
          ))}
        </div>
      </div>
      {hasGap && <div className="field-hint">{t('rotation.gap')}</div>}
    </div>
  );
}

function isCovered(rotation: readonly Slot[], day: number): boolean {
  const slots = rotation
    .filter((slot) => slot.weekdays.includes(day) && slot.staffIds.length > 0)
    .toSorted((a, b) => a.fromMinute - b.fromMinute);
  let until = 0;
  for (const slot of slots) {
    if (slot.fromMinute > until) return false;
    until = Math.max(until, slot.toMinute);
  }
  return until >= minutesOfDay;
}
