import { setTimeout as sleep } from 'node:timers/promises';
import { setConsent } from '#contract/touch';
import type { FaultChange } from '#sandbox';
import type { SandboxProcess, Session } from '#scripts/processes';

/** What the platform does to siyu while it lasts: a different trouble every few seconds, and people who leave or want nothing more. */
export interface Troubles {
  start(): void;
  /** Faults off; nothing new happens. */
  stop(): Promise<void>;
  /** How often there was which. */
  counts(): Readonly<Record<string, number>>;
}

const fair = {
  loss: 0,
  duplicate: 0,
  delayMs: [0, 0],
  reorder: false,
  apiErrors: [],
  apiDelayMs: [0, 0],
  dropResponse: null,
} as const;
const lost = (path: string, rate: number) => ({ dropResponse: { path, rate } });
const refused = (path: string, errcode: number, how: { rate: number } | { times: number }) => ({
  apiErrors: [{ path, errcode, ...how }],
});

/** A lost answer comes with most of them: it is what tempts a sender to send twice. */
const weathers: Readonly<Record<string, FaultChange>> = {
  fair: {},
  'busy, answers lost': { ...refused('*', -1, { rate: 0.25 }), ...lost('add_msg_template', 0.5) },
  'too often (45009), answers lost': {
    ...refused('add_msg_template', 45009, { times: 1 }),
    ...lost('get_groupmsg_task', 0.5),
  },
  'results lost': lost('get_groupmsg_send_result', 0.6),
  // The client gives up after five seconds; the platform does what it was asked all the same.
  'too slow': { apiDelayMs: [5500, 8000] },
  'tokens expired, answers lost': { invalidateToken: true, ...lost('add_msg_template', 0.6) },
  'lists busy and lost': {
    ...refused('get_groupmsg_list_v2', -1, { rate: 0.5 }),
    ...lost('get_groupmsg_list_v2', 0.3),
  },
  'callbacks lost and doubled': {
    loss: 0.2,
    duplicate: 0.3,
    delayMs: [0, 3000],
    reorder: true,
    ...lost('cancel_groupmsg_send', 0.5),
  },
};

/** Of all people, how many leave and how many withdraw their consent each time. */
const leavingShare = 0.0002;

/** @param accounts external userids; @param customerIds in siyu */
export function createTroubles(
  { sandbox, session }: { sandbox: SandboxProcess; session: Session },
  accounts: readonly string[],
  customerIds: readonly number[],
): Troubles {
  const counts: Record<string, number> = {};
  const names = Object.keys(weathers);
  let isOver = false;
  let running = Promise.resolve();
  const note = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  const some = Math.max(1, Math.round(accounts.length * leavingShare));

  async function change(): Promise<void> {
    const name = names[Math.floor(Math.random() * names.length)] ?? 'fair';
    note(name);
    await sandbox.ask('POST', '/faults', { ...fair, ...weathers[name] });
    for (let i = 0; i < some; i++) {
      const account = accounts[Math.floor(Math.random() * accounts.length)];
      const { deleted } = await sandbox.ask<{ deleted: boolean }>('POST', `/people/${account}/delete`);
      if (deleted) note('people who left');
      const id = customerIds[Math.floor(Math.random() * customerIds.length)] ?? 0;
      const word = { id, channel: 'any', category: 'any', state: 'withdrawn', evidence: { how: 'api' } } as const;
      // The server may be down: then he has said nothing.
      await session.call(setConsent, word).then(
        () => note('people who want nothing more'),
        () => {},
      );
    }
  }

  return {
    start() {
      running = (async () => {
        while (!isOver) {
          await change();
          await sleep(1500 + Math.random() * 3000);
        }
      })();
      running.catch(() => {});
    },
    async stop() {
      isOver = true;
      await running;
      await sandbox.ask('DELETE', '/faults');
    },
    counts: () => counts,
  };
}
