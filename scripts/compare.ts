import type pg from 'pg';
import type { Truth } from '#sandbox';

/** What siyu knows, held against what really happened in the sandbox. */
export interface Comparison {
  readonly customers: number;
  readonly follows: number;
  readonly spells: number;
  readonly tags: number;
  readonly welcomes_issued: number;
  readonly welcomes_sent: number;
  readonly welcomes_missed: number;
  readonly welcomes_refused: number;
  readonly refusals: string;
  readonly welcomes_late: number;
  readonly welcomed_twice: number;
  readonly mismatches: number;
  /** One sentence for each of the first mismatches. */
  readonly findings: readonly string[];
}

interface FollowRow {
  external_userid: string;
  userid: string;
  is_active: boolean;
  state_key: string | null;
  remark: string;
  customer_name: string | null;
  tags: string[];
  spells: { start: number; end: number | null }[];
}

/** Unix seconds: what the platform tells of a moment. */
const seconds = (ms: number) => Math.floor(ms / 1000);

/**
 * Compares customers, follows with their stays, remarks and tags, and welcomes. Call it when both sides are at rest.
 */
export async function compareWithTruth(pool: pg.Pool, truth: Truth): Promise<Comparison> {
  const findings: string[] = [];
  const follows = await readFollows(pool);
  const known = new Map(follows.map((row) => [`${row.external_userid} ${row.userid.toLowerCase()}`, row]));
  const names = new Map(truth.people.map((person) => [person.externalUserid, person.name]));
  for (const edge of truth.edges) {
    const who = `${edge.external_userid} with ${edge.userid}`;
    const row = known.get(`${edge.external_userid} ${edge.userid.toLowerCase()}`);
    if (!row) {
      findings.push(`${who}: siyu does not know this follow`);
      continue;
    }
    known.delete(`${edge.external_userid} ${edge.userid.toLowerCase()}`);
    const isActive = edge.ended === null;
    if (row.is_active !== isActive) findings.push(`${who}: active is ${isActive}, siyu says ${row.is_active}`);
    if ((row.state_key ?? '') !== edge.state)
      findings.push(`${who}: came by ${edge.state}, siyu says ${row.state_key}`);
    const truly = edge.spells.map(
      (spell) => `${seconds(spell.startedAt)}-${spell.endedAt === null ? '' : seconds(spell.endedAt)}`,
    );
    const ours = row.spells.map((spell) => `${spell.start}-${spell.end ?? ''}`);
    if (truly.join() !== ours.join()) findings.push(`${who}: stays ${truly.join(', ')}, siyu says ${ours.join(', ')}`);
    if (!isActive) continue;
    if (names.get(edge.external_userid) !== row.customer_name)
      findings.push(`${who}: name ${names.get(edge.external_userid)}, siyu says ${row.customer_name}`);
    if (edge.remark !== row.remark) findings.push(`${who}: remark ${edge.remark}, siyu says ${row.remark}`);
    if ([...edge.tags].sort().join() !== [...row.tags].sort().join())
      findings.push(`${who}: tags ${edge.tags.join()}, siyu says ${row.tags.join()}`);
  }
  for (const key of known.keys()) findings.push(`${key}: siyu has a follow that never was`);

  const people = new Set(truth.edges.map((edge) => edge.external_userid));
  const customers = await count(pool, 'select count(*) from customer');
  if (customers !== people.size) findings.push(`${people.size} people have been customers, siyu has ${customers}`);

  const welcomes = await compareWelcomes(pool, truth, findings);
  return {
    customers,
    follows: follows.length,
    spells: follows.reduce((sum, row) => sum + row.spells.length, 0),
    tags: follows.reduce((sum, row) => sum + row.tags.length, 0),
    ...welcomes,
    mismatches: findings.length,
    findings: findings.slice(0, 20),
  };
}

async function compareWelcomes(pool: pg.Pool, truth: Truth, findings: string[]) {
  const { rows } = await pool.query<{ code: string; state: string; reason: string | null }>(
    "select address ->> 'welcomeCode' as code, state, reason from touch where kind = 'welcome'",
  );
  const states = new Map(rows.map((row) => [row.code, row.state]));
  let twice = 0;
  let late = 0;
  for (const welcome of truth.welcomes) {
    const state = states.get(welcome.code);
    const isSent = state === 'submitted' || state === 'delivered';
    if (welcome.deliveredCount > 1) twice++;
    if (welcome.late) late++;
    if (isSent !== welcome.deliveredCount > 0) {
      findings.push(
        `welcome ${welcome.code}: delivered ${welcome.deliveredCount} times, siyu says ${state ?? 'nothing'}`,
      );
    }
  }
  const of = (...wanted: string[]) => rows.filter((row) => wanted.includes(row.state)).length;
  return {
    welcomes_issued: truth.welcomes.length,
    welcomes_sent: of('submitted', 'delivered'),
    welcomes_missed: of('missed'),
    // Refused by the platform for a reason of its own: the chat had begun, say.
    welcomes_refused: of('failed', 'unknown'),
    refusals: [
      ...new Set(
        rows.flatMap((row) => (['failed', 'unknown', 'missed'].includes(row.state) ? [row.reason ?? ''] : [])),
      ),
    ].join(),
    welcomes_late: late,
    welcomed_twice: twice,
  };
}

async function readFollows(pool: pg.Pool): Promise<FollowRow[]> {
  const { rows } = await pool.query<FollowRow>(`
    select f.external_userid, s.wecom_userid as userid, f.state = 'active' as is_active, cc.state_key, f.remark,
      c.name as customer_name,
      array(
        select t.wecom_id from follow_tag ft join tag t on t.id = ft.tag_id
        where ft.customer_id = f.customer_id and ft.external_userid = f.external_userid and ft.staff_id = f.staff_id
          and ft.is_wanted
      ) as tags,
      (
        select json_agg(json_build_object(
          'start', floor(extract(epoch from p.started_at))::bigint, 'end', floor(extract(epoch from p.ended_at))::bigint
        ) order by p.started_at)
        from follow_spell p
        where p.customer_id = f.customer_id and p.external_userid = f.external_userid and p.staff_id = f.staff_id
      ) as spells
    from follow f join staff s on s.id = f.staff_id join customer c on c.id = f.customer_id
    left join channel_code cc on cc.id = f.code_id`);
  return rows;
}

async function count(pool: pg.Pool, query: string): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(query);
  return Number(rows[0]?.count);
}
