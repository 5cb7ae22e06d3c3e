import { acquisitionEndpoints, takeDueTurns, welcomeNewcomers } from '#acquisition';
import { campaignEndpoints, createMeasuring, findCampaignsSaying, runPump } from '#campaigns';
import { commerceEndpoints, keepOrders, moveOrders } from '#commerce';
import { contentEndpoints, countReaders, forgetVisits, moveReaders, type VisitorIdentity } from '#content';
import { customerEndpoints, type Mover, moveCustomerRows, moveRows, runTagging } from '#customers';
import { createProjectors, eventEndpoints, type Listener } from '#events';
import { importEndpoints, removeOldFiles, runImport } from '#imports';
import { insightEndpoints } from '#insights';
import {
  createJourneyListener,
  createVersions,
  findJourneysSaying,
  journeyChores,
  journeyEndpoints,
  journeyPumps,
  moveJourneys,
} from '#journeys';
import { type Auth, organizationEndpoints } from '#organization';
import type { Clock } from '#platform/clock';
import type { Mirror } from '#platform/mirror';
import type { Module } from '#platform/module';
import { everyMs } from '#platform/schedule';
import type { Sealer } from '#platform/seal';
import { moveScores, noteChanges, refreshScores, runComputation, scoreChores, scoreEndpoints } from '#scores';
import {
  createEngine,
  membershipChores,
  membershipPumps,
  moveMemberships,
  segmentEndpoints,
  watchedTables,
} from '#segments';
import { dayChore, endChores, followTasks, taskDeliverer, taskEndpoints } from '#tasks';
import {
  type Broadcaster,
  broadcastEndpoints,
  createBroadcasting,
  createBulkDelivery,
  createGate,
  createPackDelivery,
  createUrgentDelivery,
  type Deliverer,
  moveTouches,
  noteActs,
  type Packer,
  touchChores,
  touchEndpoints,
} from '#touch';
import { createTeller, createWebhookDelivery, planTidying, runReplay, tidyWebhooks, webhookEndpoints } from '#webhooks';

/**
 * Table of contents. A module may use the doors of those above it; towards those below it emits a fact, which they hear
 * as listeners. A table is written only by the module that lists it (scripts/check-modules.ts holds to both).
 */
export function createModules(parts: {
  auth: Auth;
  publicUrl: string;
  deliverers: readonly Deliverer[];
  broadcasters: readonly Broadcaster[];
  packers: readonly Packer[];
  sealer: Sealer;
  allowPrivateWebhooks: boolean;
  clock: Clock;
  /** Where uploaded files to be imported are. */
  importsFolder: string;
  mirror: Mirror | undefined;
  /** Who says whom a tracked link was opened by, where its code does not. */
  visitors: VisitorIdentity | undefined;
}): Module[] {
  const engine = createEngine(parts.mirror);
  const versions = createVersions();
  /** Who hears of each batch of facts, in this order, in the transaction that makes them known. */
  // Webhooks come last: they tell also of what listeners before them returned.
  const listeners: Listener[] = [
    keepOrders,
    countReaders,
    welcomeNewcomers,
    noteChanges,
    noteActs,
    followTasks,
    createJourneyListener(versions),
    createTeller(),
  ];
  /** What goes with a person's accounts when two customers turn out to be one, or are parted again. */
  const movers: Mover[] = [
    moveCustomerRows,
    moveRows('event'),
    moveOrders,
    moveReaders,
    moveTouches,
    moveRows('task'),
    moveScores,
    moveMemberships,
    moveJourneys,
  ];
  const deliverers = [...parts.deliverers, taskDeliverer];

  return [
    {
      name: 'organization',
      tables: [
        'department',
        'staff',
        'staff_department',
        'staff_day',
        'staff_notice',
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
        'attribute_claim',
        'identity_link',
        'customer_merge',
        'account_profile',
      ],
      endpoints: customerEndpoints(movers),
      jobs: { 'customer.tag': (ctx, payload) => runTagging(ctx, (payload as { operationId: number }).operationId) },
    },
    {
      name: 'events',
      tables: ['inbox', 'inbox_lane', 'event_key', 'event'],
      endpoints: eventEndpoints,
      pumps: createProjectors({ listeners, movers }),
    },
    {
      name: 'commerce',
      tables: ['product', 'shop_order', 'order_key', 'order_line', 'refund'],
      endpoints: commerceEndpoints,
    },
    {
      name: 'webhooks',
      tables: ['webhook', 'webhook_delivery', 'webhook_hour'],
      endpoints: webhookEndpoints({ sealer: parts.sealer, allowPrivate: parts.allowPrivateWebhooks }),
      pumps: [createWebhookDelivery({ allowPrivate: parts.allowPrivateWebhooks })],
      chores: [planTidying],
      jobs: {
        'webhook.replay': (ctx, payload) => runReplay(ctx, (payload as { operationId: number }).operationId),
        'webhook.tidy': tidyWebhooks,
      },
    },
    {
      name: 'scores',
      tables: ['customer_score', 'score_change', 'score_run'],
      endpoints: scoreEndpoints,
      jobs: {
        'score.compute': runComputation,
        'score.refresh': refreshScores,
      },
      chores: scoreChores,
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
    {
      name: 'content',
      tables: [
        'content_folder',
        'content',
        'content_version',
        'material',
        'tracked_link',
        'link_day',
        'link_visit',
        'link_reader',
        'script',
      ],
      endpoints: contentEndpoints({ ...parts, uses: [findCampaignsSaying, findJourneysSaying] }),
      chores: [forgetVisits],
    },
    {
      name: 'touch',
      tables: [
        'touch',
        'attention',
        'touch_person',
        'consent',
        'touch_pack',
        'touch_quota',
        'touch_lane',
        'touch_hold',
        'time_zone',
        'broadcast',
        'broadcast_target',
      ],
      endpoints: [...touchEndpoints, ...broadcastEndpoints],
      pumps: [
        createGate(),
        createUrgentDelivery(deliverers),
        // Welcomes are always waited for.
        ...deliverers.filter(({ channel }) => channel !== 'wecom_welcome').map(createBulkDelivery),
        ...parts.packers.map(createPackDelivery),
        createBroadcasting(parts.broadcasters, parts),
      ],
      chores: touchChores,
    },
    {
      name: 'tasks',
      tables: ['task', 'task_assignment'],
      endpoints: taskEndpoints(parts.publicUrl),
      chores: [...endChores, dayChore(parts.publicUrl)],
    },
    {
      name: 'acquisition',
      tables: ['code_folder', 'channel_code', 'code_staff_day', 'code_scan_day'],
      endpoints: acquisitionEndpoints(parts.publicUrl),
      chores: [{ name: 'acquisition.take_turns', next: everyMs(30_000), run: takeDueTurns }],
    },
    {
      name: 'journeys',
      tables: [
        'journey',
        'journey_version',
        'journey_listen',
        'journey_clock',
        'journey_intake',
        'journey_person',
        'journey_enrolment',
        'journey_step',
        'journey_count',
      ],
      endpoints: journeyEndpoints(engine, versions),
      pumps: journeyPumps(engine, versions),
      chores: journeyChores,
    },
    {
      name: 'campaigns',
      tables: ['campaign', 'campaign_run', 'campaign_candidate', 'campaign_result'],
      endpoints: campaignEndpoints(parts),
      pumps: [runPump, createMeasuring()],
    },
    {
      name: 'imports',
      tables: ['import', 'import_rejection'],
      endpoints: importEndpoints(parts.importsFolder),
      jobs: {
        'import.run': (ctx, payload) =>
          runImport(ctx, parts.importsFolder, (payload as { operationId: number }).operationId, () =>
            parts.clock.now(),
          ),
      },
      chores: [
        {
          name: 'imports.remove_old_files',
          next: everyMs(3_600_000),
          run: (ctx) => removeOldFiles(ctx, parts.importsFolder),
        },
      ],
    },
    { name: 'insights', tables: [], endpoints: insightEndpoints },
  ];
}
