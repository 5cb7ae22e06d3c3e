import type { Input, Output } from '#contract';
import type { createAttribute, listAttributes, setAttributes, updateAttribute } from '#contract/customers';
import { recordAudit } from '#organization';
import type { Ctx, WriteCtx } from '#platform/ctx';
import { AppError, sqlState } from '#platform/errors';
import { type AttributeClaim, claimAttributes } from './claims.ts';
import { requireVisible } from './customer.ts';
import { lockCustomers } from './follows.ts';
import { type AttributeKind, fitsAttribute } from './rules.ts';

export async function listDefinitions(ctx: Ctx): Promise<Output<typeof listAttributes>> {
  const rows = await ctx.db
    .selectFrom('attribute_definition as d')
    .select((eb) => [
      'd.key',
      'd.name',
      'd.kind',
      'd.choices',
      eb
        .selectFrom('customer_attribute as a')
        .whereRef('a.key', '=', 'd.key')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .as('customerCount'),
    ])
    .orderBy('d.created_at')
    .orderBy('d.key')
    .execute();
  return {
    rows: rows.map((row) => ({ ...row, kind: row.kind as AttributeKind, customerCount: row.customerCount ?? 0 })),
  };
}

export async function defineAttribute(ctx: WriteCtx, input: Input<typeof createAttribute>): Promise<void> {
  try {
    await ctx.db
      .insertInto('attribute_definition')
      .values({ key: input.key, name: input.name, kind: input.kind, choices: input.choices ?? [], created_at: ctx.now })
      .execute();
  } catch (error) {
    if (sqlState(error) === '23505') throw new AppError('attribute_key_taken');
    throw error;
  }
  await recordAudit(ctx, {
    action: 'attribute.created',
    subjectKind: 'attribute',
    subjectId: input.key,
    subjectName: input.name,
    after: input,
  });
}

export async function changeDefinition(ctx: WriteCtx, input: Input<typeof updateAttribute>): Promise<void> {
  const before = await ctx.db
    .selectFrom('attribute_definition')
    .select(['name', 'choices'])
    .where('key', '=', input.key)
    .forUpdate()
    .executeTakeFirst();
  if (!before) throw new AppError('not_found');
  const after = { name: input.name ?? before.name, choices: input.choices ?? before.choices };
  await ctx.db.updateTable('attribute_definition').set(after).where('key', '=', input.key).execute();
  await recordAudit(ctx, {
    action: 'attribute.updated',
    subjectKind: 'attribute',
    subjectId: input.key,
    subjectName: after.name,
    before,
    after,
  });
}

export async function removeDefinition(ctx: WriteCtx, key: string): Promise<void> {
  await ctx.db.deleteFrom('customer_attribute').where('key', '=', key).execute();
  await ctx.db.deleteFrom('attribute_claim').where('key', '=', key).execute();
  const gone = await ctx.db
    .deleteFrom('attribute_definition')
    .where('key', '=', key)
    .returning('name')
    .executeTakeFirst();
  if (!gone) throw new AppError('not_found');
  await recordAudit(ctx, {
    action: 'attribute.deleted',
    subjectKind: 'attribute',
    subjectId: key,
    subjectName: gone.name,
  });
}

/** Sets all values or none. */
export async function setCustomerAttributes(ctx: WriteCtx, input: Input<typeof setAttributes>): Promise<void> {
  await requireVisible(ctx, input.id);
  await lockCustomers(ctx, [input.id]);
  const keys = Object.keys(input.values);
  if (keys.length === 0) return;
  const definitions = new Map(
    (await ctx.db.selectFrom('attribute_definition').selectAll().where('key', 'in', keys).execute()).map((row) => [
      row.key,
      row,
    ]),
  );
  const before = await ctx.db
    .selectFrom('customer_attribute')
    .select(['key', 'value'])
    .where('customer_id', '=', input.id)
    .where('key', 'in', keys)
    .execute();
  const claims: AttributeClaim[] = [];
  for (const [key, value] of Object.entries(input.values)) {
    const definition = definitions.get(key);
    if (!definition) throw new AppError('attribute_unknown', { details: { key } });
    const kind = definition.kind as AttributeKind;
    if (value !== null && !fitsAttribute({ kind, choices: definition.choices }, value)) {
      throw new AppError('attribute_value_invalid', { details: { key, kind, choices: definition.choices } });
    }
    claims.push({
      customerId: input.id,
      homeId: null,
      key,
      value,
      source: ctx.actor.kind,
      setAt: ctx.now,
      setBy: ctx.actor.name,
    });
  }
  await claimAttributes(ctx, claims);
  await recordAudit(ctx, {
    action: 'customer.attributes_set',
    subjectKind: 'customer',
    subjectId: input.id,
    before: Object.fromEntries(before.map((row) => [row.key, row.value])),
    after: input.values,
  });
}
