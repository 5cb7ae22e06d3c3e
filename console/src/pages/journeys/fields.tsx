import { useQuery } from '@tanstack/react-query';
import { Form, InputNumber, Select } from 'antd';
import { cloneElement, createContext, type ReactElement, type ReactNode, useContext, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { listAttributes } from '#contract/customers';
import { durationUnits, type GraphProblem } from '#contract/journey-graph';
import type { propertyFilter } from '#contract/segments';
import { reading } from '~/call';
import { PropertyFilters } from '~/pages/segments/fields';
import { EventInput } from '~/pages/segments/inputs';
import { useProblemText } from './words';

/** Fields of nodes, entries and exits. What they are told may have gaps, and each says what is wrong with it. */

export type Data = Readonly<Record<string, unknown>>;
export type SetData = (patch: Record<string, unknown>, about?: string) => void;

const ProblemsContext = createContext<readonly GraphProblem[]>([]);

/** What is wrong with the part of the draft whose fields stand inside. */
export function PartProblems({ problems, children }: { problems: readonly GraphProblem[]; children: ReactNode }) {
  return <ProblemsContext value={problems}>{children}</ProblemsContext>;
}

export function usePartProblem(path: string, below = false): GraphProblem | undefined {
  const problems = useContext(ProblemsContext);
  return problems.find((one) => one.field === path || (below && one.field.startsWith(`${path}.`)));
}

interface FieldProps {
  readonly label: ReactNode;
  readonly path: string;
  readonly below?: boolean;
  readonly hint?: ReactNode;
  readonly children: ReactElement<{ id?: string }>;
}

export function PartField({ label, path, below = false, hint, children }: FieldProps) {
  const id = useId();
  const text = useProblemText();
  const problem = usePartProblem(path, below);
  return (
    <Form.Item
      label={label}
      htmlFor={id}
      colon={false}
      layout="vertical"
      validateStatus={problem === undefined ? '' : 'warning'}
      help={problem && text(problem)}
      extra={problem === undefined ? hint : undefined}
    >
      {cloneElement(children, { id })}
    </Form.Item>
  );
}

interface NumberProps {
  readonly id?: string;
  readonly value: unknown;
  readonly onChange: (value: number | undefined) => void;
  readonly min?: number;
  readonly max?: number;
  readonly suffix?: string;
  readonly label?: string;
}

export function WholeNumber({ id, value, onChange, min, max, suffix, label }: NumberProps) {
  return (
    <InputNumber<number>
      {...(id === undefined ? {} : { id })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      value={typeof value === 'number' ? value : null}
      onChange={(typed) => onChange(typed ?? undefined)}
      {...(min === undefined ? {} : { min })}
      {...(max === undefined ? {} : { max })}
      {...(suffix === undefined ? {} : { suffix })}
      precision={0}
      className="full-width"
    />
  );
}

interface ChoiceProps<V extends string | number> {
  readonly id?: string;
  readonly value: unknown;
  readonly onChange: (value: V) => void;
  readonly options: readonly { value: V; label: string }[];
  readonly label?: string;
}

export function Choice<V extends string | number>({ id, value, onChange, options, label }: ChoiceProps<V>) {
  return (
    <Select<V | null, { value: V; label: string }>
      {...(id === undefined ? {} : { id })}
      {...(label === undefined ? {} : { 'aria-label': label })}
      value={(value as V | undefined) ?? null}
      onChange={(next) => next !== null && onChange(next)}
      options={[...options]}
      className="full-width"
    />
  );
}

export function Choices({
  id,
  value,
  onChange,
  options,
}: Omit<ChoiceProps<number>, 'onChange'> & { readonly onChange: (value: number[]) => void }) {
  return (
    <Select<number[], { value: number; label: string }>
      {...(id === undefined ? {} : { id })}
      mode="multiple"
      value={Array.isArray(value) ? value.filter((one) => typeof one === 'number') : []}
      onChange={(chosen) => onChange(chosen.toSorted((a, b) => a - b))}
      options={[...options]}
      showSearch={{ optionFilterProp: 'label' }}
      className="full-width"
    />
  );
}

/** So many minutes, hours or days. */
export function Duration({
  data,
  set,
  label,
  path = 'amount',
}: {
  data: Data;
  set: SetData;
  label: string;
  path?: string;
}) {
  const { t } = useTranslation();
  return (
    <div className="field-pair">
      <PartField label={label} path={path}>
        <WholeNumber value={data.amount} min={1} onChange={(amount) => set({ amount }, 'amount')} />
      </PartField>
      <PartField label={' '} path="unit">
        <Choice
          label={t('journey.field.duration')}
          value={data.unit}
          onChange={(unit) => set({ unit })}
          options={durationUnits.map((unit) => ({ value: unit, label: t(`journey.unit.${unit}`) }))}
        />
      </PartField>
    </div>
  );
}

export function Weekdays({ id, value, onChange }: { id?: string; value: unknown; onChange: (days: number[]) => void }) {
  const { t } = useTranslation();
  return (
    <Choices
      {...(id === undefined ? {} : { id })}
      value={value}
      onChange={onChange}
      options={([1, 2, 3, 4, 5, 6, 7] as const).map((day) => ({ value: day, label: t(`weekday.day${day}`) }))}
    />
  );
}

type Filter = z.output<typeof propertyFilter>;

/** An event, and conditions on its properties. */
export function EventFields({ data, set, label }: { data: Data; set: SetData; label: string }) {
  const { t } = useTranslation();
  const filters = (Array.isArray(data.filters) ? data.filters : []) as Filter[];
  return (
    <>
      <PartField label={label} path="name">
        <EventName
          label={label}
          value={typeof data.name === 'string' ? data.name : ''}
          onChange={(name) => set({ name }, 'name')}
        />
      </PartField>
      <PartField label={t('journey.field.filters')} path="filters" below>
        <Filters value={filters} onChange={(next) => set({ filters: next }, 'filters')} />
      </PartField>
    </>
  );
}

/** A field may give its id; the input names itself. */
function EventName({
  label,
  value,
  onChange,
}: {
  id?: string;
  label: string;
  value: string;
  onChange: (name: string) => void;
}) {
  return <EventInput label={label} value={value} onChange={onChange} />;
}

function Filters({
  value,
  onChange,
}: {
  id?: string;
  value: readonly Filter[];
  onChange: (filters: Filter[]) => void;
}) {
  return (
    <div className="journey-filters">
      <PropertyFilters value={value} onChange={onChange} />
    </div>
  );
}

/** Chooses an attribute; with `kind` only among those of a kind. */
export function AttributePicker({
  id,
  value,
  onChange,
  kind,
}: {
  id?: string;
  value: unknown;
  onChange: (key: string) => void;
  kind?: 'date';
}) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...reading(listAttributes, {}), staleTime: 30_000 });
  const rows = (data?.rows ?? []).filter((row) => kind === undefined || row.kind === kind);
  return (
    <Select<string | null>
      {...(id === undefined ? {} : { id })}
      value={typeof value === 'string' && value !== '' ? value : null}
      onChange={(key) => key !== null && onChange(key)}
      options={rows.map((row) => ({ value: row.key, label: row.name }))}
      notFoundContent={t('rule.noAttributes')}
      showSearch={{ optionFilterProp: 'label' }}
      className="full-width"
    />
  );
}
