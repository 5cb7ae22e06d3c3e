import { useQueries, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { getContent } from '#contract/content';
import { listAttributes, listTags } from '#contract/customers';
import type { DraftNode, GraphProblem, JourneyDraft } from '#contract/journey-graph';
import { listJourneys } from '#contract/journeys';
import { type Condition, condition, getSegment } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { useWords } from '~/pages/segments/words';
import type { Setting } from './diff';

/** What a draft says, in the reader's language. It may have gaps: they are dots. */

type Data = Readonly<Record<string, unknown>>;

const numbersIn = (value: unknown) => (Array.isArray(value) ? value.filter((one) => typeof one === 'number') : []);
const listIn = (value: unknown): Data[] => (Array.isArray(value) ? (value as Data[]) : []);
const textIn = (value: unknown) => (typeof value === 'string' ? value : '');
const numberIn = (value: unknown) => (typeof value === 'number' ? value : undefined);

/** The names of all that drafts speak of. */
function useNames(drafts: readonly JourneyDraft[]) {
  const can = useCan();
  const parts = drafts.flatMap((draft) => [...draft.nodes, ...draft.triggers, ...draft.exits].map((part) => part.data));
  const idsOf = (key: string) =>
    [...new Set(parts.flatMap((data) => numberIn(data[key]) ?? []))].filter((id) => id > 0);
  const contentIds = idsOf('contentId');
  const segmentIds = idsOf('segmentId');
  const long = { staleTime: 60_000, retry: false };
  const tags = useQuery({ ...reading(listTags, {}), ...long, enabled: can('customer.read') });
  const attributes = useQuery({ ...reading(listAttributes, {}), ...long, enabled: can('customer.read') });
  const journeys = useQuery({ ...reading(listJourneys, { limit: 200 }), ...long });
  const contents = useQueries({
    queries: contentIds.map((id) => ({ ...reading(getContent, { id }), ...long, enabled: can('content.read') })),
  });
  const segments = useQueries({
    queries: segmentIds.map((id) => ({ ...reading(getSegment, { id }), ...long, enabled: can('segment.read') })),
  });
  const find = (rows: readonly { id: number; name: string }[] | undefined, id: number) =>
    rows?.find((row) => row.id === id)?.name ?? `#${id}`;
  return {
    tag: (id: number) =>
      find(
        tags.data?.groups.flatMap((group) => group.tags),
        id,
      ),
    attribute: (key: string) => attributes.data?.rows.find((row) => row.key === key)?.name ?? key,
    journey: (id: number) => find(journeys.data?.rows, id),
    content: (id: number) => contents[contentIds.indexOf(id)]?.data,
    segment: (id: number) => segments[segmentIds.indexOf(id)]?.data?.name ?? `#${id}`,
  };
}

/** All conditions in the ways of branches, so that their names are asked for together. */
function treesOf(drafts: readonly JourneyDraft[]): Condition {
  const trees = drafts.flatMap((draft) =>
    draft.nodes.flatMap((node) =>
      node.kind === 'branch' ? listIn(node.data.ways).flatMap((way) => condition.safeParse(way.tree).data ?? []) : [],
    ),
  );
  return { kind: 'any', of: trees };
}

export function useJourneyWords(...drafts: readonly JourneyDraft[]) {
  const { t } = useTranslation();
  const format = useFormat();
  const names = useNames(drafts);
  const rule = useWords(treesOf(drafts));

  const gap = '…';
  const eventName = (name: string) => (name === '' ? gap : textOr(`eventName.${name}`, name));
  const span = ({ amount, unit }: Data) =>
    numberIn(amount) === undefined ? gap : t(`journey.span.${unit as 'days'}`, { n: format.number(amount as number) });
  const clock = (minute: unknown) => {
    const at = numberIn(minute);
    return at === undefined
      ? gap
      : `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`;
  };
  const weekdays = (value: unknown) => {
    const days = numbersIn(value);
    if (days.length === 0 || days.length === 7) return t('journey.everyDay');
    return format.list(days.map((day) => t(`weekday.day${day as 1}`)));
  };
  const attribute = (key: unknown) => (textIn(key) === '' ? gap : names.attribute(textIn(key)));
  const offset = (days: unknown) => {
    const n = numberIn(days) ?? 0;
    return n === 0 ? '' : t(n > 0 ? 'journey.daysAfter' : 'journey.daysBefore', { n: Math.abs(n) });
  };
  const event = ({ name, filters }: Data) => {
    const count = listIn(filters).length;
    return eventName(textIn(name)) + (count > 0 ? t('journey.withFilters', { n: count }) : '');
  };
  const segment = (id: unknown) => (numberIn(id) ? names.segment(id as number) : gap);
  const content = (id: unknown) => (numberIn(id) ? (names.content(id as number)?.name ?? `#${id}`) : gap);

  function sayNode({ kind, data }: Pick<DraftNode, 'kind' | 'data'>): string {
    switch (kind) {
      case 'wait':
        return t('journey.say.wait', { span: span(data) });
      case 'wait_until':
        return t('journey.say.wait_until', { days: weekdays(data.weekdays), clock: clock(data.minute) });
      case 'wait_date':
        return t('journey.say.wait_date', {
          attribute: attribute(data.key),
          offset: offset(data.offsetDays),
          clock: clock(data.minute),
        });
      case 'wait_event':
        return t('journey.say.wait_event', { event: event(data), span: span(data) });
      case 'branch':
        return format.list(listIn(data.ways).map((way) => textIn(way.name) || gap));
      case 'split':
        return format.list(
          listIn(data.arms).map((arm) => `${textIn(arm.name) || gap} ${format.percent(shareOf(arm, data))}`),
        );
      case 'touch':
        return `${t(`campaign.channel.${textIn(data.channel) as 'email'}`)} · ${content(data.contentId)}`;
      case 'task':
        return content(data.contentId);
      case 'tag': {
        const add = numbersIn(data.add).map((id) => `+${names.tag(id)}`);
        const remove = numbersIn(data.remove).map((id) => `−${names.tag(id)}`);
        return add.length + remove.length === 0 ? gap : format.list([...add, ...remove]);
      }
      case 'attribute': {
        const value = (data.value ?? {}) as Data;
        const said =
          value.of === 'today'
            ? t('journey.today')
            : value.of === 'nothing'
              ? t('journey.nothing')
              : String(value.value ?? gap) || gap;
        return t('journey.say.attribute', { attribute: attribute(data.key), value: said });
      }
      case 'webhook':
        return textIn(data.topic) || gap;
      case 'move':
        return numberIn(data.journeyId) ? names.journey(data.journeyId as number) : gap;
      case 'end':
        return '';
    }
  }

  function sayTrigger({ kind, data }: JourneyDraft['triggers'][number]): string {
    switch (kind) {
      case 'event':
        return event(data);
      case 'segment':
        return t(`journey.saySegment.${data.change as 'entered'}`, { segment: segment(data.segmentId) });
      case 'date':
        return t(`journey.sayDate.${data.calendar as 'once'}`, {
          attribute: attribute(data.key),
          offset: offset(data.offsetDays),
          clock: clock(data.minute),
        });
      case 'schedule':
        return t('journey.saySchedule', {
          when: sayWhen((data.on ?? {}) as Data),
          clock: clock(data.minute),
          segment: segment(data.segmentId),
        });
      case 'hand':
      case 'api':
        return t(`journey.trigger.${kind}`);
    }
  }

  function sayWhen(on: Data): string {
    switch (on.every) {
      case 'once':
        return textIn(on.day) === '' ? gap : format.longDay(textIn(on.day));
      case 'week':
        return weekdays(on.weekdays);
      case 'month':
        return t('journey.monthDays', { days: format.list(numbersIn(on.days).map(String)) || gap });
      case 'year':
        return t(`journey.yearDay.${on.calendar as 'solar'}`, {
          month: numberIn(on.month) ?? gap,
          day: numberIn(on.day) ?? gap,
          offset: offset(on.offsetDays),
        });
      default:
        return t('journey.everyDay');
    }
  }

  function saySetting(draft: JourneyDraft, name: Setting): string {
    switch (name) {
      case 'triggers':
        return format.list(draft.triggers.map(sayTrigger)) || t('journey.noTrigger');
      case 'exits':
        return (
          format.list(
            draft.exits.map(({ kind, data }) =>
              kind === 'event'
                ? event(data)
                : t(`journey.saySegment.${data.change as 'entered'}`, { segment: segment(data.segmentId) }),
            ),
          ) || t('journey.noExit')
        );
      case 'goal':
        return draft.goal === null
          ? t('journey.noGoal')
          : t('journey.sayGoal', { event: event(draft.goal), n: numberIn(draft.goal.windowDays) ?? gap });
      case 'reentry':
        return t(`journey.reentries.${draft.reentry.kind}`, {
          n: draft.reentry.kind === 'after_days' ? draft.reentry.days : 0,
        });
      case 'maxInside':
        return draft.maxInside === null ? t('journey.noCap') : format.number(draft.maxInside);
      case 'holdoutBasisPoints':
        return format.percent(draft.holdoutBasisPoints / 10_000);
    }
  }

  /** A way out: by its name where it has one, by what it means otherwise; '' for the only one. */
  /** Nothing where there is but one way. */
  function sayWay(node: DraftNode, way: string): string {
    if (node.kind === 'end') return '';
    const named = [...listIn(node.data.ways), ...listIn(node.data.arms)].find((one) => one.id === way);
    if (named) return textIn(named.name) || gap;
    return way === 'next' && node.kind !== 'wait_date' ? '' : textOr(`journey.way.${way}`, way);
  }

  const sayTree = (tree: unknown) => {
    const parsed = condition.safeParse(tree);
    return parsed.success ? rule.say(parsed.data) : gap;
  };
  const nameNode = (node: DraftNode) => node.name || t(`journey.node.${node.kind}`);
  const nameOf = (draft: JourneyDraft, id: string | null) => {
    const node = draft.nodes.find((one) => one.id === id);
    return node ? nameNode(node) : t('journey.nowhere');
  };

  return {
    sayNode,
    sayTrigger,
    saySetting,
    sayWay,
    sayTree,
    nameNode,
    nameOf,
    excerptOf: (id: number) => names.content(id)?.excerpt,
  };
}

const shareOf = (arm: Data, data: Data) => {
  const whole = listIn(data.arms).reduce((sum, one) => sum + (numberIn(one.weight) ?? 0), 0);
  return whole === 0 ? null : (numberIn(arm.weight) ?? 0) / whole;
};

/** What is wrong at a place, in words. */
export function useProblemText(): (problem: GraphProblem) => string {
  const { t } = useTranslation();
  return ({ problem, bound }) => {
    const values = { n: bound ?? 0 };
    if (problem === 'too_small') return t('problem.tooSmall', values);
    if (problem === 'too_big') return t('problem.tooBig', values);
    return textOr(
      `journey.problem.${problem}`,
      textOr(`error.${problem}`, textOr(`problem.${problem}`, t('problem.custom'))),
    );
  };
}
