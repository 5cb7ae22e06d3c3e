import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { password } from './app.ts';

/** scripts/setup.mjs notes where it found or installed a Chromium. */
function chromiumPath(): string {
  const note = join(import.meta.dirname, '..', '..', 'node_modules', '.siyu-chromium');
  return process.env.SIYU_CHROMIUM ?? (existsSync(note) ? readFileSync(note, 'utf8').trim() : '/usr/bin/chromium');
}

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser {
  /** A window of its own, in Chinese. */
  open(address: string, width?: number): Promise<Page>;
  /** A desk at which the owner is signed in, in a wide window. */
  openDesk(url: string, path: string): Promise<Page>;
  /** What broke in any of the pages. */
  readonly errors: readonly string[];
  close(): Promise<void>;
}

export const launchChromium = () => chromium.launch({ executablePath: chromiumPath(), args: flags });

export async function openBrowser(): Promise<Browser> {
  const browser = await launchChromium();
  const errors: string[] = [];
  const self: Browser = {
    errors,
    async open(address, width = 1280) {
      const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'zh-CN' });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      page.on('pageerror', (error) => errors.push(error.message));
      await page.goto(address);
      return page;
    },
    async openDesk(url, path) {
      const desk = await self.open(url + path, 1500);
      await desk.getByTestId('sign-in-email').fill('owner@siyu.test');
      await desk.getByTestId('sign-in-password').fill(password);
      await desk.getByTestId('sign-in-submit').click();
      await desk.getByTestId('sign-in-submit').waitFor({ state: 'detached' });
      return desk;
    },
    close: () => browser.close(),
  };
  return self;
}
