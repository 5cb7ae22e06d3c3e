import type pg from 'pg';
import type { SandboxProcess } from '#scripts/processes';
import type { Keeper } from './siyu-keeper.ts';

const codeLifeMs = 20_000;

/** A welcome code that still lives this long, in siyu's running time, after its callback was answered must be used. */
const enoughMs = 5000;

/** A callback as the sandbox delivered it. Times are real milliseconds. */
interface Delivery {
  readonly changeType: string;
  readonly userid?: string;
  readonly externalUserid?: string;
  readonly welcomeCode?: string;
  readonly status: string;
  readonly raisedMs: number;
  readonly ackMs: number | null;
}

export interface Verdict {
  /** Adds that siyu does not know. */
  readonly missing: number;
  /** Of these, adds whose callback siyu had acknowledged: nothing may bring these about. */
  readonly lost: number;
  /** Adds that siyu counts more than once: as a customer, a follow, a stay or an event. */
  readonly doubled: number;
  readonly welcomed: number;
  readonly welcomed_twice: number;
  /** Not welcomed although there was time. */
  readonly not_welcomed: number;
  /** Of these, adds of which no touch tells that it came too late, or that the platform never answered. */
  readonly unexplained: number;
  /** Not welcomed, and there was no time: siyu was down until the code had died. */
  readonly too_late: number;
  /** Welcome codes that siyu was told of and has no touch for. */
  readonly unrecorded: number;
  /** Callbacks that the platform stopped repeating. */
  readonly given_up: number;
}

/** Tells, of an add that should have been welcomed, what came when and what siyu did with it. */
export type Tell = (story: string) => void;

/** What became of every add, by the sandbox's own knowledge and siyu's database. */
export async function judge(sandbox: SandboxProcess, pool: pg.Pool, up: Keeper['up'], tell: Tell): Promise<Verdict> {
  const truth = await sandbox.truth();
  const { rows: all } = await sandbox.ask<{ rows: Delivery[] }>('GET', '/deliveries?rows=1');
  const deliveries = all.filter((delivery) => delivery.changeType.startsWith('add_'));
  const known = await readKnown(pool);
  const { rows: touches } = await pool.query<{ code: string; end: string }>(
    `select address ->> 'welcomeCode' as code, concat_ws(' ', state, reason, platform_message, 'received',
      (extract(epoch from received_at) * 1000)::bigint, 'took', took_ms, 'attempts', attempts) as end from touch`,
  );
  const recorded = new Map(touches.map((touch) => [touch.code, touch.end]));

  const keyOf = (userid: string | undefined, externalUserid: string | undefined) =>
    `${externalUserid} ${userid?.toLowerCase()}`;
  const sent = new Map<string, number>();
  for (const welcome of truth.welcomes) {
    const key = keyOf(welcome.userid, welcome.externalUserid);
    sent.set(key, (sent.get(key) ?? 0) + welcome.deliveredCount);
  }
  const acked = Map.groupBy(
    deliveries.filter((delivery) => delivery.ackMs !== null),
    (delivery) => keyOf(delivery.userid, delivery.externalUserid),
  );

  let [missing, lost, doubled, welcomed, not_welcomed, unexplained, too_late] = [0, 0, 0, 0, 0, 0, 0];
  for (const edge of truth.edges) {
    const key = keyOf(edge.userid, edge.external_userid);
    const told = acked.get(key) ?? [];
    const counts = known.get(key);
    if (!counts) {
      missing++;
      if (told.length > 0) lost++;
    } else if (Math.max(counts.follows, counts.stays, counts.events) > edge.spells.length) doubled++;
    if ((sent.get(key) ?? 0) > 0) welcomed++;
    else if (told.some((delivery) => hadTime(delivery, up))) {
      not_welcomed++;
      const ends = told.map((delivery) => recorded.get(delivery.welcomeCode ?? '') ?? '');
      if (!ends.some((end) => /^(missed code_expired|unknown no_answer)/.test(end))) unexplained++;
      tell(`${key}: ${told.map((delivery) => storyOf(delivery, recorded.get(delivery.welcomeCode ?? ''))).join('; ')}`);
    } else too_late++;
  }
  return {
    missing,
    lost,
    doubled,
    welcomed,
    welcomed_twice: [...sent.values()].filter((count) => count > 1).length,
    not_welcomed,
    unexplained,
    too_late,
    unrecorded: [...acked.values()]
      .flat()
      .filter(({ welcomeCode }) => welcomeCode !== undefined && !recorded.has(welcomeCode)).length,
    given_up: deliveries.filter((delivery) => delivery.status === 'failed').length,
  };
}

const storyOf = ({ changeType, raisedMs, ackMs }: Delivery, end: string | undefined) =>
  `${changeType} raised ${raisedMs}, answered ${ackMs} (${(ackMs ?? raisedMs) - raisedMs} ms later), ${end ?? 'no touch'}`;

function hadTime({ welcomeCode, ackMs, raisedMs }: Delivery, up: Keeper['up']): boolean {
  if (welcomeCode === undefined || ackMs === null) return false;
  const dies = raisedMs + codeLifeMs;
  const upMs = up.reduce((sum, { from, to }) => sum + Math.max(0, Math.min(to, dies) - Math.max(from, ackMs)), 0);
  return upMs >= enoughMs;
}

/** How often siyu knows each edge, by external_userid and userid. */
async function readKnown(pool: pg.Pool) {
  const { rows } = await pool.query<{ key: string; follows: number; stays: number; events: number }>(`
    select f.external_userid || ' ' || lower(s.wecom_userid) as key, count(*)::int as follows,
      sum((select count(*) from follow_spell p where p.external_userid = f.external_userid and p.staff_id = f.staff_id))::int as stays,
      sum((select count(*) from event e where e.customer_id = f.customer_id and e.staff_id = f.staff_id and e.name = 'follow.added'))::int
        as events
    from follow f join staff s on s.id = f.staff_id where f.state = 'active' group by 1`);
  return new Map(rows.map(({ key, ...counts }) => [key, counts]));
}
