/** Products and orders: what shops tell of them, folded into what they are now. */
export { keepOrders, moveOrders } from './keep.ts';
export { type Decimal, minorDigits, multiply, parseDecimal, toFen } from './money.ts';
export { commerceEndpoints } from './routes.ts';
export { defaultCurrency, type OrderTelling } from './rules.ts';
export { orderFromSegment } from './segment.ts';
