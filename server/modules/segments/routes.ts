import * as contract from '#contract/segments';
import { sql } from '#platform/db';
import { type Endpoint, endpoint } from '#platform/module';
import type { Engine } from './engine.ts';
import { exportMembers } from './export.ts';
import { listLists, removeList, uploadList } from './lists.ts';
import { breakDown, countTree, explainOne, explainParts, overlap, type Sessions, sampleTree } from './questions.ts';
import { addSegment, changeSegment, listSegmentPage, readHistory, readSegment, removeSegment } from './segments.ts';

const ok = { ok: true } as const;

export function segmentEndpoints(engine: Engine): Endpoint[] {
  const sessions: Sessions = new Map();
  return [
    endpoint(contract.listSegments, listSegmentPage),
    endpoint(contract.getSegment, (ctx, input) => readSegment(ctx, input.id)),
    endpoint(contract.createSegment, async (ctx, input) => ({ id: await addSegment(ctx, input) })),
    endpoint(contract.updateSegment, async (ctx, input) => {
      await changeSegment(ctx, input);
      return ok;
    }),
    endpoint(contract.deleteSegment, async (ctx, input) => {
      await removeSegment(ctx, input.id);
      return ok;
    }),
    endpoint(contract.countSegment, (ctx, input) => countTree(engine, sessions, ctx, input)),
    endpoint(contract.sampleSegment, (ctx, input) => sampleTree(engine, ctx, input)),
    endpoint(contract.breakdownSegment, (ctx, input) => breakDown(engine, ctx, input)),
    endpoint(contract.overlapSegments, (ctx, input) => overlap(engine, ctx, input)),
    endpoint(contract.getSegmentHistory, readHistory),
    endpoint(contract.explainCustomer, (ctx, input) => explainOne(engine, ctx, input)),
    endpoint(contract.explainSegment, (ctx, input) => explainParts(engine, ctx, input)),
    endpoint(contract.exportSegment, (ctx, input) => exportMembers(ctx, input.id)),
    endpoint(contract.listSegmentLists, listLists),
    endpoint(contract.uploadSegmentList, (ctx, input, upload) => uploadList(ctx, input.name, upload.bytes)),
    endpoint(contract.deleteSegmentList, async (ctx, input) => {
      await removeList(ctx, input.id);
      return ok;
    }),
    endpoint(contract.getMirror, async (ctx) => {
      const { rows } = await sql<{ count: number }>`select count(*) as count from segment_touch`.execute(ctx.db);
      const waitingTouches = rows[0]?.count ?? 0;
      const off = {
        state: 'off',
        lagMs: null,
        builtAt: null,
        buildMs: null,
        diskBytes: 0,
        memoryBytes: 0,
        problem: null,
      } as const;
      const status = await engine.mirror?.status();
      return { ...(status ? { ...status, builtAt: status.builtAt?.toISOString() ?? null } : off), waitingTouches };
    }),
  ];
}
