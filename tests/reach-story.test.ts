import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listBroadcasts, listBroadcastTargets } from '#contract/broadcasts';
import { createCampaign, launchCampaign } from '#contract/campaigns';
import { createContent } from '#contract/content';
import { listTimeline } from '#contract/customers';
import { createJourney, enrolInJourney, publishJourney } from '#contract/journeys';
import { getAttention, listTouches, policy, setConsent, setTouchPolicy } from '#contract/touch';
import { inTransaction } from '#platform/ctx';
import { freePort } from '#scripts/processes';
import { type Connected, connectSandbox } from '#testing';
import { draftOf } from '#testing/journeys';
import { createStage, type Stage } from '#testing/stage';
import { type BroadcastDraft, planBroadcasts } from '#touch';

const lin = 'linxiaoyu';
const packMinutes = 10;

/** A week of a member with three customers, hour by hour: what reaches them, what does not, and why. */
describe('reaching people', () => {
  let world: Connected;
  let stage: Stage;
  let wang: string;
  let li: string;
  let zhao: string;
  const ids = new Map<string, number>();
  const idOf = (person: string) => ids.get(person) ?? 0;

  beforeAll(async () => {
    // They were welcomed two days ago: a welcome counts, too.
    const begin = at('01 12:00') - 48 * 3_600_000;
    world = await connectSandbox({ clock: { simMs: begin, speed: 0 } }, await freePort());
    const { siyu } = world;
    siyu.clock.set({ realMs: Date.now(), simMs: begin, speed: 0 });
    const people = await world.befriend(lin, 3);
    [wang = '', li = '', zhao = ''] = people;
    const { rows } = await siyu.database.pool.query<{ external_userid: string; customer_id: number }>(
      'select external_userid, customer_id from follow',
    );
    for (const row of rows) ids.set(row.external_userid, row.customer_id);
    const usual = policy.parse({});
    await siyu.call(siyu.owner, setTouchPolicy, {
      ...usual,
      fatigue: [],
      // Time to look between the verdict and the sending.
      packs: { ...usual.packs, waitMinutes: packMinutes },
    });
    stage = createStage(world, { packMinutes });
    await siyu.startWorker();
  });
  afterAll(() => world?.close());

  /** A moment of December 2026 in Shanghai. */
  const at = (time: string) => Date.parse(`2026-12-${time.replace(' ', 'T')}:00+08:00`);
  const goTo = (time: string) => stage.goTo(new Date(at(time)));

  const write = async (name: string, text: string, trackedUrls: string[] = []) => {
    const content = { name, category: 'care' as const, wordings: { wecom: { text, attachments: [] } }, trackedUrls };
    return (await world.siyu.call(world.siyu.owner, createContent, content)).id;
  };
  const launch = async (name: string, text: string) => {
    const { siyu } = world;
    const { id } = await siyu.call(siyu.owner, createCampaign, {
      name,
      who: { kind: 'rule', tree: { kind: 'follow', mode: 'some', states: ['active'] } },
      variants: [{ part: 'A', contentId: await write(name, text) }],
      holdoutBasisPoints: 0,
    });
    await siyu.call(siyu.owner, launchCampaign, { id });
    await stage.rest();
    return id;
  };
  /** Everybody who is brought in is told at once. */
  const makeJourney = async (name: string, contentId: number) => {
    const { siyu } = world;
    const draft = draftOf({
      nodes: [
        { id: 'say', kind: 'touch', data: { channel: 'wecom_mass', contentId }, next: 'over' },
        { id: 'over', kind: 'end' },
      ],
    });
    const { id } = await siyu.call(siyu.owner, createJourney, { name, draft });
    await siyu.call(siyu.owner, publishJourney, { id, revision: 1 });
    return id;
  };
  const bringIn = async (journeyId: number, person: string) => {
    await world.siyu.call(world.siyu.owner, enrolInJourney, { id: journeyId, customerIds: [idOf(person)] });
    await stage.rest();
  };
  const touchOf = async (person: string, kind: 'campaign' | 'journey', source: number) => {
    const { rows } = await world.siyu.call(world.siyu.owner, listTouches, { customer: idOf(person), kind, source });
    const [touch] = rows;
    return touch && { state: touch.state, reason: touch.reason, dueAt: Date.parse(touch.dueAt) };
  };
  /** What the member has to confirm; then he does. */
  const confirmAll = () => {
    const tasks = world.sandbox.tasksOf(lin);
    for (const task of tasks) world.sandbox.confirmTask(lin, task.id);
    return tasks.map((task) => task.count);
  };
  /** Mass messages in the chat with the member, as the person's phone shows them. */
  const phoneOf = (person: string) =>
    world.sandbox
      .messages(person, lin)
      .flatMap(({ via, content }) => (via === 'mass' && content.kind === 'text' ? [content.text] : []));

  it('stops at once for who withdraws his consent, though the gate had allowed it', async () => {
    await goTo('01 12:00');
    const campaignId = await launch('天冷了', '天冷了，喝口热茶。');
    expect(await touchOf(li, 'campaign', campaignId)).toMatchObject({ state: 'allowed' });
    await world.siyu.call(world.siyu.owner, setConsent, {
      id: idOf(li),
      channel: 'wecom_mass',
      category: 'any',
      state: 'withdrawn',
      evidence: { how: 'message', text: '别再发了' },
    });
    await goTo('01 12:11');
    expect(confirmAll()).toEqual([2]);
    await goTo('01 12:14');
    expect(await touchOf(wang, 'campaign', campaignId)).toMatchObject({ state: 'delivered' });
    expect(await touchOf(zhao, 'campaign', campaignId)).toMatchObject({ state: 'delivered' });
    expect(await touchOf(li, 'campaign', campaignId)).toMatchObject({
      state: 'suppressed',
      reason: 'consent_withdrawn',
    });
    expect([wang, li, zhao].map((person) => phoneOf(person).length)).toEqual([1, 0, 1]);
  });

  it('waits for the morning when it is night', async () => {
    await goTo('01 23:00');
    const campaignId = await launch('早安', '早安，今天有一款新茶。');
    expect(await touchOf(wang, 'campaign', campaignId)).toEqual({
      state: 'deferred',
      reason: 'quiet_hours',
      dueAt: at('02 08:00'),
    });
    await goTo('02 07:59');
    expect(world.sandbox.tasksOf(lin)).toEqual([]);
    await goTo('02 08:00');
    await goTo('02 08:11');
    expect(confirmAll()).toEqual([2]);
    await goTo('02 08:14');
    expect(await touchOf(wang, 'campaign', campaignId)).toMatchObject({ state: 'delivered' });
    expect(phoneOf(wang)).toEqual(['天冷了，喝口热茶。', '早安，今天有一款新茶。']);
  });

  it('counts what campaigns and journeys sent together', async () => {
    const journeyId = await makeJourney('问候', await write('问候', '最近还好吗？'));
    await goTo('02 11:00');
    await bringIn(journeyId, wang);
    // Two a day are the most: the first of the two leaves the window a day after it came.
    expect(await touchOf(wang, 'journey', journeyId)).toEqual({
      state: 'deferred',
      reason: 'cap',
      dueAt: at('02 12:11'),
    });
    const attention = await world.siyu.call(world.siyu.owner, getAttention, { id: idOf(wang) });
    expect(attention.caps.find(({ cap }) => cap.windowHours === 24)).toMatchObject({ used: 2 });
    await goTo('02 12:11');
    await goTo('02 12:22');
    expect(confirmAll()).toEqual([1]);
    await goTo('02 12:25');
    expect(await touchOf(wang, 'journey', journeyId)).toMatchObject({ state: 'delivered' });
    expect(world.sandbox.massMessages().duplicates).toEqual([]);
  });

  it('knows who opened a link that everybody got', async () => {
    const page = `${world.sandbox.url}/logo.svg`;
    const journeyId = await makeJourney('茶单', await write('茶单', `这是本季的茶单：${page}`, [page]));
    await goTo('03 10:00');
    await bringIn(journeyId, zhao);
    await goTo('03 10:11');
    confirmAll();
    await goTo('03 10:14');
    const link =
      phoneOf(zhao)
        .at(-1)
        ?.match(/http\S+/)?.[0] ?? '';
    expect(link).toMatch(/\/l\/\w+$/);
    expect(await world.sandbox.open(zhao, link)).toMatchObject({ ok: true });
    await goTo('03 10:15');
    const opensOf = async (person: string) => {
      const { rows } = await world.siyu.call(world.siyu.owner, listTimeline, { id: idOf(person) });
      return rows.filter((entry) => entry.name === 'link.opened').length;
    };
    expect(await opensOf(zhao)).toBe(1);
    expect(await opensOf(wang)).toBe(0);
  });

  it('puts a message into a group and a Moment before everybody', async () => {
    const { siyu, sandbox } = world;
    await goTo('04 10:00');
    const { chatId } = sandbox.createGroup({ owner: lin, name: '老客群', members: [wang, zhao] });
    await world.readGroups();
    const versionId = await world.makeVersion('上新', {
      wecom: { text: '桂花乌龙上新了', attachments: [] },
      moment: { text: '秋天的第一杯桂花乌龙', attachments: [] },
    });
    const draft: Omit<BroadcastDraft, 'audience' | 'purpose'> = {
      ...{ kind: 'manual', sourceId: null, part: null, category: 'content', versionId },
      dueAt: new Date(at('04 10:00')),
      expiresAt: new Date(at('05 10:00')),
    };
    await inTransaction(siyu.ctx, async (ctx) => {
      await planBroadcasts(ctx, {
        ...draft,
        purpose: 'group',
        audience: { channel: 'wecom_group', chatIds: [chatId] },
      });
      const moment = { channel: 'wecom_moment', staffIds: [await world.staffId(lin)], tagIds: [] } as const;
      await planBroadcasts(ctx, { ...draft, purpose: 'moment', audience: moment });
    });
    await stage.rest();
    expect(sandbox.tasksOf(lin).map((task) => task.kind)).toEqual(expect.arrayContaining(['group', 'moment']));
    confirmAll();
    await goTo('04 11:00');
    const broadcasts = async () => (await siyu.call(siyu.owner, listBroadcasts, {})).rows;
    await expect
      .poll(async () => (await broadcasts()).map((row) => [row.channel, row.sentCount, row.customerCount]).sort())
      .toEqual([
        ['wecom_group', 1, 2],
        ['wecom_moment', 1, 3],
      ]);
    const group = (await broadcasts()).find((row) => row.channel === 'wecom_group');
    const targets = await siyu.call(siyu.owner, listBroadcastTargets, { id: group?.id ?? 0 });
    expect(targets.rows).toMatchObject([{ key: chatId, name: '老客群', state: 'sent' }]);
    expect(sandbox.moments(wang).map((moment) => moment.contents)).toMatchObject([[{ text: '秋天的第一杯桂花乌龙' }]]);
  });
});
