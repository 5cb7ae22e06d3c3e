import { useQueries, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { getCode } from '#contract/acquisition';
import { listAttributes, listTags } from '#contract/customers';
import { getStaff, listDepartments } from '#contract/organization';
import { getRfm } from '#contract/scores';
import { type Condition, getSegment, type Leaf, type LeafOf, listSegmentLists } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { minorUnits, unitOfScore } from './fields';
import type { Comparison, MomentTest, TimeWindow } from './inputs';

function* leavesOf(condition: Condition): Generator<Leaf> {
  if (condition.kind === 'not') yield* leavesOf(condition.of);
  else if ('of' in condition) for (const part of condition.of) yield* leavesOf(part);
  else yield condition;
}

/** The names of what a rule speaks of; a number stands for what is not known, or not for this reader. */
function useNames(tree: Condition) {
  const can = useCan();
  const leaves = [...leavesOf(tree)];
  const has = (...kinds: Leaf['kind'][]) => leaves.some(({ kind }) => kinds.includes(kind));
  const idsOf = (read: (leaf: Leaf) => readonly number[] | undefined) => [
    ...new Set(leaves.flatMap((leaf) => read(leaf) ?? [])),
  ];
  const staffIds = idsOf((leaf) => (leaf.kind === 'follow' ? leaf.staffIds : undefined));
  const codeIds = idsOf((leaf) => (leaf.kind === 'follow' || leaf.kind === 'code' ? leaf.codeIds : undefined));
  const segmentIds = idsOf((leaf) => (leaf.kind === 'segment' && leaf.segmentId > 0 ? [leaf.segmentId] : undefined));
  const long = { staleTime: 60_000 };

  const tags = useQuery({ ...reading(listTags, {}), ...long, enabled: has('tag') });
  const attributes = useQuery({ ...reading(listAttributes, {}), ...long, enabled: has('attribute') });
  const lists = useQuery({ ...reading(listSegmentLists, {}), ...long, enabled: has('list') });
  const departments = useQuery({
    ...reading(listDepartments, {}),
    ...long,
    enabled: has('follow') && can('staff.read'),
  });
  const rfm = useQuery({ ...reading(getRfm, {}), ...long, enabled: has('rfm') && can('insight.read') });
  const staff = useQueries({
    queries: staffIds.map((id) => ({ ...reading(getStaff, { id }), ...long, enabled: can('staff.read') })),
  });
  const codes = useQueries({
    queries: codeIds.map((id) => ({ ...reading(getCode, { id }), ...long, enabled: can('code.read') })),
  });
  const segments = useQueries({ queries: segmentIds.map((id) => ({ ...reading(getSegment, { id }), ...long })) });

  const find = (rows: readonly { id: number; name: string }[] | undefined, id: number) =>
    rows?.find((row) => row.id === id)?.name ?? `#${id}`;
  return {
    tag: (id: number) =>
      find(
        tags.data?.groups.flatMap((group) => group.tags),
        id,
      ),
    attribute: (key: string) => attributes.data?.rows.find((row) => row.key === key)?.name ?? key,
    list: (id: number) => find(lists.data?.rows, id),
    department: (id: number) => find(departments.data?.rows, id),
    staff: (id: number) => staff[staffIds.indexOf(id)]?.data?.name ?? `#${id}`,
    code: (id: number) => codes[codeIds.indexOf(id)]?.data?.name ?? `#${id}`,
    segment: (id: number) => segments[segmentIds.indexOf(id)]?.data?.name ?? `#${id}`,
    rfm: (key: string) => rfm.data?.groups.find((group) => group.key === key)?.name ?? textOr(`rfm.group.${key}`, key),
  };
}

/** Says conditions of a rule in the reader's language. */
export function useWords(tree: Condition) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const names = useNames(tree);

  const or = (words: readonly string[]) =>
    words.length === 0 ? '…' : new Intl.ListFormat(i18n.language, { type: 'disjunction' }).format(words);
  const and = (words: readonly string[]) =>
    words.length === 0 ? '…' : new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(words);
  const word = (text: string) => (text === '' ? '…' : text);
  const quoted = (text: string) => t('rule.quoted', { text: word(text) });

  function compare(test: Comparison, write = (value: number) => format.decimal(value, 4)): string {
    const say = (value: number) => (Number.isNaN(value) ? '…' : write(value));
    return test.op === 'between'
      ? t('rule.between', { from: say(test.value), to: say(test.to) })
      : `${t(`rule.op.${test.op}`)} ${say(test.value)}`;
  }
  const span = ({ amount, unit }: { amount: number; unit: 'hours' | 'days' }) =>
    t(`rule.span.${unit}`, { n: Number.isNaN(amount) ? '…' : format.number(amount) });
  function days({ from, to }: { from: string | null; to: string | null }): string {
    if (from === null) return to === null ? t('rule.anyDay') : t('rule.until', { to: format.longDay(to) });
    return to === null
      ? t('rule.since', { from: format.longDay(from) })
      : t('rule.fromTo', { from: format.longDay(from), to: format.longDay(to) });
  }
  const window = (value: TimeWindow) =>
    value.kind === 'ever'
      ? t('rule.inAll')
      : value.kind === 'last'
        ? t('rule.inLast', { span: span(value) })
        : days(value);
  const moment = (value: MomentTest) =>
    value.kind === 'last'
      ? t('rule.isInLast', { span: span(value) })
      : value.kind === 'before'
        ? t('rule.isBefore', { span: span(value) })
        : t('rule.isBetween', { days: days(value) });
  const event = (name: string) => quoted(textOr(`eventName.${name}`, name));
  const inBrackets = (parts: readonly (string | undefined)[]) => {
    const said = parts.filter((part) => part !== undefined);
    return said.length === 0 ? '' : t('rule.brackets', { text: said.join(t('rule.semicolon')) });
  };

  const happening = ({ name, filters }: { name: string; filters: LeafOf<'event'>['filters'] }) =>
    event(name) + inBrackets(filters.map(({ property, test }) => attributeText(word(property), test as AttributeTest)));

  type AttributeTest = LeafOf<'attribute'>['test'];
  function attributeText(name: string, test: AttributeTest): string {
    switch (test.op) {
      case 'set':
      case 'not_set':
      case 'yes':
      case 'no':
        return t(`rule.attributeText.${test.op}`, { name });
      case 'is_any':
      case 'is_none':
        return t(`rule.attributeText.${test.op}`, { name, values: or(test.values) });
      case 'contains':
      case 'not_contains':
      case 'starts_with':
        return t(`rule.attributeText.${test.op}`, { name, text: quoted(test.text) });
      case 'number':
        return `${name} ${compare(test.compare)}`;
      case 'day_between':
        return t('rule.attributeText.day_between', { name, days: days(test) });
      case 'day_last':
      case 'day_next':
        return t(`rule.attributeText.${test.op}`, { name, n: test.days });
      case 'birthday':
        return t('rule.attributeText.birthday', {
          name,
          n: test.days,
          calendar: t(`rule.calendar.${test.calendar}`),
        });
      case 'month':
        return t('rule.attributeText.month', { name, months: or(test.months.map((n) => t('rule.month', { n }))) });
    }
  }

  const orders = ({ shops, skus, categories }: Pick<LeafOf<'order'>, 'shops' | 'skus' | 'categories'>) =>
    inBrackets([
      shops && t('rule.orderPart.shops', { values: or(shops) }),
      categories && t('rule.orderPart.categories', { values: or(categories) }),
      skus && t('rule.orderPart.skus', { values: or(skus) }),
    ]);

  function scoreValue(field: LeafOf<'score'>['field']): (value: number) => string {
    const { scale, suffix = '' } = unitOfScore(field);
    return (value) => format.decimal(value / scale, 2) + suffix;
  }

  function leafText(leaf: Leaf): string {
    switch (leaf.kind) {
      case 'attribute':
        return attributeText(word(leaf.key === '' ? '' : names.attribute(leaf.key)), leaf.test);
      case 'tag':
        return t(`rule.tagText.${leaf.mode}`, {
          tags: (leaf.mode === 'all' ? and : or)(leaf.tagIds.map(names.tag)),
        });
      case 'follow':
        return (
          t(`rule.followText.${leaf.mode}`) +
          inBrackets([
            leaf.states && or(leaf.states.map((state) => t(`follow.state.${state}`))),
            leaf.staffIds && t('rule.followPart.staff', { values: or(leaf.staffIds.map(names.staff)) }),
            leaf.departmentIds &&
              t('rule.followPart.departments', { values: or(leaf.departmentIds.map(names.department)) }),
            leaf.codeIds && t('rule.followPart.codes', { values: or(leaf.codeIds.map(names.code)) }),
            leaf.added && t('rule.followPart.added', { moment: moment(leaf.added) }),
            leaf.ended && t('rule.followPart.ended', { moment: moment(leaf.ended) }),
          ])
        );
      case 'event': {
        const { measure } = leaf;
        return t(`rule.eventText.${measure.of}`, {
          window: window(leaf.window),
          event: happening(leaf),
          property: 'property' in measure ? word(measure.property) : '',
          compare: compare(leaf.compare),
        });
      }
      case 'event_time':
        return t('rule.eventTimeText', {
          which: t(`rule.which.${leaf.which}`),
          event: happening(leaf),
          moment: moment(leaf.test),
        });
      case 'sequence':
        return t(leaf.followed ? 'rule.sequenceText.yes' : 'rule.sequenceText.no', {
          window: window(leaf.window),
          first: happening(leaf.first),
          span: span(leaf.within),
          next: happening(leaf.next),
        });
      case 'order':
        return t('rule.orderText', {
          window: window(leaf.window),
          measure: t(`rule.orderMeasure.${leaf.measure}`),
          orders: orders(leaf),
          compare: compare(
            leaf.compare,
            leaf.measure === 'count' ? undefined : (value) => format.money(Math.round(value), leaf.currency),
          ),
        });
      case 'order_time':
        return t('rule.eventTimeText', {
          which: t(`rule.whichOrder.${leaf.which}`),
          event: orders(leaf),
          moment: moment(leaf.test),
        });
      case 'order_gap':
        return `${t(`rule.gap.${leaf.which}`)} ${compare(leaf.compare, (value) => t('rule.span.days', { n: format.decimal(value) }))}`;
      case 'score':
        return `${t(`rule.score.${leaf.field}`)} ${compare(leaf.compare, scoreValue(leaf.field))}`;
      case 'rfm':
        return t('rule.isText', { name: t('rule.kind.rfm'), values: or(leaf.groups.map(names.rfm)) });
      case 'super_user':
        return t(leaf.is ? 'rule.superText.yes' : 'rule.superText.no');
      case 'source':
        return t('rule.isText', { name: t('customer.source'), values: or(leaf.values.map((v) => t(`source.${v}`))) });
      case 'gender':
        return t('rule.isText', {
          name: t('customer.gender'),
          values: or(leaf.values.map((v) => t(`customer.genders.${v}`))),
        });
      case 'account_kind':
        return t('rule.isText', {
          name: t('rule.kind.account_kind'),
          values: or(leaf.values.map((v) => t(`customer.kind.${v}`))),
        });
      case 'code':
        return t('rule.isText', { name: t('rule.kind.code'), values: or(leaf.codeIds.map(names.code)) });
      case 'added':
        return t('rule.addedText', { moment: moment(leaf.test) });
      case 'identity': {
        const kinds = leaf.kinds.map((kind) => textOr(`rule.account.${kind}`, kind));
        return t(`rule.identityText.${leaf.mode}`, { kinds: (leaf.mode === 'all' ? and : or)(kinds) });
      }
      case 'bucket':
        return t('rule.bucketText', {
          from: format.percent(leaf.from / 10_000),
          to: format.percent(leaf.to / 10_000),
          seed: leaf.seed,
        });
      case 'top': {
        const { by, take } = leaf;
        return t('rule.topText', {
          by:
            by.of === 'score'
              ? t(`rule.score.${by.field}`)
              : by.of === 'order_total'
                ? t('rule.rankingText.order_total', { window: window(by.window), currency: by.currency })
                : t('rule.rankingText.event_sum', {
                    window: window(by.window),
                    event: event(by.name),
                    property: word(by.property),
                  }),
          take:
            take.of === 'count'
              ? t('rule.takeText.count', { n: format.number(take.count) })
              : t('rule.takeText.share', { share: format.percent(take.basisPoints / 10_000) }),
        });
      }
      case 'segment':
        return t('rule.segmentText', { name: leaf.segmentId === 0 ? '…' : names.segment(leaf.segmentId) });
      case 'list':
        return t('rule.listText', { name: leaf.listId === 0 ? '…' : names.list(leaf.listId) });
    }
  }

  /** @param isInside: brackets around alternatives, so that "and" and "or" are not mistaken */
  function say(condition: Condition, isInside = false): string {
    if (condition.kind === 'not') return t('rule.notText', { text: say(condition.of) });
    if (!('of' in condition)) return leafText(condition);
    if (condition.of.length === 0) return '…';
    const text = condition.of
      .map((part) => say(part, condition.of.length > 1))
      .join(t(condition.kind === 'all' ? 'rule.and' : 'rule.or'));
    return isInside && condition.of.length > 1 ? t('rule.inside', { text }) : text;
  }

  return { say, leafText, names, scoreValue, minorUnits };
}
