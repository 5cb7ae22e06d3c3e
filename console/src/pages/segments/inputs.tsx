import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { AutoComplete, DatePicker, InputNumber, Select } from 'antd';
import dayjs from 'dayjs';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { getCode, listCodes } from '#contract/acquisition';
import { type EventName, eventNames } from '#contract/event-names';
import type { comparison, momentTest, timeWindow } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';

/** The small inputs that rows are made of. Each has a name for those who do not see where it stands. */

export type Comparison = z.output<typeof comparison>;
export type TimeWindow = z.output<typeof timeWindow>;
export type MomentTest = z.output<typeof momentTest>;

interface OneProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly onChange: (value: V) => void;
  readonly options: readonly { value: V; label: string }[];
}

export function PickOne<V extends string>({ label, value, onChange, options }: OneProps<V>) {
  return (
    <Select<V, { value: V; label: string }>
      aria-label={label}
      value={value}
      onChange={onChange}
      options={[...options]}
      popupMatchSelectWidth={false}
      className="rule-pick"
    />
  );
}

interface ManyProps<V extends string | number> {
  readonly label: string;
  readonly value: readonly V[];
  readonly onChange: (value: V[]) => void;
  readonly options?: readonly { value: V; label: string }[];
  /** Whatever is typed may be chosen too. */
  readonly isFree?: boolean;
  readonly isLoading?: boolean;
  readonly onSearch?: (typed: string) => void;
}

export function PickMany<V extends string | number>(props: ManyProps<V>) {
  const { label, value, onChange, options = [], isFree = false, isLoading = false, onSearch } = props;
  const { t } = useTranslation();
  return (
    <Select<V[], { value: V; label: string }>
      mode={isFree ? 'tags' : 'multiple'}
      aria-label={label}
      placeholder={label}
      value={[...value]}
      onChange={onChange}
      options={[...options]}
      loading={isLoading}
      tokenSeparators={isFree ? [',', '，', '\n'] : []}
      showSearch={onSearch ? { filterOption: false, onSearch } : { optionFilterProp: 'label' }}
      {...(isFree && options.length === 0 ? { notFoundContent: t('rule.typeAndEnter') } : {})}
      popupMatchSelectWidth={false}
      className="rule-many"
    />
  );
}

interface NumberProps {
  readonly label: string;
  /** NaN while it is empty. */
  readonly value: number;
  readonly onChange: (value: number) => void;
  /** How many of the stored unit one shown unit has: 100 for money in fen, 0.01 for percent of a share. */
  readonly scale?: number;
  readonly min?: number;
  readonly max?: number;
  readonly precision?: number;
  readonly suffix?: string | undefined;
}

export function NumberInput({ label, value, onChange, scale = 1, min, max, precision = 4, suffix }: NumberProps) {
  return (
    <InputNumber<number>
      aria-label={label}
      value={Number.isNaN(value) ? null : Number((value / scale).toFixed(6))}
      onChange={(typed) => onChange(typed === null ? Number.NaN : Number((typed * scale).toFixed(8)))}
      {...(min === undefined ? {} : { min })}
      {...(max === undefined ? {} : { max })}
      precision={precision}
      formatter={(shown) => (shown === undefined ? '' : String(Number(shown)))}
      status={Number.isNaN(value) ? 'error' : ''}
      suffix={suffix}
      controls={false}
      className={suffix === undefined ? 'rule-number' : 'rule-number rule-number-unit'}
    />
  );
}

const comparisonOps = ['gte', 'lte', 'gt', 'lt', 'eq', 'ne', 'between'] as const;

interface CompareProps extends Partial<Pick<NumberProps, 'scale' | 'min' | 'suffix'>> {
  readonly value: Comparison;
  readonly onChange: (value: Comparison) => void;
}

export function CompareInput({ value, onChange, ...unit }: CompareProps) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('rule.compare')}
        value={value.op}
        onChange={(op) =>
          onChange(op === 'between' ? { op, value: value.value, to: value.value } : { op, value: value.value })
        }
        options={comparisonOps.map((op) => ({ value: op, label: t(`rule.opLabel.${op}`) }))}
      />
      <NumberInput
        {...unit}
        label={t('rule.number')}
        value={value.value}
        onChange={(number) => onChange({ ...value, value: number })}
      />
      {value.op === 'between' && (
        <>
          <span className="muted">{t('rule.to')}</span>
          <NumberInput
            {...unit}
            label={t('rule.numberTo')}
            value={value.to}
            onChange={(to) => onChange({ ...value, to })}
          />
        </>
      )}
    </>
  );
}

const written = 'YYYY-MM-DD';

interface Days {
  readonly from: string | null;
  readonly to: string | null;
}

export function DaysInput({ from, to, onChange }: Days & { readonly onChange: (days: Days) => void }) {
  const { t } = useTranslation();
  return (
    <DatePicker.RangePicker
      value={[from === null ? null : dayjs(from), to === null ? null : dayjs(to)]}
      onChange={(range) =>
        onChange({ from: range?.[0]?.format(written) ?? null, to: range?.[1]?.format(written) ?? null })
      }
      allowEmpty={[true, true]}
      placeholder={[t('common.from'), t('common.to')]}
      aria-label={t('common.period')}
      className="rule-days"
    />
  );
}

interface Span {
  readonly amount: number;
  readonly unit: 'hours' | 'days';
}

export function SpanInput({ value, onChange }: { readonly value: Span; readonly onChange: (span: Span) => void }) {
  const { t } = useTranslation();
  return (
    <>
      <NumberInput
        label={t('rule.amount')}
        value={value.amount}
        min={1}
        max={87_840}
        precision={0}
        onChange={(amount) => onChange({ ...value, amount })}
      />
      <PickOne
        label={t('rule.unitLabel')}
        value={value.unit}
        onChange={(unit) => onChange({ ...value, unit })}
        options={(['days', 'hours'] as const).map((unit) => ({ value: unit, label: t(`rule.unit.${unit}`) }))}
      />
    </>
  );
}

export function WindowInput({
  value,
  onChange,
}: {
  readonly value: TimeWindow;
  readonly onChange: (window: TimeWindow) => void;
}) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('rule.windowLabel')}
        value={value.kind}
        onChange={(kind) =>
          onChange(
            kind === 'last'
              ? { kind, amount: 30, unit: 'days' }
              : kind === 'between'
                ? { kind, from: null, to: null }
                : { kind },
          )
        }
        options={(['last', 'between', 'ever'] as const).map((kind) => ({
          value: kind,
          label: t(`rule.windowKind.${kind}`),
        }))}
      />
      {value.kind === 'last' && <SpanInput value={value} onChange={(span) => onChange({ kind: 'last', ...span })} />}
      {value.kind === 'between' && (
        <DaysInput from={value.from} to={value.to} onChange={(days) => onChange({ kind: 'between', ...days })} />
      )}
    </>
  );
}

export function MomentInput({
  value,
  onChange,
}: {
  readonly value: MomentTest;
  readonly onChange: (test: MomentTest) => void;
}) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('rule.momentLabel')}
        value={value.kind}
        onChange={(kind) => {
          const span = value.kind === 'between' ? { amount: 30, unit: 'days' as const } : value;
          onChange(
            kind === 'between' ? { kind, from: null, to: null } : { kind, amount: span.amount, unit: span.unit },
          );
        }}
        options={(['last', 'before', 'between'] as const).map((kind) => ({
          value: kind,
          label: t(`rule.momentKind.${kind}`),
        }))}
      />
      {value.kind === 'between' ? (
        <DaysInput from={value.from} to={value.to} onChange={(days) => onChange({ kind: 'between', ...days })} />
      ) : (
        <>
          <SpanInput value={value} onChange={({ amount, unit }) => onChange({ kind: value.kind, amount, unit })} />
          {value.kind === 'before' && <span className="muted">{t('rule.ago')}</span>}
        </>
      )}
    </>
  );
}

/** An event's name: siyu's own with their meaning, or any that the brand tracks. */
export function EventInput({
  value,
  onChange,
  label,
}: {
  readonly value: string;
  readonly onChange: (name: string) => void;
  readonly label: string;
}) {
  const { t } = useTranslation();
  return (
    <AutoComplete
      className="rule-event"
      aria-label={label}
      placeholder={label}
      value={value}
      onChange={(name: string | undefined) => onChange(name ?? '')}
      allowClear
      popupMatchSelectWidth={320}
      showSearch={{
        filterOption: (text, option) =>
          `${option?.value} ${option?.meaning}`.toLowerCase().includes(text.toLowerCase()),
      }}
      options={(Object.keys(eventNames) as EventName[]).map((name) => ({
        value: name,
        meaning: t(`webhook.eventName.${name}`),
        label: (
          <span className="event-label">
            {t(`webhook.eventName.${name}`)} <span className="muted mono small">{name}</span>
          </span>
        ),
      }))}
    />
  );
}

interface IdsProps {
  readonly value: readonly number[];
  readonly onChange: (ids: number[]) => void;
  readonly label: string;
}

/** Chooses channel codes; those chosen keep their names while the search shows others. */
export function CodesInput({ value, onChange, label }: IdsProps) {
  const can = useCan();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const { data, isFetching } = useQuery({
    ...reading(listCodes, { ...(search === '' ? {} : { search }), limit: 100 }),
    enabled: can('code.read'),
    placeholderData: keepPreviousData,
  });
  const rows = data?.rows ?? [];
  const missing = value.filter((id) => !rows.some((row) => row.id === id));
  const named = useQueries({
    queries: missing.map((id) => ({ ...reading(getCode, { id }), enabled: can('code.read'), staleTime: 300_000 })),
  });
  return (
    <PickMany<number>
      label={label}
      value={value}
      onChange={onChange}
      onSearch={setTyped}
      isLoading={isFetching}
      options={[
        ...missing.map((id, index) => ({ value: id, label: named[index]?.data?.name ?? `#${id}` })),
        ...rows.map((row) => ({ value: row.id, label: row.name })),
      ]}
    />
  );
}
