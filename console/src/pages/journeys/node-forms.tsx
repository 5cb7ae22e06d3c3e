import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Input, Select } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { createContent } from '#contract/content';
import { type attributeKind, listAttributes } from '#contract/customers';
import { dayCalendar, maxWays, type NodeKind, nodeChannels } from '#contract/journey-graph';
import { listJourneys } from '#contract/journeys';
import { type Condition, condition } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { TagPicker } from '~/components/pickers';
import { useWriting } from '~/components/writing';
import { ContentPicker, MinuteOfDay } from '~/pages/campaigns/inputs';
import { RuleDrawer } from '~/pages/segments/rule-drawer';
import {
  AttributePicker,
  Choice,
  type Data,
  Duration,
  EventFields,
  PartField,
  type SetData,
  usePartProblem,
  Weekdays,
  WholeNumber,
} from './fields';
import { useJourneyWords, useProblemText } from './words';

/** The form of one node, by its kind. A kind without a form does not compile. */

interface Props {
  readonly journeyId: number;
  /** What the node is called, or ''. */
  readonly name: string;
  readonly data: Data;
  readonly set: SetData;
}

const forms: { readonly [K in NodeKind]: (props: Props) => ReactNode } = {
  wait: WaitFields,
  wait_until: WaitUntilFields,
  wait_date: WaitDateFields,
  wait_event: WaitEventFields,
  branch: BranchFields,
  split: SplitFields,
  touch: TouchFields,
  task: TaskFields,
  tag: TagFields,
  attribute: AttributeFields,
  webhook: WebhookFields,
  move: MoveFields,
  end: () => null,
};

export function NodeFields({ kind, ...props }: Props & { kind: NodeKind }) {
  const FormOfKind = forms[kind];
  return <FormOfKind {...props} />;
}

const minuteIn = (data: Data) => (typeof data.minute === 'number' ? data.minute : 600);
const idIn = (value: unknown) => (typeof value === 'number' && value > 0 ? value : undefined);
const idsIn = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === 'number') : []);
const textIn = (value: unknown) => (typeof value === 'string' ? value : '');

function WaitFields({ data, set }: Props) {
  const { t } = useTranslation();
  return <Duration data={data} set={set} label={t('journey.field.duration')} />;
}

export function Clock({ data, set }: Pick<Props, 'data' | 'set'>) {
  const { t } = useTranslation();
  return (
    <PartField label={t('journey.field.clock')} path="minute">
      <MinuteOfDay value={minuteIn(data)} onChange={(minute) => set({ minute })} />
    </PartField>
  );
}

function WaitUntilFields({ data, set }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <Clock data={data} set={set} />
      <PartField label={t('journey.field.weekdays')} path="weekdays" below>
        <Weekdays value={data.weekdays} onChange={(weekdays) => set({ weekdays })} />
      </PartField>
    </>
  );
}

/** A day that an attribute names: of a wait, or of an entry. */
export function DateFields({ data, set }: Pick<Props, 'data' | 'set'>) {
  const { t } = useTranslation();
  return (
    <>
      <PartField label={t('journey.field.dateAttribute')} path="key">
        <AttributePicker kind="date" value={data.key} onChange={(key) => set({ key })} />
      </PartField>
      <PartField label={t('journey.field.calendar')} path="calendar">
        <Choice
          value={data.calendar}
          onChange={(calendar) => set({ calendar })}
          options={dayCalendar.options.map((value) => ({ value, label: t(`journey.field.calendars.${value}`) }))}
        />
      </PartField>
      <div className="field-pair">
        <PartField label={t('journey.field.offset')} path="offsetDays" hint={t('journey.field.offsetHint')}>
          <WholeNumber
            value={data.offsetDays ?? 0}
            min={-365}
            max={365}
            onChange={(offsetDays) => set({ offsetDays: offsetDays ?? 0 }, 'offset')}
          />
        </PartField>
        <Clock data={data} set={set} />
      </div>
    </>
  );
}

function WaitDateFields({ data, set }: Props) {
  return <DateFields data={data} set={set} />;
}

function WaitEventFields({ data, set }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <EventFields data={data} set={set} label={t('journey.field.event')} />
      <Duration data={data} set={set} label={t('journey.field.timeout')} />
    </>
  );
}

interface Way {
  readonly id: string;
  readonly name: string;
  readonly tree?: Condition;
  readonly weight?: number;
}

const waysIn = (value: unknown) => (Array.isArray(value) ? (value as Way[]) : []);

/** The first letter that no way has. */
function freshWay(ways: readonly Way[]): string {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
  return letters.find((letter) => !ways.some((way) => way.id === letter)) ?? `w${ways.length}`;
}

function swap<T>(list: readonly T[], a: number, b: number): T[] {
  const copy = [...list];
  const [one, other] = [copy[a], copy[b]];
  if (one === undefined || other === undefined) return copy;
  copy[a] = other;
  copy[b] = one;
  return copy;
}

function BranchFields({ data, set }: Props) {
  const { t } = useTranslation();
  const ways = waysIn(data.ways);
  const [edited, setEdited] = useState<number>();
  const put = (next: readonly Way[], about?: string) => set({ ways: next }, about);
  const change = (at: number, patch: Partial<Way>, about?: string) =>
    put(
      ways.map((way, i) => (i === at ? { ...way, ...patch } : way)),
      about,
    );
  const tree = edited === undefined ? undefined : condition.safeParse(ways[edited]?.tree).data;
  return (
    <>
      <h3 className="section-title">{t('journey.field.waysTitle')}</h3>
      <ol className="journey-ways">
        {ways.map((way, i) => (
          <li key={way.id}>
            <WayFields
              way={way}
              path={`ways.${i}`}
              onName={(name) => change(i, { name }, `way ${i}`)}
              onRule={() => setEdited(i)}
            />
            <span className="journey-way-actions">
              <Button
                size="small"
                type="text"
                icon={<ArrowUpOutlined />}
                aria-label={t('journey.field.moveUp')}
                disabled={i === 0}
                onClick={() => put(swap(ways, i, i - 1))}
              />
              <Button
                size="small"
                type="text"
                icon={<ArrowDownOutlined />}
                aria-label={t('journey.field.moveDown')}
                disabled={i === ways.length - 1}
                onClick={() => put(swap(ways, i, i + 1))}
              />
              <Button
                size="small"
                type="text"
                icon={<DeleteOutlined />}
                aria-label={t('common.remove')}
                disabled={ways.length === 1}
                onClick={() => put(ways.filter((_, at) => at !== i))}
              />
            </span>
          </li>
        ))}
      </ol>
      {ways.length < maxWays && (
        <Button type="dashed" icon={<PlusOutlined />} onClick={() => put([...ways, { id: freshWay(ways), name: '' }])}>
          {t('journey.field.addWay')}
        </Button>
      )}
      {edited !== undefined && (
        <RuleDrawer
          tree={tree}
          onClose={() => setEdited(undefined)}
          onApply={(next) => {
            change(edited, { tree: next });
            setEdited(undefined);
          }}
        />
      )}
    </>
  );
}

interface WayProps {
  readonly way: Way;
  readonly path: string;
  readonly onName: (name: string) => void;
  readonly onRule: () => void;
}

function WayFields({ way, path, onName, onRule }: WayProps) {
  const { t } = useTranslation();
  const words = useJourneyWords();
  const problemText = useProblemText();
  const problem = usePartProblem(`${path}.tree`, true);
  return (
    <div className="journey-way-fields">
      <PartField label={t('journey.field.wayName')} path={`${path}.name`}>
        <Input value={way.name} maxLength={60} onChange={(event) => onName(event.target.value)} />
      </PartField>
      {way.tree !== undefined && <p className="rule-sentence">{words.sayTree(way.tree)}</p>}
      {problem && <p className="journey-problem">{problemText(problem)}</p>}
      <Button size="small" onClick={onRule} data-testid="edit-rule">
        {t(way.tree === undefined ? 'journey.field.setRule' : 'journey.field.editRule')}
      </Button>
    </div>
  );
}

function SplitFields({ data, set }: Props) {
  const { t } = useTranslation();
  const arms = waysIn(data.arms);
  const put = (next: readonly Way[], about?: string) => set({ arms: next }, about);
  return (
    <>
      <h3 className="section-title">{t('journey.field.arms')}</h3>
      <ol className="journey-ways">
        {arms.map((arm, i) => (
          <li key={arm.id}>
            <div className="field-pair">
              <PartField label={t('journey.field.armName')} path={`arms.${i}.name`}>
                <Input
                  value={arm.name}
                  maxLength={60}
                  onChange={(event) =>
                    put(
                      arms.map((one, at) => (at === i ? { ...one, name: event.target.value } : one)),
                      `arm ${i}`,
                    )
                  }
                />
              </PartField>
              <PartField label={t('journey.field.weight')} path={`arms.${i}.weight`}>
                <WholeNumber
                  value={arm.weight}
                  min={1}
                  max={100}
                  onChange={(weight) =>
                    put(
                      arms.map((one, at) => {
                        if (at !== i) return one;
                        const { weight: _, ...rest } = one;
                        return weight === undefined ? rest : { ...rest, weight };
                      }),
                      `weight ${i}`,
                    )
                  }
                />
              </PartField>
            </div>
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t('common.remove')}
              disabled={arms.length <= 2}
              onClick={() => put(arms.filter((_, at) => at !== i))}
            />
          </li>
        ))}
      </ol>
      <div className="journey-buttons">
        {arms.length < maxWays && (
          <Button
            type="dashed"
            icon={<PlusOutlined />}
            onClick={() => put([...arms, { id: freshWay(arms), name: freshWay(arms).toUpperCase(), weight: 1 }])}
          >
            {t('journey.field.addArm')}
          </Button>
        )}
        <Button
          title={t('journey.field.redealHint')}
          onClick={() => set({ seed: Math.floor(Math.random() * 1_000_000) })}
        >
          {t('journey.field.redeal')}
        </Button>
      </div>
    </>
  );
}

function Saying({
  name,
  data,
  set,
  channel,
}: Pick<Props, 'name' | 'data' | 'set'> & { channel: (typeof nodeChannels)[number] | 'staff_task' }) {
  const { t } = useTranslation();
  return (
    <>
      <PartField label={t('journey.field.content')} path="contentId" hint={t('journey.field.contentHint')}>
        <ContentPicker channel={channel} value={idIn(data.contentId)} onChange={(contentId) => set({ contentId })} />
      </PartField>
      <Suggestion name={name} data={data} set={set} isTask={channel === 'staff_task'} />
      <PartField label={t('journey.field.expires')} path="expiresHours" hint={t('journey.field.expiresHint')}>
        <WholeNumber
          value={data.expiresHours ?? 72}
          min={1}
          max={720}
          suffix={t('journey.field.hours')}
          onChange={(expiresHours) => set({ expiresHours }, 'expires')}
        />
      </PartField>
    </>
  );
}

/** Words that a template suggests become a content of the brand's own. */
function Suggestion({ name: nodeName, data, set, isTask }: Pick<Props, 'name' | 'data' | 'set'> & { isTask: boolean }) {
  const { t } = useTranslation();
  const can = useCan();
  const words = textIn(data.suggestion);
  const name = nodeName || words.slice(0, 24);
  const making = useWriting(createContent, {
    said: t('journey.field.suggestionMade', { name }),
    onDone: ({ id }) => set({ contentId: id, suggestion: undefined }),
  });
  if (words === '' || idIn(data.contentId) !== undefined) return null;
  const wordings = isTask ? { task: { words } } : { wecom: { text: words, attachments: [] } };
  return (
    <div className="journey-suggestion">
      <span className="muted small">{t('journey.field.suggestion')}</span>
      <p>{words}</p>
      {can('content.write') && (
        <Button
          size="small"
          loading={making.isPending}
          onClick={() => making.mutate({ name, category: 'care', wordings })}
          data-testid="use-suggestion"
        >
          {t('journey.field.useSuggestion')}
        </Button>
      )}
    </div>
  );
}

function TouchFields({ name, data, set }: Props) {
  const { t } = useTranslation();
  const channel = nodeChannels.find((one) => one === data.channel) ?? 'wecom_mass';
  return (
    <>
      <PartField label={t('journey.field.channel')} path="channel">
        <Choice
          value={data.channel}
          onChange={(next) => set({ channel: next })}
          options={nodeChannels.map((value) => ({ value, label: t(`campaign.channel.${value}`) }))}
        />
      </PartField>
      <Saying name={name} data={data} set={set} channel={channel} />
    </>
  );
}

function TaskFields(props: Props) {
  return <Saying {...props} channel="staff_task" />;
}

function TagFields({ data, set }: Props) {
  const { t } = useTranslation();
  const [add, remove] = [idsIn(data.add), idsIn(data.remove)];
  return (
    <>
      <PartField label={t('journey.field.addTags')} path="add" below>
        <TagPicker
          label={t('journey.field.addTags')}
          value={add}
          exclude={remove}
          onChange={(ids) => set({ add: ids })}
        />
      </PartField>
      <PartField label={t('journey.field.removeTags')} path="remove" below>
        <TagPicker
          label={t('journey.field.removeTags')}
          value={remove}
          exclude={add}
          onChange={(ids) => set({ remove: ids })}
        />
      </PartField>
    </>
  );
}

const valueKinds = ['fixed', 'today', 'nothing'] as const;

function AttributeFields({ data, set }: Props) {
  const { t } = useTranslation();
  const attributes = useQuery({ ...reading(listAttributes, {}), staleTime: 30_000 });
  const definition = attributes.data?.rows.find((row) => row.key === data.key);
  const value = (data.value ?? {}) as { of?: string; value?: unknown };
  return (
    <>
      <PartField label={t('journey.field.attribute')} path="key">
        <AttributePicker value={data.key} onChange={(key) => set({ key })} />
      </PartField>
      <PartField label={t('journey.field.valueOf')} path="value.of">
        <Choice
          value={value.of}
          onChange={(of) => set({ value: of === 'fixed' ? { of, value: '' } : { of } })}
          options={valueKinds
            .filter((kind) => kind !== 'today' || definition === undefined || definition.kind === 'date')
            .map((kind) => ({ value: kind, label: t(`journey.field.valueOfs.${kind}`) }))}
        />
      </PartField>
      {value.of === 'fixed' && (
        <PartField label={t('journey.field.value')} path="value.value">
          <ValueInput
            kind={definition?.kind ?? 'text'}
            choices={definition?.choices ?? []}
            value={value.value}
            onChange={(next) => set({ value: { of: 'fixed', value: next } }, 'value')}
          />
        </PartField>
      )}
    </>
  );
}

interface ValueProps {
  readonly id?: string;
  readonly kind: z.output<typeof attributeKind>;
  readonly choices: readonly string[];
  readonly value: unknown;
  readonly onChange: (value: string | number | boolean | undefined) => void;
}

function ValueInput({ id, kind, choices, value, onChange }: ValueProps) {
  const { t } = useTranslation();
  const own = id === undefined ? {} : { id };
  switch (kind) {
    case 'number':
      return <WholeNumber {...own} value={value} onChange={onChange} />;
    case 'boolean':
      return (
        <Choice
          {...own}
          value={value === true ? 'yes' : value === false ? 'no' : undefined}
          onChange={(next) => onChange(next === 'yes')}
          options={(['yes', 'no'] as const).map((one) => ({ value: one, label: t(`common.${one}`) }))}
        />
      );
    case 'choice':
      return (
        <Choice
          {...own}
          value={value}
          onChange={onChange}
          options={choices.map((one) => ({ value: one, label: one }))}
        />
      );
    case 'date':
    case 'text':
      return (
        <Input
          {...own}
          value={textIn(value)}
          maxLength={200}
          {...(kind === 'date' ? { placeholder: '2026-11-21' } : {})}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

function WebhookFields({ data, set }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <PartField label={t('journey.field.topic')} path="topic" hint={t('journey.field.topicHint')}>
        <Input
          value={textIn(data.topic)}
          maxLength={60}
          onChange={(event) => set({ topic: event.target.value }, 'topic')}
        />
      </PartField>
      <PartField label={t('journey.field.note')} path="note">
        <Input.TextArea
          value={textIn(data.note)}
          maxLength={500}
          autoSize={{ minRows: 2, maxRows: 6 }}
          onChange={(event) => set({ note: event.target.value }, 'note')}
        />
      </PartField>
    </>
  );
}

function MoveFields({ journeyId, data, set }: Props) {
  const { t } = useTranslation();
  const { data: found } = useQuery({ ...reading(listJourneys, { limit: 200 }), staleTime: 30_000 });
  const rows = (found?.rows ?? []).filter((row) => row.id !== journeyId);
  return (
    <PartField label={t('journey.field.journey')} path="journeyId">
      <Select<number | null>
        value={idIn(data.journeyId) ?? null}
        onChange={(id) => set({ journeyId: id ?? undefined })}
        options={rows.map((row) => ({ value: row.id, label: row.name }))}
        placeholder={t('journey.field.journeyPick')}
        showSearch={{ optionFilterProp: 'label' }}
        className="full-width"
      />
    </PartField>
  );
}
