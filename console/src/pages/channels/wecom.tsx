import { WechatWorkOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listTouches } from '#contract/touch';
import { getConnection } from '#contract/wecom';
import { reading } from '~/call';
import { useFormat } from '~/format';
import { ChannelCard } from './card';

type Touch = Output<typeof listTouches>['rows'][number];

/** The newest touch in a state that went by WeCom. */
function useNewest(state: 'submitted' | 'failed'): Touch | undefined {
  const one = (channel: 'wecom_welcome' | 'wecom_mass') => reading(listTouches, { channel, state, limit: 1 });
  const { data: welcomes } = useQuery(one('wecom_welcome'));
  const { data: masses } = useQuery(one('wecom_mass'));
  return [...(welcomes?.rows ?? []), ...(masses?.rows ?? [])].sort((a, b) => b.id - a.id)[0];
}

/** Its settings and self-check have pages of their own. */
export function WecomCard() {
  const { t } = useTranslation();
  const format = useFormat();
  const { data: connection } = useQuery(reading(getConnection, {}));
  const succeeded = useNewest('submitted');
  const failed = useNewest('failed');
  const timeOf = (touch: Touch | undefined) =>
    touch?.settledAt == null ? t('common.never') : format.time(touch.settledAt);
  const isConnected = connection?.hasSecret === true;
  const hasTried = succeeded !== undefined || failed !== undefined;
  return (
    <ChannelCard
      icon={<WechatWorkOutlined />}
      title={t('channel.wecom.title')}
      text={t('channel.wecom.text')}
      state={!isConnected ? 'unset' : hasTried ? 'ok' : 'untried'}
      facts={
        isConnected
          ? [
              [
                t('connection.corpId'),
                <span key="corp" className="mono">
                  {connection.corpId}
                </span>,
              ],
              [t('channel.lastSuccess'), timeOf(succeeded)],
              [
                t('channel.lastFailure'),
                <span key="failed">
                  {timeOf(failed)}
                  {failed?.reason != null && ` · ${t(`touch.reason.${failed.reason}`)}`}
                </span>,
              ],
            ]
          : []
      }
      actions={
        <>
          <Link to="/wecom/connection">
            <Button type={isConnected ? 'default' : 'primary'}>{t('channel.wecom.connection')}</Button>
          </Link>
          <Link to="/wecom/self-check">
            <Button>{t('menu.selfCheck')}</Button>
          </Link>
        </>
      }
    />
  );
}
