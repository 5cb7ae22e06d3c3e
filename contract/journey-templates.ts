import type { DraftNode, JourneyDraft, NodeKind, Reentry } from './journey-graph.ts';

/**
 * Journeys to begin with. They are drafts with gaps: which segment, which attribute and which words is for the brand to
 * choose. Names and suggested words come from the caller, in the language of who will read them.
 */
export const templateNames = [
  'newcomer',
  'after_purchase',
  'birthday',
  'lunar_birthday',
  'festival',
  'win_back',
  'silent30',
  'coupon_expiring',
] as const;
export type TemplateName = (typeof templateNames)[number];

/** Words of a template: of its nodes, ways and suggestions, by key. */
export type Say = (key: string) => string;

/** What the brand has that a template can use; what it does not have stays open. */
export interface TemplateParts {
  readonly birthdayKey?: string | undefined;
  readonly couponKey?: string | undefined;
}

type Next = string | Readonly<Record<string, string>>;

const minuteOf = (hour: number) => hour * 60;

/** `suggestion` are words to make a content of; they are no part of a graph. */
function createPen(say: Say) {
  const node = (id: string, kind: NodeKind, next: Next, data: Record<string, unknown> = {}, name = ''): DraftNode => ({
    id,
    kind,
    name,
    x: 0,
    y: 0,
    next: typeof next === 'string' ? { next } : next,
    data,
  });
  return {
    node,
    days: (id: string, amount: number, next: string) => node(id, 'wait', next, { amount, unit: 'days' }),
    at: (id: string, hour: number, next: string) => node(id, 'wait_until', next, { minute: minuteOf(hour) }),
    message: (id: string, next: string) =>
      node(id, 'touch', next, { channel: 'wecom_mass', suggestion: say(`${id}.words`) }, say(`${id}.name`)),
    task: (id: string, next: string) => node(id, 'task', next, { suggestion: say(`${id}.words`) }, say(`${id}.name`)),
    happened: (id: string, name: string, days: number, next: { happened: string; timeout: string }) =>
      node(id, 'wait_event', next, { name, filters: [], amount: days, unit: 'days' }),
    end: () => node('end', 'end', {}),
  };
}

const paid = { kind: 'event' as const, data: { name: 'order.paid', filters: [] } };
const lost = {
  kind: 'event' as const,
  data: { name: 'follow.ended', filters: [{ property: 'by', test: { op: 'is_any', values: ['customer'] } }] },
};
const goalOf = (name: string, windowDays: number) => ({ name, filters: [], windowDays });

function draftOf(
  triggers: JourneyDraft['triggers'],
  nodes: readonly DraftNode[],
  rest: { exits?: JourneyDraft['exits']; goal?: JourneyDraft['goal']; reentry: Reentry; holdoutBasisPoints?: number },
): JourneyDraft {
  return {
    triggers,
    start: nodes[0]?.id ?? null,
    nodes: [...nodes],
    exits: [],
    goal: null,
    maxInside: null,
    holdoutBasisPoints: 0,
    ...rest,
  };
}

export function templateDraft(name: TemplateName, say: Say, parts: TemplateParts): JourneyDraft {
  const pen = createPen(say);
  switch (name) {
    case 'newcomer':
      return draftOf(
        [
          {
            kind: 'event',
            data: {
              name: 'follow.added',
              filters: [{ property: 'isFirst', test: { op: 'is_any', values: ['true'] } }],
            },
          },
        ],
        [
          pen.days('day1', 1, 'noon1'),
          pen.at('noon1', 12, 'guide'),
          pen.message('guide', 'day3'),
          pen.days('day3', 2, 'noon3'),
          pen.at('noon3', 12, 'bought'),
          pen.node(
            'bought',
            'branch',
            { yes: 'tips', otherwise: 'gift' },
            {
              ways: [
                {
                  id: 'yes',
                  name: say('bought.yes'),
                  tree: {
                    kind: 'order',
                    measure: 'count',
                    currency: 'CNY',
                    window: { kind: 'last', amount: 7, unit: 'days' },
                    compare: { op: 'gte', value: 1 },
                  },
                },
              ],
            },
            say('bought.name'),
          ),
          pen.message('tips', 'day7'),
          pen.message('gift', 'day7'),
          pen.days('day7', 4, 'noon7'),
          pen.at('noon7', 12, 'hello'),
          pen.task('hello', 'end'),
          pen.end(),
        ],
        { exits: [lost], goal: goalOf('order.paid', 14), reentry: { kind: 'never' } },
      );
    case 'after_purchase':
      return draftOf(
        [paid],
        [
          pen.days('way', 3, 'evening'),
          pen.at('evening', 19, 'arrived'),
          pen.message('arrived', 'use'),
          pen.days('use', 2, 'evening2'),
          pen.at('evening2', 19, 'how'),
          pen.message('how', 'review'),
          pen.happened('review', 'product.reviewed', 7, { happened: 'end', timeout: 'ask' }),
          pen.task('ask', 'end'),
          pen.end(),
        ],
        {
          exits: [
            { kind: 'event', data: { name: 'order.refunded', filters: [] } },
            { kind: 'event', data: { name: 'order.cancelled', filters: [] } },
          ],
          goal: goalOf('product.reviewed', 30),
          reentry: { kind: 'after_end' },
        },
      );
    case 'birthday':
    case 'lunar_birthday':
      return draftOf(
        [
          {
            kind: 'date',
            data: {
              ...(parts.birthdayKey === undefined ? {} : { key: parts.birthdayKey }),
              calendar: name === 'birthday' ? 'solar' : 'lunar',
              offsetDays: 0,
              minute: minuteOf(9),
            },
          },
        ],
        [
          pen.message('wish', 'days'),
          pen.happened('days', 'order.paid', 7, { happened: 'end', timeout: 'present' }),
          pen.task('present', 'end'),
          pen.end(),
        ],
        { exits: [lost], goal: goalOf('order.paid', 14), reentry: { kind: 'after_days', days: 300 } },
      );
    case 'festival':
      return draftOf(
        [
          {
            kind: 'schedule',
            data: {
              on: { every: 'year', calendar: 'lunar', month: 8, day: 15, offsetDays: -1 },
              minute: minuteOf(10),
            },
          },
        ],
        [pen.message('greeting', 'end'), pen.end()],
        { goal: goalOf('order.paid', 7), reentry: { kind: 'after_end' }, holdoutBasisPoints: 1000 },
      );
    case 'win_back':
      return draftOf(
        [{ kind: 'segment', data: { change: 'entered' } }],
        [
          pen.at('morning', 11, 'care'),
          pen.message('care', 'back'),
          pen.happened('back', 'order.placed', 7, { happened: 'end', timeout: 'split' }),
          pen.node(
            'split',
            'split',
            { a: 'offer', b: 'call' },
            {
              seed: 1,
              arms: [
                { id: 'a', name: say('split.a'), weight: 1 },
                { id: 'b', name: say('split.b'), weight: 1 },
              ],
            },
            say('split.name'),
          ),
          pen.message('offer', 'end'),
          pen.task('call', 'end'),
          pen.end(),
        ],
        {
          exits: [paid, lost],
          goal: goalOf('order.paid', 30),
          reentry: { kind: 'after_days', days: 90 },
          holdoutBasisPoints: 1000,
        },
      );
    case 'silent30':
      return draftOf(
        [{ kind: 'segment', data: { change: 'entered' } }],
        [
          pen.node('weekday', 'wait_until', 'dear', { minute: minuteOf(15), weekdays: [2, 3, 4] }),
          pen.node(
            'dear',
            'branch',
            { yes: 'visit', otherwise: 'useful' },
            { ways: [{ id: 'yes', name: say('dear.yes'), tree: { kind: 'super_user', is: true } }] },
            say('dear.name'),
          ),
          pen.task('visit', 'end'),
          pen.message('useful', 'look'),
          pen.happened('look', 'link.opened', 7, { happened: 'end', timeout: 'ask' }),
          pen.message('ask', 'end'),
          pen.end(),
        ],
        {
          exits: [lost],
          goal: goalOf('order.paid', 30),
          reentry: { kind: 'after_days', days: 60 },
          holdoutBasisPoints: 1000,
        },
      );
    case 'coupon_expiring':
      return draftOf(
        [
          {
            kind: 'date',
            data: {
              ...(parts.couponKey === undefined ? {} : { key: parts.couponKey }),
              calendar: 'once',
              offsetDays: -3,
              minute: minuteOf(10),
            },
          },
        ],
        [
          pen.message('remind', 'used'),
          pen.happened('used', 'coupon.applied', 2, { happened: 'end', timeout: 'last' }),
          pen.message('last', 'end'),
          pen.end(),
        ],
        {
          exits: [{ kind: 'event', data: { name: 'coupon.applied', filters: [] } }],
          goal: goalOf('coupon.applied', 4),
          reentry: { kind: 'after_end' },
        },
      );
  }
}
