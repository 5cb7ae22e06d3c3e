import { EyeInvisibleOutlined, EyeOutlined } from '@ant-design/icons';
import { Button, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '~/components/copy-text';

/** Enough of a key to know it by. */
export const maskedKey = (writeKey: string) => `${writeKey.slice(0, 4)}${'•'.repeat(8)}`;

interface Props {
  readonly writeKey: string;
  /** Who shows the key elsewhere too says when. */
  readonly shown?: readonly [boolean, (isShown: boolean) => void];
}

/** A write key, hidden until somebody wants to see it; it can be copied unseen. */
export function WriteKey({ writeKey, shown }: Props) {
  const { t } = useTranslation();
  const own = useState(false);
  const [isShown, setShown] = shown ?? own;
  return (
    <div className="write-key">
      <code className="mono">{isShown ? writeKey : maskedKey(writeKey)}</code>
      <Space.Compact>
        <Button
          icon={isShown ? <EyeInvisibleOutlined /> : <EyeOutlined />}
          aria-label={t(isShown ? 'dataSource.hideKey' : 'dataSource.showKey')}
          title={t(isShown ? 'dataSource.hideKey' : 'dataSource.showKey')}
          onClick={() => setShown(!isShown)}
        />
        <CopyButton text={writeKey} />
      </Space.Compact>
    </div>
  );
}
