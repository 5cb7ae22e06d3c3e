import { customerFilter } from '#contract/customers';

/** The list's filters as they stand in the address; `tagMode` is left out while it is the default. */
export const customerFilters = customerFilter.extend({ tagMode: customerFilter.shape.tagMode.unwrap().optional() });
