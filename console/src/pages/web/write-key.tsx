import { EyeInvisibleOutlined, EyeOutlined } from '@ant-design/icons';
import { Button, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CopyButton } from '~/components/copy-text';

/** A write key, hidden until somebody wants to see it; it can be copied unseen. */
export function WriteKey({ writeKey }: { writeKey: string }) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  return (
    <div className="write-key">
      <code className="mono">{isShown ? writeKey : `${writeKey.slice(0, 4)}${'•'.repeat(8)}`}</code>
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
