import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { App, Button, DatePicker, Drawer, Input, Segmented, Select } from 'antd';
import dayjs from 'dayjs';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { listCustomers } from '#contract/customers';
import { assignmentDraft, createAssignment } from '#contract/tasks';
import { category as touchCategory } from '#contract/touch';
import { useSession } from '~/app/session';
import { reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { OneStaffPicker } from '~/components/pickers';
import { useWriting } from '~/components/writing';
import { shiftDay, useFormat } from '~/format';

type Draft = z.output<typeof assignmentDraft>;

interface Props {
  readonly onClose: () => void;
  /** Chosen already, for instance on the page of a customer. */
  readonly customers?: readonly { readonly id: number; readonly name: string | null }[];
}

const priorities = ['first', 'usual', 'later'] as const;

/** Asks advisers to contact customers. */
export function AssignmentDrawer({ onClose, customers = [] }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { now } = useSession();
  const { message } = App.useApp();
  const today = format.dayOf(now);
  const draft = useDraft<Draft>(assignmentDraft, {
    customerIds: customers.map((customer) => customer.id),
    staffId: null,
    category: 'service',
    title: '',
    why: '',
    words: '',
    dueOn: today,
    lastDay: shiftDay(today, 7),
    priority: 1,
  });
  const making = useWriting(createAssignment, {
    onRefused: (error) => draft.refuse(error, { task_day_unfit: 'dueOn', task_nobody: 'customerIds' }),
    onDone: ({ planned, unreachable }) => {
      if (unreachable === 0) void message.success(t('taskForm.made', { n: planned }));
      else void message.warning(t('taskForm.madeSome', { n: planned, m: unreachable }), 6);
      onClose();
    },
  });
  const { value, set } = draft;
  const day = (name: 'dueOn' | 'lastDay') => (
    <DatePicker
      className="full-width"
      allowClear={false}
      value={dayjs(value[name])}
      minDate={dayjs(name === 'dueOn' ? today : value.dueOn)}
      maxDate={dayjs(shiftDay(today, 365))}
      onChange={(picked) => {
        const chosen = picked?.format('YYYY-MM-DD') ?? value[name];
        const isBefore = name === 'dueOn' && chosen > value.lastDay;
        set(isBefore ? { dueOn: chosen, lastDay: chosen } : { [name]: chosen });
      }}
    />
  );

  return (
    <Drawer
      title={t('taskForm.title')}
      open
      onClose={onClose}
      size={520}
      footer={
        <Button type="primary" htmlType="submit" form="assignment" loading={making.isPending} block>
          {t('taskForm.submit')}
        </Button>
      }
    >
      <DraftForm id="assignment" draft={draft} onSave={() => making.mutate(value)}>
        <Field label={t('taskForm.customers')} path="customerIds" hint={t('taskForm.customersHint')}>
          <CustomersPicker
            value={value.customerIds}
            onChange={(customerIds) => set({ customerIds })}
            known={customers}
          />
        </Field>
        <Field label={t('taskForm.name')} path="title">
          <Input
            maxLength={60}
            placeholder={t('taskForm.namePlaceholder')}
            value={value.title}
            onChange={(event) => set({ title: event.target.value })}
            data-testid="task-title"
          />
        </Field>
        <Field label={t('taskForm.category')} path="category" hint={t(`taskForm.categoryHint.${value.category}`)}>
          <Segmented
            block
            value={value.category}
            onChange={(category) => set({ category })}
            options={touchCategory.options.map((category) => ({
              value: category,
              label: t(`task.category.${category}`),
            }))}
          />
        </Field>
        <Field label={t('taskForm.staff')} path="staffId" hint={t('taskForm.staffHint')} isOptional>
          <OneStaffPicker
            className="full-width"
            placeholder={t('taskForm.staffAuto')}
            value={value.staffId ?? undefined}
            onChange={(staffId) => set({ staffId: staffId ?? null })}
          />
        </Field>
        <Field label={t('taskForm.why')} path="why" isOptional>
          <Input.TextArea
            autoSize={{ minRows: 2, maxRows: 5 }}
            maxLength={300}
            placeholder={t('taskForm.whyPlaceholder')}
            value={value.why}
            onChange={(event) => set({ why: event.target.value })}
          />
        </Field>
        <Field label={t('taskForm.words')} path="words" below isOptional>
          <Words value={value.words} onChange={(words) => set({ words })} />
        </Field>
        <div className="field-pair">
          <Field label={t('taskForm.dueOn')} path="dueOn">
            {day('dueOn')}
          </Field>
          <Field label={t('taskForm.lastDay')} path="lastDay" hint={t('taskForm.lastDayHint')}>
            {day('lastDay')}
          </Field>
        </div>
        <Field label={t('taskForm.priority')} path="priority">
          <Segmented
            value={value.priority}
            onChange={(priority) => set({ priority })}
            options={priorities.map((name, i) => ({ value: i, label: t(`taskForm.priorities.${name}`) }))}
          />
        </Field>
      </DraftForm>
    </Drawer>
  );
}

const variables = ['customer_name', 'staff_name', 'staff_alias'] as const;

function Words({ id, value, onChange }: { id?: string; value: string; onChange: (words: string) => void }) {
  const { t } = useTranslation();
  return (
    <div className="stack">
      <Input.TextArea
        {...(id === undefined ? {} : { id })}
        autoSize={{ minRows: 3, maxRows: 8 }}
        maxLength={1300}
        placeholder={t('taskForm.wordsPlaceholder')}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
      <div className="task-variables">
        {variables.map((name) => (
          <Button key={name} size="small" onClick={() => onChange(`${value}{{${name}}}`)}>
            {t(`templateVariable.${name}.name`)}
          </Button>
        ))}
      </div>
    </div>
  );
}

interface PickerProps {
  readonly id?: string;
  readonly value: readonly number[];
  readonly onChange: (ids: number[]) => void;
  readonly known: readonly { readonly id: number; readonly name: string | null }[];
}

/** Searches while typing; names of those chosen before stay. */
function CustomersPicker({ id, value, onChange, known }: PickerProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [names, setNames] = useState(() => new Map(known.map((customer) => [customer.id, customer.name])));
  const search = useDeferredValue(typed.trim());
  const { data, isFetching } = useQuery({
    ...reading(listCustomers, { ...(search === '' ? {} : { search }), active: true, limit: 30 }),
    placeholderData: keepPreviousData,
  });
  const found = data?.rows ?? [];
  const label = (name: string | null | undefined, remark?: string | null) =>
    [name ?? t('customer.nameless'), remark].filter((part) => part != null && part !== name).join(' · ');
  const options = [
    ...found.map((row) => ({ value: row.id, label: label(row.name, row.remark) })),
    ...value
      .filter((chosen) => !found.some((row) => row.id === chosen))
      .map((chosen) => ({ value: chosen, label: label(names.get(chosen)) })),
  ];
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      mode="multiple"
      data-testid="task-customers"
      maxCount={200}
      value={[...value]}
      onChange={(ids: number[]) => {
        setNames(new Map([...names, ...found.map((row) => [row.id, row.name] as const)]));
        onChange(ids);
      }}
      options={options}
      showSearch={{ filterOption: false, onSearch: setTyped, autoClearSearchValue: true }}
      loading={isFetching}
      placeholder={t('taskForm.customersPlaceholder')}
      className="full-width"
    />
  );
}
