import {
  CameraOutlined,
  CloudServerOutlined,
  MailOutlined,
  MobileOutlined,
  ProfileOutlined,
  TeamOutlined,
  WechatWorkOutlined,
} from '@ant-design/icons';
import { Tag, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import type { Output } from '#contract';
import type { campaignChannel, campaignState, finding, getCampaign, listCampaigns, metric } from '#contract/campaigns';
import { useFormat } from '~/format';
import './campaigns.css';

export type CampaignRow = Output<typeof listCampaigns>['rows'][number];
export type Campaign = Output<typeof getCampaign>;
export type CampaignState = z.output<typeof campaignState>;
export type CampaignChannel = z.output<typeof campaignChannel>;
export type Finding = z.output<typeof finding>;
export type Metric = z.output<typeof metric>;

const colourOfState: Readonly<Record<CampaignState, string>> = {
  draft: 'default',
  waiting: 'warning',
  scheduled: 'processing',
  running: 'processing',
  paused: 'warning',
  done: 'success',
  cancelled: 'default',
};

export function StateTag({ state }: { state: CampaignState }) {
  const { t } = useTranslation();
  return (
    <Tooltip title={t(`campaign.stateMeaning.${state}`)}>
      <Tag color={colourOfState[state]} variant="filled" data-testid="campaign-state">
        {t(`campaign.state.${state}`)}
      </Tag>
    </Tooltip>
  );
}

const iconOfChannel: Readonly<Record<CampaignChannel, ReactNode>> = {
  wecom_mass: <WechatWorkOutlined />,
  wecom_group: <TeamOutlined />,
  wecom_moment: <CameraOutlined />,
  staff_task: <ProfileOutlined />,
  email: <MailOutlined />,
  sms: <MobileOutlined />,
  webhook: <CloudServerOutlined />,
};

export const channelIcon = (channel: CampaignChannel) => iconOfChannel[channel];

export function ChannelName({ channel }: { channel: CampaignChannel }) {
  const { t } = useTranslation();
  return (
    <span className="nowrap muted small">
      {iconOfChannel[channel]} {t(`campaign.channel.${channel}`)}
    </span>
  );
}

/** Groups and Moments: they address an audience and not one customer. */
export const isBroadcast = (channel: CampaignChannel) => channel === 'wecom_group' || channel === 'wecom_moment';

/** Values and differences of each metric in the unit people think in: percentage points, orders of a hundred people, money a head. */
export function useMetricText() {
  const { t } = useTranslation();
  const format = useFormat();
  const signed = (value: number, write: (value: number) => string) =>
    `${value > 0 ? '+' : value < 0 ? '−' : ''}${write(Math.abs(value))}`;
  return {
    value: (of: Metric, value: number | null) => {
      if (value === null) return '–';
      if (of === 'amount') return t('campaign.perPerson', { n: format.money(value, 'CNY') });
      if (of === 'orders') return t('campaign.per100', { n: format.decimal(value * 100, 1) });
      return format.percent(value);
    },
    /** Without its unit. */
    difference: (of: Metric, value: number) => {
      if (of === 'amount') return signed(value, (amount) => format.money(amount, 'CNY'));
      return signed(value * 100, (points) => format.decimal(points, Math.abs(points) < 1 ? 2 : 1));
    },
    withUnit: (of: Metric, text: string) => {
      if (of === 'amount') return t('campaign.perPerson', { n: text });
      return of === 'orders' ? t('campaign.per100', { n: text }) : t('campaign.points', { n: text });
    },
    pValue: (p: number) => (p < 0.001 ? t('campaign.pSmall') : t('campaign.pValue', { p: format.decimal(p, 3) })),
  };
}

/** What a finding is coloured by: more is good, except of those who leave. */
export function toneOf({ metric: of, conclusion }: Pick<Finding, 'metric' | 'conclusion'>): 'good' | 'bad' | 'none' {
  if (conclusion !== 'more' && conclusion !== 'less') return 'none';
  return (conclusion === 'more') === (of !== 'blocked') ? 'good' : 'bad';
}

/** From the least low end to the greatest high end, with zero among them. */
export function domainOf(findings: readonly Finding[]): [number, number] {
  const ends = findings.flatMap(({ estimate }) => (estimate ? [estimate.low, estimate.high] : []));
  const [low, high] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const pad = (high - low || 1) * 0.06;
  return [low - pad, high + pad];
}

/** A difference and its interval on a line with zero marked: whoever sees the bar cross zero needs no p-value. */
export function IntervalBar({ finding: found, domain }: { finding: Finding; domain: readonly [number, number] }) {
  const { t } = useTranslation();
  const text = useMetricText();
  const [from, to] = domain;
  const at = (value: number) => `${(100 * (Math.min(Math.max(value, from), to) - from)) / (to - from)}%`;
  const { estimate } = found;
  const label = estimate
    ? `${text.difference(found.metric, estimate.value)} ${t('campaign.interval', {
        low: text.difference(found.metric, estimate.low),
        high: text.difference(found.metric, estimate.high),
      })}`
    : '–';
  return (
    <span
      className={`interval interval-${toneOf(found)}${found.refusal === null ? '' : ' interval-refused'}`}
      role="img"
      aria-label={label}
      title={label}
    >
      <span className="interval-zero" style={{ insetInlineStart: at(0) }} />
      {estimate && (
        <>
          <span
            className="interval-bar"
            style={{ insetInlineStart: at(estimate.low), insetInlineEnd: `calc(100% - ${at(estimate.high)})` }}
          />
          <span className="interval-point" style={{ insetInlineStart: at(estimate.value) }} />
        </>
      )}
    </span>
  );
}

/** The effect on buyers, for a list: the bar, and what it says in few words. */
export function EffectGlance({ finding: found }: { finding: Finding | null }) {
  const { t } = useTranslation();
  const text = useMetricText();
  if (found === null || found.estimate === null) {
    return <span className="muted small">{found?.refusal === 'no_control' ? t('campaign.noControlTitle') : '–'}</span>;
  }
  return (
    <Tooltip
      title={found.refusal === null ? text.pValue(found.estimate.pValue) : t(`campaign.refused.${found.refusal}`)}
    >
      <span className="effect-glance">
        <IntervalBar finding={found} domain={domainOf([found])} />
        <span className={`small nowrap effect-${toneOf(found)}`}>
          {found.refusal === null
            ? text.withUnit(found.metric, text.difference(found.metric, found.estimate.value))
            : t('campaign.conclusion.refused')}
        </span>
      </span>
    </Tooltip>
  );
}
