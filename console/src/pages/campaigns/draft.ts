import type { z } from 'zod';
import { type CampaignDraft, campaignDraft, type campaignSettings } from '#contract/campaigns';

/** A draft as the form holds it: what has not been chosen yet is missing. */
export type Drafting = Omit<CampaignDraft, 'who' | 'variants'> & {
  readonly who:
    | CampaignDraft['who']
    | { readonly kind: 'segment'; readonly segmentId: undefined }
    | { readonly kind: 'rule'; readonly tree: undefined };
  readonly variants: readonly Variant[];
};

export type Variant = Omit<CampaignDraft['variants'][number], 'contentId'> & { readonly contentId: number | undefined };

const parts = ['A', 'B', 'C', 'D', 'E', 'F'] as const;

export function newDraft(settings: z.output<typeof campaignSettings>): Drafting {
  return {
    name: '',
    channel: 'wecom_mass',
    who: { kind: 'segment', segmentId: undefined },
    variants: [{ part: 'A', name: '', contentId: undefined, weight: 1 }],
    holdoutBasisPoints: settings.holdoutBasisPoints,
    schedule: { kind: 'now' },
    throttleHours: 0,
    expireHours: 48,
    sender: { kind: 'adviser' },
    windowHours: settings.windowHours,
    perMessageFen: 0,
    fixedFen: 0,
    marginBasisPoints: settings.marginBasisPoints,
  };
}

/** What could be asked about or saved; undefined while something is missing. */
export function wholeDraft(draft: Drafting): CampaignDraft | undefined {
  const parsed = campaignDraft.safeParse({ ...draft, name: draft.name.trim() === '' ? '…' : draft.name });
  return parsed.success ? parsed.data : undefined;
}

/** Share of each variant by weight. */
export function sharesOf(variants: readonly Variant[]): number[] {
  const whole = variants.reduce((sum, variant) => sum + variant.weight, 0);
  return variants.map((variant) => (whole === 0 ? 0 : variant.weight / whole));
}

/** The first letter that is free. */
export const nextPart = (variants: readonly Variant[]) =>
  parts.find((part) => variants.every((variant) => variant.part !== part));
