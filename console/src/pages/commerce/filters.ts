import { z } from 'zod';
import { listProducts, orderFilter } from '#contract/commerce';

/** The lists' filters as they stand in the address. */
export const orderFilters = orderFilter;

export const productFilters = z.object({
  search: listProducts.input.shape.search,
  shop: listProducts.input.shape.shop,
});
