import type { LinkMaker } from '#content';
import * as contract from '#contract/campaigns';
import { type Endpoint, endpoint } from '#platform/module';
import {
  addCampaign,
  approve,
  cancel,
  changeCampaign,
  copyCampaign,
  launch,
  pause,
  reject,
  removeCampaign,
  resume,
  withdraw,
} from './campaigns.ts';
import { foresee, sample } from './foresight.ts';
import { listCampaignPage, showCampaign, showRun } from './queries.ts';
import { measure } from './results.ts';
import { changeSettings, readSettings } from './settings.ts';

const ok = { ok: true } as const;

export function campaignEndpoints(links: LinkMaker): Endpoint[] {
  return [
    endpoint(contract.listCampaigns, listCampaignPage),
    endpoint(contract.getCampaign, (ctx, input) => showCampaign(ctx, input.id)),
    endpoint(contract.createCampaign, async (ctx, input) => ({ id: await addCampaign(ctx, input) })),
    endpoint(contract.updateCampaign, async (ctx, { id, ...draft }) => {
      await changeCampaign(ctx, id, draft);
      return ok;
    }),
    endpoint(contract.copyCampaign, async (ctx, input) => ({ id: await copyCampaign(ctx, input.id) })),
    endpoint(contract.deleteCampaign, async (ctx, input) => {
      await removeCampaign(ctx, input.id);
      return ok;
    }),
    endpoint(contract.foreseeCampaign, foresee),
    endpoint(contract.sampleCampaign, (ctx, input) => sample(ctx, input, links)),
    endpoint(contract.launchCampaign, (ctx, input) => launch(ctx, input.id)),
    endpoint(contract.approveCampaign, async (ctx, input) => {
      await approve(ctx, input.id, input.note);
      return ok;
    }),
    endpoint(contract.rejectCampaign, async (ctx, input) => {
      await reject(ctx, input.id, input.note);
      return ok;
    }),
    endpoint(contract.withdrawCampaign, async (ctx, input) => {
      await withdraw(ctx, input.id);
      return ok;
    }),
    endpoint(contract.pauseCampaign, async (ctx, input) => {
      await pause(ctx, input.id);
      return ok;
    }),
    endpoint(contract.resumeCampaign, async (ctx, input) => {
      await resume(ctx, input.id);
      return ok;
    }),
    endpoint(contract.cancelCampaign, async (ctx, input) => ({ cancelled: await cancel(ctx, input.id) })),
    endpoint(contract.getCampaignRun, showRun),
    endpoint(contract.measureCampaignRun, async (ctx, input) => {
      await measure(ctx, input.id, input.number);
      return ok;
    }),
    endpoint(contract.getCampaignSettings, readSettings),
    endpoint(contract.setCampaignSettings, async (ctx, input) => {
      await changeSettings(ctx, input);
      return ok;
    }),
  ];
}
