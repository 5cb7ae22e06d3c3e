import type pg from 'pg';
import type { MassTruth, Truth } from '#sandbox';

/**
 * What became of every touch, by the sandbox's own knowledge and by siyu's ledger, once all has come to rest. The one may say
 * nothing that the other does not bear out.
 */
export interface ReachVerdict {
  /** The same words to one person more than once, whoever said them. */
  readonly duplicates: number;
  /** Messages beyond what the platform allows one person: refused there, or got through. */
  readonly over_quota: number;
  /** Touches whose state the truth does not bear out, and messages that the ledger does not know. */
  readonly unexplained: number;
  /** People who should have a row and have none. */
  readonly without_row: number;
  /** Touches, packs and people in the journey that still wait or are on their way. */
  readonly under_way: number;
  /** Rows that do not agree with what hangs on them: the budget, the timeline, the pack. */
  readonly half_rows: number;
  readonly delivered: number;
  /** Rows by state and reason. */
  readonly states: Readonly<Record<string, number>>;
  readonly findings: readonly string[];
}

interface Row {
  id: number;
  kind: string;
  part: string;
  /** Of the member. */
  userid: string | null;
  external_userid: string | null;
  state: string;
  reason: string | null;
  is_holdout: boolean;
  platform_id: string | null;
  has_withdrawn: boolean;
  /** Touches of the same person that were allowed. */
  other_count: number;
  accounts: string[];
}

/** What the platform did for one person in one task. 2: no friend any more, 3: over the quota. */
interface Target {
  readonly status: 0 | 1 | 2 | 3;
  readonly isOver: boolean;
}

/** External userids of who is anybody's contact, and pairs of member and contact. */
interface Friends {
  readonly ofAnybody: ReadonlySet<string>;
  readonly of: ReadonlySet<string>;
}

const underWay = ['planned', 'deferred', 'allowed', 'claimed', 'submitted'];

export async function judgeReach(pool: pg.Pool, truth: Truth, mass: MassTruth): Promise<ReachVerdict> {
  const rows = await readRows(pool);
  const findings: string[] = [];
  const targets = targetsOf(mass);
  const edges = truth.edges.filter((edge) => edge.status === 'friends');
  const friends = {
    ofAnybody: new Set(edges.map((edge) => edge.external_userid)),
    of: new Set(edges.map((edge) => `${edge.userid} ${edge.external_userid}`)),
  };
  const told = new Set<string>();
  let unexplained = 0;
  const find = (text: string) => {
    unexplained++;
    findings.push(text);
  };

  for (const row of rows) {
    const key = `${row.platform_id} ${row.external_userid}`;
    const target = row.platform_id === null ? undefined : targets.get(key);
    if (target) told.add(key);
    if (underWay.includes(row.state)) continue;
    const problem = problemOf(row, target, friends);
    if (problem) find(`touch ${row.id} (${row.kind} ${row.part}) is ${row.state} ${row.reason ?? ''}: ${problem}`);
  }
  // What was lost on the way may be there after all; whoever is marked so, or is still looked for, is accounted for.
  const inDoubt = new Set(
    rows.filter((row) => row.state === 'unknown' || row.state === 'claimed').map((row) => row.external_userid),
  );
  for (const [key, target] of targets) {
    const [msgid, externalUserid] = key.split(' ');
    if (target.status === 1 && !told.has(key) && !inDoubt.has(externalUserid ?? '')) {
      find(`${externalUserid} got a message of task ${msgid} that no touch knows`);
    }
  }

  const doubles = doublesOf(mass);
  for (const double of doubles.slice(0, 5)) findings.push(`told more than once: ${double}`);
  const waiting = rows.filter((row) => underWay.includes(row.state));
  const { rows: others } = await pool.query<{ count: number }>(`
    select (select count(*) from touch_pack where state in ('planned', 'claimed', 'submitted', 'confirmed'))::int
      + (select count(*) from journey_enrolment where state = 'active')::int as count`);
  const halves = await findHalves(pool);
  for (const [name, count] of Object.entries(halves)) findings.push(`half rows: ${count} ${name}`);
  const missing = await findWithoutRow(pool);
  for (const [name, count] of Object.entries(missing)) findings.push(`without a row: ${count} ${name}`);
  const states: Record<string, number> = {};
  for (const row of rows) {
    const name = `${row.kind} ${row.state}${row.reason === null ? '' : ` ${row.reason}`}`;
    states[name] = (states[name] ?? 0) + 1;
  }
  return {
    duplicates: doubles.length,
    over_quota: mass.overQuota + mass.sends.filter((send) => send.count > 1).length,
    unexplained,
    without_row: sum(missing),
    under_way: waiting.length + (others[0]?.count ?? 0),
    half_rows: sum(halves),
    delivered: rows.filter((row) => row.state === 'delivered').length,
    states,
    findings,
  };
}

/** Why a state does not fit the truth; undefined when it does. */
function problemOf(row: Row, target: Target | undefined, friends: Friends): string | undefined {
  const isFriend = friends.of.has(`${row.userid} ${row.external_userid}`);
  const wasTold = target?.status === 1;
  if (row.is_holdout && row.state !== 'suppressed') return 'the control group is touched';
  switch (`${row.state} ${row.reason ?? ''}`.trim()) {
    case 'delivered':
      return wasTold ? undefined : 'the platform delivered nothing';
    case 'unknown no_answer':
      return undefined;
    case 'failed not_a_contact':
    case 'failed platform_refused':
      return target?.status === 2 || (!target && !isFriend) ? undefined : 'the person can be reached';
    case 'expired not_confirmed':
      return target?.status === 0 && target.isOver ? undefined : 'the task is not over, or was confirmed';
    case 'expired too_late':
      return row.platform_id === null ? undefined : 'the platform had it';
    case 'suppressed holdout':
      return row.is_holdout ? undefined : 'it is not in the control group';
    case 'suppressed not_a_contact':
      return row.accounts.some((account) => friends.ofAnybody.has(account)) ? 'the person is a contact' : undefined;
    case 'suppressed consent_withdrawn':
      return row.has_withdrawn ? undefined : 'nothing was withdrawn';
    // Until it was too late, another message was on its way to the person: one that took as long to be found.
    case 'suppressed platform_quota':
    case 'suppressed cap':
      return row.other_count > 0 ? undefined : 'the person got nothing else';
    default:
      return wasTold ? 'it was delivered' : 'nothing happened that explains it';
  }
}

function targetsOf(mass: MassTruth): Map<string, Target> {
  const targets = new Map<string, Target>();
  for (const task of mass.tasks) {
    for (const member of task.members) {
      const isOver = task.cancelledAt !== null && member.sentAt === null;
      for (const target of member.targets) targets.set(`${task.msgid} ${target.id}`, { status: target.status, isOver });
    }
  }
  return targets;
}

/** The same words to one person by several tasks, from whichever member. */
function doublesOf(mass: MassTruth): string[] {
  const said = new Map<string, number>();
  for (const task of mass.tasks) {
    for (const target of task.members.flatMap((member) => member.targets)) {
      if (target.status !== 1) continue;
      const key = `${target.id}: ${task.text}`;
      said.set(key, (said.get(key) ?? 0) + 1);
    }
  }
  return [...said].filter(([, count]) => count > 1).map(([key]) => key);
}

async function readRows(pool: pg.Pool): Promise<Row[]> {
  const { rows } = await pool.query<Row>(`
    select t.id::int, t.kind, t.part, t.external_userid, t.state, t.reason, t.is_holdout, p.platform_id,
      (select s.wecom_userid from staff s where s.id = t.staff_id) as userid,
      exists (select 1 from consent c where c.customer_id = t.customer_id and c.state = 'withdrawn') as has_withdrawn,
      (select count(*)::int from touch o where o.customer_id = t.customer_id and o.id <> t.id and o.channel = t.channel
        and o.state in ('delivered', 'expired', 'unknown', 'failed')) as other_count,
      array(select i.value from identity i where i.customer_id = t.customer_id and i.kind = 'wecom') as accounts
    from touch t left join touch_pack p on p.id = t.pack_id
    where t.channel = 'wecom_mass'`);
  return rows;
}

/** Each statement counts the people who break its rule. */
const rowRules: Readonly<Record<string, string>> = {
  'people of the campaign': `
    select count(*)::int as count from customer c where not exists (
      select 1 from touch t where t.customer_id = c.id and t.kind = 'campaign')`,
  'people of the journey who ended elsewhere': `
    select count(*)::int as count from journey_enrolment where state = 'ended' and end_reason <> 'end'`,
  'people of the segment who are not in the journey': `
    select count(*)::int as count from segment_member m where not exists (
      select 1 from journey_enrolment e where e.customer_id = m.customer_id)`,
  'steps of the journey': `
    select count(*)::int as count from journey_step s
    join journey_enrolment e on e.customer_id = s.customer_id and e.id = s.enrolment_id
    where s.node like 'say%' and not exists (
      select 1 from touch t where t.customer_id = s.customer_id and t.purpose = 'journey:' || e.id || ':' || s.node || ':' || s.step)`,
};

const findWithoutRow = (pool: pg.Pool) => countAll(pool, rowRules);

/** What belongs together and may not stand alone, once all is at rest. */
const halfRules: Readonly<Record<string, string>> = {
  // What was allowed is counted until it turned out to reach nobody.
  'touches counted wrongly': `
    select count(*)::int as count from touch t where (t.state in ('delivered', 'unknown') or t.channel = 'wecom_welcome' and t.state = 'submitted') <> exists (
      select 1 from attention a where a.customer_id = t.customer_id and a.touch_id = t.id and not a.is_open)`,
  'counts of no touch': `
    select count(*)::int as count from attention a where not exists (
      select 1 from touch t where t.customer_id = a.customer_id and t.id = a.touch_id)`,
  'ends without their event': `
    select count(*)::int as count from touch t where t.state in ('delivered', 'failed', 'expired', 'unknown') and 1 <> (
      select count(*) from event e where e.customer_id = t.customer_id and e.name = 'touch.settled'
        and (e.payload ->> 'touchId')::bigint = t.id and e.payload ->> 'state' = t.state)`,
  'people touched twice for one step': `
    select count(*)::int as count from (
      select customer_id from touch where kind = 'campaign' group by customer_id, purpose having count(*) > 1) t`,
  'two packs of one task': `
    select count(*)::int as count from (
      select platform_id from touch_pack where platform_id is not null group by 1 having count(*) > 1) p`,
  'claims of nobody': `
    select (select count(*) from touch where claimed_by is not null)::int
      + (select count(*) from touch_pack where claimed_by is not null)::int as count`,
  'facts left': 'select count(*)::int as count from inbox',
};

const findHalves = (pool: pg.Pool) => countAll(pool, halfRules);

async function countAll(
  pool: pg.Pool,
  rules: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const [name, statement] of Object.entries(rules)) {
    const { rows } = await pool.query<{ count: number }>(statement);
    if ((rows[0]?.count ?? 0) > 0) found[name] = rows[0]?.count ?? 0;
  }
  return found;
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);
