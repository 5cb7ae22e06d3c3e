import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setConnection } from '#contract/wecom';
import { type Sandbox, startSandbox } from '#sandbox';
import { freePort } from '#scripts/processes';
import { createTestApp, type TestApp } from '#testing';
import { type Browser, openBrowser } from '#testing/browser';

/** The main loop, by hand: an operator at a desk, a person with a phone. */
describe('in a browser', () => {
  let siyu: TestApp;
  let sandbox: Sandbox;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'browser', policy: { halfFirst: 0 } });
    siyu = await createTestApp({ port: await freePort() });
    url = await siyu.listen();
    await siyu.startWorker();
    const { corp } = sandbox;
    await siyu.call(siyu.owner, setConnection, {
      corpId: corp.corpId,
      agentId: String(corp.agentId),
      secret: corp.secret,
      token: corp.token,
      encodingAesKey: corp.encodingAesKey,
      baseUrl: sandbox.url,
    });
    await sandbox.setCallback({ url: `${url}/wecom/callback`, token: corp.token, encodingAesKey: corp.encodingAesKey });
    await siyu.settle();
    browser = await openBrowser();
  });

  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
    await siyu?.close();
  });

  it('an operator makes a code, a person scans it, is welcomed, and stands in the list with the right source', async () => {
    const desk = await browser.openDesk(url, '/codes/new');

    await desk.getByTestId('code-name').fill('静安店收银台');
    await choose(desk, 'code-source', '门店');
    await choose(desk, 'code-staff', '林晓雨');
    await desk.getByText('专属欢迎语').first().click();
    await desk.getByTestId('code-welcome-text').fill('欢迎 {{customer_name}}，我是{{staff_name}}');
    await desk.getByTestId('code-save').click();
    await desk.getByTestId('code-qr').waitFor();
    await siyu.settle();

    const way = sandbox.truth().contactWays.find((other) => other.remark === '静安店收银台');
    const phone = await browser.open(`${sandbox.url}/?lang=zh&scan=${way?.configId}`);
    await phone.getByTestId('recognise-qr').click();
    const bubble = phone.getByTestId('message').filter({ hasText: '我是林晓雨' });
    await bubble.waitFor();
    const welcome = (await bubble.textContent()) ?? '';
    const name = /欢迎 (.+)，我是/.exec(welcome)?.[1] ?? '';
    expect(name).not.toBe('');

    await siyu.settle();
    await desk.goto(`${url}/customers`);
    const row = desk.getByTestId('customer-row').filter({ hasText: name });
    await row.first().waitFor();
    const text = await row.first().textContent();
    expect(text).toContain('门店');
    expect(text).toContain('静安店收银台');
    await row.first().getByText(name).first().click();
    await desk.getByText('林晓雨').first().waitFor();
    expect(browser.errors).toEqual([]);
  });
});

/** Opens a select of Ant Design and picks the option with this text. */
async function choose(page: Page, testId: string, option: string): Promise<void> {
  await page.getByTestId(testId).first().click();
  await page.keyboard.type(option);
  await page.locator('.ant-select-item-option').filter({ hasText: option }).first().click();
  await page.keyboard.press('Escape');
}
