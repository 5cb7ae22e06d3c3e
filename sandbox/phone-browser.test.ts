import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bench } from './testing.ts';
import { startBench, startReceiver } from './testing.ts';

let browser: Browser;
beforeAll(async () => {
  // scripts/setup.mjs notes where it found or installed a Chromium.
  const note = join(import.meta.dirname, '..', 'node_modules', '.siyu-chromium');
  const found = existsSync(note) ? readFileSync(note, 'utf8').trim() : '/usr/bin/chromium';
  browser = await chromium.launch({
    executablePath: process.env.SIYU_CHROMIUM ?? found,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
});
afterAll(() => browser.close());

/** A page of the app that says who has come. */
async function startPage(bench: Bench) {
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    const code = url.searchParams.get('code');
    if (code !== null) {
      const { userid, external_userid } = await bench.get('auth/getuserinfo', { code });
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.end(`<p id="who">${userid ?? external_userid}</p>`);
      return;
    }
    const query = new URLSearchParams({
      ...{ appid: bench.sandbox.corp.corpId, response_type: 'code', scope: 'snsapi_base', state: 's' },
      redirect_uri: `http://${url.host}/back`,
    });
    const location = `${bench.sandbox.url}/connect/oauth2/authorize?${query}#wechat_redirect`;
    response.writeHead(302, { location }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tracked`;
  return { url, [Symbol.asyncDispose]: async () => void server.close() };
}

test.each([1280, 390])(
  'at %i pixels: the member confirms, the person reads and taps, and each is known on the page they open',
  async (width) => {
    await using bench = await startBench({ staffHabits: { overlookTask: 1, openAppLink: 0 } });
    const { sandbox } = bench;
    await using page = await startPage(bench);
    await using receiver = await startReceiver(sandbox.corp);
    await sandbox.setCallback({ url: receiver.url });
    const [id = ''] = await bench.addCustomers(1, 'linxiaoyu');
    const { msgid } = await bench.post('externalcontact/add_msg_template', {
      external_userid: [id],
      text: { content: '新茶到店' },
      attachments: [{ msgtype: 'link', link: { title: '本季茶单', url: page.url } }],
    });
    const { jobid } = await bench.post('externalcontact/add_moment_task', { text: { content: '雨天适合喝熟普' } });
    const { result } = await bench.get('externalcontact/get_moment_task_result', { jobid });
    await bench.post('message/send', {
      ...{ touser: 'linxiaoyu', agentid: sandbox.corp.agentId, msgtype: 'template_card' },
      template_card: {
        ...{ card_type: 'button_interaction', task_id: 't1', main_title: { title: '王小芳今天生日' } },
        button_list: [{ text: '已完成', key: 'done' }],
        card_action: { type: 1, url: page.url },
      },
    });

    const context = await browser.newContext({ viewport: { width, height: 800 }, locale: 'zh-CN' });
    const phone = await context.newPage();
    phone.setDefaultTimeout(15_000);
    const errors: string[] = [];
    phone.on('pageerror', (error) => errors.push(error.message));
    await phone.goto(`${sandbox.url}/?lang=zh`);
    const at = (testid: string) => phone.getByTestId(testid);
    /** On a narrow screen phone, codes and staff are tabs; on a wide one they stand side by side. */
    const turnTo = async (tab: string) => {
      if (width < 700) await at(`tab-${tab}`).click();
    };
    await turnTo('bench');
    await at('person-select').selectOption(id);

    await turnTo('staff');
    await at('staff-part-tasks').click();
    await expect.poll(() => at('staff-tasks').locator('article').count()).toBe(2);
    await at(`confirm-${msgid}`).click();
    await at(`confirm-${result.moment_id}`).click();
    await expect.poll(() => at('staff-tasks').locator('article').count()).toBe(0);
    await at('staff-part-app').click();
    await at('press-done').click();
    await expect.poll(() => at('press-done').isDisabled()).toBe(true);
    await sandbox.waitUntilIdle(5000);
    expect(receiver.events.at(-1)?.fields).toMatchObject({ EventKey: 'done', FromUserName: 'linxiaoyu' });
    await at('app-open').click();
    await phone.frameLocator('#staff-page-frame').getByText('linxiaoyu').waitFor();

    await turnTo('phone');
    await at('contact-linxiaoyu').click();
    await phone.locator('#view-chat .cardlike').click();
    await phone.frameLocator('#page-frame').getByText(id).waitFor();
    expect(sandbox.messages(id).map((message) => message.taps.length)).toEqual([0, 1]);
    await phone.locator('#page-close').click();
    await at('mute').click();
    await expect.poll(() => sandbox.truth().edges[0]?.mutedAt).not.toBeNull();
    await at('back').click();

    await at('dock-moments').click();
    await at(`like-${result.moment_id}`).click();
    await expect.poll(() => sandbox.moments(id)[0]?.likes.length).toBe(1);
    await at(`comment-${result.moment_id}`).fill('想喝');
    await at(`comment-${result.moment_id}`).press('Enter');
    await expect.poll(() => sandbox.moments(id)[0]?.comments[0]?.text).toBe('想喝');
    await at('dock-shop').click();
    await at('buy-SP-357').click();
    await expect.poll(() => at('order').count()).toBe(1);
    expect(sandbox.ordersOf(id)).toMatchObject([{ totalFen: 16_800 }]);
    expect(errors).toEqual([]);
    await context.close();
  },
);
