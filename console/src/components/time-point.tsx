import { DatePicker } from 'antd';
import dayjs from 'dayjs';
import timezone from 'dayjs/plugin/timezone';
import utc from 'dayjs/plugin/utc';
import { useSession } from '~/app/session';

dayjs.extend(utc);
dayjs.extend(timezone);

interface Props {
  readonly id?: string;
  readonly value: string | null;
  readonly onChange: (time: string | null) => void;
  readonly placeholder: string;
}

/** A moment, picked and shown in the organisation's zone wherever the reader is. */
export function TimePoint({ id, value, onChange, placeholder }: Props) {
  const { timeZone } = useSession();
  return (
    <DatePicker
      {...(id === undefined ? {} : { id })}
      showTime={{ format: 'HH:mm' }}
      format="YYYY-MM-DD HH:mm"
      className="full-width"
      placeholder={placeholder}
      value={value === null ? null : dayjs(value).tz(timeZone)}
      onChange={(picked) =>
        onChange(picked === null ? null : dayjs.tz(picked.format('YYYY-MM-DDTHH:mm'), timeZone).toISOString())
      }
    />
  );
}
