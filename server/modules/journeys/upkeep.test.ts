import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { getCustomer, mergeCustomers, undoMerge } from '#contract/customers';
import { enrolInJourney, getJourney, getJourneyFigures } from '#contract/journeys';
import { inTransaction } from '#platform/ctx';
import { createStage, type LooseDraft, type Stage } from '#testing/journeys';
import { forgetPaths, tidyJourneys } from './upkeep.ts';

const start = Date.parse('2026-11-21T08:00:00+08:00');
const day = 86_400_000;

let stage: Stage;
beforeAll(async () => {
  stage = await createStage(12, start);
});
afterAll(() => stage?.siyu.close());

const call: Stage['siyu']['call'] = (...parameters) => stage.siyu.call(...parameters);
const owner = () => stage.siyu.owner;
const person = (i: number) => stage.customers[i] as number;
const waitADay: LooseDraft['nodes'] = [
  { id: 't', kind: 'webhook', data: { topic: 'here' }, next: 'w' },
  { id: 'w', kind: 'wait', data: { amount: 1, unit: 'days' }, next: 'e' },
  { id: 'e', kind: 'end' },
];

async function enrol(id: number, ...people: number[]) {
  const answer = await call(owner(), enrolInJourney, { id, customerIds: people.map(person) });
  await stage.run();
  return answer;
}

async function goTo(ms: number) {
  stage.setTime(ms);
  await stage.run();
}

const write = (work: (ctx: Stage['siyu']['ctx'] & Parameters<typeof tidyJourneys>[0]) => Promise<void>) =>
  inTransaction({ ...stage.siyu.ctx, now: stage.siyu.clock.now() }, (ctx) => work(ctx as never));

/** Paths in a journey: whose, how far, how it ended, and how many steps stand under whom. */
const pathsIn = (id: number) =>
  stage.query(
    `select e.customer_id::integer as who, e.node, e.end_reason as ended,
       (select count(*)::integer from journey_step s where s.customer_id = e.customer_id and s.enrolment_id = e.id) as steps
     from journey_enrolment e where journey_id = $1 order by e.id`,
    [id],
  );
const personIn = (id: number) =>
  stage.query('select customer_id::integer as who, inside from journey_person where journey_id = $1 order by 1', [id]);

describe('two who are one', () => {
  it('go on in one path, and each in his own where people may come in often', async () => {
    const once = await stage.publish('一次', { nodes: waitADay });
    const often = await stage.publish('多次', { nodes: waitADay, reentry: { kind: 'always' } });
    for (const id of [once, often]) {
      await enrol(id, 0);
      await enrol(id, 1);
    }
    await call(owner(), mergeCustomers, { ids: [person(0), person(1)] });
    const [a, b] = [person(0), person(1)];
    expect(await pathsIn(once)).toEqual([
      { who: a, node: 'w', ended: null, steps: 1 },
      { who: a, node: 'w', ended: 'merged', steps: 1 },
    ]);
    expect(await personIn(once)).toEqual([{ who: a, inside: 1 }]);
    expect(await personIn(often)).toEqual([{ who: a, inside: 2 }]);
    await goTo(start + day);
    expect(await pathsIn(often)).toEqual([
      { who: a, node: 'e', ended: 'end', steps: 3 },
      { who: a, node: 'e', ended: 'end', steps: 3 },
    ]);
    // He was in it, as either of the two.
    expect(await enrol(once, 0)).toMatchObject({ entered: 0 });

    const [merge] = (await call(owner(), getCustomer, { id: a })).merges;
    await call(owner(), undoMerge, { id: merge?.id ?? 0 });
    expect(await pathsIn(once)).toEqual([
      { who: a, node: 'e', ended: 'end', steps: 3 },
      { who: b, node: 'w', ended: 'merged', steps: 1 },
    ]);
    expect(await personIn(once)).toEqual([
      { who: a, inside: 0 },
      { who: b, inside: 0 },
    ]);
    expect(await enrol(once, 1)).toMatchObject({ entered: 0 });
  });
});

describe('people who cannot be moved', () => {
  it('hold up no others, and the page of their journey says so until they can', async () => {
    const sound = await stage.publish('好的', { nodes: waitADay });
    const sick = await stage.publish('坏的', {
      nodes: [{ id: 'sick', kind: 'webhook', data: { topic: 'x' }, next: 'e' }, ...waitADay.slice(2)],
    });
    await stage.query(`create function refuse() returns trigger language plpgsql as
      $$ begin if new.node = 'sick' then raise 'no room for this'; end if; return new; end $$`);
    await stage.query('create trigger refuse before insert on journey_step for each row execute function refuse()');
    // A group that failed rests in the machine's time: it is let pass between the tries.
    const real = Date.now.bind(Date);
    let passed = 0;
    const dates = vi.spyOn(Date, 'now').mockImplementation(() => real() + passed);
    try {
      await enrol(sick, 2, 3);
      await enrol(sound, 2, 3);
      for (let i = 0; i < 4; i++) {
        passed += 61_000;
        await stage.run();
      }
      expect((await pathsIn(sound)).map((row) => row.node)).toEqual(['w', 'w']);
      expect((await pathsIn(sick)).map((row) => row.node)).toEqual(['sick', 'sick']);
      const failing = await call(owner(), getJourney, { id: sick });
      expect(failing).toMatchObject({ runningProblems: [{ place: 'graph', problem: 'step_fails' }] });
      expect(await stage.query('select problem from journey_version where journey_id = $1', [sick])).toEqual([
        { problem: 'no room for this' },
      ]);
      await stage.query('drop trigger refuse on journey_step');
      passed += 61_000;
      await stage.run();
    } finally {
      dates.mockRestore();
    }
    expect((await pathsIn(sick)).map((row) => row.ended)).toEqual(['end', 'end']);
    expect(await call(owner(), getJourney, { id: sick })).toMatchObject({ runningProblems: [] });
  });
});

describe('figures and paths', () => {
  it('are the same before and after they are folded, and go in the end', async () => {
    const id = await stage.publish('数数', { nodes: waitADay });
    for (const i of [4, 5, 6]) await enrol(id, i);
    await goTo(stage.siyu.clock.now().getTime() + day);
    const read = () => call(owner(), getJourneyFigures, { id });
    const countRows = async () =>
      (
        await stage.query<{ n: number }>(
          'select count(*)::integer as n from journey_count c join journey_version v on v.id = c.version_id where v.journey_id = $1',
          [id],
        )
      )[0]?.n ?? 0;
    const [before, rows] = [await read(), await countRows()];
    await write(tidyJourneys);
    expect(await read()).toEqual(before);
    expect(await countRows()).toBeLessThan(rows);
    expect(before).toMatchObject({ entered: 3 });

    stage.setTime(stage.siyu.clock.now().getTime() + 450 * day);
    await write(tidyJourneys);
    await write(forgetPaths);
    expect(await pathsIn(id)).toEqual([]);
    const left = await stage.query("select 1 from journey_step where at < '2027-01-01'");
    expect(left).toEqual([]);
  });
});
