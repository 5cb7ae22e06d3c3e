import { FilterOutlined } from '@ant-design/icons';
import { Badge, Button, Grid, Select } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

interface Props {
  /** The search box; always on screen. */
  readonly search: ReactNode;
  /** How many filters besides the search are set. */
  readonly count: number;
  /** Shown when anything is set. */
  readonly onClear: (() => void) | undefined;
  readonly children: ReactNode;
}

/** The row of filters above a list; on a phone everything but the search folds away. */
export function Filters({ search, count, onClear, children }: Props) {
  const { t } = useTranslation();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const [isOpen, setOpen] = useState(false);
  const clear = onClear && (
    <Button type="link" onClick={onClear}>
      {t('common.clearFilters')}
    </Button>
  );

  if (isWide) {
    return (
      <div className="filters">
        {search}
        {children}
        {clear}
      </div>
    );
  }
  return (
    <div className="filters">
      <div className="filters-narrow">
        {search}
        <Badge count={count} size="small">
          <Button icon={<FilterOutlined />} aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            {t('common.filters')}
          </Button>
        </Badge>
      </div>
      {isOpen && children}
      {clear}
    </div>
  );
}

interface FilterSelectProps<V extends string | number> {
  /** Its name, and what it shows while nothing is chosen. */
  readonly label: string;
  readonly value: V | null | undefined;
  readonly onChange: (value: V | undefined) => void;
  readonly options: { value: V; label: string }[];
}

/** One choice among few, or none. */
export function FilterSelect<V extends string | number>({ label, value, onChange, options }: FilterSelectProps<V>) {
  return (
    <Select<V | null, { value: V; label: string }>
      className="filter"
      allowClear
      aria-label={label}
      placeholder={label}
      value={value ?? null}
      onChange={(next) => onChange(next ?? undefined)}
      options={options}
    />
  );
}

/** How many filters are set, the search not counted. */
export function countFilters(filters: Readonly<Record<string, unknown>>): number {
  return Object.entries(filters).filter(([name, value]) => name !== 'search' && value !== undefined).length;
}

export function isFiltered(filters: Readonly<Record<string, unknown>>): boolean {
  return Object.values(filters).some((value) => value !== undefined);
}
