import { z } from 'zod';
import { customerFilter } from '#contract/customers';

/** The list's filters as they stand in the address; `tagMode` is left out while it is the default. */
export const customerFilters = customerFilter.extend({ tagMode: customerFilter.shape.tagMode.unwrap().optional() });

/** The page's address: the filters, or a rule of segments as JSON in their place. */
export const customerSearch = customerFilters.extend({ rule: z.string().max(20_000).optional() });
