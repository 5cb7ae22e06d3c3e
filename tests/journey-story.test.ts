import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policy, setTouchPolicy } from '#contract/touch';
import { freePort } from '#scripts/processes';
import { type Connected, connectSandbox } from '#testing';
import { type Browser, openBrowser } from '#testing/browser';
import { createStage, type Stage } from '#testing/stage';

const lin = 'linxiaoyu';
const packMinutes = 1;

/** An operator makes a journey of a template; somebody comes, and goes through it: seen on his phone, and at the desk. */
describe('a journey from a template', () => {
  let world: Connected;
  let stage: Stage;
  let browser: Browser;
  let url: string;
  let desk: Page;
  let phone: Page;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const begin = Date.parse('2026-12-01T09:00:00+08:00');
    world = await connectSandbox({ clock: { simMs: begin, speed: 0 } }, port);
    const { siyu } = world;
    siyu.clock.set({ realMs: Date.now(), simMs: begin, speed: 0 });
    const usual = policy.parse({});
    await siyu.call(siyu.owner, setTouchPolicy, { ...usual, packs: { ...usual.packs, waitMinutes: packMinutes } });
    stage = createStage(world, { packMinutes });
    await siyu.startWorker();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  const goTo = (time: string) => stage.goTo(`2026-12-${time.replace(' ', 'T')}:00+08:00`);
  /** The member sends what waits for him, on the sandbox's page. */
  const confirm = async () => {
    await phone.getByTestId('staff-part-tasks').click();
    await phone.getByTestId('staff-tasks').locator('[data-testid^=confirm-]').first().click();
    await expect.poll(() => phone.getByTestId('staff-tasks').locator('article').count()).toBe(0);
  };
  const bubble = (text: string) => phone.getByTestId('message').filter({ hasText: text });

  it('is made at the desk, with the words it suggests, and published', async () => {
    desk = await browser.openDesk(url, '/journeys');
    await desk.getByTestId('template-newcomer').click();
    await desk.getByTestId('journey-canvas').waitFor();
    expect(await desk.getByTestId('journey-publish').isDisabled()).toBe(true);
    // One thing after another that is still open: the words of three messages and of a task.
    const problems = desk.getByTestId('journey-problems');
    const beside = desk.locator('.journey-beside');
    for (let left = 4; left > 0; left--) {
      await problems.filter({ hasText: String(left) }).click();
      await desk.locator('.journey-problems:visible button').first().click();
      await desk.getByTestId('use-suggestion').click();
      await desk.getByTestId('use-suggestion').waitFor({ state: 'detached' });
      await beside.getByRole('button', { name: '关闭' }).click();
      await beside.waitFor({ state: 'detached' });
    }
    await desk.getByTestId('journey-publish').click();
    await desk.getByRole('dialog').getByRole('button', { name: '发布' }).click();
    await desk.getByTestId('journey-state').filter({ hasText: '运行中' }).waitFor();
  });

  it('takes in who becomes a customer, and reaches his phone when his days have come', async () => {
    const { sandbox } = world;
    const { externalUserid } = sandbox.makePerson({ name: '王小芳' });
    const { configId } = sandbox.addContactWay({ users: [lin] });
    await sandbox.scan(externalUserid, configId, { half: false });
    await stage.rest();

    phone = await browser.open(`${sandbox.url}/?lang=zh`);
    await phone.getByTestId('person-select').selectOption(externalUserid);
    await phone.getByTestId(`contact-${lin}`).click();
    await goTo('02 12:00');
    await goTo('02 12:02');
    expect(await bubble('以后选茶').count()).toBe(0);
    await confirm();
    await bubble('王小芳，我是林晓雨。以后选茶').waitFor();
    await goTo('02 12:05');

    // He has bought nothing: the other way.
    await goTo('04 12:00');
    await goTo('04 12:02');
    await confirm();
    await bubble('给新朋友准备的礼物还在').waitFor();
    await goTo('04 12:05');
  });

  it('shows where he is and how he came there', async () => {
    await desk.reload();
    await desk.getByTestId('journey-figures').waitFor();
    await desk.getByRole('tab', { name: '里面的人' }).click();
    const person = desk.getByTestId('journey-person').filter({ hasText: '王小芳' });
    await person.getByTestId('show-path').click();
    const path = desk.getByTestId('person-path');
    await path.getByText('怎么找到我们').waitFor();
    const text = (await path.textContent()) ?? '';
    expect(text).toContain('已送达');
    expect(text).toContain('这周下过单吗');
    expect(world.sandbox.massMessages().duplicates).toEqual([]);
    expect(browser.errors).toEqual([]);
  });
});
