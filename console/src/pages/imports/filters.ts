import { z } from 'zod';
import { importKind } from '#contract/imports';

/** What to import, as pages that lead here say it. */
export const newImportFilters = z.object({ kind: importKind.optional() });
