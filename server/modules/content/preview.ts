import type { Input, Output } from '#contract';
import { type findGaps, type previewContent, wordings as wordingsSchema } from '#contract/content';
import { requireVisible } from '#customers';
import type { Ctx } from '#platform/ctx';
import { sql } from '#platform/db';
import { AppError } from '#platform/errors';
import { checkWordings } from './checks.ts';
import { readAttributeKeys, readCurrentMaterials } from './lookups.ts';
import { readValues } from './values.ts';
import { isSilent, readWording } from './wordings.ts';

/** What would be said: of a draft for one customer, and of a content for many. */

export async function preview(
  ctx: Ctx,
  input: Input<typeof previewContent>,
  publicUrl: string,
): Promise<Output<typeof previewContent>> {
  if (input.customerId !== undefined) await requireVisible(ctx, input.customerId);
  const { kind, wordings, trackedUrls } = input;
  const attributeKeys = await readAttributeKeys(ctx);
  const hasOwn = wordings[kind] !== undefined;
  const problems = hasOwn ? checkWordings(wordings, { attributeKeys, trackedUrls }, [kind]) : [];
  const wording = readWording(wordings, kind, trackedUrls);
  if (!wording) return { message: null, missing: [], byteCount: 0, problems };
  const staffId = input.staffId ?? (await readAdviser(ctx, input.customerId));
  const whom = { customerId: input.customerId ?? null, staffId, codeId: null };
  const [values = {}] = await readValues(ctx, wording.variables, [whom]);
  const materials = await readCurrentMaterials(ctx, wording.materialIds);
  const options = {
    linkOf: () => `${publicUrl}/l/…`,
    materialOf: (id: number) => materials.get(id) ?? id,
  };
  const marked = wording.fill(values, { ...options, isMarked: true });
  const sent = wording.fill(values, options);
  const text = sent && 'text' in sent.message ? sent.message.text : '';
  return {
    message: marked?.message ?? null,
    missing: [...(marked?.missing ?? [])],
    byteCount: Buffer.byteLength(text),
    problems: [...problems],
  };
}

/** Who had the customer added last. */
async function readAdviser(ctx: Ctx, customerId: number | undefined): Promise<number | null> {
  if (customerId === undefined) return ctx.actor.kind === 'system' ? null : ctx.actor.staffId;
  const follow = await ctx.db
    .selectFrom('follow')
    .select('staff_id')
    .where('customer_id', '=', customerId)
    .where('state', '=', 'active')
    .orderBy('added_at', 'desc')
    .limit(1)
    .executeTakeFirst();
  return follow?.staff_id ?? null;
}

/** For so many customers a content is filled to see what they would miss. */
const lookedMax = 2000;
const shownMax = 10;

export async function readGaps(ctx: Ctx, input: Input<typeof findGaps>): Promise<Output<typeof findGaps>> {
  const version = await ctx.db
    .selectFrom('content as c')
    .innerJoin('content_version as v', 'v.id', 'c.version_id')
    .select(['v.wordings', 'v.tracked_urls'])
    .where('c.id', '=', input.id)
    .executeTakeFirst();
  if (!version) throw new AppError('not_found');
  const wording = readWording(wordingsSchema.parse(version.wordings), input.wording, version.tracked_urls);
  const people = await readPeople(ctx, input.segment);
  const looked = people.slice(0, lookedMax);
  if (!wording) return { looked: 0, silent: 0, isAll: true, gaps: [] };
  const whom = looked.map((person) => ({ customerId: person.id, staffId: person.staffId, codeId: null }));
  const values = await readValues(ctx, wording.variables, whom);
  const gaps = new Map<string, { count: number; customers: { id: number; name: string | null }[] }>();
  let silent = 0;
  looked.forEach(({ id, name }, i) => {
    const filled = wording.fill(values[i] ?? {}, { linkOf: (url) => url });
    if (!filled || isSilent(filled.message)) silent++;
    for (const variable of filled?.missing ?? []) {
      const gap = gaps.get(variable) ?? { count: 0, customers: [] };
      gap.count++;
      if (gap.customers.length < shownMax) gap.customers.push({ id, name });
      gaps.set(variable, gap);
    }
  });
  return {
    looked: looked.length,
    silent,
    isAll: people.length <= lookedMax,
    gaps: [...gaps].map(([variable, gap]) => ({ variable, ...gap })).sort((a, b) => b.count - a.count),
  };
}

/** The newest members of a segment, or of all who have an adviser, one more than are looked at. */
async function readPeople(
  ctx: Ctx,
  segmentId: number | undefined,
): Promise<{ id: number; name: string | null; staffId: number | null }[]> {
  if (segmentId !== undefined) {
    const segment = await ctx.db.selectFrom('segment').select('id').where('id', '=', segmentId).executeTakeFirst();
    if (!segment) throw new AppError('segment_unknown');
  }
  const ids =
    segmentId === undefined
      ? sql`select id from customer where active_follow_count > 0 order by id desc limit ${lookedMax + 1}`
      : sql`select customer_id as id from segment_member where segment_id = ${segmentId} order by customer_id desc limit ${lookedMax + 1}`;
  const { rows } = await sql<{ id: number; name: string | null; staffId: number | null }>`
    select c.id, c.name, (
      select f.staff_id from follow f where f.customer_id = c.id and f.state = 'active' order by f.added_at desc limit 1
    ) as "staffId"
    from (${ids}) as p join customer c on c.id = p.id order by c.id desc
  `.execute(ctx.db);
  return rows;
}
