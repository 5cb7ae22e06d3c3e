import type { Leaf } from '#contract/segments';
import { event, eventTime, sequence } from './behaviour.ts';
import type { Kind } from './kind.ts';
import { order, orderGap, orderTime } from './orders.ts';
import {
  accountKind,
  added,
  attribute,
  bucket,
  code,
  follow,
  gender,
  identity,
  list,
  rfm,
  score,
  source,
  superUser,
  tag,
} from './people.ts';
import { top } from './sets.ts';

/** Every kind of condition but the joints and `segment`, which the compiler and the evaluator know by themselves. */
type KindTable = { readonly [K in Exclude<Leaf['kind'], 'segment'>]: Kind<K> };

export const kinds: KindTable = {
  attribute,
  tag,
  follow,
  event,
  event_time: eventTime,
  sequence,
  order,
  order_time: orderTime,
  order_gap: orderGap,
  score,
  rfm,
  super_user: superUser,
  source,
  gender,
  account_kind: accountKind,
  code,
  added,
  identity,
  bucket,
  top,
  list,
};
