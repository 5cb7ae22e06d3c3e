import { mirror, mirrorChannel } from '#customers';
import { type Ctx, inTransaction } from '#platform/ctx';
import type { Pump } from '#platform/pump';
import type { Connection, Connector } from './connection.ts';
import type { Failure, Receipt } from './errors.ts';
import { describeFailure, refreshTags } from './refresh.ts';

/** Edges told at once; each edge is told by one call at a time (45035). */
const parallel = 6;
/** The relation is gone (84061, 40096), so there is nothing left to tell. */
const noRelation = new Set([84061, 40096]);
/** A tag of this name exists in the group: somebody made it on WeCom meanwhile. */
const nameExists = 40071;
const tagUnknown = 40068;

/** Tells WeCom about tags and remarks that changed here. Every call may be repeated, so a crash only repeats one. */
export function createMirror(connector: Connector): Pump {
  return {
    name: 'wecom.mirror',
    channel: mirrorChannel,
    pollMs: 1000,
    lanes: 1,
    async drain(ctx) {
      const connection = await connector.connect(ctx);
      if (!connection) return 0;
      const told =
        (await tellCatalogue(ctx, connection)) +
        (await tellTags(ctx, connection)) +
        (await tellRemarks(ctx, connection));
      return told;
    },
  };
}

async function tellTags(ctx: Ctx, connection: Connection): Promise<number> {
  const pending = await mirror.takePendingTags(ctx, 60);
  return inParallel(pending, async (edge) => {
    const receipt = await connection.client.call('externalcontact/mark_tag', {
      userid: edge.staffUserid,
      external_userid: edge.externalUserid,
      ...(edge.add.length > 0 ? { add_tag: edge.add.map((tag) => tag.wecomId) } : {}),
      ...(edge.remove.length > 0 ? { remove_tag: edge.remove.map((tag) => tag.wecomId) } : {}),
    });
    const outcome = outcomeOf(receipt);
    await inTransaction(ctx, (ctx) => mirror.reportTags(ctx, edge, outcome));
    return outcome.kind !== 'again';
  });
}

async function tellRemarks(ctx: Ctx, connection: Connection): Promise<number> {
  const pending = await mirror.takePendingRemarks(ctx, 60);
  return inParallel(pending, async (edge) => {
    const receipt = await connection.client.call('externalcontact/remark', {
      userid: edge.staffUserid,
      external_userid: edge.externalUserid,
      remark: edge.remark,
      description: edge.description,
    });
    const outcome = outcomeOf(receipt);
    await inTransaction(ctx, (ctx) => mirror.reportRemark(ctx, edge, outcome));
    return outcome.kind !== 'again';
  });
}

function outcomeOf(receipt: Receipt<unknown>): mirror.MirrorOutcome {
  if (receipt.ok) return { kind: 'done' };
  if (receipt.errcode !== undefined && noRelation.has(receipt.errcode))
    return { kind: 'refused', problem: describeFailure(receipt) };
  const mayPass = receipt.retryable || receipt.outcome !== 'refused';
  return { kind: mayPass ? 'again' : 'refused', problem: describeFailure(receipt) };
}

/** New, renamed and deleted tags and groups (doc 92117). Calls of ours cause no callbacks. */
async function tellCatalogue(ctx: Ctx, connection: Connection): Promise<number> {
  const { tags, groups } = await mirror.takePendingCatalogue(ctx);
  const { client } = connection;
  let told = 0;
  for (const group of groups) {
    const receipt = await client.call('externalcontact/edit_corp_tag', { id: group.wecomId, name: group.name });
    if (!receipt.ok && receipt.retryable) continue;
    await inTransaction(ctx, (ctx) => mirror.reportGroupRenamed(ctx, group.id, group.name));
    told++;
  }
  for (const tag of tags) {
    const receipt = await tellTag(connection, tag);
    if (receipt.ok) {
      await inTransaction(ctx, (ctx) => mirror.reportTagMirrored(ctx, tag.id, { name: tag.name, ...receipt.value }));
      told++;
    } else if (receipt.errcode === nameExists) {
      // WeCom has it: reading the catalogue joins the two by their name.
      if (await refreshTags(ctx, connection)) break;
      told++;
    } else if (!receipt.retryable && receipt.outcome === 'refused') {
      await inTransaction(ctx, (ctx) => mirror.reportTagRefused(ctx, tag.id, describeFailure(receipt)));
      told++;
    } else break;
  }
  return told;
}

async function tellTag(
  { client }: Connection,
  tag: mirror.PendingTag,
): Promise<{ ok: true; value: { wecomId?: string; groupWecomId?: string } } | Failure> {
  switch (tag.pending) {
    case 'create': {
      const group = tag.groupWecomId ? { group_id: tag.groupWecomId } : { group_name: tag.groupName };
      const made = await client.call('externalcontact/add_corp_tag', { ...group, tag: [{ name: tag.name }] });
      if (!made.ok) return made;
      const { tag_group } = made.value;
      const wecomId = tag_group.tag.find((other) => other.name === tag.name)?.id ?? tag_group.tag[0]?.id;
      return { ok: true, value: { groupWecomId: tag_group.group_id, ...(wecomId === undefined ? {} : { wecomId }) } };
    }
    case 'rename': {
      const receipt = await client.call('externalcontact/edit_corp_tag', { id: tag.wecomId ?? '', name: tag.name });
      return receipt.ok ? { ok: true, value: {} } : receipt;
    }
    case 'delete': {
      const receipt = await client.call('externalcontact/del_corp_tag', { tag_id: [tag.wecomId ?? ''] });
      return receipt.ok || receipt.errcode === tagUnknown ? { ok: true, value: {} } : receipt;
    }
  }
}

/** Works on rows a few at a time. Returns how many are settled; those that must wait are not counted, so the pump rests. */
async function inParallel<T>(rows: readonly T[], work: (row: T) => Promise<boolean>): Promise<number> {
  let settled = 0;
  const queue = [...rows];
  const run = async () => {
    for (let row = queue.shift(); row !== undefined; row = queue.shift()) if (await work(row)) settled++;
  };
  await Promise.all(Array.from({ length: parallel }, run));
  return settled;
}
