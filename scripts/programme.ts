// What the brand of the demo says to its people: contents, campaigns with control groups, and journeys that care for them.
import type { Call } from '#contract';
import { type createCampaign, launchCampaign, createCampaign as makeCampaign } from '#contract/campaigns';
import { createContent } from '#contract/content';
import type { JourneyDraft } from '#contract/journey-graph';
import { createJourney, getJourney, publishJourney } from '#contract/journeys';
import type { Condition } from '#contract/segments';
import type { Session } from './processes.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/**
 * Each campaign goes to a part of the people of its own, and none of them hears of another while the window of the last
 * one is open: what one campaign did is then what its message did.
 */
const parts = 5;
const partSeed = 515;
export const windowHours = 120;

/** The first one waits until there are people; after the last one its window has to end. */
const firstDay = 8;
const lastDays = 9;

type Category = 'care' | 'content' | 'promotion';

/** What is said, round and round: what gives comes before what asks. */
const sayings: readonly { name: string; category: Category; text: string }[] = [
  {
    name: '春茶怎么泡',
    category: 'content',
    text: '{{ customer.name | default: "茶友" }}，绿茶水温 85 度最合适。冲泡教程放在这里，照着泡不会苦：https://tea.example/brew-green',
  },
  {
    name: '换季问候',
    category: 'care',
    text: '最近天气变化大，注意保暖，喝口热茶。有什么想问的随时找我。',
  },
  {
    name: '会员满减',
    category: 'promotion',
    text: '会员专享：本周全场满 199 减 50，限时三天。',
  },
  {
    name: '岩茶的故事',
    category: 'content',
    text: '武夷山的老师傅讲了一个岩茶的故事，制茶的人值得被认识：https://tea.example/story-yancha',
  },
  {
    name: '节日祝福',
    category: 'care',
    text: '祝您节日安康。谢谢您一直喝我们的茶。',
  },
  {
    name: '老茶八折',
    category: 'promotion',
    text: '老白茶饼八折，只此一周，数量有限。',
  },
];

export interface PlannedCampaign {
  readonly id: number;
  readonly name: string;
  readonly at: Date;
}

/** Sets the programme up. Campaigns stay drafts until their day comes near: `launchDue`. */
export async function setUpProgramme(
  session: Session,
  options: { begin: number; days: number; campaigns: number },
): Promise<PlannedCampaign[]> {
  const contents = new Map<string, number>();
  for (const { name, category, text } of sayings) {
    const urls = [...text.matchAll(/https:\S+/g)].map((match) => match[0]);
    const wordings = { wecom: { text, attachments: [] }, task: { words: text } };
    contents.set(name, (await session.call(createContent, { name, category, wordings, trackedUrls: urls })).id);
  }
  await makeJourneys(session);

  const planned: PlannedCampaign[] = [];
  const room = Math.max(0, options.days - firstDay - lastDays);
  for (let i = 0; i < options.campaigns; i++) {
    const saying = sayings[i % sayings.length] as (typeof sayings)[number];
    const day = firstDay + Math.floor((i * room) / Math.max(1, options.campaigns - 1));
    // The demo begins at nine in the morning of the brand's zone.
    const at = new Date(options.begin + day * dayMs + (1 + (i % 5)) * hourMs);
    const draft: Call<typeof createCampaign> = {
      name: `${saying.name} ${i + 1}`,
      channel: 'wecom_mass',
      who: { kind: 'rule', tree: partOf(i % parts) },
      variants: [{ part: 'A', contentId: contents.get(saying.name) ?? 0 }],
      holdoutBasisPoints: 5000,
      schedule: { kind: 'at', at: at.toISOString() },
      windowHours,
    };
    const { id } = await session.call(makeCampaign, draft);
    planned.push({ id, name: draft.name, at });
  }
  return planned;
}

/** Launches the campaigns whose time is less than a day away, each once. */
export async function launchDue(
  session: Session,
  campaigns: readonly PlannedCampaign[],
  now: number,
  launched: Set<number>,
) {
  for (const campaign of campaigns) {
    if (launched.has(campaign.id) || campaign.at.getTime() - now > dayMs) continue;
    launched.add(campaign.id);
    await session.call(launchCampaign, { id: campaign.id });
  }
}

function partOf(part: number): Condition {
  const size = 10_000 / parts;
  return {
    kind: 'all',
    of: [
      { kind: 'follow', mode: 'some', states: ['active'] },
      { kind: 'bucket', seed: partSeed, from: part * size, to: (part + 1) * size },
    ],
  };
}

async function makeJourneys(session: Session): Promise<void> {
  const say = async (name: string, category: Category, text: string) =>
    (await session.call(createContent, { name, category, wordings: { wecom: { text, attachments: [] } } })).id;
  const hello = await say(
    '新客·泡茶入门',
    'content',
    '第一次喝我们的茶？三分钟冲泡指南：投茶 3 克，水 150 毫升，前两泡出汤要快。',
  );
  const howIsIt = await say('新客·一周问候', 'care', '来一周了，喝得还习惯吗？口味偏浓偏淡都可以告诉我。');
  const arrived = await say('购后·到货关怀', 'care', '您的茶签收了吗？收到后放阴凉处，开封后尽快喝完。');
  const taste = await say('购后·口感回访', 'care', '茶喝得怎么样？合口味的话我记下来，下次给您留。');
  const missed = await say('沉睡唤醒', 'care', '好久不见，近况如何？新到的单丛留了一泡给您，有空来店里坐坐。');

  await publish(session, '新客七天', {
    triggers: [{ kind: 'event', data: { name: 'follow.added', filters: [] } }],
    steps: [
      ['wait', { amount: 1, unit: 'days' }],
      ['touch', { channel: 'wecom_mass', contentId: hello }],
      ['wait', { amount: 6, unit: 'days' }],
      ['touch', { channel: 'wecom_mass', contentId: howIsIt }],
    ],
    exits: [{ kind: 'event', data: { name: 'follow.ended', filters: [] } }],
    goal: { name: 'order.placed', filters: [], windowDays: 14, isEnd: false },
    reentry: { kind: 'never' },
  });
  await publish(session, '购后关怀', {
    triggers: [{ kind: 'event', data: { name: 'order.placed', filters: [] } }],
    steps: [
      ['wait', { amount: 3, unit: 'days' }],
      ['touch', { channel: 'wecom_mass', contentId: arrived }],
      ['wait', { amount: 2, unit: 'days' }],
      ['touch', { channel: 'wecom_mass', contentId: taste }],
    ],
    exits: [],
    goal: null,
    // Nobody is asked the same after each of his orders.
    reentry: { kind: 'after_days', days: 90 },
  });
  await publish(session, '三十天没有互动', {
    triggers: [{ kind: 'event', data: { name: 'follow.added', filters: [] } }],
    steps: [
      ['wait_event', { name: 'order.placed', filters: [], amount: 30, unit: 'days' }],
      ['touch', { channel: 'wecom_mass', contentId: missed }],
    ],
    exits: [{ kind: 'event', data: { name: 'follow.ended', filters: [] } }],
    goal: { name: 'order.placed', filters: [], windowDays: 45, isEnd: true },
    reentry: { kind: 'never' },
  });
}

/** A journey of steps one after another; what a step waits for in vain goes on, what happens ends it. */
async function publish(
  session: Session,
  name: string,
  plan: {
    triggers: JourneyDraft['triggers'];
    steps: readonly (readonly [JourneyDraft['nodes'][number]['kind'], Record<string, unknown>])[];
    exits: JourneyDraft['exits'];
    goal: Record<string, unknown> | null;
    reentry: JourneyDraft['reentry'];
  },
): Promise<void> {
  const nodes: JourneyDraft['nodes'] = [
    ...plan.steps.map(([kind, data], i) => {
      const next = i + 1 < plan.steps.length ? `n${i + 1}` : 'end';
      const ways: Record<string, string> = kind === 'wait_event' ? { happened: 'end', timeout: next } : { next };
      return { id: `n${i}`, kind, name: '', x: 0, y: i * 120, next: ways, data };
    }),
    { id: 'end', kind: 'end' as const, name: '', x: 0, y: plan.steps.length * 120, next: {}, data: {} },
  ];
  const draft = {
    triggers: plan.triggers,
    start: 'n0',
    nodes,
    exits: plan.exits,
    goal: plan.goal,
    reentry: plan.reentry,
  };
  const { id } = await session.call(createJourney, { name, description: '', draft });
  const { revision } = await session.call(getJourney, { id });
  await session.call(publishJourney, { id, revision });
}
