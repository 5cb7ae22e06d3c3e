import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { InputNumber, Select, TimePicker } from 'antd';
import dayjs from 'dayjs';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { getContent, listContents } from '#contract/content';
import { getSegment, listSegments } from '#contract/segments';
import { listGroups } from '#contract/wecom';
import { reading } from '~/call';
import { useFormat } from '~/format';
import type { CampaignChannel } from './parts';

interface ShareProps {
  readonly id?: string;
  readonly value: number;
  readonly onChange: (basisPoints: number) => void;
  /** In percent. */
  readonly max: number;
}

/** A share in percent, kept in basis points. */
export function BasisPoints({ id, value, onChange, max }: ShareProps) {
  return (
    <InputNumber
      {...(id === undefined ? {} : { id })}
      className="full-width"
      min={0}
      max={max}
      step={1}
      suffix="%"
      value={value / 100}
      onChange={(percent) => onChange(Math.round((percent ?? 0) * 100))}
    />
  );
}

interface MinuteProps {
  readonly id?: string;
  readonly value: number;
  readonly onChange: (minute: number) => void;
}

/** A minute of the civil day. */
export function MinuteOfDay({ id, value, onChange }: MinuteProps) {
  return (
    <TimePicker
      {...(id === undefined ? {} : { id })}
      className="full-width"
      format="HH:mm"
      minuteStep={5}
      allowClear={false}
      needConfirm={false}
      value={dayjs().startOf('day').add(value, 'minute')}
      onChange={(time) => time && onChange(time.hour() * 60 + time.minute())}
    />
  );
}

interface PickProps {
  readonly id?: string;
  readonly value: number | undefined;
  readonly onChange: (id: number | undefined) => void;
}

/** Options of a search that always hold the chosen one. */
function withChosen<T extends { id: number }>(rows: readonly T[], chosen: T | undefined): T[] {
  return chosen === undefined || rows.some((row) => row.id === chosen.id) ? [...rows] : [chosen, ...rows];
}

export function SegmentPicker({ id, value, onChange }: PickProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const found = useQuery({
    ...reading(listSegments, { ...(search === '' ? {} : { search }), limit: 50 }),
    placeholderData: keepPreviousData,
  });
  const chosen = useQuery({ ...reading(getSegment, { id: value ?? 0 }), enabled: value !== undefined });
  const rows = withChosen(found.data?.rows ?? [], chosen.data);
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      data-testid="campaign-segment"
      value={value ?? null}
      onChange={(next: number | null) => onChange(next ?? undefined)}
      options={rows.map((row) => ({
        value: row.id,
        label: row.isFilled ? `${row.name} · ${format.number(row.memberCount)}` : row.name,
      }))}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={found.isFetching}
      placeholder={t('campaign.segmentPick')}
      className="full-width"
    />
  );
}

/** Customer groups, the largest first. */
export function GroupsPicker({
  id,
  value,
  onChange,
}: {
  readonly id?: string;
  readonly value: readonly string[];
  readonly onChange: (chatIds: string[]) => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const found = useQuery({
    ...reading(listGroups, { ...(search === '' ? {} : { search }), limit: 100 }),
    placeholderData: keepPreviousData,
  });
  const rows = found.data?.rows ?? [];
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      mode="multiple"
      value={[...value]}
      onChange={(chatIds: string[]) => onChange(chatIds)}
      options={rows.map((row) => ({
        value: row.chatId,
        label: t('campaign.groupsCount', {
          name: row.name === '' ? row.chatId : row.name,
          n: format.number(row.customerCount),
        }),
      }))}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={found.isFetching}
      placeholder={t('campaign.groupsPick')}
      className="full-width"
    />
  );
}

/** Words of the channel are needed; a task may be told those for WeCom. */
const wordingOf = {
  wecom_mass: 'wecom',
  wecom_group: 'wecom',
  wecom_moment: 'moment',
  staff_task: undefined,
  email: 'email',
  sms: 'sms',
  webhook: 'webhook',
} as const;

interface ContentProps extends PickProps {
  readonly channel: CampaignChannel;
}

export function ContentPicker({ id, value, onChange, channel }: ContentProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const search = useDeferredValue(typed.trim());
  const wording = wordingOf[channel];
  const found = useQuery({
    ...reading(listContents, {
      ...(search === '' ? {} : { search }),
      ...(wording === undefined ? {} : { wording }),
      limit: 50,
    }),
    placeholderData: keepPreviousData,
  });
  const chosen = useQuery({ ...reading(getContent, { id: value ?? 0 }), enabled: value !== undefined });
  const rows = withChosen(found.data?.rows ?? [], chosen.data);
  return (
    <Select
      {...(id === undefined ? {} : { id })}
      data-testid="campaign-content"
      value={value ?? null}
      onChange={(next: number | null) => onChange(next ?? undefined)}
      options={rows.map((row) => ({ value: row.id, label: row.name, title: row.excerpt }))}
      showSearch={{ filterOption: false, onSearch: setTyped }}
      loading={found.isFetching}
      placeholder={t('campaign.contentPick')}
      notFoundContent={t('campaign.contentNone')}
      className="full-width"
    />
  );
}
