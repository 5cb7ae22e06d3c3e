import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listCodes } from '#contract/acquisition';
import { listTags } from '#contract/customers';
import { getStaff, listStaff } from '#contract/organization';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { useFormat } from '~/format';

interface ManyProps {
  readonly id?: string;
  readonly value: readonly number[];
  readonly onChange: (ids: number[]) => void;
  readonly placeholder?: string;
  readonly testId?: string;
  readonly label?: string;
}

/** Names of chosen staff who are not on the page of the search. */
function useStaffNames(ids: readonly number[], known: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
  const missing = ids.filter((id) => !known.has(id));
  const answers = useQueries({
    queries: missing.map((id) => ({ ...reading(getStaff, { id }), staleTime: 300_000 })),
  });
  return new Map([...known, ...answers.flatMap(({ data }) => (data ? [[data.id, data.name] as const] : []))]);
}

function useStaffOptions(ids: readonly number[]) {
  const can = useCan();
  const { t } = useTranslation();
  const format = useFormat();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const found = useQuery({
    ...reading(listStaff, { ...(search === '' ? {} : { search }), limit: 100 }),
    enabled: can('staff.read'),
    placeholderData: keepPreviousData,
  });
  const rows = found.data?.rows ?? [];
  const names = useStaffNames(can('staff.read') ? ids : [], new Map(rows.map((row) => [row.id, row.name])));
  const options = [
    ...ids
      .filter((id) => !rows.some((row) => row.id === id))
      .map((id) => ({ value: id, label: names.get(id) ?? `#${id}`, disabled: false, title: '' })),
    ...rows.map((row) => ({
      value: row.id,
      label: row.canFollow ? row.name : t('staff.cannotFollowOption', { name: row.name }),
      disabled: !row.canFollow,
      title: format.list(row.departments.map((department) => department.name)),
    })),
  ];
  return { options, setTyped, isLoading: found.isFetching };
}

/** Chooses staff who may be added by customers. */
export function StaffPicker({ id, value, onChange, placeholder, testId, label }: ManyProps) {
  const { t } = useTranslation();
  const { options, setTyped, isLoading } = useStaffOptions(value);
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      mode="multiple"
      aria-label={label}
      data-testid={testId}
      value={[...value]}
      onChange={(ids: number[]) => onChange(ids)}
      options={options}
      showSearch={{ filterOption: false, onSearch: setTyped, autoClearSearchValue: true }}
      loading={isLoading}
      placeholder={placeholder ?? t('staff.pick')}
      maxTagCount="responsive"
      className="full-width"
    />
  );
}

interface OneProps {
  readonly id?: string;
  readonly value: number | undefined;
  readonly onChange: (id: number | undefined) => void;
  readonly placeholder?: string;
  readonly label?: string;
  readonly className?: string;
}

/** Chooses one staff member, as a filter or a link. */
export function OneStaffPicker({ id, value, onChange, placeholder, label, className = '' }: OneProps) {
  const { t } = useTranslation();
  const { options, setTyped, isLoading } = useStaffOptions(value === undefined ? [] : [value]);
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      aria-label={label ?? t('staff.one')}
      allowClear
      value={value ?? null}
      onChange={(chosen: number | null | undefined) => onChange(chosen ?? undefined)}
      options={options.map((option) => ({ ...option, disabled: false }))}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={isLoading}
      placeholder={placeholder ?? t('staff.one')}
      className={className}
    />
  );
}

interface TagPickerProps extends ManyProps {
  readonly className?: string;
  readonly exclude?: readonly number[];
}

export function TagPicker({ id, value, onChange, placeholder, testId, label, className, exclude }: TagPickerProps) {
  const { t } = useTranslation();
  const { data, isPending } = useQuery({ ...reading(listTags, {}), staleTime: 30_000 });
  const options = (data?.groups ?? []).map((group) => ({
    label: group.kind === 'internal' ? t('tag.internalGroup', { name: group.name }) : group.name,
    title: group.name,
    options: group.tags.filter((tag) => !exclude?.includes(tag.id)).map((tag) => ({ value: tag.id, label: tag.name })),
  }));
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      mode="multiple"
      aria-label={label ?? t('tag.many')}
      data-testid={testId}
      // Until the names are here, bare numbers would flash.
      value={isPending ? [] : [...value]}
      onChange={(ids: number[]) => onChange(ids)}
      options={options}
      showSearch={{ optionFilterProp: 'label' }}
      loading={isPending}
      placeholder={placeholder ?? t('tag.pick')}
      maxTagCount="responsive"
      className={className ?? 'full-width'}
    />
  );
}

/** Chooses one channel code, as a filter. */
export function CodePicker({ value, onChange, className = '' }: OneProps) {
  const { t } = useTranslation();
  const can = useCan();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const { data, isFetching } = useQuery({
    ...reading(listCodes, { ...(search === '' ? {} : { search }), limit: 100 }),
    enabled: can('code.read'),
    placeholderData: keepPreviousData,
  });
  const rows = data?.rows ?? [];
  const options = rows.map((row) => ({ value: row.id, label: row.name }));
  if (value !== undefined && !rows.some((row) => row.id === value)) options.unshift({ value, label: `#${value}` });
  return (
    <Select
      aria-label={t('code.one')}
      allowClear
      value={value ?? null}
      onChange={(chosen: number | null | undefined) => onChange(chosen ?? undefined)}
      options={options}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={isFetching}
      placeholder={t('code.one')}
      className={className}
    />
  );
}
