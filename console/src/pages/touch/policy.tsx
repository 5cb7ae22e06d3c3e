import {
  AppstoreOutlined,
  ClockCircleOutlined,
  ExperimentOutlined,
  FieldTimeOutlined,
  GiftOutlined,
  HourglassOutlined,
  MobileOutlined,
  MoonOutlined,
  PauseCircleOutlined,
  SafetyOutlined,
  SmileOutlined,
  StopOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Skeleton } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { getTouchPolicy, type Policy } from '#contract/touch';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { type ChosenCustomer, CustomerPicker } from '~/components/customer-picker';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useTouchWords } from '~/components/touch-words';
import { useFormat } from '~/format';
import { AttentionOf } from './customer-attention';
import { PolicyDrawer } from './policy-form';
import './touch.css';

/** What the policy means in plain words, and what it says of one customer now. */
export default function PolicyPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const format = useFormat();
  const [isEditing, setEditing] = useState(false);
  const [customer, setCustomer] = useState<ChosenCustomer | undefined>();
  const { data, error, refetch } = useQuery(reading(getTouchPolicy, {}));
  return (
    <div className="page">
      <PageHeader
        title={t('menu.policy')}
        subtitle={t('policy.subtitle')}
        actions={
          can('touch.policy') &&
          data && (
            <Button type="primary" onClick={() => setEditing(true)}>
              {t('policy.edit')}
            </Button>
          )
        }
      />
      <div className="two-columns">
        <Panel
          title={t('policy.meaning')}
          extra={
            data && (
              <span className="muted small">
                {data.savedAt === null ? t('policy.never') : t('policy.savedAt', { time: format.time(data.savedAt) })}
              </span>
            )
          }
        >
          {data === undefined ? (
            error ? (
              <ErrorNotice error={error} onRetry={() => void refetch()} />
            ) : (
              <Skeleton active />
            )
          ) : (
            <PolicyLines policy={data.policy} />
          )}
        </Panel>
        {can('customer.read') && (
          <Panel title={t('policy.ask.title')}>
            <div className="stack">
              <p className="muted">{t('policy.ask.hint')}</p>
              <CustomerPicker value={customer} onChange={setCustomer} label={t('policy.ask.choose')} />
              {customer && <AttentionOf customerId={customer.id} />}
            </div>
          </Panel>
        )}
      </div>
      {isEditing && data && <PolicyDrawer policy={data.policy} onClose={() => setEditing(false)} />}
    </div>
  );
}

const clock = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** One sentence for each rule; what is turned off says so. */
function PolicyLines({ policy }: { policy: Policy }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useTouchWords();
  const { quietHours, controlGroup, packs } = policy;
  const isQuiet = quietHours !== null && quietHours.fromMinute !== quietHours.untilMinute;
  const line = (icon: ReactNode, text: string, isOn = true) => ({ icon, text, isOn });
  const minutes = policy.minGapMinutes;
  const gap = minutes % 60 === 0 ? words.span(minutes / 60) : t('policy.minutes', { n: format.number(minutes) });
  const pairs = policy.optIn.map(
    (pair) => `${t(`touch.channel.${pair.channel}`)} ${t(`touch.category.${pair.category}`)}`,
  );
  const lines = [
    isQuiet
      ? line(
          <MoonOutlined />,
          t(quietHours.fromMinute > quietHours.untilMinute ? 'policy.line.quiet' : 'policy.line.quietSameDay', {
            from: clock(quietHours.fromMinute),
            until: clock(quietHours.untilMinute),
          }),
        )
      : line(<MoonOutlined />, t('policy.line.noQuiet'), false),
    ...(policy.caps.length === 0
      ? [line(<AppstoreOutlined />, t('policy.line.noCaps'), false)]
      : policy.caps.map((cap) => line(<AppstoreOutlined />, words.cap(cap)))),
    minutes === 0
      ? line(<ClockCircleOutlined />, t('policy.line.noGap'), false)
      : line(<ClockCircleOutlined />, t('policy.line.gap', { span: gap })),
    policy.giveBeforeAsk === 0
      ? line(<GiftOutlined />, t('policy.line.noGive'), false)
      : line(<GiftOutlined />, t('policy.line.give', { n: format.number(policy.giveBeforeAsk) })),
    ...(policy.fatigue.length === 0
      ? [line(<HourglassOutlined />, t('policy.line.noFatigue'), false)]
      : policy.fatigue.map((step) =>
          line(
            <HourglassOutlined />,
            t('policy.line.fatigue', { touches: format.number(step.touches), span: words.span(step.pauseHours) }),
          ),
        )),
    policy.muteDays === 0
      ? line(<PauseCircleOutlined />, t('policy.line.noMute'), false)
      : line(<PauseCircleOutlined />, t('policy.line.mute', { n: format.number(policy.muteDays) })),
    pairs.length === 0
      ? line(<SafetyOutlined />, t('policy.line.noOptIn'), false)
      : line(<SafetyOutlined />, t('policy.line.optIn', { list: format.list(pairs) })),
    ...(policy.exemptCategories.length === 0
      ? []
      : [line(<SmileOutlined />, t('policy.line.exempt', { categories: words.categories(policy.exemptCategories) }))]),
    controlGroup.share === 0
      ? line(<ExperimentOutlined />, t('policy.line.noControl'), false)
      : line(
          <ExperimentOutlined />,
          t('policy.line.control', {
            share: format.percent(controlGroup.share),
            categories: words.categories(controlGroup.categories),
          }),
        ),
    line(<StopOutlined />, t('policy.line.quota', { rule: t(`policy.quotaRule.${policy.wecomQuota}`) })),
    line(<FieldTimeOutlined />, t('policy.line.patience', { span: words.span(policy.patienceHours) })),
    line(
      <MobileOutlined />,
      t('policy.line.packs', {
        wait: format.number(packs.waitMinutes),
        remind: format.number(packs.remindHours),
        max: format.number(packs.maxReminders),
        expire: format.number(packs.expireHours),
      }),
    ),
  ];
  return (
    <ul className="policy-lines">
      {lines.map(({ icon, text, isOn }) => (
        <li key={text} className={isOn ? 'policy-line' : 'policy-line is-off'}>
          {icon}
          <span>{text}</span>
        </li>
      ))}
    </ul>
  );
}
