import type { Sandbox } from '#sandbox';
import type { TestApp } from './app.ts';

/** What is due by now and not done: by workers that run, at a time that stands still. */
const due = `
  select * from (
    select 'facts' as what, count(*)::int as count from inbox
    union all select 'touches to decide', count(*)::int from touch where state in ('planned', 'deferred') and due_at <= $1
    union all select 'touches to deliver', count(*)::int from touch
      where state in ('allowed', 'claimed') and channel <> 'wecom_mass'
    union all select 'touches to pack', count(*)::int from touch
      where state = 'allowed' and channel = 'wecom_mass' and decided_at <= $1::timestamptz - $2 * interval '1 minute'
    union all select 'packs', count(*)::int from touch_pack where state in ('planned', 'claimed')
    union all select 'packs to ask about', count(*)::int from touch_pack where state in ('submitted', 'confirmed') and poll_at <= $1
    union all select 'broadcasts', count(*)::int from broadcast
      where state in ('planned', 'claimed') and due_at <= $1 or state in ('submitted', 'confirmed') and poll_at <= $1
    union all select 'people coming into journeys', count(*)::int from journey_intake where done_at is null
    union all select 'people in journeys', count(*)::int from journey_enrolment where state = 'active' and due_at <= $1
    union all select 'runs', count(*)::int from campaign_run where state = 'planning'
    union all select 'campaigns', count(*)::int from campaign where state in ('scheduled', 'running') and next_run_at <= $1
  ) as waiting where count > 0`;

export interface Stage {
  /** It is that moment, for siyu and for everybody; waits until what was due by then has been done. */
  goTo(moment: string | Date): Promise<void>;
  /** Waits until all that is due has been done. */
  rest(): Promise<void>;
}

/** Time that stands still until it is told, for siyu with a worker of its own and a sandbox that are connected. */
export function createStage(
  { siyu, sandbox }: { siyu: TestApp; sandbox: Sandbox },
  { packMinutes }: { packMinutes: number },
): Stage {
  const self: Stage = {
    async goTo(moment) {
      const simMs = new Date(moment).getTime();
      siyu.clock.set({ realMs: Date.now(), simMs, speed: 0 });
      await sandbox.step(simMs);
      await self.rest();
    },
    async rest() {
      const end = Date.now() + 30_000;
      // Twice in a row: while a month gets its partition, a look can miss what moves into it.
      for (let idle = 0; idle < 2; ) {
        await sandbox.waitUntilIdle(5000);
        const { rows } = await siyu.database.pool.query(due, [siyu.clock.now(), packMinutes]);
        idle = rows.length === 0 ? idle + 1 : 0;
        if (Date.now() > end) throw new Error(`still to be done after 30 seconds: ${JSON.stringify(rows)}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
  };
  return self;
}
