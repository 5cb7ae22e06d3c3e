import { useQueries, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { getCode } from '#contract/acquisition';
import { listTags } from '#contract/customers';
import { getStaff } from '#contract/organization';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { Panel } from '~/components/panel';
import { TagChip } from '~/components/tag-chip';
import { useFormat } from '~/format';
import { minutesOfDay, type Slot, type weekdays } from './draft';

type Weekday = (typeof weekdays)[number];

/** The settings of a code in short. */
export function CodeSettings({ code }: { code: Output<typeof getCode> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const { draft } = code;
  function slotText(slot: Slot): string {
    const isEveryDay = slot.weekdays.length === 7;
    const isAllDay = slot.fromMinute === 0 && slot.toMinute === minutesOfDay;
    const days = isEveryDay
      ? t('rotation.everyDay')
      : format.list(slot.weekdays.map((day) => t(`weekday.day${day as Weekday}`)));
    return `${days} ${isAllDay ? t('rotation.allDay') : `${clockOf(slot.fromMinute)}–${clockOf(slot.toMinute)}`}`;
  }

  const { data: tags } = useQuery({
    ...reading(listTags, {}),
    enabled: can('customer.read') && draft.tagIds.length > 0,
  });
  const chosenTags = (tags?.groups ?? []).flatMap((group) =>
    group.tags
      .filter((tag) => draft.tagIds.includes(tag.id))
      .map((tag) => ({ ...tag, kind: group.kind, problem: null })),
  );
  const staffIds = [...new Set([...draft.rotation.flatMap((slot) => slot.staffIds), ...draft.backupStaffIds])];
  const answers = useQueries({
    queries: staffIds.map((id) => ({ ...reading(getStaff, { id }), staleTime: 300_000, enabled: can('staff.read') })),
  });
  const names = new Map(answers.flatMap(({ data }) => (data ? [[data.id, data.name] as const] : [])));
  const namesOf = (ids: readonly number[]) => format.list(ids.map((id) => names.get(id) ?? `#${id}`));

  const facts: (readonly [string, ReactNode])[] = [
    [t('customer.source'), t(`source.${code.source}`)],
    [t('folder.one'), code.folder?.name ?? t('folder.none')],
    [
      t('code.staffNow'),
      code.staffNow.length === 0 ? t('code.nobodyNow') : format.list(code.staffNow.map(({ name }) => name)),
    ],
    [
      t('rotation.title'),
      <ul key="rotation" className="plain-list rotation-summary">
        {draft.rotation.map((slot) => (
          <li key={JSON.stringify(slot)}>
            <span className="muted">{slotText(slot)}</span>
            <span>{namesOf(slot.staffIds)}</span>
          </li>
        ))}
      </ul>,
    ],
    ...(draft.backupStaffIds.length > 0 ? [[t('codeForm.backup'), namesOf(draft.backupStaffIds)] as const] : []),
    [t('codeForm.dailyLimit'), draft.dailyLimit === null ? t('codeForm.noLimit') : format.number(draft.dailyLimit)],
    [t('codeForm.skipVerify'), t(draft.skipVerify ? 'common.yes' : 'common.no')],
    ...(draft.remarkPrefix === '' ? [] : [[t('codeForm.remarkPrefix'), draft.remarkPrefix] as const]),
    ...(draft.description === '' ? [] : [[t('codeForm.description'), draft.description] as const]),
    ...(draft.hook.kind === 'none'
      ? []
      : [[t('codeForm.hook'), `${t(`hook.${draft.hook.kind}`)} · ${draft.hook.text}`] as const]),
    ...(draft.startsAt === null ? [] : [[t('codeForm.startsAt'), format.time(draft.startsAt)] as const]),
    ...(draft.endsAt === null ? [] : [[t('codeForm.endsAt'), format.time(draft.endsAt)] as const]),
    [t('common.createdAt'), format.time(code.createdAt)],
  ];

  return (
    <Panel title={t('code.settings')}>
      <dl className="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {chosenTags.length > 0 && (
          <div>
            <dt>{t('codeForm.tags')}</dt>
            <dd className="tags">
              {chosenTags.map((tag) => (
                <TagChip key={tag.id} tag={tag} />
              ))}
            </dd>
          </div>
        )}
      </dl>
    </Panel>
  );
}

function clockOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
