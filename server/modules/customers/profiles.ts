import type { WriteCtx } from '#platform/ctx';
import { sql } from '#platform/db';
import type { Account } from './people.ts';

/** What an account says of its person. */
export interface AccountProfile {
  readonly customerId: number;
  readonly account: Account;
  readonly name: string | null;
  readonly avatar: string | null;
  readonly kind: 'wechat' | 'wecom';
  readonly gender: 'unknown' | 'male' | 'female';
  readonly corpName: string | null;
  readonly position: string | null;
  readonly observedAt: Date;
  /** The machine's time at which WeCom's record was read; null for what the brand's own systems told. */
  readonly readAt: Date | null;
}

/** Keeps the newest word of each account, each account once, and shows the customers by it. */
export async function applyProfiles(ctx: WriteCtx, profiles: readonly AccountProfile[]): Promise<void> {
  if (profiles.length === 0) return;
  const rows = profiles.map((profile) => ({
    account_kind: profile.account.kind,
    value: profile.account.value,
    customer_id: profile.customerId,
    name: profile.name,
    avatar: profile.avatar,
    kind: profile.kind,
    gender: profile.gender,
    corp_name: profile.corpName,
    position: profile.position,
    observed_at: profile.observedAt,
    read_at: profile.readAt,
  }));
  await sql`
    insert into account_profile as p (account_id, customer_id, name, avatar, kind, gender, corp_name, position, observed_at, read_at)
    select i.id, r.customer_id, r.name, r.avatar, r.kind, r.gender, r.corp_name, r.position, r.observed_at, r.read_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(account_kind text, value text, customer_id bigint, name text,
      avatar text, kind text, gender text, corp_name text, position text, observed_at timestamptz, read_at timestamptz)
    join identity i on i.kind = r.account_kind and i.value = r.value
    on conflict (account_id) do update
      set name = excluded.name, avatar = excluded.avatar, kind = excluded.kind, gender = excluded.gender,
        corp_name = excluded.corp_name, position = excluded.position, observed_at = excluded.observed_at,
        read_at = excluded.read_at
      where case when p.read_at is null then p.observed_at <= excluded.observed_at else p.read_at <= excluded.read_at end
  `.execute(ctx.db);
  await refreshProfiles(ctx, [...new Set(profiles.map((profile) => profile.customerId))]);
}

/** A customer is shown by WeCom's record; of several, and where there is none, by the newest word. */
export async function refreshProfiles(ctx: WriteCtx, customerIds: readonly number[]): Promise<void> {
  await sql`
    update customer c set name = p.name, avatar = p.avatar, kind = coalesce(p.kind, c.kind),
      gender = coalesce(p.gender, 'unknown'), corp_name = p.corp_name, position = p.position, observed_at = p.observed_at,
      read_at = p.read_at
    from unnest(${customerIds}::bigint[]) as wanted(id)
    left join lateral (
      select * from account_profile a where a.customer_id = wanted.id
      order by (a.read_at is not null) desc, a.observed_at desc, a.account_id limit 1
    ) p on true
    where c.id = wanted.id
  `.execute(ctx.db);
}
