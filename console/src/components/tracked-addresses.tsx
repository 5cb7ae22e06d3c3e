import { LinkOutlined } from '@ant-design/icons';
import { Form, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { Definition } from './panel';

interface Props {
  /** Addresses that stand in the words. */
  readonly addresses: readonly string[];
  readonly tracked: readonly string[];
  readonly onChange: (tracked: string[]) => void;
}

/** Which addresses of a message are sent as short ones whose opens are counted. */
export function TrackedAddresses({ addresses, tracked, onChange }: Props) {
  const { t } = useTranslation();
  if (addresses.length === 0) return null;
  return (
    <Form.Item
      label={
        <>
          {t('link.inMessage')}
          <Definition text={t('link.inMessageHint')} />
        </>
      }
    >
      <ul className="plain-list tracked-addresses">
        {addresses.map((url) => (
          <li key={url}>
            <span className="tracked-address" title={url}>
              <LinkOutlined className="muted" /> {url}
            </span>
            <Switch
              size="small"
              aria-label={t('link.track', { url })}
              checked={tracked.includes(url)}
              onChange={(isOn) => onChange(isOn ? [...tracked, url] : tracked.filter((other) => other !== url))}
            />
          </li>
        ))}
      </ul>
    </Form.Item>
  );
}
