import type { HabitRates, KindName, StaffHabits } from './people/habits.ts';
import { habits, staffHabits } from './people/habits.ts';

/**
 * What a caller may choose. Everything the reference marks [?] (§13: "sandbox policy, keep it configurable") is an
 * option here with the default that the reference suggests.
 *
 * Times ending in Ms are real milliseconds unless the name says sim: deadlines that exist because of machines and
 * networks (token, welcome code, callback time-out, cursor, frequency window) never follow the simulated clock.
 */
export type SandboxOptions = {
  /** 0 picks a free port. */
  port?: number;
  /** Of the mail server; taken when it is free. */
  smtpPort?: number;
  host?: string;
  /** The same seed gives the same brand, people and decisions. */
  seed?: string | number;
  /** Snapshot file: read at start, written every few seconds and on stop. Absent: memory only. */
  storePath?: string;
  snapshotEveryMs?: number;
  staffCount?: number;
  /** Start of simulated time and its speed; 0 is frozen. Default: real time. */
  clock?: { realMs?: number; simMs: number; speed: number };
  policy?: Partial<Policy>;
  habits?: Partial<Record<KindName, Partial<HabitRates>>>;
  staffHabits?: Partial<StaffHabits>;
};

export type Policy = {
  tokenTtlMs: number;
  /** Reference §1.2: a repeated gettoken answers the same token with the seconds that remain. */
  sameTokenWhileValid: boolean;
  welcomeTtlMs: number;
  cursorTtlMs: number;
  callbackTimeoutMs: number;
  callbackRetries: number;
  callbackRetrySpacingMs: number;
  /** Doc 90238 retries any non-200, doc 90930 only a broken connection (reference §14). */
  retryOnStatus: boolean;
  verifyTimeoutMs: number;
  /** Deliveries in flight at the same moment. */
  callbackConcurrency: number;
  /** Share of skip_verify adds that arrive as add_half_external_contact first (reference §13.5). */
  halfFirst: number;
  /** The customer is readable while the member has not confirmed a half add. */
  halfReadable: boolean;
  /** A customer who deleted the member stays in list/get until the member deletes too (reference §13.6). */
  keepAfterCustomerDelete: boolean;
  /** Code of a missing required field that has no code of its own (reference §13.1; 40058 was also observed, §1.1). */
  missingFieldErrcode: 40063 | 40058;
  /** Code for editing an object that another app or the console created (reference §1.5, undocumented). */
  foreignObjectErrcode: number;
  /** change_contact reaches this app too, although the docs list only the contact-sync receiver (reference §10.3). */
  contactEvents: boolean;
  frequency: { perMinute: number; perHour: number; ipPerMinute: number; ipPerHour: number };
  /** Wrong secrets from one IP within an hour before it is shut out for an hour. */
  wrongSecretsPerHour: number;
  uploadImagesPerDay: number;
  uploadImagesPerMonth: number;
  oauthCodeTtlMs: number;
  /** Calls for a ticket of one kind in an hour: 100 for an app (400 for all apps of a corp, of which there is one here). */
  ticketsPerHour: number;
  /** Receivers of the app's messages in a day for each account of the corp. */
  appMessagesPerAccount: number;
  /** Messages of the app to one member; what is more is dropped without an error. */
  appMessagesPerMember: { perMinute: number; perHour: number };
  momentsPerMinute: number;
  /** API-made Moments in a calendar month (the API document; the help page says so many a day, reference §14). */
  momentsPerMonth: number;
  /** Real time until a job of add_moment_task is done. */
  momentJobMs: number;
  /** Real time after add_msg_template in which its task answers 41063: it is still being handed out. */
  massDispatchMs: number;
  /** Share of messages with a link whose page a robot fetches for a preview before the person can tap. */
  linkPreview: number;
  /** Simulated delay until a half add is confirmed. */
  confirmDelaySimMs: readonly [number, number];
  /** People open only pages of this machine unless this is true. */
  openAnyHost: boolean;
};

const defaultPolicy: Policy = {
  tokenTtlMs: 7200_000,
  sameTokenWhileValid: true,
  welcomeTtlMs: 20_000,
  cursorTtlMs: 4 * 3600_000,
  callbackTimeoutMs: 5000,
  callbackRetries: 3,
  callbackRetrySpacingMs: 5000,
  retryOnStatus: true,
  verifyTimeoutMs: 1000,
  callbackConcurrency: 256,
  halfFirst: 0.3,
  halfReadable: true,
  keepAfterCustomerDelete: true,
  missingFieldErrcode: 40063,
  foreignObjectErrcode: 301002,
  contactEvents: true,
  frequency: { perMinute: 10_000, perHour: 150_000, ipPerMinute: 20_000, ipPerHour: 600_000 },
  wrongSecretsPerHour: 100,
  uploadImagesPerDay: 1000,
  uploadImagesPerMonth: 3000,
  oauthCodeTtlMs: 5 * 60_000,
  ticketsPerHour: 100,
  appMessagesPerAccount: 200,
  appMessagesPerMember: { perMinute: 30, perHour: 1000 },
  momentsPerMinute: 10,
  momentsPerMonth: 100_000,
  momentJobMs: 0,
  massDispatchMs: 0,
  linkPreview: 0,
  confirmDelaySimMs: [5_000, 120_000],
  openAnyHost: false,
};

export type Settings = {
  seed: string;
  staffCount: number;
  policy: Policy;
  habits: Record<KindName, HabitRates>;
  staffHabits: StaffHabits;
};

export function resolveSettings(options: SandboxOptions): Settings {
  const rates = { ...habits };
  for (const kind of Object.keys(habits) as KindName[]) {
    rates[kind] = { ...habits[kind], ...options.habits?.[kind] };
  }
  return {
    seed: String(options.seed ?? 'siyu'),
    staffCount: options.staffCount ?? 12,
    policy: { ...defaultPolicy, ...options.policy },
    habits: rates,
    staffHabits: { ...staffHabits, ...options.staffHabits },
  };
}
