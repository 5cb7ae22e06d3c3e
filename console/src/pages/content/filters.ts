import { z } from 'zod';
import { listContents, listMaterials } from '#contract/content';
import { getLink, listLinks } from '#contract/links';
import { listScripts } from '#contract/scripts';
import { flag } from '#contract/types';

// In an address, what is not said is not archived.
const archived = flag.optional();

export const contentFilters = listContents.input.omit({ after: true, limit: true }).extend({ archived });
export const materialFilters = listMaterials.input.omit({ after: true, limit: true }).extend({ archived });
export const linkFilters = listLinks.input.omit({ after: true, limit: true }).extend({ archived });
export const linkPeriod = getLink.input.omit({ id: true });
/** The version whose words an editor begins with. */
export const contentVersion = z.object({ version: z.coerce.number().int().min(1).optional() });
export const scriptFilters = listScripts.input.omit({ after: true, limit: true });
