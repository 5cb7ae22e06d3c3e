import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { PageHeader } from '~/components/page-header';
import { EmailCard } from './email';
import { RelayCard } from './relay';
import { SmsCard } from './sms';
import { WecomCard } from './wecom';
import './channels.css';

export default function ChannelsPage(): ReactNode {
  const { t } = useTranslation();
  return (
    <div className="page">
      <PageHeader title={t('menu.channels')} subtitle={t('channel.subtitle')} />
      <div className="channel-grid">
        <WecomCard />
        <EmailCard />
        <SmsCard />
        <RelayCard />
      </div>
    </div>
  );
}
