import { DatePicker } from 'antd';
import dayjs from 'dayjs';
import { useTranslation } from 'react-i18next';

interface Props {
  readonly from: string | undefined;
  readonly to: string | undefined;
  readonly onChange: (range: { from: string | undefined; to: string | undefined }) => void;
  readonly className?: string;
}

const written = 'YYYY-MM-DD';

/** Two civil days, both included. */
export function DayRange({ from, to, onChange, className = '' }: Props) {
  const { t } = useTranslation();
  return (
    <DatePicker.RangePicker
      value={[from === undefined ? null : dayjs(from), to === undefined ? null : dayjs(to)]}
      onChange={(range) => onChange({ from: range?.[0]?.format(written), to: range?.[1]?.format(written) })}
      allowEmpty={[true, true]}
      placeholder={[t('common.from'), t('common.to')]}
      aria-label={t('common.period')}
      className={className}
    />
  );
}
