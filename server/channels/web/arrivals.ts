import type { Output } from '#contract';
import type { listArrivals } from '#contract/web';
import type { Account } from '#customers';
import type { Fact } from '#events';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';

type Arrival = Output<typeof listArrivals>['rows'][number];
type Kept = Omit<Arrival, 'customerId'>;

const keptPerSource = 20;
const keptDetails = 20;
const keptLetters = 200;

/**
 * The latest calls of each source, so that who sets one up sees them arrive. In the memory of the process: the log of
 * events has no index by source, and one over fifty million rows would be paid for by every fact, for a look now and then.
 */
export function createArrivals() {
  const bySource = new Map<number, readonly Kept[]>();
  return {
    note(sourceId: number, facts: readonly Fact[], receivedAt: Date): void {
      const arrived = facts
        .slice(-keptPerSource)
        .flatMap((fact) => keptOf(fact, receivedAt) ?? [])
        .reverse();
      bySource.set(sourceId, [...arrived, ...(bySource.get(sourceId) ?? [])].slice(0, keptPerSource));
    },

    async read(ctx: Ctx, sourceId: number): Promise<Arrival[]> {
      const kept = bySource.get(sourceId) ?? [];
      const customers = await findCustomers(
        ctx,
        kept.map((arrival) => arrival.account),
      );
      return kept.map((arrival) => ({ ...arrival, customerId: customers.get(keyOf(arrival.account)) ?? null }));
    },
  };
}

const keyOf = (account: Account) => `${account.kind} ${account.value}`;

function keptOf(fact: Fact, receivedAt: Date): Kept | undefined {
  const times = { receivedAt: receivedAt.toISOString(), occurredAt: fact.occurredAt.toISOString() };
  if (fact.name !== 'event.tracked' && fact.name !== 'person.identified') return undefined;
  const [account] = fact.payload.accounts;
  if (!account) return undefined;
  if (fact.name === 'event.tracked') {
    return { ...times, name: fact.payload.event, account, details: plain(fact.payload.properties) };
  }
  const { accounts, profile, attributes } = fact.payload;
  const others = accounts.slice(1).map(({ kind, value }) => [kind, value]);
  return {
    ...times,
    name: fact.name,
    account,
    details: plain({ ...Object.fromEntries(others), ...(profile?.name ? { name: profile.name } : {}), ...attributes }),
  };
}

function plain(values: Readonly<Record<string, unknown>>): Arrival['details'] {
  const entries = Object.entries(values).slice(0, keptDetails);
  return Object.fromEntries(entries.map(([key, value]) => [key.slice(0, keptLetters), plainValue(value)]));
}

function plainValue(value: unknown): Arrival['details'][string] {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > keptLetters ? `${text.slice(0, keptLetters)}…` : text;
}

async function findCustomers(ctx: Ctx, accounts: readonly Account[]): Promise<Map<string, number>> {
  const { rows } = await sql<Account & { customerId: number }>`
    select kind, value, customer_id as "customerId" from identity where (kind, value) in (
      select * from unnest(${accounts.map((a) => a.kind)}::text[], ${accounts.map((a) => a.value)}::text[])
    )
  `.execute(ctx.db);
  return new Map(rows.map((row) => [keyOf(row), row.customerId]));
}
