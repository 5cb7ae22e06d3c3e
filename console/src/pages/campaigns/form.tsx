import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { App, Button, Checkbox, Input, InputNumber, Segmented, Slider } from 'antd';
import { type ReactNode, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { campaignChannel, campaignDraft, createCampaign, launchCampaign, updateCampaign } from '#contract/campaigns';
import { type Draft, DraftForm, Field, useDraft, useProblem } from '~/components/draft';
import { Panel } from '~/components/panel';
import { StaffPicker, TagPicker } from '~/components/pickers';
import { TimePoint } from '~/components/time-point';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { RuleSentence } from '~/pages/segments/editor';
import { RuleDrawer } from '~/pages/segments/rule-drawer';
import { type Drafting, nextPart, sharesOf, type Variant } from './draft';
import { DryRun, Samples } from './dry-run';
import { BasisPoints, ContentPicker, GroupsPicker, MinuteOfDay, SegmentPicker } from './inputs';
import { channelIcon, isBroadcast } from './parts';

interface Props {
  readonly initial: Drafting;
  /** Undefined for a new one. */
  readonly id: number | undefined;
  readonly onDone: (id: number) => void;
  readonly onCancel: () => void;
}

type Form = Draft<Drafting>;

/** Everything about a campaign, with what it would do beside. */
export function CampaignForm({ initial, id, onDone, onCancel }: Props): ReactNode {
  const { t } = useTranslation();
  const { message } = App.useApp();
  const draft = useDraft<Drafting>(campaignDraft, initial);
  const [isLaunching, setLaunching] = useState(false);
  const refusals = {
    segment_unknown: 'who',
    segment_list_unknown: 'who',
    staff_unknown: 'sender',
    content_unknown: 'variants',
    content_archived: 'variants',
    campaign_content_unfit: 'variants',
    campaign_categories_differ: 'variants',
  };
  const savedId = useRef(id);
  const launching = useWriting(launchCampaign, {
    onDone: ({ state }, input) => {
      void message.success(t(state === 'waiting' ? 'campaign.waiting' : 'campaign.launched'));
      onDone(Number(input.id));
    },
    // It is saved by now: its own page says what stands in the way.
    onRefused: () => {
      if (savedId.current !== undefined) onDone(savedId.current);
      return false;
    },
  });
  function saved(saved: number) {
    savedId.current = saved;
    if (isLaunching) launching.mutate({ id: saved });
    else onDone(saved);
  }
  const creating = useWriting(createCampaign, {
    said: t('campaign.created'),
    onDone: ({ id }) => saved(id),
    onRefused: (error) => draft.refuse(error, refusals),
  });
  const updating = useWriting(updateCampaign, {
    said: t('campaign.created'),
    onDone: (_, input) => saved(Number(input.id)),
    onRefused: (error) => draft.refuse(error, refusals),
  });

  function save() {
    const whole = campaignDraft.parse(draft.value);
    if (id === undefined) creating.mutate(whole);
    else updating.mutate({ ...whole, id });
  }

  return (
    <DraftForm draft={draft} onSave={save}>
      <div className="campaign-form">
        <div className="stack-large">
          <Panel>
            <Field label={t('common.name')} path="name">
              <Input
                value={draft.value.name}
                maxLength={60}
                onChange={(event) => draft.set({ name: event.target.value })}
                data-testid="campaign-name"
              />
            </Field>
            <Channels draft={draft} />
          </Panel>
          <Who draft={draft} />
          <What draft={draft} />
          <When draft={draft} />
          <Sender draft={draft} />
          {!isBroadcast(draft.value.channel) && <Measure draft={draft} />}
        </div>
        <div className="campaign-side">
          <DryRun draft={draft.value} />
          <Samples draft={draft.value} />
        </div>
      </div>
      <div className="save-bar">
        <Button
          type="primary"
          htmlType="submit"
          loading={launching.isPending}
          onClick={() => setLaunching(true)}
          data-testid="campaign-launch"
        >
          {t('campaign.saveAndLaunch')}
        </Button>
        <Button
          htmlType="submit"
          loading={creating.isPending || updating.isPending}
          onClick={() => setLaunching(false)}
          data-testid="campaign-save"
        >
          {t('campaign.saveDraft')}
        </Button>
        <Button type="text" onClick={onCancel}>
          {t('common.cancel')}
        </Button>
      </div>
    </DraftForm>
  );
}

function Channels({ draft: { value, set } }: { draft: Form }) {
  const { t } = useTranslation();
  return (
    <fieldset className="plain-fieldset" aria-label={t('campaign.channelTitle')}>
      <div className="channel-choice">
        {campaignChannel.options.map((channel) => (
          <label key={channel}>
            <input
              type="radio"
              name="channel"
              checked={value.channel === channel}
              // Words are chosen for a channel: another one has others.
              onChange={() => set({ channel, ...audienceFor(channel, value) })}
            />
            <strong>
              {channelIcon(channel)} {t(`campaign.channel.${channel}`)}
            </strong>
            <span className="muted small">{t(`campaign.channelHint.${channel}`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Words, and whom they go to, belong to a channel: another one begins anew. */
function audienceFor(channel: Drafting['channel'], value: Drafting): Pick<Drafting, 'who' | 'variants'> {
  const variants = value.variants.map((variant) => ({ ...variant, contentId: undefined }));
  if (channel === 'wecom_group') return { who: { kind: 'groups', chatIds: [] }, variants: variants.slice(0, 1) };
  if (channel === 'wecom_moment')
    return { who: { kind: 'moment', staffIds: [], tagIds: [] }, variants: variants.slice(0, 1) };
  const isPeople = value.who.kind === 'segment' || value.who.kind === 'rule';
  return { who: isPeople ? value.who : { kind: 'segment', segmentId: undefined }, variants };
}

/** Groups, or members and tags. */
function Audience({ draft: { value, set } }: { draft: Form }) {
  const { t } = useTranslation();
  const { who } = value;
  return (
    <Panel title={t('campaign.who')}>
      {who.kind === 'groups' && (
        <Field label={t('campaign.groupsPick')} path="who" below>
          <GroupsPicker value={who.chatIds} onChange={(chatIds) => set({ who: { kind: 'groups', chatIds } })} />
        </Field>
      )}
      {who.kind === 'moment' && (
        <>
          <Field label={t('campaign.momentStaff')} path="who.staffIds" below isOptional>
            <StaffPicker value={who.staffIds} onChange={(staffIds) => set({ who: { ...who, staffIds } })} />
          </Field>
          <Field label={t('campaign.momentTags')} path="who.tagIds" below isOptional>
            <TagPicker value={who.tagIds} onChange={(tagIds) => set({ who: { ...who, tagIds } })} />
          </Field>
        </>
      )}
      <p className="muted small">{t('campaign.audienceNote')}</p>
    </Panel>
  );
}

function Who(props: { draft: Form }) {
  const { kind } = props.draft.value.who;
  return kind === 'groups' || kind === 'moment' ? <Audience {...props} /> : <People {...props} />;
}

function People({ draft: { value, set } }: { draft: Form }) {
  const { t } = useTranslation();
  const [isWriting, setWriting] = useState(false);
  const problem = useProblem('who', true);
  const { who } = value;
  if (who.kind === 'groups' || who.kind === 'moment') return null;
  return (
    <Panel
      title={t('campaign.who')}
      extra={
        <Segmented
          value={who.kind}
          onChange={(kind) =>
            set({ who: kind === 'rule' ? { kind, tree: undefined } : { kind: 'segment', segmentId: undefined } })
          }
          options={[
            { value: 'segment' as const, label: t('campaign.bySegment') },
            { value: 'rule' as const, label: t('campaign.byRule') },
          ]}
        />
      }
    >
      {who.kind === 'segment' ? (
        <Field label={t('segment.one')} path="who" below>
          <SegmentPicker
            value={who.segmentId}
            onChange={(segmentId) =>
              set({ who: segmentId === undefined ? { kind: 'segment', segmentId } : { kind: 'segment', segmentId } })
            }
          />
        </Field>
      ) : (
        <div className="rule-of-campaign">
          {who.tree === undefined ? (
            <p className="muted">{t('campaign.ruleNone')}</p>
          ) : (
            <RuleSentence tree={who.tree} />
          )}
          <Button icon={<EditOutlined />} onClick={() => setWriting(true)} data-testid="campaign-rule">
            {who.tree === undefined ? t('campaign.rulePick') : t('campaign.ruleChange')}
          </Button>
          {problem !== undefined && <p className="draft-problem">{problem}</p>}
          {isWriting && (
            <RuleDrawer
              tree={who.tree}
              onClose={() => setWriting(false)}
              onApply={(tree) => {
                set({ who: { kind: 'rule', tree } });
                setWriting(false);
              }}
            />
          )}
        </div>
      )}
    </Panel>
  );
}

function What({ draft: { value, set } }: { draft: Form }) {
  const { t } = useTranslation();
  const format = useFormat();
  const problem = useProblem('variants', true);
  const { variants } = value;
  const shares = sharesOf(variants);
  const change = (at: number, patch: Partial<Variant>) =>
    set({ variants: variants.map((variant, i) => (i === at ? { ...variant, ...patch } : variant)) });
  const next = nextPart(variants);
  return (
    <Panel title={t('campaign.what')}>
      {variants.map((variant, i) => (
        <div className="variant-row" key={variant.part}>
          <span className="variant-letter">{variant.part}</span>
          <ContentPicker
            channel={value.channel}
            value={variant.contentId}
            onChange={(contentId) => change(i, { contentId })}
          />
          <Input
            value={variant.name}
            maxLength={30}
            placeholder={t('campaign.variantName')}
            aria-label={t('campaign.variantName')}
            onChange={(event) => change(i, { name: event.target.value })}
          />
          <span className="variant-weight">
            <InputNumber
              min={1}
              max={1000}
              aria-label={t('campaign.weight')}
              title={t('campaign.weight')}
              value={variant.weight}
              onChange={(weight) => change(i, { weight: weight ?? 1 })}
            />
            <span className="muted small">{format.percent(shares[i] ?? 0)}</span>
          </span>
          <Button
            type="text"
            icon={<DeleteOutlined />}
            disabled={variants.length === 1}
            aria-label={t('campaign.variantRemove', { part: variant.part })}
            onClick={() => set({ variants: variants.filter((other) => other !== variant) })}
          />
        </div>
      ))}
      {problem !== undefined && <p className="draft-problem">{problem}</p>}
      <div className="variant-foot">
        {next !== undefined && !isBroadcast(value.channel) && (
          <Button
            icon={<PlusOutlined />}
            onClick={() => set({ variants: [...variants, { part: next, name: '', contentId: undefined, weight: 1 }] })}
          >
            {t('campaign.variantAdd')}
          </Button>
        )}
        {variants.length > 1 && <span className="muted small">{t('campaign.variantHint')}</span>}
      </div>
    </Panel>
  );
}

function When({ draft: { value, set } }: { draft: Form }) {
  const { t } = useTranslation();
  const { schedule } = value;
  const tenInTheMorning = 600;
  const beginning = {
    now: { kind: 'now' as const },
    at: { kind: 'at' as const, at: '' },
    weekly: { kind: 'weekly' as const, weekdays: [1], minute: tenInTheMorning, until: null },
    monthly: { kind: 'monthly' as const, day: 1, minute: tenInTheMorning, until: null },
  };
  return (
    <Panel title={t('campaign.when')}>
      <Field label={t('campaign.begin')} path="schedule" below>
        <Segmented
          value={schedule.kind}
          onChange={(kind) => set({ schedule: beginning[kind] })}
          options={(['now', 'at', 'weekly', 'monthly'] as const).map((kind) => ({
            value: kind,
            label: t(`campaign.schedule.${kind}`),
          }))}
        />
      </Field>
      {schedule.kind === 'at' && (
        <Field label={t('campaign.atTime')} path="schedule.at">
          <TimePoint
            value={schedule.at === '' ? null : schedule.at}
            onChange={(at) => set({ schedule: { kind: 'at', at: at ?? '' } })}
            placeholder={t('campaign.atTime')}
          />
        </Field>
      )}
      {schedule.kind === 'weekly' && (
        <Field label={t('campaign.weekdays')} path="schedule.weekdays">
          <Checkbox.Group
            className="weekday-choice"
            value={schedule.weekdays}
            onChange={(weekdays) => set({ schedule: { ...schedule, weekdays: [...weekdays].sort((a, b) => a - b) } })}
            options={([1, 2, 3, 4, 5, 6, 7] as const).map((day) => ({ value: day, label: t(`weekday.day${day}`) }))}
          />
        </Field>
      )}
      {(schedule.kind === 'weekly' || schedule.kind === 'monthly') && (
        <div className="field-pair">
          {schedule.kind === 'monthly' && (
            <Field label={t('campaign.monthDay')} path="schedule.day" hint={t('campaign.monthDayHint')}>
              <InputNumber
                className="full-width"
                min={1}
                max={31}
                value={schedule.day}
                onChange={(day) => set({ schedule: { ...schedule, day: day ?? 1 } })}
              />
            </Field>
          )}
          <Field label={t('campaign.time')} path="schedule.minute">
            <MinuteOfDay value={schedule.minute} onChange={(minute) => set({ schedule: { ...schedule, minute } })} />
          </Field>
          <Field label={t('campaign.until')} path="schedule.until" isOptional>
            <Input
              type="date"
              value={schedule.until ?? ''}
              onChange={(event) =>
                set({ schedule: { ...schedule, until: event.target.value === '' ? null : event.target.value } })
              }
            />
          </Field>
        </div>
      )}
      <div className="field-pair">
        <Field label={t('campaign.throttle')} path="throttleHours" hint={t('campaign.throttleHint')}>
          <InputNumber
            className="full-width"
            min={0}
            max={168}
            suffix={t('campaign.hours')}
            value={value.throttleHours}
            onChange={(throttleHours) => set({ throttleHours: throttleHours ?? 0 })}
          />
        </Field>
        <Field label={t('campaign.expire')} path="expireHours" hint={t('campaign.expireHint')}>
          <InputNumber
            className="full-width"
            min={1}
            max={720}
            suffix={t('campaign.hours')}
            value={value.expireHours}
            onChange={(expireHours) => set({ expireHours: expireHours ?? 1 })}
          />
        </Field>
      </div>
    </Panel>
  );
}

/** Only members of staff have customers of their own. */
const isByStaff = (channel: Drafting['channel']) => channel === 'wecom_mass' || channel === 'staff_task';

function Sender({ draft: { value, set } }: { draft: Form }) {
  const { t } = useTranslation();
  const { sender } = value;
  if (!isByStaff(value.channel)) return null;
  return (
    <Panel title={t('campaign.sender')}>
      <Field label={t('campaign.senderName')} path="sender" hint={t(`campaign.senderHint.${sender.kind}`)}>
        <Segmented
          value={sender.kind}
          onChange={(kind) => set({ sender: kind === 'staff' ? { kind, staffIds: [] } : { kind: 'adviser' } })}
          options={(['adviser', 'staff'] as const).map((kind) => ({
            value: kind,
            label: t(`campaign.senderKind.${kind}`),
          }))}
        />
      </Field>
      {sender.kind === 'staff' && (
        <Field label={t('staff.one')} path="sender.staffIds" below>
          <StaffPicker value={sender.staffIds} onChange={(staffIds) => set({ sender: { kind: 'staff', staffIds } })} />
        </Field>
      )}
    </Panel>
  );
}

function Measure({ draft: { value, set } }: { draft: Form }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Panel title={t('campaign.measure')}>
      <Field
        label={`${t('campaign.holdout')} ${format.percent(value.holdoutBasisPoints / 10_000)}`}
        path="holdoutBasisPoints"
        hint={value.holdoutBasisPoints === 0 ? t('campaign.holdoutNone') : t('campaign.holdoutHint')}
      >
        <Slider
          min={0}
          max={5000}
          step={100}
          value={value.holdoutBasisPoints}
          onChange={(holdoutBasisPoints) => set({ holdoutBasisPoints })}
          tooltip={{ formatter: (points) => format.percent((points ?? 0) / 10_000) }}
        />
      </Field>
      <div className="field-pair">
        <Field label={t('campaign.window')} path="windowHours" hint={t('campaign.windowHint')}>
          <InputNumber
            className="full-width"
            min={1}
            max={2160}
            suffix={t('campaign.hours')}
            value={value.windowHours}
            onChange={(windowHours) => set({ windowHours: windowHours ?? 1 })}
          />
        </Field>
        <Field label={t('campaign.margin')} path="marginBasisPoints" hint={t('campaign.marginHint')}>
          <BasisPoints
            max={100}
            value={value.marginBasisPoints}
            onChange={(marginBasisPoints) => set({ marginBasisPoints })}
          />
        </Field>
        <Field label={t('campaign.perMessage')} path="perMessageFen">
          <InputNumber
            className="full-width"
            min={0}
            max={100_000}
            step={0.1}
            value={value.perMessageFen}
            onChange={(perMessageFen) => set({ perMessageFen: perMessageFen ?? 0 })}
          />
        </Field>
        <Field label={t('campaign.fixed')} path="fixedFen">
          <InputNumber
            className="full-width"
            min={0}
            max={10_000_000}
            precision={2}
            value={value.fixedFen / 100}
            onChange={(yuan) => set({ fixedFen: Math.round((yuan ?? 0) * 100) })}
          />
        </Field>
      </div>
    </Panel>
  );
}
