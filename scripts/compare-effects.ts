import type pg from 'pg';
import { getCampaign, getCampaignRun } from '#contract/campaigns';
import type { EffectAnswer, MassTruth } from '#sandbox';
import type { SandboxProcess, Session } from './processes.ts';

/** What siyu says of its messages and their effects, held against what truly happened in the sandbox. */
export interface ReachComparison {
  readonly touches: number;
  readonly delivered: number;
  readonly suppressed: number;
  readonly orders: number;
  readonly duplicates: number;
  readonly over_quota: number;
  readonly in_quiet_hours: number;
  readonly campaigns: number;
  /** Of these, with an interval: the others were too small, and siyu said so. */
  readonly campaigns_concluded: number;
  readonly intervals_covering_truth: number;
  readonly findings: readonly string[];
}

const quiet = { from: 22, until: 8 };

interface Treated {
  campaign: number;
  external_userid: string;
  decided_ms: number;
  msgid: string | null;
}

export async function compareReach(
  pool: pg.Pool,
  session: Session,
  sandbox: SandboxProcess,
  campaigns: readonly { id: number; name: string }[],
): Promise<ReachComparison> {
  const findings: string[] = [];
  const truth = await sandbox.ask<MassTruth>('GET', '/mass-messages');
  await compareResults(pool, truth, findings);
  let concluded = 0;
  let covering = 0;
  for (const campaign of campaigns) {
    const { draft, runs } = await session.call(getCampaign, { id: campaign.id });
    const [run] = runs;
    if (!run) {
      findings.push(`${campaign.name}: it never ran`);
      continue;
    }
    const { result } = await session.call(getCampaignRun, { id: campaign.id, number: run.number });
    const whole = result?.effect.comparisons.find(
      (comparison) => comparison.part === null && comparison.against === null,
    );
    const ordered = whole?.findings.find((finding) => finding.metric === 'ordered');
    const truly = await trueEffect(pool, sandbox, campaign.id, draft.windowHours);
    if (!ordered?.estimate) {
      console.log(`${campaign.name}: not concluded (${ordered?.refusal ?? run.state}), truly ${points(truly)}`);
      continue;
    }
    concluded++;
    const { value, low, high } = ordered.estimate;
    const isCovered = low <= truly && truly <= high;
    if (isCovered) covering++;
    console.log(
      `${campaign.name}: ${whole?.treatedPeople} and ${whole?.controlPeople} people, share of buyers ${points(value)} (${points(low)} to ${points(high)}), truly ${points(truly)}${isCovered ? '' : ' – missed'}`,
    );
  }
  const { rows } = await pool.query<{ touches: number; delivered: number; suppressed: number; orders: number }>(`
    select count(*)::int as touches, count(*) filter (where state = 'delivered')::int as delivered,
      count(*) filter (where state = 'suppressed')::int as suppressed, (select count(*)::int from shop_order) as orders
    from touch where kind <> 'welcome'`);
  const figures = rows[0] ?? { touches: 0, delivered: 0, suppressed: 0, orders: 0 };
  return {
    ...figures,
    duplicates: truth.duplicates.length,
    over_quota: truth.overQuota,
    in_quiet_hours: truth.sentByHour.reduce(
      (sum, count, hour) => sum + (hour >= quiet.from || hour < quiet.until ? count : 0),
      0,
    ),
    campaigns: campaigns.length,
    campaigns_concluded: concluded,
    intervals_covering_truth: covering,
    findings,
  };
}

const points = (share: number) => `${(share * 100).toFixed(2)} %`;

/** By how much the campaign raised the chance to buy within the window, over all whom the gate let through. */
async function trueEffect(
  pool: pg.Pool,
  sandbox: SandboxProcess,
  campaignId: number,
  windowHours: number,
): Promise<number> {
  const { rows } = await pool.query<Treated>(
    `select t.source_id as campaign, i.value as external_userid, (extract(epoch from t.decided_at) * 1000)::float8 as decided_ms,
      p.platform_id as msgid
    from touch t join lateral (
      select value from identity where customer_id = t.customer_id and kind = 'wecom' order by id limit 1
    ) i on true left join touch_pack p on p.id = t.pack_id
    where t.kind = 'campaign' and t.source_id = $1 and not t.is_holdout and t.decided_at is not null
      and t.state not in ('planned', 'deferred', 'suppressed')`,
    [campaignId],
  );
  if (rows.length === 0) return 0;
  const people = rows.map((row) => ({
    externalUserid: row.external_userid,
    from: row.decided_ms,
    until: row.decided_ms + windowHours * 3_600_000,
  }));
  const messages = [...new Set(rows.flatMap((row) => row.msgid ?? []))];
  const { sums } = await sandbox.ask<EffectAnswer>('POST', '/effect', { messages, people });
  return (sums.with.probability - sums.without.probability) / rows.length;
}

/** Each target of each task, as the platform knows it and as siyu does. */
async function compareResults(pool: pg.Pool, truth: MassTruth, findings: string[]): Promise<void> {
  const { rows } = await pool.query<{ msgid: string; external_userid: string; state: string; reason: string | null }>(`
    select p.platform_id as msgid, coalesce(t.external_userid, i.value) as external_userid, t.state, t.reason
    from touch t join touch_pack p on p.id = t.pack_id
    left join lateral (select value from identity where customer_id = t.customer_id and kind = 'wecom' order by id limit 1) i on true
    where p.channel = 'wecom_mass'`);
  const known = new Map(rows.map((row) => [`${row.msgid} ${row.external_userid}`, row]));
  for (const task of truth.tasks.filter((task) => task.chatType === 'single')) {
    for (const { targets } of task.members) {
      for (const { id, status } of targets) {
        const row = known.get(`${task.msgid} ${id}`);
        if (!row) findings.push(`mass message ${task.msgid} to ${id}: siyu does not know of it`);
        else if ((status === 1) !== (row.state === 'delivered')) {
          findings.push(
            `mass message ${task.msgid} to ${id}: status ${status}, siyu says ${row.state} ${row.reason ?? ''}`,
          );
        }
      }
    }
  }
}
