import { ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Drawer, Input, InputNumber, Segmented, Select, Skeleton, Slider, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { customaryGroups, getScoreSettings, scoreSettings, setScoreSettings } from '#contract/scores';
import { reading } from '~/call';
import { DraftForm, Field, useDraft, useProblem } from '~/components/draft';
import { ErrorNotice } from '~/components/error-notice';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';

type Settings = z.output<typeof scoreSettings>;
type Rfm = Settings['rfm'];
type Group = Rfm['groups'][number];

export function SettingsDrawer({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ ...reading(getScoreSettings, {}), refetchOnWindowFocus: false, gcTime: 0 });
  return (
    <Drawer title={t('scores.settings')} open onClose={onClose} size={560}>
      {error && data === undefined && <ErrorNotice error={error} />}
      {data === undefined ? (
        !error && <Skeleton active />
      ) : (
        <SettingsForm settings={scoreSettings.parse(data)} currencies={data.currencies} onSaved={onClose} />
      )}
    </Drawer>
  );
}

function SettingsForm({
  settings,
  currencies,
  onSaved,
}: {
  readonly settings: Settings;
  readonly currencies: readonly string[];
  readonly onSaved: () => void;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const draft = useDraft<Settings>(scoreSettings, settings);
  const saving = useWriting(setScoreSettings, {
    said: t('scoreSettings.saved'),
    onDone: onSaved,
    onRefused: (error) => draft.refuse(error),
  });
  const { value } = draft;
  const setRfm = (patch: Partial<Rfm>) => draft.set({ rfm: { ...value.rfm, ...patch } });
  const number = (label: string, part: 'rfm' | 'purchases' | 'relation', name: string, hint?: string) => (
    <Field label={label} path={`${part}.${name}`} hint={hint}>
      <InputNumber
        className="full-width"
        value={(value[part] as unknown as Record<string, number>)[name] ?? null}
        onChange={(next) => draft.set({ [part]: { ...value[part], [name]: next } } as Partial<Settings>)}
      />
    </Field>
  );

  return (
    <DraftForm draft={draft} onSave={() => saving.mutate(value as never)}>
      <Field label={t('scoreSettings.currency')} path="currency" hint={t('scoreSettings.currencyHint')}>
        <Select
          value={value.currency ?? ''}
          onChange={(next) => draft.set({ currency: next === '' ? null : next })}
          options={[
            { value: '', label: t('scoreSettings.currencyAuto') },
            ...[...new Set([...currencies, ...(value.currency === null ? [] : [value.currency])])].map((code) => ({
              value: code,
              label: code,
            })),
          ]}
        />
      </Field>
      <Field label={t('scoreSettings.countUnpaid')} path="countUnpaid" hint={t('scoreSettings.countUnpaidHint')}>
        <Switch checked={value.countUnpaid} onChange={(countUnpaid) => draft.set({ countUnpaid })} />
      </Field>

      <h3 className="section-title">RFM</h3>
      {number(t('scoreSettings.windowDays'), 'rfm', 'windowDays')}
      <Field label={t('scoreSettings.axis')} path="rfm.axis" hint={t('scoreSettings.axisHint')}>
        <Segmented
          value={value.rfm.axis}
          onChange={(axis) => setRfm({ axis })}
          options={[
            { value: 'frequency' as const, label: t('rfm.frequency') },
            { value: 'frequency_and_money' as const, label: t('rfm.both') },
          ]}
        />
      </Field>
      <Field label={t('scoreSettings.scoring')} path="rfm.scoring">
        <Segmented
          value={value.rfm.scoring.kind}
          onChange={(kind) => setRfm({ scoring: scoreSettings.shape.rfm.parse({ scoring: { kind } }).scoring })}
          options={[
            { value: 'quantiles' as const, label: t('scoreSettings.quantiles') },
            { value: 'fixed' as const, label: t('scoreSettings.fixed') },
          ]}
        />
      </Field>
      <FixedLimits rfm={value.rfm} onChange={setRfm} />
      <Groups groups={value.rfm.groups} onChange={(groups) => setRfm({ groups })} />

      <h3 className="section-title">{t('scoreSettings.purchases')}</h3>
      <Field label={t('scoreSettings.model')} path="purchases.model">
        <Segmented
          value={value.purchases.model}
          onChange={(model) => draft.set({ purchases: { ...value.purchases, model } })}
          options={(['mbg', 'bg'] as const).map((model) => ({ value: model, label: t(`purchases.model.${model}`) }))}
        />
      </Field>
      {number(t('scoreSettings.horizonDays'), 'purchases', 'horizonDays')}

      <h3 className="section-title">{t('scoreSettings.relation')}</h3>
      <div className="field-pair">
        {number(t('scoreSettings.halfLifeDays'), 'relation', 'halfLifeDays', t('scoreSettings.halfLifeHint'))}
        {number(t('scoreSettings.replyHours'), 'relation', 'replyHours')}
      </div>
      <div className="field-pair">
        {number(t('scoreSettings.dayCap'), 'relation', 'dayCap')}
        {number(t('scoreSettings.halfPoints'), 'relation', 'halfPoints')}
      </div>
      <Field label={`${t('scoreSettings.superShare')} · ${format.percent(value.superShare)}`} path="superShare">
        <Slider
          min={0.05}
          max={0.95}
          step={0.05}
          value={value.superShare}
          tooltip={{ formatter: (share) => format.percent(share ?? 0) }}
          onChange={(superShare) => draft.set({ superShare })}
        />
      </Field>
      <Button type="primary" htmlType="submit" loading={saving.isPending} disabled={!draft.isChanged}>
        {t('common.save')}
      </Button>
    </DraftForm>
  );
}

function FixedLimits({ rfm, onChange }: { rfm: Rfm; onChange: (patch: Partial<Rfm>) => void }) {
  const { t } = useTranslation();
  const { scoring } = rfm;
  if (scoring.kind !== 'fixed') return null;
  const rows = [
    { name: 'recencyDays', label: t('rfm.limitRow.recency'), unit: 1 },
    { name: 'orders', label: t('rfm.limitRow.frequency'), unit: 1 },
    { name: 'amountFen', label: t('rfm.limitRow.amount'), unit: 100 },
  ] as const;
  return (
    <div className="stack">
      <p className="muted small">{t('scoreSettings.limits')}</p>
      {rows.map(({ name, label, unit }) => (
        <Field key={name} label={label} path={`rfm.scoring.${name}`} below>
          <FourNumbers
            values={scoring[name]}
            unit={unit}
            label={label}
            onChange={(values) => onChange({ scoring: { ...scoring, [name]: values } })}
          />
        </Field>
      ))}
    </div>
  );
}

function FourNumbers({
  values,
  unit,
  label,
  onChange,
}: {
  readonly values: readonly number[];
  /** How many of the stored unit make one that is shown. */
  readonly unit: number;
  readonly label: string;
  readonly onChange: (values: number[]) => void;
}) {
  return (
    <div className="four-numbers">
      {[0, 1, 2, 3].map((place) => (
        <InputNumber
          key={place}
          aria-label={`${label} ${place + 1}`}
          value={(values[place] ?? 0) / unit}
          onChange={(next) => onChange(values.map((old, i) => (i === place ? Math.round((next ?? 0) * unit) : old)))}
        />
      ))}
    </div>
  );
}

const scoresOf = [1, 2, 3, 4, 5] as const;

function Groups({ groups, onChange }: { groups: readonly Group[]; onChange: (groups: Group[]) => void }) {
  const { t } = useTranslation();
  const problem = useProblem('rfm.groups', true);
  const put = (place: number, patch: Partial<Group>) =>
    onChange(groups.map((group, i) => (i === place ? { ...group, ...patch } : group)));
  const freeKey = () => {
    for (let n = groups.length + 1; ; n++) if (!groups.some(({ key }) => key === `group_${n}`)) return `group_${n}`;
  };
  return (
    <div className="rfm-groups">
      <div className="field-label">{t('scoreSettings.groups')}</div>
      <p className="muted small">{t('scoreSettings.groupsHint')}</p>
      {groups.map((group, i) => (
        <div key={group.key} className="rfm-group">
          <Input
            aria-label={t('scoreSettings.groupName')}
            value={group.name ?? ''}
            placeholder={textOr(`rfm.group.${group.key}`, group.key)}
            maxLength={20}
            onChange={(event) => put(i, { name: event.target.value === '' ? null : event.target.value })}
          />
          {(['r', 'f', 'm'] as const).map((axis) => (
            <RangeSelect key={axis} axis={axis} value={group[axis]} onChange={(range) => put(i, { [axis]: range })} />
          ))}
          <Button
            type="text"
            size="small"
            icon={<ArrowUpOutlined />}
            aria-label="↑"
            disabled={i === 0}
            onClick={() => onChange(groups.toSpliced(i - 1, 2, group, groups[i - 1] as Group))}
          />
          <Button
            type="text"
            size="small"
            icon={<DeleteOutlined />}
            aria-label={t('common.delete')}
            disabled={groups.length === 1}
            onClick={() => onChange(groups.filter((_, j) => j !== i))}
          />
        </div>
      ))}
      {problem !== undefined && <div className="draft-problem">{problem}</div>}
      <div className="button-line">
        <Button
          size="small"
          icon={<PlusOutlined />}
          onClick={() => onChange([{ key: freeKey(), name: null, r: [1, 5], f: [1, 5], m: [1, 5] }, ...groups])}
        >
          {t('scoreSettings.addGroup')}
        </Button>
        <Button
          size="small"
          onClick={() =>
            onChange(customaryGroups.map(({ key, r, f, m }) => ({ key, name: null, r: [...r], f: [...f], m: [...m] })))
          }
        >
          {t('scoreSettings.customary')}
        </Button>
      </div>
    </div>
  );
}

function RangeSelect({
  axis,
  value,
  onChange,
}: {
  readonly axis: 'r' | 'f' | 'm';
  readonly value: Group['r'];
  readonly onChange: (range: Group['r']) => void;
}) {
  const ranges = scoresOf.flatMap((from) => scoresOf.filter((to) => to >= from).map((to) => [from, to] as const));
  return (
    <Select
      size="small"
      aria-label={axis.toUpperCase()}
      value={value.join('-')}
      onChange={(text) => onChange(text.split('-').map(Number) as Group['r'])}
      options={ranges.map(([from, to]) => ({
        value: `${from}-${to}`,
        label: `${axis.toUpperCase()} ${from === to ? from : `${from}–${to}`}`,
      }))}
    />
  );
}
