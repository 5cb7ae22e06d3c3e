import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { type ReactNode, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { accountKinds, listShops } from '#contract/commerce';
import { type attributeKind, customerSource, followState, listAttributes } from '#contract/customers';
import { listDepartments } from '#contract/organization';
import { customaryGroups, getRfm } from '#contract/scores';
import {
  type attributeTest,
  type eventMeasure,
  type Leaf,
  type LeafOf,
  listSegmentLists,
  listSegments,
  type propertyFilter,
  scoreField,
} from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { StaffPicker, TagPicker } from '~/components/pickers';
import { textOr } from '~/i18n/index';
import { EditedSegment } from './edited';
import {
  CodesInput,
  CompareInput,
  DaysInput,
  EventInput,
  MomentInput,
  NumberInput,
  PickMany,
  PickOne,
  SpanInput,
  WindowInput,
} from './inputs';

/** The form of one condition, by its kind. A kind without a form does not compile. */

interface Props<K extends Leaf['kind']> {
  readonly leaf: LeafOf<K>;
  readonly set: (leaf: LeafOf<K>) => void;
}

const forms: { readonly [K in Leaf['kind']]: (props: Props<K>) => ReactNode } = {
  attribute: AttributeFields,
  tag: TagFields,
  follow: FollowFields,
  event: EventFields,
  event_time: EventTimeFields,
  sequence: SequenceFields,
  order: OrderFields,
  order_time: OrderTimeFields,
  order_gap: OrderGapFields,
  score: ScoreFields,
  rfm: RfmFields,
  super_user: SuperUserFields,
  source: SourceFields,
  gender: GenderFields,
  account_kind: AccountKindFields,
  code: CodeFields,
  added: AddedFields,
  identity: IdentityFields,
  bucket: BucketFields,
  top: TopFields,
  segment: SegmentFields,
  list: ListFields,
};

export function LeafFields({ leaf, set }: { leaf: Leaf; set: (leaf: Leaf) => void }) {
  // The table guarantees that form and leaf are of one kind; the compiler cannot see it through the index.
  const Form = forms[leaf.kind] as (props: { leaf: Leaf; set: (leaf: Leaf) => void }) => ReactNode;
  return <Form leaf={leaf} set={set} />;
}

type AttributeTest = z.output<typeof attributeTest>;
type AttributeOp = AttributeTest['op'];

const opsOfKind = {
  text: ['is_any', 'is_none', 'contains', 'not_contains', 'starts_with', 'set', 'not_set'],
  choice: ['is_any', 'is_none', 'set', 'not_set'],
  number: ['number', 'set', 'not_set'],
  boolean: ['yes', 'no', 'set', 'not_set'],
  date: ['birthday', 'day_last', 'day_next', 'day_between', 'month', 'set', 'not_set'],
} as const satisfies Record<z.output<typeof attributeKind>, readonly AttributeOp[]>;

function testOf(op: AttributeOp, before: AttributeTest): AttributeTest {
  switch (op) {
    case 'set':
    case 'not_set':
    case 'yes':
    case 'no':
      return { op };
    case 'is_any':
    case 'is_none':
      return { op, values: 'values' in before ? before.values : [] };
    case 'contains':
    case 'not_contains':
    case 'starts_with':
      return { op, text: 'text' in before ? before.text : '' };
    case 'number':
      return { op, compare: { op: 'gte', value: Number.NaN } };
    case 'day_between':
      return { op, from: null, to: null };
    case 'day_last':
    case 'day_next':
      return { op, days: 7 };
    case 'birthday':
      return { op, days: 7, calendar: 'solar' };
    case 'month':
      return { op, months: [] };
  }
}

function AttributeFields({ leaf, set }: Props<'attribute'>) {
  const { t } = useTranslation();
  const { data } = useQuery({ ...reading(listAttributes, {}), staleTime: 30_000 });
  const rows = data?.rows ?? [];
  const definition = rows.find((row) => row.key === leaf.key);
  const ops: readonly AttributeOp[] = definition ? opsOfKind[definition.kind] : [leaf.test.op];
  const { test } = leaf;
  const setTest = (next: AttributeTest) => set({ ...leaf, test: next });
  return (
    <>
      <Select<string>
        aria-label={t('rule.attribute')}
        placeholder={t('rule.attribute')}
        value={leaf.key === '' ? null : leaf.key}
        onChange={(key) => {
          const kind = rows.find((row) => row.key === key)?.kind ?? 'text';
          set({ ...leaf, key, test: testOf(opsOfKind[kind][0], test) });
        }}
        options={rows.map((row) => ({ value: row.key, label: row.name }))}
        notFoundContent={t('rule.noAttributes')}
        showSearch={{ optionFilterProp: 'label' }}
        popupMatchSelectWidth={false}
        className="rule-pick"
      />
      {leaf.key !== '' && (
        <PickOne
          label={t('rule.test')}
          value={test.op}
          onChange={(op) => setTest(testOf(op, test))}
          options={ops.map((op) => ({ value: op, label: t(`rule.attributeOp.${op}`) }))}
        />
      )}
      {'values' in test && (
        <PickMany<string>
          label={t('rule.values')}
          isFree
          value={test.values}
          onChange={(values) => setTest({ ...test, values })}
          options={(definition?.choices ?? []).map((choice) => ({ value: choice, label: choice }))}
        />
      )}
      {'text' in test && (
        <TextInput label={t('rule.text')} value={test.text} onChange={(text) => setTest({ ...test, text })} />
      )}
      {test.op === 'number' && (
        <CompareInput value={test.compare} onChange={(compare) => setTest({ ...test, compare })} />
      )}
      {test.op === 'day_between' && (
        <DaysInput from={test.from} to={test.to} onChange={(days) => setTest({ op: 'day_between', ...days })} />
      )}
      {(test.op === 'day_last' || test.op === 'day_next' || test.op === 'birthday') && (
        <NumberInput
          label={t('rule.amount')}
          value={test.days}
          min={1}
          max={test.op === 'birthday' ? 90 : 3660}
          precision={0}
          suffix={t('rule.unit.days')}
          onChange={(days) => setTest({ ...test, days })}
        />
      )}
      {test.op === 'birthday' && (
        <PickOne
          label={t('rule.calendarLabel')}
          value={test.calendar}
          onChange={(calendar) => setTest({ ...test, calendar })}
          options={(['solar', 'lunar'] as const).map((value) => ({ value, label: t(`rule.calendar.${value}`) }))}
        />
      )}
      {test.op === 'month' && (
        <PickMany<number>
          label={t('rule.months')}
          value={test.months}
          onChange={(months) => setTest({ ...test, months: months.toSorted((a, b) => a - b) })}
          options={Array.from({ length: 12 }, (_, index) => ({
            value: index + 1,
            label: t('rule.month', { n: index + 1 }),
          }))}
        />
      )}
    </>
  );
}

function TextInput({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}) {
  return (
    <Input
      className="rule-text"
      aria-label={label}
      placeholder={label}
      value={value}
      maxLength={200}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

const modes = ['any', 'all', 'none'] as const;

function TagFields({ leaf, set }: Props<'tag'>) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('tag.mode')}
        value={leaf.mode}
        onChange={(mode) => set({ ...leaf, mode })}
        options={modes.map((mode) => ({ value: mode, label: t(`tag.modes.${mode}`) }))}
      />
      <TagPicker className="rule-many" value={leaf.tagIds} onChange={(tagIds) => set({ ...leaf, tagIds })} />
    </>
  );
}

/** Without what is undefined: a part that is not said is absent. */
function without<T extends object, K extends keyof T>(value: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = value;
  return rest;
}

function FollowFields({ leaf, set }: Props<'follow'>) {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery({ ...reading(listDepartments, {}), enabled: can('staff.read'), staleTime: 60_000 });
  const put = <K extends 'states' | 'staffIds' | 'departmentIds' | 'codeIds'>(
    key: K,
    values: NonNullable<LeafOf<'follow'>[K]>,
  ) => set((values.length === 0 ? without(leaf, key) : { ...leaf, [key]: values }) as LeafOf<'follow'>);
  return (
    <>
      <PickOne
        label={t('rule.followMode')}
        value={leaf.mode}
        onChange={(mode) => set({ ...leaf, mode })}
        options={(['some', 'none'] as const).map((mode) => ({ value: mode, label: t(`rule.followModes.${mode}`) }))}
      />
      <PickMany
        label={t('rule.followStates')}
        value={leaf.states ?? []}
        onChange={(states) => put('states', states)}
        options={followState.options.map((state) => ({ value: state, label: t(`follow.state.${state}`) }))}
      />
      {can('staff.read') && (
        <>
          <span className="rule-many">
            <StaffPicker
              label={t('rule.anyStaff')}
              placeholder={t('rule.anyStaff')}
              value={leaf.staffIds ?? []}
              onChange={(ids) => put('staffIds', ids)}
            />
          </span>
          <PickMany
            label={t('rule.anyDepartment')}
            value={leaf.departmentIds ?? []}
            onChange={(ids) => put('departmentIds', ids)}
            options={(data?.rows ?? []).map((row) => ({ value: row.id, label: row.name }))}
          />
        </>
      )}
      <CodesInput label={t('rule.anyCode')} value={leaf.codeIds ?? []} onChange={(ids) => put('codeIds', ids)} />
      {(['added', 'ended'] as const).map((which) => {
        const test = leaf[which];
        return test === undefined ? (
          <Button
            key={which}
            size="small"
            type="dashed"
            icon={<PlusOutlined />}
            onClick={() => set({ ...leaf, [which]: { kind: 'last', amount: 30, unit: 'days' } })}
          >
            {t(`rule.followMoment.${which}`)}
          </Button>
        ) : (
          <span key={which} className="rule-part">
            <span className="muted">{t(`rule.followMoment.${which}`)}</span>
            <MomentInput value={test} onChange={(next) => set({ ...leaf, [which]: next })} />
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('common.remove')}
              onClick={() => set(without(leaf, which) as LeafOf<'follow'>)}
            />
          </span>
        );
      })}
    </>
  );
}

type PropertyFilter = z.output<typeof propertyFilter>;

/** Conditions on an event's own properties. */
export function PropertyFilters({
  value,
  onChange,
}: {
  readonly value: readonly PropertyFilter[];
  readonly onChange: (filters: PropertyFilter[]) => void;
}) {
  const { t } = useTranslation();
  return (
    <>
      {value.map((filter, index) => (
        <span key={index} className="rule-part">
          <PropertyFilterFields
            value={filter}
            onChange={(next) => onChange(value.map((other, place) => (place === index ? next : other)))}
          />
          <Button
            size="small"
            type="text"
            icon={<DeleteOutlined />}
            aria-label={t('common.remove')}
            onClick={() => onChange(value.filter((_, place) => place !== index))}
          />
        </span>
      ))}
      {value.length < 10 && (
        <Button
          size="small"
          type="dashed"
          icon={<PlusOutlined />}
          onClick={() => onChange([...value, { property: '', test: { op: 'is_any', values: [] } }])}
        >
          {t('rule.addFilter')}
        </Button>
      )}
    </>
  );
}

const propertyOps = ['is_any', 'is_none', 'contains', 'number', 'set', 'not_set'] as const;

function propertyTestOf(op: (typeof propertyOps)[number]): PropertyFilter['test'] {
  switch (op) {
    case 'set':
    case 'not_set':
      return { op };
    case 'is_any':
    case 'is_none':
      return { op, values: [] };
    case 'contains':
      return { op, text: '' };
    case 'number':
      return { op, compare: { op: 'gte', value: Number.NaN } };
  }
}

function PropertyFilterFields({
  value: { property, test },
  onChange,
}: {
  readonly value: PropertyFilter;
  readonly onChange: (filter: PropertyFilter) => void;
}) {
  const { t } = useTranslation();
  const setTest = (next: PropertyFilter['test']) => onChange({ property, test: next });
  return (
    <>
      <TextInput label={t('rule.property')} value={property} onChange={(name) => onChange({ property: name, test })} />
      <PickOne
        label={t('rule.test')}
        value={test.op}
        onChange={(op) => setTest(propertyTestOf(op))}
        options={propertyOps.map((op) => ({ value: op, label: t(`rule.attributeOp.${op}`) }))}
      />
      {'values' in test && (
        <PickMany<string>
          label={t('rule.values')}
          isFree
          value={test.values}
          onChange={(values) => setTest({ ...test, values })}
        />
      )}
      {test.op === 'contains' && (
        <TextInput label={t('rule.text')} value={test.text} onChange={(text) => setTest({ ...test, text })} />
      )}
      {test.op === 'number' && (
        <CompareInput value={test.compare} onChange={(compare) => setTest({ ...test, compare })} />
      )}
    </>
  );
}

const measures = ['count', 'sum', 'avg', 'min', 'max', 'distinct'] as const;

function measureOf(of: (typeof measures)[number], before: z.output<typeof eventMeasure>) {
  return of === 'count' ? { of } : { of, property: 'property' in before ? before.property : '' };
}

function EventFields({ leaf, set }: Props<'event'>) {
  const { t } = useTranslation();
  const { measure } = leaf;
  return (
    <>
      <WindowInput value={leaf.window} onChange={(window) => set({ ...leaf, window })} />
      <EventInput label={t('rule.event')} value={leaf.name} onChange={(name) => set({ ...leaf, name })} />
      <PropertyFilters value={leaf.filters} onChange={(filters) => set({ ...leaf, filters })} />
      <PickOne
        label={t('rule.measureLabel')}
        value={measure.of}
        onChange={(of) => set({ ...leaf, measure: measureOf(of, measure) })}
        options={measures.map((of) => ({ value: of, label: t(`rule.measure.${of}`) }))}
      />
      {'property' in measure && (
        <TextInput
          label={t('rule.property')}
          value={measure.property}
          onChange={(property) => set({ ...leaf, measure: { ...measure, property } })}
        />
      )}
      <CompareInput value={leaf.compare} onChange={(compare) => set({ ...leaf, compare })} />
    </>
  );
}

const firstOrLast = ['first', 'last'] as const;

function EventTimeFields({ leaf, set }: Props<'event_time'>) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('rule.whichLabel')}
        value={leaf.which}
        onChange={(which) => set({ ...leaf, which })}
        options={firstOrLast.map((which) => ({ value: which, label: t(`rule.which.${which}`) }))}
      />
      <EventInput label={t('rule.event')} value={leaf.name} onChange={(name) => set({ ...leaf, name })} />
      <PropertyFilters value={leaf.filters} onChange={(filters) => set({ ...leaf, filters })} />
      <MomentInput value={leaf.test} onChange={(test) => set({ ...leaf, test })} />
    </>
  );
}

function SequenceFields({ leaf, set }: Props<'sequence'>) {
  const { t } = useTranslation();
  const { first, next } = leaf;
  return (
    <>
      <span className="rule-part">
        <WindowInput value={leaf.window} onChange={(window) => set({ ...leaf, window })} />
        <EventInput
          label={t('rule.firstEvent')}
          value={first.name}
          onChange={(name) => set({ ...leaf, first: { ...first, name } })}
        />
        <PropertyFilters value={first.filters} onChange={(filters) => set({ ...leaf, first: { ...first, filters } })} />
      </span>
      <span className="rule-part">
        <span className="muted">{t('rule.within')}</span>
        <SpanInput value={leaf.within} onChange={(within) => set({ ...leaf, within })} />
        <PickOne
          label={t('rule.followedLabel')}
          value={leaf.followed ? 'yes' : 'no'}
          onChange={(followed) => set({ ...leaf, followed: followed === 'yes' })}
          options={(['yes', 'no'] as const).map((value) => ({ value, label: t(`rule.followed.${value}`) }))}
        />
        <EventInput
          label={t('rule.nextEvent')}
          value={next.name}
          onChange={(name) => set({ ...leaf, next: { ...next, name } })}
        />
        <PropertyFilters value={next.filters} onChange={(filters) => set({ ...leaf, next: { ...next, filters } })} />
      </span>
    </>
  );
}

type OrderFilter = Pick<LeafOf<'order'>, 'shops' | 'skus' | 'categories'>;

/** Which orders: of shops, products, categories. What is not said fits anything. */
function OrderFilters<T extends OrderFilter>({
  value,
  onChange,
}: {
  readonly value: T;
  readonly onChange: (next: T) => void;
}) {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery({ ...reading(listShops, {}), enabled: can('order.read'), staleTime: 60_000 });
  const parts = ['shops', 'categories', 'skus'] as const;
  return (
    <>
      {parts
        .filter((part) => value[part] !== undefined)
        .map((part) => (
          <span key={part} className="rule-part">
            <PickMany<string>
              label={t(`rule.orderFilter.${part}`)}
              isFree
              value={value[part] ?? []}
              onChange={(words) => onChange({ ...value, [part]: words })}
              options={part === 'shops' ? (data?.rows ?? []).map(({ name }) => ({ value: name, label: name })) : []}
            />
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('common.remove')}
              onClick={() => onChange(without(value, part) as T)}
            />
          </span>
        ))}
      {parts
        .filter((part) => value[part] === undefined)
        .map((part) => (
          <Button
            key={part}
            size="small"
            type="dashed"
            icon={<PlusOutlined />}
            onClick={() => onChange({ ...value, [part]: [] })}
          >
            {t(`rule.orderFilter.${part}`)}
          </Button>
        ))}
    </>
  );
}

/** The currency, as text: amounts of others are left out. */
function CurrencyInput({ value, onChange }: { readonly value: string; readonly onChange: (code: string) => void }) {
  const { t } = useTranslation();
  return (
    <PickOne
      label={t('rule.currency')}
      value={value}
      onChange={onChange}
      options={[...new Set(['CNY', 'HKD', 'TWD', 'USD', 'EUR', 'GBP', 'JPY', 'SGD', value])].map((code) => ({
        value: code,
        label: code,
      }))}
    />
  );
}

/** Minor units in one unit of the currency. */
export function minorUnits(currency: string): number {
  const { maximumFractionDigits = 2 } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return 10 ** maximumFractionDigits;
}

function OrderFields({ leaf, set }: Props<'order'>) {
  const { t } = useTranslation();
  const isMoney = leaf.measure !== 'count';
  return (
    <>
      <WindowInput value={leaf.window} onChange={(window) => set({ ...leaf, window })} />
      <PickOne
        label={t('rule.measureLabel')}
        value={leaf.measure}
        onChange={(measure) => set({ ...leaf, measure })}
        options={(['count', 'total', 'largest', 'average'] as const).map((measure) => ({
          value: measure,
          label: t(`rule.orderMeasure.${measure}`),
        }))}
      />
      <CompareInput
        value={leaf.compare}
        onChange={(compare) => set({ ...leaf, compare })}
        {...(isMoney ? { scale: minorUnits(leaf.currency) } : {})}
      />
      {isMoney && <CurrencyInput value={leaf.currency} onChange={(currency) => set({ ...leaf, currency })} />}
      <OrderFilters value={leaf} onChange={set} />
    </>
  );
}

function OrderTimeFields({ leaf, set }: Props<'order_time'>) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('rule.whichLabel')}
        value={leaf.which}
        onChange={(which) => set({ ...leaf, which })}
        options={firstOrLast.map((which) => ({ value: which, label: t(`rule.whichOrder.${which}`) }))}
      />
      <MomentInput value={leaf.test} onChange={(test) => set({ ...leaf, test })} />
      <OrderFilters value={leaf} onChange={set} />
    </>
  );
}

function OrderGapFields({ leaf, set }: Props<'order_gap'>) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('rule.whichLabel')}
        value={leaf.which}
        onChange={(which) => set({ ...leaf, which })}
        options={(['average', 'latest'] as const).map((which) => ({ value: which, label: t(`rule.gap.${which}`) }))}
      />
      <CompareInput
        value={leaf.compare}
        onChange={(compare) => set({ ...leaf, compare })}
        suffix={t('rule.unit.days')}
      />
    </>
  );
}

type ScoreField = z.output<typeof scoreField>;

/** How a score is shown: money from fen, shares as percent. */
export function unitOfScore(field: ScoreField): { scale: number; suffix?: string } {
  if (field === 'monetary_fen' || field === 'expected_value_fen') return { scale: 100 };
  if (field === 'p_alive' || field === 'responsiveness') return { scale: 0.01, suffix: '%' };
  return { scale: 1 };
}

function ScoreFieldPick({ value, onChange }: { readonly value: ScoreField; onChange: (field: ScoreField) => void }) {
  const { t } = useTranslation();
  return (
    <PickOne
      label={t('rule.scoreLabel')}
      value={value}
      onChange={onChange}
      options={scoreField.options.map((field) => ({ value: field, label: t(`rule.score.${field}`) }))}
    />
  );
}

function ScoreFields({ leaf, set }: Props<'score'>) {
  return (
    <>
      <ScoreFieldPick
        value={leaf.field}
        onChange={(field) => set({ ...leaf, field, compare: { op: 'gte', value: Number.NaN } })}
      />
      <CompareInput
        value={leaf.compare}
        onChange={(compare) => set({ ...leaf, compare })}
        {...unitOfScore(leaf.field)}
      />
    </>
  );
}

function RfmFields({ leaf, set }: Props<'rfm'>) {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery({ ...reading(getRfm, {}), enabled: can('insight.read'), staleTime: 60_000 });
  const own = data?.groups.flatMap(({ key, name }) => (key === null ? [] : [{ key, name }])) ?? [];
  const groups = own.length > 0 ? own : customaryGroups.map(({ key }) => ({ key, name: null }));
  return (
    <PickMany<string>
      label={t('rule.kind.rfm')}
      value={leaf.groups}
      onChange={(chosen) => set({ ...leaf, groups: chosen })}
      options={groups.map(({ key, name }) => ({ value: key, label: name ?? textOr(`rfm.group.${key}`, key) }))}
    />
  );
}

function SuperUserFields({ leaf, set }: Props<'super_user'>) {
  const { t } = useTranslation();
  return (
    <PickOne
      label={t('rule.kind.super_user')}
      value={leaf.is ? 'yes' : 'no'}
      onChange={(is) => set({ ...leaf, is: is === 'yes' })}
      options={(['yes', 'no'] as const).map((value) => ({ value, label: t(`common.${value}`) }))}
    />
  );
}

function SourceFields({ leaf, set }: Props<'source'>) {
  const { t } = useTranslation();
  return (
    <PickMany
      label={t('customer.source')}
      value={leaf.values}
      onChange={(values) => set({ ...leaf, values })}
      options={customerSource.options.map((value) => ({ value, label: t(`source.${value}`) }))}
    />
  );
}

function GenderFields({ leaf, set }: Props<'gender'>) {
  const { t } = useTranslation();
  return (
    <PickMany
      label={t('customer.gender')}
      value={leaf.values}
      onChange={(values) => set({ ...leaf, values })}
      options={(['female', 'male'] as const).map((value) => ({ value, label: t(`customer.genders.${value}`) }))}
    />
  );
}

function AccountKindFields({ leaf, set }: Props<'account_kind'>) {
  const { t } = useTranslation();
  return (
    <PickMany
      label={t('rule.kind.account_kind')}
      value={leaf.values}
      onChange={(values) => set({ ...leaf, values })}
      options={(['wechat', 'wecom'] as const).map((value) => ({ value, label: t(`customer.kind.${value}`) }))}
    />
  );
}

function CodeFields({ leaf, set }: Props<'code'>) {
  const { t } = useTranslation();
  return <CodesInput label={t('code.one')} value={leaf.codeIds} onChange={(codeIds) => set({ ...leaf, codeIds })} />;
}

function AddedFields({ leaf, set }: Props<'added'>) {
  return <MomentInput value={leaf.test} onChange={(test) => set({ ...leaf, test })} />;
}

function IdentityFields({ leaf, set }: Props<'identity'>) {
  const { t } = useTranslation();
  return (
    <>
      <PickOne
        label={t('rule.modeLabel')}
        value={leaf.mode}
        onChange={(mode) => set({ ...leaf, mode })}
        options={modes.map((mode) => ({ value: mode, label: t(`rule.mode.${mode}`) }))}
      />
      <PickMany<string>
        label={t('rule.kind.identity')}
        value={leaf.kinds}
        onChange={(kinds) => set({ ...leaf, kinds })}
        options={accountKinds.map((kind) => ({ value: kind, label: t(`rule.account.${kind}`) }))}
      />
    </>
  );
}

function BucketFields({ leaf, set }: Props<'bucket'>) {
  const { t } = useTranslation();
  return (
    <>
      <NumberInput
        label={t('rule.bucketFrom')}
        value={leaf.from}
        scale={100}
        min={0}
        max={99.99}
        precision={2}
        suffix="%"
        onChange={(from) => set({ ...leaf, from })}
      />
      <span className="muted">{t('rule.to')}</span>
      <NumberInput
        label={t('rule.bucketTo')}
        value={leaf.to}
        scale={100}
        min={0.01}
        max={100}
        precision={2}
        suffix="%"
        onChange={(to) => set({ ...leaf, to })}
      />
      <span className="muted">{t('rule.seed')}</span>
      <NumberInput
        label={t('rule.seed')}
        value={leaf.seed}
        min={0}
        max={1_000_000}
        precision={0}
        onChange={(seed) => set({ ...leaf, seed })}
      />
    </>
  );
}

const rankings = ['score', 'order_total', 'event_sum'] as const;

function TopFields({ leaf, set }: Props<'top'>) {
  const { t } = useTranslation();
  const { by, take } = leaf;
  const recent = { kind: 'last', amount: 365, unit: 'days' } as const;
  return (
    <>
      <span className="muted">{t('rule.rankBy')}</span>
      <PickOne
        label={t('rule.rankBy')}
        value={by.of}
        onChange={(of) =>
          set({
            ...leaf,
            by:
              of === 'score'
                ? { of, field: 'monetary_fen' }
                : of === 'order_total'
                  ? { of, currency: 'CNY', window: recent }
                  : { of, name: '', property: '', window: recent },
          })
        }
        options={rankings.map((of) => ({ value: of, label: t(`rule.ranking.${of}`) }))}
      />
      {by.of === 'score' && (
        <ScoreFieldPick value={by.field} onChange={(field) => set({ ...leaf, by: { ...by, field } })} />
      )}
      {by.of === 'event_sum' && (
        <>
          <EventInput
            label={t('rule.event')}
            value={by.name}
            onChange={(name) => set({ ...leaf, by: { ...by, name } })}
          />
          <TextInput
            label={t('rule.property')}
            value={by.property}
            onChange={(property) => set({ ...leaf, by: { ...by, property } })}
          />
        </>
      )}
      {by.of !== 'score' && (
        <WindowInput value={by.window} onChange={(window) => set({ ...leaf, by: { ...by, window } })} />
      )}
      {by.of === 'order_total' && (
        <CurrencyInput value={by.currency} onChange={(currency) => set({ ...leaf, by: { ...by, currency } })} />
      )}
      <span className="muted">{t('rule.takeFirst')}</span>
      <NumberInput
        label={t('rule.takeFirst')}
        value={take.of === 'count' ? take.count : take.basisPoints}
        scale={take.of === 'count' ? 1 : 100}
        min={take.of === 'count' ? 1 : 0.01}
        max={take.of === 'count' ? 100_000_000 : 100}
        precision={take.of === 'count' ? 0 : 2}
        onChange={(value) =>
          set({
            ...leaf,
            take: take.of === 'count' ? { of: 'count', count: value } : { of: 'share', basisPoints: value },
          })
        }
      />
      <PickOne
        label={t('rule.unitLabel')}
        value={take.of}
        onChange={(of) => set({ ...leaf, take: of === 'count' ? { of, count: 1000 } : { of, basisPoints: 1000 } })}
        options={(['share', 'count'] as const).map((of) => ({ value: of, label: t(`rule.take.${of}`) }))}
      />
    </>
  );
}

function SegmentFields({ leaf, set }: Props<'segment'>) {
  const { t } = useTranslation();
  const edited = useContext(EditedSegment);
  const { data, isPending } = useQuery({ ...reading(listSegments, { limit: 200 }), staleTime: 30_000 });
  const rows = (data?.rows ?? []).filter((row) => row.id !== edited);
  return (
    <Select<number>
      aria-label={t('rule.kind.segment')}
      placeholder={t('rule.chooseSegment')}
      value={leaf.segmentId === 0 ? null : leaf.segmentId}
      onChange={(segmentId) => set({ ...leaf, segmentId })}
      options={rows.map((row) => ({ value: row.id, label: row.name }))}
      loading={isPending}
      showSearch={{ optionFilterProp: 'label' }}
      popupMatchSelectWidth={false}
      className="rule-many"
    />
  );
}

function ListFields({ leaf, set }: Props<'list'>) {
  const { t } = useTranslation();
  const { data, isPending } = useQuery({ ...reading(listSegmentLists, {}), staleTime: 30_000 });
  return (
    <Select<number>
      aria-label={t('rule.kind.list')}
      placeholder={t('rule.chooseList')}
      value={leaf.listId === 0 ? null : leaf.listId}
      onChange={(listId) => set({ ...leaf, listId })}
      options={(data?.rows ?? []).map((row) => ({ value: row.id, label: row.name }))}
      notFoundContent={t('rule.noLists')}
      loading={isPending}
      showSearch={{ optionFilterProp: 'label' }}
      popupMatchSelectWidth={false}
      className="rule-many"
    />
  );
}
