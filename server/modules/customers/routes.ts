import * as contract from '#contract/customers';
import { type Endpoint, endpoint } from '#platform/module';
import {
  changeDefinition,
  defineAttribute,
  listDefinitions,
  removeDefinition,
  setCustomerAttributes,
} from './attributes.ts';
import { changeRemark, readCustomer, readTimeline, tagSelection } from './customer.ts';
import { countFiltered, listCustomerPage } from './list.ts';
import { countNewConflicts, decideByHand, listConflictPage, mergeByHand, undoMerge } from './merges.ts';
import type { Mover } from './regroup.ts';
import { addTag, addTagGroup, listTagGroups, removeTag, removeTagGroup, renameTag, renameTagGroup } from './tags.ts';

const ok = { ok: true } as const;

export const customerEndpoints = (movers: readonly Mover[]): Endpoint[] => [
  endpoint(contract.listCustomers, listCustomerPage),
  endpoint(contract.countCustomers, countFiltered),
  endpoint(contract.getCustomer, (ctx, input) => readCustomer(ctx, input.id)),
  endpoint(contract.mergeCustomers, async (ctx, input) => ({ id: await mergeByHand(ctx, movers, input) })),
  endpoint(contract.undoMerge, async (ctx, input) => ({ id: await undoMerge(ctx, movers, input.id) })),
  endpoint(contract.listConflicts, listConflictPage),
  endpoint(contract.countConflicts, countNewConflicts),
  endpoint(contract.decideConflict, async (ctx, input) => {
    await decideByHand(ctx, movers, input);
    return ok;
  }),
  endpoint(contract.listTimeline, readTimeline),
  endpoint(contract.tagCustomers, tagSelection),
  endpoint(contract.setRemark, async (ctx, input) => {
    await changeRemark(ctx, input);
    return ok;
  }),
  endpoint(contract.setAttributes, async (ctx, input) => {
    await setCustomerAttributes(ctx, input);
    return ok;
  }),
  endpoint(contract.listTags, listTagGroups),
  endpoint(contract.createTagGroup, async (ctx, input) => ({ id: await addTagGroup(ctx, input) })),
  endpoint(contract.updateTagGroup, async (ctx, input) => {
    await renameTagGroup(ctx, input);
    return ok;
  }),
  endpoint(contract.deleteTagGroup, async (ctx, input) => {
    await removeTagGroup(ctx, input.id);
    return ok;
  }),
  endpoint(contract.createTag, async (ctx, input) => ({ id: await addTag(ctx, input) })),
  endpoint(contract.updateTag, async (ctx, input) => {
    await renameTag(ctx, input);
    return ok;
  }),
  endpoint(contract.deleteTag, async (ctx, input) => {
    await removeTag(ctx, input.id);
    return ok;
  }),
  endpoint(contract.listAttributes, listDefinitions),
  endpoint(contract.createAttribute, async (ctx, input) => {
    await defineAttribute(ctx, input);
    return ok;
  }),
  endpoint(contract.updateAttribute, async (ctx, input) => {
    await changeDefinition(ctx, input);
    return ok;
  }),
  endpoint(contract.deleteAttribute, async (ctx, input) => {
    await removeDefinition(ctx, input.key);
    return ok;
  }),
];
