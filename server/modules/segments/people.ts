import type { LeafOf } from '#contract/segments';
import { addDays, dayOf, dayStart } from '#platform/days';
import { daysToBirthday, lunarBirths, solarBirthdays } from './birthdays.ts';
import { and, rows, test, testId } from './expressions.ts';
import { firstAfter, found, type Kind, never, plain, unknown, type World } from './kind.ts';
import {
  bucketOf,
  bucketSql,
  dayNumber,
  fits,
  isInRange,
  type MomentTest,
  rangeOf,
  scale,
  spanMs,
  turnsOf,
} from './rules.ts';
import { all, compareSql, double, inRange, interval, moment, numbers, quote, quoteAll, scaled } from './sql.ts';

/** Conditions on what a customer is and has: fields, attributes, tags, accounts, follows, scores, buckets, lists. */

/** Queries for when a moment in `column` enters or leaves a window between two moments. */
export function windowMoments(
  select: (dueAt: string, conditions: string[]) => string,
  column: string,
  window: MomentTest | { kind: 'ever' },
  from: Date,
  until: Date,
): string[] {
  const between = (shiftMs: number) =>
    select(shiftMs === 0 ? column : `${column} + ${interval(shiftMs)}`, [
      `${column} >= ${moment(new Date(from.getTime() - shiftMs))}`,
      `${column} < ${moment(new Date(until.getTime() - shiftMs))}`,
    ]);
  // What is dated ahead comes into sight at its own moment, except where only the past counts anyway.
  const ahead = window.kind === 'before' ? [] : [between(0)];
  return window.kind === 'last' || window.kind === 'before' ? [...ahead, between(spanMs(window))] : ahead;
}

type Attribute = LeafOf<'attribute'>;

function attributeTest({ test }: Attribute, world: Pick<World, 'now' | 'zone'>): string {
  const today = dayOf(world.now, world.zone);
  const between = (from: string | null, to: string | null) =>
    all([
      'day is not null',
      ...(from === null ? [] : [`day >= ${dayNumber(from)}`]),
      ...(to === null ? [] : [`day <= ${dayNumber(to)}`]),
    ]);
  switch (test.op) {
    case 'set':
    case 'not_set':
      return 'text is not null';
    case 'is_any':
    case 'is_none':
      return `text in (${quoteAll(test.values)})`;
    case 'contains':
    case 'not_contains':
      return `strpos(text, ${quote(test.text)}) > 0`;
    case 'starts_with':
      return `starts_with(text, ${quote(test.text)})`;
    case 'number':
      return compareSql('number', test.compare, scaled);
    case 'yes':
    case 'no':
      return "text = 'true'";
    case 'day_between':
      return between(test.from, test.to);
    case 'day_last':
      return between(addDays(today, 1 - test.days), today);
    case 'day_next':
      return between(today, addDays(today, test.days - 1));
    case 'birthday':
      return test.calendar === 'solar'
        ? `day % 10000 in (${numbers(solarBirthdays(today, test.days))})`
        : `day in (${numbers(lunarBirths(today, test.days))})`;
    case 'month':
      return `(${test.months.map((month) => `day % 10000 between ${month * 100} and ${month * 100 + 99}`).join(' or ')})`;
  }
}

/** What must be there for the test to have an answer. */
function attributeKnown({ test }: Attribute): string {
  switch (test.op) {
    case 'number':
      return 'number is not null';
    case 'yes':
    case 'no':
      return "text in ('true', 'false')";
    case 'day_between':
    case 'day_last':
    case 'day_next':
    case 'birthday':
    case 'month':
      return 'day is not null';
    default:
      return 'text is not null';
  }
}

const negated = new Set(['is_none', 'not_contains', 'no']);
const daily = new Set(['day_last', 'day_next', 'birthday']);

function attributeHolds(
  { test }: Attribute,
  value: { text: string; number: number | null; day: number | null },
  today: string,
) {
  const day = value.day ?? 0;
  const within = (from: string | null, to: string | null) =>
    (from === null || day >= dayNumber(from)) && (to === null || day <= dayNumber(to));
  switch (test.op) {
    case 'set':
      return true;
    case 'not_set':
      return false;
    case 'is_any':
      return test.values.includes(value.text);
    case 'is_none':
      return !test.values.includes(value.text);
    case 'contains':
      return value.text.includes(test.text);
    case 'not_contains':
      return !value.text.includes(test.text);
    case 'starts_with':
      return value.text.startsWith(test.text);
    case 'number':
      return fits(value.number ?? 0, test.compare, scale);
    case 'yes':
      return value.text === 'true';
    case 'no':
      return value.text === 'false';
    case 'day_between':
      return within(test.from, test.to);
    case 'day_last':
      return within(addDays(today, 1 - test.days), today);
    case 'day_next':
      return within(today, addDays(today, test.days - 1));
    case 'birthday':
      return (daysToBirthday(day, today, test.calendar) ?? test.days) < test.days;
    case 'month':
      return test.months.includes(Math.floor(day / 100) % 100);
  }
}

/** The next civil day on which the verdict of a test that moves with the days is another; undefined for never. */
function turnOf({ test }: Attribute, day: number, today: string): string | undefined {
  const tomorrow = addDays(today, 1);
  if (test.op === 'birthday') {
    const wait = daysToBirthday(day, today, test.calendar);
    if (wait === undefined) return undefined;
    return addDays(today, wait < test.days ? wait + 1 : wait - test.days + 1);
  }
  if (test.op !== 'day_last' && test.op !== 'day_next') return undefined;
  const text = `${String(day).slice(0, 4)}-${String(day).slice(4, 6)}-${String(day).slice(6)}`;
  // A text can look like a day and be none: then the verdict is looked at each day.
  if (addDaysOrNothing(text) !== text) return tomorrow;
  const enters = test.op === 'day_last' ? text : addDays(text, 1 - test.days);
  const leaves = addDays(text, test.op === 'day_last' ? test.days : 1);
  return [enters, leaves].find((turn) => turn > today);
}

function addDaysOrNothing(text: string): string | undefined {
  return Number.isNaN(Date.parse(`${text}T00:00:00Z`)) ? undefined : addDays(text, 0);
}

export const attribute: Kind<'attribute'> = {
  toSql(leaf, { sizes, world }) {
    const size = sizes.customers / 4;
    const source = `select customer_id from segment_attribute where key = ${quote(leaf.key)}`;
    const test = attributeTest(leaf, world);
    const { op } = leaf.test;
    if (op === 'set' || op === 'not_set') {
      const set = plain(rows(`${source} and ${test}`, true, size * 2));
      return op === 'set' ? set : { yes: set.no, no: set.yes };
    }
    const known = attributeKnown(leaf);
    const holds = rows(`${source} and ${known} and ${test}`, true, size);
    const fails = rows(`${source} and ${known} and not (${test})`, true, size);
    return negated.has(op) ? { yes: fails, no: holds } : { yes: holds, no: fails };
  },
  evaluate(leaf, person, world) {
    const value = person.attributes.get(leaf.key);
    const { op } = leaf.test;
    const seen = value?.text ?? null;
    if (op === 'set' || op === 'not_set') return found((seen === null) === (op === 'not_set'), seen);
    if (!value || value.text === null) return unknown();
    if (op === 'number' && value.number === null) return unknown(seen);
    if ((op === 'yes' || op === 'no') && !['true', 'false'].includes(value.text)) return unknown(seen);
    if ((daily.has(op) || op === 'day_between' || op === 'month') && value.day === null) return unknown(seen);
    const known = { ...value, text: value.text };
    if (!daily.has(op)) return found(attributeHolds(leaf, known, ''), seen);
    const today = dayOf(world.now, world.zone);
    const holds = attributeHolds(leaf, known, today);
    const turn = turnOf(leaf, value.day ?? 0, today);
    return found(holds, seen, turn === undefined ? never : dayStart(turn, world.zone).getTime());
  },
  needs: (leaf) => [`attribute:${leaf.key}`],
  moments(leaf, { world }, from, until) {
    if (!daily.has(leaf.test.op)) return [];
    const midnights: string[] = [];
    for (let day = dayOf(from, world.zone); dayStart(day, world.zone) < until; day = addDays(day, 1)) {
      const at = dayStart(day, world.zone);
      if (at < from) continue;
      const before = attributeTest(leaf, { ...world, now: new Date(at.getTime() - 1) });
      const after = attributeTest(leaf, { ...world, now: at });
      midnights.push(
        `select customer_id, ${moment(at)} as due_at from segment_attribute
        where key = ${quote(leaf.key)} and day is not null and (${before}) <> (${after})`,
      );
    }
    return midnights;
  },
};

export const tag: Kind<'tag'> = {
  toSql({ mode, tagIds }, { sizes }) {
    const carrying = (ids: readonly number[]) =>
      rows(
        `select customer_id from customer_tag where tag_id ${ids.length === 1 ? `= ${ids[0]}` : `in (${numbers(ids)})`}`,
        ids.length === 1,
        ids.reduce((sum, id) => sum + sizes.tag(id), 0),
      );
    const distinct = [...new Set(tagIds)];
    if (mode === 'all') return plain(and(distinct.map((id) => carrying([id]))));
    const any = plain(carrying(distinct));
    return mode === 'any' ? any : { yes: any.no, no: any.yes };
  },
  evaluate({ mode, tagIds }, person) {
    const seen = tagIds.filter((id) => person.tags.has(id));
    const has = mode === 'all' ? tagIds.every((id) => person.tags.has(id)) : seen.length > 0;
    return found(has !== (mode === 'none'), seen);
  },
  needs: ({ tagIds }) => tagIds.map((id) => `tag:${id}`),
};

export const follow: Kind<'follow'> = {
  toSql(leaf, { world, sizes }) {
    const conditions = ['customer_id > 0', ...followConditions(leaf, world)];
    if (leaf.added) conditions.push(...inRange('added_at', rangeOf(leaf.added, world.now, world.zone)));
    else conditions.push(`added_at <= ${moment(world.now)}`);
    if (leaf.ended) conditions.push(...inRange('ended_at', rangeOf(leaf.ended, world.now, world.zone)));
    const narrow = leaf.staffIds || leaf.departmentIds || leaf.codeIds ? 20 : leaf.added || leaf.ended ? 5 : 1;
    const some = plain(
      rows(`select customer_id from follow where ${all(conditions)}`, false, sizes.customers / narrow),
    );
    return leaf.mode === 'some' ? some : { yes: some.no, no: some.yes };
  },
  evaluate(leaf, person, world) {
    const staff = staffOf(leaf, world);
    const candidates = person.follows.filter(
      (edge) =>
        (!staff || staff.includes(edge.staffId)) &&
        (!leaf.states || leaf.states.some((state) => state === edge.state)) &&
        (!leaf.codeIds || (edge.codeId !== null && leaf.codeIds.includes(edge.codeId))),
    );
    const seen = candidates.filter(
      (edge) =>
        isInRange(edge.addedAt, rangeOf(leaf.added ?? { kind: 'ever' }, world.now, world.zone)) &&
        (!leaf.ended || (edge.endedAt !== null && isInRange(edge.endedAt, rangeOf(leaf.ended, world.now, world.zone)))),
    );
    const turns = candidates.flatMap((edge) => {
      const added = turnsOf(edge.addedAt, leaf.added ?? { kind: 'ever' });
      const ended = leaf.ended && edge.endedAt ? turnsOf(edge.endedAt, leaf.ended) : undefined;
      return [added.enters, added.leaves, ended?.enters ?? never, ended?.leaves ?? never];
    });
    return found(seen.length > 0 === (leaf.mode === 'some'), seen, firstAfter(world.now, turns));
  },
  needs: () => ['follow'],
  moments(leaf, { world }, from, until) {
    const select = (dueAt: string, conditions: string[]) =>
      `select customer_id, ${dueAt} as due_at from follow where ${all([...followConditions(leaf, world), ...conditions])}`;
    return [
      ...windowMoments(select, 'added_at', leaf.added ?? { kind: 'ever' }, from, until),
      ...(leaf.ended ? windowMoments(select, 'ended_at', leaf.ended, from, until) : []),
    ];
  },
};

function staffOf(leaf: LeafOf<'follow'>, world: World): readonly number[] | undefined {
  const ofDepartments = leaf.departmentIds?.flatMap((id) => world.staffOfDepartment.get(id) ?? []);
  if (!leaf.staffIds) return ofDepartments;
  return ofDepartments ? leaf.staffIds.filter((id) => ofDepartments.includes(id)) : leaf.staffIds;
}

function followConditions(leaf: LeafOf<'follow'>, world: World): string[] {
  const staff = staffOf(leaf, world);
  return [
    // Nobody has the id 0: a department without staff selects no follow.
    ...(staff ? [`staff_id in (${numbers(staff.length > 0 ? staff : [0])})`] : []),
    ...(leaf.states ? [`state in (${quoteAll(leaf.states)})`] : []),
    ...(leaf.codeIds ? [`code_id in (${numbers(leaf.codeIds)})`] : []),
  ];
}

export const score: Kind<'score'> = {
  toSql({ field, compare }, { sizes }) {
    const source = `select customer_id from customer_score where ${field} is not null`;
    const test = compareSql(field, compare, double);
    const size = sizes.customers / 4;
    return { yes: rows(`${source} and ${test}`, true, size), no: rows(`${source} and not (${test})`, true, size) };
  },
  evaluate({ field, compare }, person) {
    const value = person.score?.[field];
    if (typeof value !== 'number') return unknown();
    // Scores are doubles and compared as they are.
    return found(compareDoubles(value, compare), value);
  },
  needs: () => ['score'],
};

function compareDoubles(value: number, compare: LeafOf<'score'>['compare']): boolean {
  switch (compare.op) {
    case 'eq':
      return value === compare.value;
    case 'ne':
      return value !== compare.value;
    case 'gt':
      return value > compare.value;
    case 'gte':
      return value >= compare.value;
    case 'lt':
      return value < compare.value;
    case 'lte':
      return value <= compare.value;
    case 'between':
      return value >= compare.value && value <= compare.to;
  }
}

export const rfm: Kind<'rfm'> = {
  toSql({ groups }, { sizes }) {
    const source = 'select customer_id from customer_score where rfm_group';
    const size = sizes.customers / 8;
    return {
      yes: rows(`${source} in (${quoteAll(groups)})`, true, size),
      no: rows(`${source} not in (${quoteAll(groups)})`, true, size),
    };
  },
  evaluate({ groups }, person) {
    const group = person.score?.rfm_group;
    return typeof group === 'string' ? found(groups.includes(group), group) : unknown();
  },
  needs: () => ['score'],
};

export const superUser: Kind<'super_user'> = {
  toSql({ is }, { sizes }) {
    const source = 'select customer_id from customer_score where';
    const size = sizes.customers / 8;
    const yes = rows(`${source} is_super`, true, size);
    const no = rows(`${source} not is_super`, true, size);
    return is ? { yes, no } : { yes: no, no: yes };
  },
  evaluate({ is }, person) {
    const isSuper = person.score?.is_super;
    return typeof isSuper === 'boolean' ? found(isSuper === is, isSuper) : unknown();
  },
  needs: () => ['score'],
};

export const source: Kind<'source'> = {
  toSql: ({ values }) => plain(test(`c.source in (${quoteAll(values)})`)),
  evaluate: ({ values }, person) =>
    found(
      values.some((value) => value === person.source),
      person.source,
    ),
  needs: () => ['customer'],
};

export const gender: Kind<'gender'> = {
  toSql({ values }) {
    const others = (['male', 'female'] as const).filter((value) => !values.includes(value));
    return {
      yes: test(`c.gender in (${quoteAll(values)})`),
      no: test(others.length === 0 ? 'c.id < 0' : `c.gender in (${quoteAll(others)})`),
    };
  },
  evaluate({ values }, person) {
    if (person.gender === 'unknown') return unknown();
    return found(
      values.some((value) => value === person.gender),
      person.gender,
    );
  },
  needs: () => ['customer'],
};

export const accountKind: Kind<'account_kind'> = {
  toSql: ({ values }) => plain(test(`c.kind in (${quoteAll(values)})`)),
  evaluate: ({ values }, person) =>
    found(
      values.some((value) => value === person.kind),
      person.kind,
    ),
  needs: () => ['customer'],
};

export const code: Kind<'code'> = {
  toSql: ({ codeIds }) => plain(test(`coalesce(c.code_id, 0) in (${numbers(codeIds)})`)),
  evaluate: ({ codeIds }, person) => found(person.codeId !== null && codeIds.includes(person.codeId), person.codeId),
  needs: () => ['customer'],
};

export const added: Kind<'added'> = {
  toSql: (leaf, { world }) => plain(test(all(inRange('c.added_at', rangeOf(leaf.test, world.now, world.zone))))),
  evaluate({ test }, { addedAt }, world) {
    const turns = turnsOf(addedAt, test);
    const holds = isInRange(addedAt, rangeOf(test, world.now, world.zone));
    return found(holds, addedAt, firstAfter(world.now, [turns.enters, turns.leaves]));
  },
  needs: () => ['customer'],
  moments(leaf, _, from, until) {
    const select = (dueAt: string, conditions: string[]) =>
      `select id as customer_id, ${dueAt} as due_at from customer where ${all(conditions)}`;
    return windowMoments(select, 'added_at', leaf.test, from, until);
  },
};

export const identity: Kind<'identity'> = {
  toSql({ mode, kinds }, { sizes }) {
    const having = (names: readonly string[]) =>
      rows(
        `select customer_id from identity where customer_id > 0 and kind in (${quoteAll(names)})`,
        false,
        (sizes.customers / 2) * names.length,
      );
    if (mode === 'all') return plain(and(kinds.map((kind) => having([kind]))));
    const any = plain(having(kinds));
    return mode === 'any' ? any : { yes: any.no, no: any.yes };
  },
  evaluate({ mode, kinds }, person) {
    const seen = kinds.filter((kind) => person.identities.has(kind));
    const has = mode === 'all' ? seen.length === kinds.length : seen.length > 0;
    return found(has !== (mode === 'none'), seen);
  },
  needs: () => ['identity'],
};

export const bucket: Kind<'bucket'> = {
  toSql: ({ seed, from, to }) => {
    const value = (id: string) => bucketSql(id, seed);
    return plain(
      testId((id) => (from === 0 ? `${value(id)} < ${to}` : `${value(id)} >= ${from} and ${value(id)} < ${to}`)),
    );
  },
  evaluate({ seed, from, to }, person) {
    const value = bucketOf(person.id, seed);
    return found(value >= from && value < to, value);
  },
  needs: () => [],
};

export const list: Kind<'list'> = {
  toSql: ({ listId }, { sizes }) =>
    plain(rows(`select customer_id from segment_list_member where list_id = ${listId}`, false, sizes.customers / 100)),
  evaluate: ({ listId }, person) => found(person.lists.has(listId), null),
  needs: ({ listId }) => [`list:${listId}`],
};
