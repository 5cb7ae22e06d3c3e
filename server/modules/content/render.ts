import type { ChannelMessage, Message } from '#contract/content';
import type { TouchKind } from '#contract/touch';
import type { Ctx } from '#platform/ctx';
import type { Runtime } from '#platform/module';
import { encodeLinkCode } from './link-codes.ts';
import { readCurrentMaterials, readLinkIds } from './lookups.ts';
import { readValues, type Whom } from './values.ts';
import { readVersions } from './versions.ts';
import { type ContentChannel, isSilent, type ReadWording, readWording, wordingOf } from './wordings.ts';

/** What makes addresses of tracked links. */
export type LinkMaker = Pick<Runtime, 'publicUrl' | 'sealer'>;

/** To whom something is said, and on what occasion. */
export interface RenderRequest {
  /** Null: to nobody in particular, for a group or a Moment. */
  readonly customerId: number | null;
  readonly staffId: number | null;
  /** With it, links in the message tell whose they are. Null where many get one text: then an open is only counted. */
  readonly touchId: number | null;
  readonly kind: TouchKind;
  readonly sourceId: number | null;
}

/** `content_missing`: it says nothing on this channel, or cannot be filled within its limits. */
export type RenderProblem = 'content_missing' | 'nothing_to_say';

/** `missing`: variables that had no value and no default; they were left out. */
export type Rendered =
  | { readonly message: ChannelMessage; readonly missing: readonly string[] }
  | { readonly problem: RenderProblem };

/**
 * A version of content as one channel says it, filled for each request, in their order. What is read of people is read in
 * sets. Never throws for what customers are called. A problem is for good: asking again gives the same.
 */
export async function renderMessages(
  ctx: Ctx,
  channel: ContentChannel,
  requests: readonly (RenderRequest & { readonly versionId: number })[],
  links: LinkMaker,
): Promise<Rendered[]> {
  const versions = await readVersions(ctx, [...new Set(requests.map((request) => request.versionId))]);
  const wordings = new Map(
    [...versions].map(([id, version]) => [id, readWording(version.wordings, wordingOf[channel], version.trackedUrls)]),
  );
  return fillAll(
    ctx,
    requests.map((request) => ({ request, wording: wordings.get(request.versionId) })),
    links,
  );
}

/**
 * Words that stand in no content: a welcome. `told` are values that are known better than the database has them, by their
 * long names.
 */
export async function renderWords(
  ctx: Ctx,
  message: Message,
  request: RenderRequest,
  links: LinkMaker,
  told: Readonly<Record<string, string>> = {},
): Promise<Rendered> {
  const wording = readWording({ wecom: message }, 'wecom', message.trackedUrls ?? []);
  const [rendered] = await fillAll(ctx, [{ request, wording, told }], links);
  return rendered ?? { problem: 'content_missing' };
}

interface Work {
  readonly request: RenderRequest;
  readonly wording: ReadWording | undefined;
  readonly told?: Readonly<Record<string, string>>;
}

async function fillAll(ctx: Ctx, work: readonly Work[], links: LinkMaker): Promise<Rendered[]> {
  const wordings = [...new Set(work.flatMap(({ wording }) => wording ?? []))];
  const variables = new Set(wordings.flatMap((wording) => [...wording.variables]));
  const values = await readValues(
    ctx,
    variables,
    work.map(({ request }) => whomOf(request)),
  );
  const linkIds = await readLinkIds(
    ctx,
    wordings.flatMap((wording) => [...wording.trackedUrls]),
  );
  const materials = await readCurrentMaterials(
    ctx,
    wordings.flatMap((wording) => wording.materialIds),
  );
  return work.map(({ request, wording, told }, i) => {
    if (!wording) return { problem: 'content_missing' };
    const filled = wording.fill(withTold(values[i] ?? {}, told), {
      linkOf: (url) => addressOf(links, linkIds.get(url), url, request),
      materialOf: (id) => materials.get(id) ?? id,
    });
    if (!filled) return { problem: 'content_missing' };
    return isSilent(filled.message) ? { problem: 'nothing_to_say' } : filled;
  });
}

/** A welcome's source is the channel code. */
function whomOf({ customerId, staffId, kind, sourceId }: RenderRequest): Whom {
  return { customerId, staffId, codeId: kind === 'welcome' ? sourceId : null };
}

function withTold(values: Readonly<Record<string, unknown>>, told: Readonly<Record<string, string>> = {}) {
  const merged: Record<string, Record<string, unknown>> = {};
  for (const [group, of] of Object.entries(values)) merged[group] = { ...(of as Record<string, unknown>) };
  for (const [path, value] of Object.entries(told)) {
    const [group = '', name = ''] = path.split('.');
    if (value !== '') merged[group] = { ...merged[group], [name]: value };
  }
  return merged;
}

function addressOf(
  { publicUrl, sealer }: LinkMaker,
  linkId: number | undefined,
  url: string,
  { customerId, touchId, staffId, kind, sourceId }: RenderRequest,
): string {
  if (linkId === undefined) return url;
  const person = customerId !== null && touchId !== null ? { customerId, touchId } : undefined;
  const code = encodeLinkCode(sealer, { linkId, kind, sourceId: sourceId ?? 0, staffId: staffId ?? 0, person });
  return `${publicUrl}/l/${code}`;
}
