import * as contract from '#contract/commerce';
import { type Endpoint, endpoint } from '#platform/module';
import { listAllShops, listOrderPage, readOrder, readOrderTotals } from './orders.ts';
import { keepProducts, listProductPage, readProduct } from './products.ts';
import { recordOrders } from './tell.ts';

export const commerceEndpoints: Endpoint[] = [
  endpoint(contract.tellOrders, recordOrders),
  endpoint(contract.listOrders, listOrderPage),
  endpoint(contract.getOrderTotals, readOrderTotals),
  endpoint(contract.getOrder, (ctx, input) => readOrder(ctx, input.id)),
  endpoint(contract.tellProducts, keepProducts),
  endpoint(contract.listProducts, listProductPage),
  endpoint(contract.getProduct, (ctx, input) => readProduct(ctx, input.id)),
  endpoint(contract.listShops, listAllShops),
];
