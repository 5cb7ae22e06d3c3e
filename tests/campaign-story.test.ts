import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCampaigns, setCampaignSettings } from '#contract/campaigns';
import { tellOrders } from '#contract/commerce';
import { createContent } from '#contract/content';
import { createSegment } from '#contract/segments';
import { listTouches, policy, setTouchPolicy } from '#contract/touch';
import { freePort } from '#scripts/processes';
import { type Connected, connectSandbox } from '#testing';
import { type Browser, openBrowser } from '#testing/browser';
import { createStage, type Stage } from '#testing/stage';

const lin = 'linxiaoyu';
const packMinutes = 1;
const words = '会员专享：本周满 199 减 50。';

/** An operator sends a campaign of which half the people are left alone; they buy more or less; the page says what it changed. */
describe('a campaign with a control group', () => {
  let world: Connected;
  let stage: Stage;
  let browser: Browser;
  let url: string;
  let desk: Page;
  let people: string[];

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const begin = Date.parse('2026-12-01T10:00:00+08:00');
    world = await connectSandbox({ clock: { simMs: begin - 86_400_000, speed: 0 } }, port);
    const { siyu } = world;
    siyu.clock.set({ realMs: Date.now(), simMs: begin - 86_400_000, speed: 0 });
    people = await world.befriend(lin, 150);
    const usual = policy.parse({});
    await siyu.call(siyu.owner, setTouchPolicy, { ...usual, packs: { ...usual.packs, waitMinutes: packMinutes } });
    const settings = { approvalSize: 5000, holdoutBasisPoints: 5000, windowHours: 72, marginBasisPoints: 5000 };
    await siyu.call(siyu.owner, setCampaignSettings, settings);
    const wordings = { wecom: { text: words, attachments: [] } };
    await siyu.call(siyu.owner, createContent, { name: '会员满减', category: 'promotion', wordings });
    const tree = { kind: 'follow', mode: 'some', states: ['active'] } as const;
    await siyu.call(siyu.owner, createSegment, { name: '老客', tree });
    await world.pump('segments.fill');
    stage = createStage(world, { packMinutes });
    await siyu.startWorker();
    // All have been welcomed the day before.
    await stage.rest();
    await stage.goTo(new Date(begin));
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const goTo = (time: string) => stage.goTo(`2026-12-${time.replace(' ', 'T')}:00+08:00`);
  /** Who has it on his phone. */
  const told = () =>
    people.filter((person) => world.sandbox.messages(person, lin).some((message) => message.via === 'mass'));

  it('is foreseen, and sent to those who are not left alone', async () => {
    desk = await browser.openDesk(url, '/campaigns/new');
    await desk.getByTestId('campaign-name').fill('会员日');
    await pick(desk, 'campaign-segment', '老客');
    await pick(desk, 'campaign-content', '会员满减');
    await desk.getByTestId('dry-run-reach').waitFor();
    await expect
      .poll(async () => Number(await desk.getByTestId('dry-run-reach').textContent()), { timeout: 10_000 })
      .toBeGreaterThan(50);
    const foreseen = Number(await desk.getByTestId('dry-run-reach').textContent());
    await desk.getByTestId('campaign-launch').click();
    await desk.getByTestId('campaign-state').filter({ hasText: '进行中' }).waitFor();
    await stage.rest();
    await goTo('01 10:02');
    for (const task of world.sandbox.tasksOf(lin)) world.sandbox.confirmTask(lin, task.id);
    await goTo('01 10:05');
    // Who is left alone is drawn anew for each campaign, and is not known before it exists.
    const { rows } = await world.siyu.call(world.siyu.owner, listTouches, {
      kind: 'campaign',
      state: 'delivered',
      limit: 100,
    });
    expect(told().length).toBe(rows.length);
    expect(Math.abs(told().length - foreseen)).toBeLessThan(30);
    expect(world.sandbox.messages(told()[0] ?? '', lin).at(-1)?.content).toMatchObject({ text: words });
  });

  it('says what it changed when the time to look at is over', async () => {
    const { siyu } = world;
    await goTo('02 10:00');
    // Of those who were told three in five buy, of the others one in ten.
    const toldOnes = new Set(told());
    const buyers = [
      ...[...toldOnes].filter((_, i) => i % 5 < 3),
      ...people.filter((person) => !toldOnes.has(person)).filter((_, i) => i % 10 === 0),
    ];
    const at = siyu.clock.now().toISOString();
    const orders = buyers.map((value, i) => ({
      ...{ shop: '小程序', number: `W${i}`, updatedAt: at, orderedAt: at, paidAt: at },
      accounts: [{ kind: 'wecom', value }],
      lines: [{ key: '1', sku: 'tea', name: '岩茶', quantity: 1, amountFen: 19_900 }],
    }));
    expect(await siyu.call(siyu.owner, tellOrders, { orders })).toMatchObject({ refused: 0 });
    await stage.rest();
    await goTo('06 10:00');

    const { rows } = await siyu.call(siyu.owner, listCampaigns, {});
    await desk.goto(`${url}/campaigns/${rows[0]?.id}`);
    await desk.getByTestId('run-state').filter({ hasText: '结果已定' }).waitFor();
    const said = (await desk.getByTestId('conclusion-ordered').first().textContent()) ?? '';
    expect(said).toContain('确有增加');
    const share = (part: number, of: number) => `${((part / of) * 100).toFixed(1)}%`;
    const effect = (await desk.getByTestId('effect').first().textContent()) ?? '';
    const boughtOfTold = buyers.filter((person) => toldOnes.has(person)).length;
    expect(effect).toContain(`触达组 ${share(boughtOfTold, toldOnes.size)}`);
    expect(effect).toContain(`对照组 ${share(buyers.length - boughtOfTold, people.length - toldOnes.size)}`);
    expect(browser.errors).toEqual([]);
  });
});

/** Opens a select of Ant Design and picks the option with this text. */
async function pick(page: Page, testId: string, option: string): Promise<void> {
  await page.getByTestId(testId).first().click();
  await page.locator('.ant-select-item-option').filter({ hasText: option }).first().click();
}
