/**
 * The events siyu tells of by itself, and what each means. Names are noun.past. Events that a brand tracks under names of
 * its own keep those names and are not listed here.
 */
export const eventNames = {
  'follow.added': 'A customer and a staff member became contacts',
  'follow.ended': 'A customer or a staff member ended the contact, or it went to a colleague',
  'follow.edited': 'A staff member changed remark or tags of a customer in WeCom',
  'follow.transfer_failed': 'A customer could not be handed over',
  'customer.merged': 'Two customers turned out to be one person',
  'customer.tagged': 'Tags were added to or removed from a customer',
  'touch.settled': 'A message to a customer was sent, failed or was missed',
  'person.identified': 'A system of the brand told attributes or accounts of a person',
  'product.viewed': 'Somebody looked at a product',
  'cart.added': 'Somebody put a product into the cart',
  'order.placed': 'An order was placed',
  'order.paid': 'An order was paid',
  'order.refunded': 'An order was refunded, in part or whole',
  'order.cancelled': 'An order was cancelled',
  'segment.entered': 'A customer came into a segment',
  'segment.left': 'A customer left a segment',
  'tag.changed': 'A tag was made, changed or removed in WeCom',
  'staff.changed': 'A staff member was added, changed or removed in WeCom',
  'department.changed': 'A department was added, changed or removed in WeCom',
  'group.changed': 'A customer group changed in WeCom',
} as const satisfies Readonly<Record<string, string>>;

export type EventName = keyof typeof eventNames;
