import type { WriteCtx } from '#platform/ctx';
import { type AttributeClaim, claimAttributes } from './claims.ts';
import type { Account } from './people.ts';
import { applyProfiles } from './profiles.ts';
import { type AttributeKind, asAttribute, guessAttributeKind } from './rules.ts';
import { refreshSearch } from './search.ts';

/** What the brand's own systems say of a person. */
export interface Told {
  readonly customerId: number;
  readonly homeId: number | null;
  readonly account: Account;
  readonly profile?: { name: string | null; avatar: string | null; gender: 'unknown' | 'male' | 'female' } | undefined;
  readonly attributes: Readonly<Record<string, string | number | boolean | null>>;
  readonly at: Date;
  readonly source: string;
}

/** So many attributes may come into being by being told of; more are defined by hand. */
const maxLearned = 300;

/**
 * Takes over what systems tell of people. An attribute nobody defined is defined by the first value told of it; a value
 * that does not fit the attribute's kind, and cannot be read as that kind, is left out.
 */
export async function learnAttributes(ctx: WriteCtx, told: readonly Told[]): Promise<void> {
  const named = told.flatMap(({ profile, at, customerId, account }) =>
    profile ? [{ ...profile, customerId, account, observedAt: at }] : [],
  );
  const newest = new Map(
    named
      .sort((a, b) => a.observedAt.getTime() - b.observedAt.getTime())
      .map((profile) => [`${profile.account.kind} ${profile.account.value}`, profile]),
  );
  await applyProfiles(
    ctx,
    [...newest.values()].map((profile) => ({
      ...profile,
      kind: 'wechat' as const,
      corpName: null,
      position: null,
      readAt: null,
    })),
  );
  await refreshSearch(ctx, [...new Set(named.map((profile) => profile.customerId))]);
  const values = told.flatMap(({ attributes }) => Object.entries(attributes));
  if (values.length === 0) return;
  const kinds = await ensureDefinitions(ctx, values);
  const claims = told.flatMap(({ customerId, homeId, attributes, at, source }) =>
    Object.entries(attributes).flatMap(([key, given]): AttributeClaim[] => {
      const definition = kinds.get(key);
      const value = given === null ? null : definition && asAttribute(definition, given);
      return value === undefined ? [] : [{ customerId, homeId, key, value, source, setAt: at, setBy: null }];
    }),
  );
  await claimAttributes(
    ctx,
    claims.filter((claim) => kinds.has(claim.key)),
  );
}

async function ensureDefinitions(
  ctx: WriteCtx,
  values: readonly (readonly [string, string | number | boolean | null])[],
): Promise<Map<string, { kind: AttributeKind; choices: readonly string[] }>> {
  const known = await readDefinitions(ctx);
  const unknown = new Map(
    values.flatMap(([key, value]) =>
      known.has(key) || value === null ? [] : [[key, guessAttributeKind(value)] as const],
    ),
  );
  const room = maxLearned - known.size;
  const learned = [...unknown].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, Math.max(0, room));
  if (learned.length === 0) return known;
  await ctx.db
    .insertInto('attribute_definition')
    .values(learned.map(([key, kind]) => ({ key, name: key, kind, choices: [], created_at: ctx.now })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return readDefinitions(ctx);
}

async function readDefinitions(ctx: WriteCtx) {
  const rows = await ctx.db.selectFrom('attribute_definition').select(['key', 'kind', 'choices']).execute();
  return new Map(rows.map((row) => [row.key, { kind: row.kind as AttributeKind, choices: row.choices }]));
}
