import { Button, Space, Switch } from 'antd';
import { useTranslation } from 'react-i18next';

/** What the drawers of all channels have. */

export function DrawerFooter({ form, isSaving, onClose }: { form: string; isSaving: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Space>
      <Button type="primary" htmlType="submit" form={form} loading={isSaving}>
        {t('common.save')}
      </Button>
      <Button onClick={onClose}>{t('common.cancel')}</Button>
    </Space>
  );
}

export function Enabled({ value, onChange }: { value: boolean; onChange: (isEnabled: boolean) => void }) {
  const { t } = useTranslation();
  return (
    <div className="channel-enabled">
      <Switch checked={value} onChange={onChange} aria-label={t('channel.isEnabled')} />
      <span>
        {t('channel.isEnabled')}
        <span className="field-hint">{t('channel.isEnabledHint')}</span>
      </span>
    </div>
  );
}
