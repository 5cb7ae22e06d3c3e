import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Select } from 'antd';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listCustomers } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';

export interface ChosenCustomer {
  readonly id: number;
  readonly name: string;
}

interface Props {
  readonly value: ChosenCustomer | undefined;
  readonly onChange: (customer: ChosenCustomer | undefined) => void;
  readonly label: string;
  readonly testId?: string;
}

/** Chooses one customer by name, remark or phone number. */
export function CustomerPicker({ value, onChange, label, testId }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const found = useQuery({
    ...reading(listCustomers, { ...(search === '' ? {} : { search }), limit: 20 }),
    enabled: can('customer.read'),
    placeholderData: keepPreviousData,
  });
  const rows = (found.data?.rows ?? []).map((row) => ({
    value: row.id,
    label: row.name ?? t('customer.nameless'),
    remark: row.remark,
  }));
  return (
    <Select<number | null>
      className="full-width"
      allowClear
      aria-label={label}
      placeholder={label}
      value={value?.id ?? null}
      onChange={(id) => {
        const row = rows.find((one) => one.value === id);
        onChange(row && { id: row.value, name: row.label });
      }}
      options={[
        ...(value && !rows.some((row) => row.value === value.id)
          ? [{ value: value.id, label: value.name, remark: null }]
          : []),
        ...rows,
      ]}
      optionRender={({ data }) => (
        <span>
          {data.label} <span className="muted small">#{data.value}</span>
          {data.remark && data.remark !== data.label && <span className="muted small"> · {data.remark}</span>}
        </span>
      )}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={found.isFetching}
      data-testid={testId}
    />
  );
}
