import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCode } from '#contract/acquisition';
import { listCustomers } from '#contract/customers';
import { createUser, listStaff, updateUser } from '#contract/organization';
import { createAssignment, getTask, listTasks } from '#contract/tasks';
import { listTouches } from '#contract/touch';
import { setConnection, startReconciliation } from '#contract/wecom';
import { type Sandbox, startSandbox } from '#sandbox';
import { freePort } from '#scripts/processes';
import { createTestApp, password, type TestApp } from '#testing';
import { launchChromium } from '#testing/browser';

/** WeCom's own browser on a phone. */
const userAgent =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.36 MicroMessenger/7.0.1 Language/zh';

interface Chat {
  /** Whose chat the page stands beside; null: it was opened from the workbench. */
  readonly externalUserid: string | null;
}

/** What was put into the chat, in order. */
const sent: string[] = [];

describe('an adviser with a phone', () => {
  let siyu: TestApp;
  let sandbox: Sandbox;
  let browser: Browser;
  let url: string;
  let userId: string;
  const staffUserid = 'linxiaoyu';
  let external: string;
  const errors: string[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 'adviser', policy: { halfFirst: 0 } });
    siyu = await createTestApp({ port: await freePort() });
    url = await siyu.listen();
    await siyu.startWorker();
    const { corp } = sandbox;
    const { corpId, secret, token, encodingAesKey } = corp;
    const agentId = String(corp.agentId);
    await siyu.call(siyu.owner, setConnection, {
      corpId,
      agentId,
      secret,
      token,
      encodingAesKey,
      baseUrl: sandbox.url,
    });
    await sandbox.setCallback({ url: `${url}/wecom/callback`, token, encodingAesKey });
    await siyu.call(siyu.owner, startReconciliation, {});
    await siyu.settle();
    const { rows: staff } = await siyu.call(siyu.owner, listStaff, {});
    const member = staff.find((row) => row.wecomUserid === staffUserid)?.id ?? 0;
    await siyu.call(siyu.owner, createCode, {
      name: '南京路店',
      source: 'shop',
      rotation: [{ staffIds: [member], weekdays: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 }],
    });
    await siyu.settle();
    const person = sandbox.makePerson({ name: '王小芳' });
    external = person.externalUserid;
    await sandbox.scan(external, sandbox.truth().contactWays[0]?.configId ?? '');
    await sandbox.waitUntilIdle(5000);
    await siyu.settle();
    const user = { name: '林晓雨', email: 'lin@siyu.test', role: 'adviser', password, staffId: null } as const;
    userId = (await siyu.call(siyu.owner, createUser, user)).id;
    browser = await launchChromium();
  });

  afterAll(async () => {
    await browser?.close();
    await sandbox?.stop();
    await siyu?.close();
  });

  /** A phone in a member's hand, with WeCom on it. Its native side checks signatures as the real one does. */
  async function pickUp(holder: string, chat: Chat = { externalUserid: null }): Promise<Page> {
    const context: BrowserContext = await browser.newContext({
      viewport: { width: 390, height: 844 },
      locale: 'zh-CN',
      userAgent,
    });
    const { hostname } = new URL(sandbox.url);
    await context.addCookies([{ name: 'sandbox_holder', value: holder, domain: hostname, path: '/connect' }]);
    await context.exposeFunction('checkSignature', (page: Parameters<Sandbox['checkSignature']>[0]) =>
      sandbox.checkSignature(page),
    );
    await context.exposeFunction('putIntoChat', (text: string) => sent.push(text));
    await context.addInitScript(nativeSide, chat);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => errors.push(error.message));
    return page;
  }

  /** So many days from now, by the brand's calendar. */
  const day = (days: number) =>
    new Date(Date.now() + days * 86_400_000).toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' });
  const assign = async (title: string) => {
    const { rows } = await siyu.call(siyu.owner, listCustomers, { search: '小芳' });
    await siyu.call(siyu.owner, createAssignment, {
      customerIds: [rows[0]?.id ?? 0],
      category: 'service',
      title,
      words: '{{customer_name}}，您好，我是{{staff_name}}',
      dueOn: day(0),
      lastDay: day(5),
    });
    await siyu.settle();
    const { rows: tasks } = await siyu.call(siyu.owner, listTasks, {});
    return tasks.find((task) => task.title === title)?.id ?? 0;
  };

  it('is told why when he has no account here, and whoever is no member too', async () => {
    const stranger = await pickUp(`person.${external}`);
    await stranger.goto(`${url}/m/`);
    await stranger.getByText('企业微信没有认出你').waitFor();
    const member = await pickUp(`staff.${staffUserid}`);
    await member.goto(`${url}/m/`);
    await member.getByText('你还没有 siyu 账号').waitFor();
    expect(new URL(member.url()).pathname).toBe('/m/sign-in');
  });

  it('is not signed in by a link with somebody else’s code', async () => {
    const page = await pickUp(`staff.${staffUserid}`);
    await page.goto(`${url}/m/wecom/back?code=whatever&state=0123456789abcdef`);
    await page.getByText('不是从这里开始的').waitFor();
  });

  it('opens his list without a password, does a task with one tap, and takes it back', async () => {
    const { rows: staff } = await siyu.call(siyu.owner, listStaff, {});
    const staffId = staff.find((row) => row.wecomUserid === staffUserid)?.id ?? 0;
    await siyu.call(siyu.owner, updateUser, { id: userId, staffId });
    const id = await assign('回访口感');
    const phone = await pickUp(`staff.${staffUserid}`);
    await phone.goto(`${url}/m/`);
    const card = phone.getByTestId('task').filter({ hasText: '回访口感' });
    await card.getByRole('button').click();
    await phone.getByRole('button', { name: '撤销' }).click();
    await phone.getByText('已撤销').waitFor();
    expect(await siyu.call(siyu.owner, getTask, { id })).toMatchObject({ state: 'open' });

    await card.getByText('回访口感').click();
    await phone.getByText('王小芳，您好，我是林晓雨').waitFor();
    await phone.getByRole('button', { name: '改天' }).click();
    await phone.getByRole('button', { name: '明天' }).click();
    await phone.getByText(/改到 \S/).waitFor();
    await expect
      .poll(() => siyu.call(siyu.owner, getTask, { id }))
      .toMatchObject({ state: 'postponed', postponeCount: 1 });
  });

  it('finds the customer of the chat in the sidebar and puts the words into it; the ledger says delivered', async () => {
    const id = await assign('寄出赠品');
    const phone = await pickUp(`staff.${staffUserid}`, { externalUserid: external });
    await phone.goto(`${url}/m/sidebar`);
    await phone.getByText('寄出赠品').click();
    await phone.getByRole('button', { name: '发送到聊天' }).click();
    await phone.getByText('已放进聊天').waitFor();
    expect(sent).toEqual(['王小芳，您好，我是林晓雨']);
    await phone.getByRole('button', { name: '完成' }).click();
    await phone.getByText('已完成').waitFor();
    siyu.clock.set({ realMs: Date.now(), simMs: Date.now() + 120_000, speed: 1 });
    await expect
      .poll(async () => (await siyu.call(siyu.owner, listTouches, { kind: 'task', state: 'delivered' })).rows.length)
      .toBe(1);
    expect(await siyu.call(siyu.owner, getTask, { id })).toMatchObject({ state: 'done' });
  });

  it('is never offered to send into the chat of somebody else', async () => {
    const id = await assign('问问口味');
    const phone = await pickUp(`staff.${staffUserid}`, { externalUserid: 'wmSomebodyElse0001' });
    await phone.goto(`${url}/m/tasks/${id}`);
    await phone.getByText('现在打开的是别人的聊天').waitFor();
    expect(await phone.getByRole('button', { name: '发送到聊天' }).count()).toBe(0);
    await phone.goto(`${url}/m/sidebar`);
    await phone.getByText('还不能查看这位客户').waitFor();
    expect(errors).toEqual([]);
  });
});

/** Runs in the page: what WeCom's client puts into it, as far as these pages use it. */
function nativeSide(chat: Chat): void {
  type Params = Record<string, string> & { text?: { content: string } };
  type Answer = Record<string, unknown> & { err_msg: string };
  const outside = globalThis as unknown as {
    location: { href: string };
    checkSignature(page: object): Promise<{ ok: boolean; problem?: string }>;
    putIntoChat(text: string): Promise<void>;
    WeixinJSBridge: object;
  };
  const registered = new Set<string>();
  const check = async (name: string, kind: 'corp' | 'app', params: Params, prefix: string): Promise<Answer> => {
    const read = (key: string) => params[prefix === '' ? key : `${prefix}${key[0]?.toUpperCase()}${key.slice(1)}`];
    const verdict = await outside.checkSignature({
      kind,
      noncestr: read('nonceStr'),
      timestamp: read('timestamp'),
      signature: read('signature'),
      url: outside.location.href,
    });
    if (verdict.ok) registered.add(kind);
    return { err_msg: verdict.ok ? `${name}:ok` : `${name}:fail ${verdict.problem}` };
  };
  const answer = async (name: string, params: Params): Promise<Answer> => {
    if (name === 'preVerifyJSAPI') return check(name, 'corp', params, 'verify');
    if (name === 'agentConfig') return check(name, 'app', params, '');
    if (!registered.has('app')) return { err_msg: `${name}:fail no permission` };
    if (name === 'getContext') {
      return { err_msg: `${name}:ok`, entry: chat.externalUserid === null ? 'normal' : 'single_chat_tools' };
    }
    if (name === 'getCurExternalContact') return { err_msg: `${name}:ok`, userId: chat.externalUserid };
    if (name === 'sendChatMessage') {
      await outside.putIntoChat(params.text?.content ?? '');
      return { err_msg: `${name}:ok` };
    }
    return { err_msg: `${name}:fail function not exist` };
  };
  outside.WeixinJSBridge = {
    invoke: (name: string, params: Params, done: (answer: Answer) => void) => void answer(name, params).then(done),
    on: () => undefined,
  };
}
