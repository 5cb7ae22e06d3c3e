import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxProcess } from '#scripts/processes';
import { type Bench, brokenBounds, percentile } from './parts/bench.ts';
import { startSystem } from './parts/system.ts';

const codeLifeMs = 20_000;

const bounds = { callback_p99_ms: 100, welcome_p99_ms: 2000, late: 0, missing: 0, doubled: 0 };

/** The last codes live 20 seconds; after that nothing can change. */
async function waitForWelcomes(sandbox: SandboxProcess, count: number): Promise<void> {
  const end = Date.now() + codeLifeMs + 5000;
  while (Date.now() < end) {
    const { welcomes } = await sandbox.stats();
    if (welcomes.delivered >= count) return;
    await sleep(250);
  }
}

export const bench: Bench = {
  summary:
    'People add a real siyu process at an even rate, through the sandbox. Measured by the sandbox: from the event to the ' +
    'answer to its callback, and from the event to the accepted welcome, whose words need the name to be looked up.',
  options: { adds: 3000, rate: 50 },
  async run({ adds = 3000, rate = 50 }) {
    const { sandbox, code, close } = await startSystem('welcome', async () => ({
      hook: { kind: 'gift', text: '一张九折券' },
      remarkPrefix: '南京路-',
      welcome: { kind: 'own', message: { text: '{{customer_name}}你好，这是{{hook}}', attachments: [] } },
    }));
    try {
      console.log(`${adds} adds at ${rate} a second…`);
      const added = await sandbox.adds({ configId: code.configId, count: adds, perSecond: rate });
      if (added.refused > 0) throw new Error(`the sandbox refused ${added.refused} scans`);
      await sandbox.waitUntilIdle(30_000);
      await waitForWelcomes(sandbox, adds);

      const [{ ackMs, byStatus }, truth] = [await sandbox.deliveries(), await sandbox.truth()];
      const accepted = truth.welcomes.flatMap((welcome) => welcome.acceptedAfterMs ?? []);
      const welcomed = new Set(
        truth.welcomes.filter((welcome) => welcome.deliveredCount > 0).map((welcome) => welcome.externalUserid),
      );
      const result = {
        adds,
        callback_p50_ms: ackMs.p50,
        callback_p99_ms: ackMs.p99,
        callback_max_ms: ackMs.max,
        welcome_p50_ms: percentile(accepted, 0.5),
        welcome_p99_ms: percentile(accepted, 0.99),
        welcome_max_ms: percentile(accepted, 1),
        late: truth.welcomes.filter((welcome) => welcome.late).length + accepted.filter((ms) => ms > codeLifeMs).length,
        missing: added.externalUserids.filter((userid) => !welcomed.has(userid)).length,
        doubled: truth.messages.welcomes - welcomed.size,
      };
      console.log(`added in ${(added.tookMs / 1000).toFixed(1)} s; callbacks ${JSON.stringify(byStatus)}`);
      console.log(`callback answered: p50 ${ackMs.p50} ms, p99 ${ackMs.p99} ms, at most ${ackMs.max} ms`);
      console.log(
        `welcome accepted: p50 ${result.welcome_p50_ms} ms, p99 ${result.welcome_p99_ms} ms, at most ${result.welcome_max_ms} ms`,
      );
      return { result, broken: brokenBounds(result, bounds) };
    } finally {
      await close();
    }
  },
};
