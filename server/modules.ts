import { acquisitionEndpoints, takeDueTurns, welcomeNewcomers } from '#acquisition';
import { contentEndpoints } from '#content';
import { customerEndpoints, runTagging } from '#customers';
import { createProjectors, eventEndpoints, type Listener } from '#events';
import { insightEndpoints } from '#insights';
import { type Auth, organizationEndpoints } from '#organization';
import type { Mirror } from '#platform/mirror';
import type { Module } from '#platform/module';
import { everyMs } from '#platform/schedule';
import { createEngine, membershipChores, membershipPumps, segmentEndpoints, watchedTables } from '#segments';
import { createUrgentDelivery, type Deliverer, touchEndpoints } from '#touch';

/**
 * Table of contents. A module may use the doors of those above it; towards those below it emits a fact, which they hear
 * as listeners. A table is written only by the module that lists it (scripts/check-modules.ts holds to both).
 */
export function createModules(parts: {
  auth: Auth;
  publicUrl: string;
  deliverers: readonly Deliverer[];
  mirror: Mirror | undefined;
}): Module[] {
  const engine = createEngine(parts.mirror);
  /** Who hears of each batch of facts, in this order, in the transaction that makes them known. */
  const listeners: Listener[] = [welcomeNewcomers];

  return [
    {
      name: 'organization',
      tables: [
        'department',
        'staff',
        'staff_department',
        'staff_day',
        'audit_entry',
        'auth_user',
        'auth_session',
        'auth_account',
        'auth_verification',
        'auth_two_factor',
        'auth_api_key',
        'auth_rate_limit',
      ],
      endpoints: organizationEndpoints(parts.auth),
    },
    {
      name: 'customers',
      tables: [
        'customer',
        'identity',
        'follow',
        'follow_spell',
        'tag_group',
        'tag',
        'follow_tag',
        'customer_tag',
        'attribute_definition',
        'customer_attribute',
      ],
      endpoints: customerEndpoints,
      jobs: { 'customer.tag': (ctx, payload) => runTagging(ctx, (payload as { operationId: number }).operationId) },
    },
    {
      name: 'events',
      tables: ['inbox', 'inbox_lane', 'event_key', 'event'],
      endpoints: eventEndpoints,
      pumps: createProjectors(listeners),
    },
    {
      name: 'segments',
      tables: [
        'segment',
        'segment_member',
        'segment_due',
        'segment_touch',
        'segment_day',
        'segment_list',
        'segment_list_member',
      ],
      endpoints: segmentEndpoints(engine),
      pumps: membershipPumps(engine),
      chores: membershipChores(),
      feed: watchedTables,
    },
    { name: 'content', tables: ['material'], endpoints: contentEndpoints },
    {
      name: 'touch',
      tables: ['touch'],
      endpoints: touchEndpoints,
      pumps: [createUrgentDelivery(parts.deliverers)],
    },
    {
      name: 'acquisition',
      tables: ['code_folder', 'channel_code', 'code_staff_day', 'code_scan_day'],
      endpoints: acquisitionEndpoints(parts.publicUrl),
      chores: [{ name: 'acquisition.take_turns', next: everyMs(30_000), run: takeDueTurns }],
    },
    { name: 'insights', tables: [], endpoints: insightEndpoints },
  ];
}
