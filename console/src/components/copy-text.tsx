import { CopyOutlined } from '@ant-design/icons';
import { App, Button, Input, Space } from 'antd';
import { useTranslation } from 'react-i18next';

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const { t } = useTranslation();
  const { message } = App.useApp();
  async function copy() {
    // The clipboard exists only on https and localhost; elsewhere the text is selected by hand.
    try {
      await navigator.clipboard.writeText(text);
      void message.success(t('common.copied'));
    } catch {
      void message.warning(t('common.copyByHand'));
    }
  }
  return (
    <Button icon={<CopyOutlined />} onClick={() => void copy()}>
      {label ?? t('common.copy')}
    </Button>
  );
}

/** A value to be pasted elsewhere. */
export function CopyText({ value, label }: { value: string; label: string }) {
  return (
    <Space.Compact block>
      <Input
        readOnly
        value={value}
        aria-label={label}
        className="mono"
        onFocus={(event) => event.currentTarget.select()}
      />
      <CopyButton text={value} />
    </Space.Compact>
  );
}
