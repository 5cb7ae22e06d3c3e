// Written by scripts/db-types.ts from the migrations. Do not edit.
import type { ColumnType, Generated, GeneratedAlways } from 'kysely';

export interface AccountProfileTable {
  account_id: number;
  customer_id: number;
  name: string | null;
  avatar: string | null;
  kind: Generated<string>;
  gender: Generated<string>;
  corp_name: string | null;
  position: string | null;
  observed_at: Date;
  read_at: Date | null;
}

export interface AttentionTable {
  customer_id: number;
  at: Date;
  touch_id: number;
  channel: string;
  category: string;
  staff_id: number | null;
  home_id: number | null;
  is_open: boolean;
}

export interface AttributeClaimTable {
  customer_id: number;
  key: string;
  source: string;
  home_id: Generated<number>;
  value: ColumnType<unknown, string, string>;
  set_at: Date;
  set_by: string | null;
}

export interface AttributeDefinitionTable {
  key: string;
  name: string;
  kind: string;
  choices: Generated<string[]>;
  created_at: Date;
}

export interface AuditEntryTable {
  id: GeneratedAlways<number>;
  at: Date;
  actor_kind: string;
  actor_id: string;
  actor_name: string;
  action: string;
  subject_kind: string;
  subject_id: string;
  subject_name: string | null;
  before: ColumnType<unknown, string | null | undefined, string | null>;
  after: ColumnType<unknown, string | null | undefined, string | null>;
  request_id: string | null;
}

export interface AuthAccountTable {
  id: string;
  accountId: string;
  providerId: string;
  userId: string;
  accessToken: string | null;
  refreshToken: string | null;
  idToken: string | null;
  accessTokenExpiresAt: Date | null;
  refreshTokenExpiresAt: Date | null;
  scope: string | null;
  password: string | null;
  createdAt: Generated<Date>;
  updatedAt: Date;
}

export interface AuthApiKeyTable {
  id: string;
  configId: string;
  name: string | null;
  start: string | null;
  referenceId: string;
  prefix: string | null;
  key: string;
  refillInterval: number | null;
  refillAmount: number | null;
  lastRefillAt: Date | null;
  enabled: boolean | null;
  rateLimitEnabled: boolean | null;
  rateLimitTimeWindow: number | null;
  rateLimitMax: number | null;
  requestCount: number | null;
  remaining: number | null;
  lastRequest: Date | null;
  expiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  permissions: string | null;
  metadata: string | null;
}

export interface AuthRateLimitTable {
  id: string;
  key: string;
  count: number;
  lastRequest: number;
}

export interface AuthSessionTable {
  id: string;
  expiresAt: Date;
  token: string;
  createdAt: Generated<Date>;
  updatedAt: Date;
  ipAddress: string | null;
  userAgent: string | null;
  userId: string;
}

export interface AuthTwoFactorTable {
  id: string;
  secret: string;
  backupCodes: string;
  userId: string;
  verified: boolean | null;
  failedVerificationCount: number | null;
  lockedUntil: Date | null;
}

export interface AuthUserTable {
  id: string;
  name: string;
  email: string;
  emailVerified: boolean;
  image: string | null;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
  twoFactorEnabled: boolean | null;
  role: string;
  staffId: number | null;
  disabled: Generated<boolean>;
}

export interface AuthVerificationTable {
  id: string;
  identifier: string;
  value: string;
  expiresAt: Date;
  createdAt: Generated<Date>;
  updatedAt: Generated<Date>;
}

export interface BroadcastTable {
  id: GeneratedAlways<number>;
  channel: string;
  purpose: string;
  kind: string;
  source_id: number | null;
  part: string | null;
  category: string;
  version_id: number;
  message: ColumnType<unknown, string | null | undefined, string | null>;
  staff_id: number | null;
  tag_ids: Generated<number[]>;
  state: Generated<string>;
  reason: string | null;
  platform_message: string | null;
  platform_id: string | null;
  platform_job: string | null;
  created_at: Date;
  due_at: Date;
  expires_at: Date;
  booked_at: Date | null;
  submitted_at: Date | null;
  confirmed_at: Date | null;
  ended_at: Date | null;
  reminded_at: Generated<Date[]>;
  remind_at: Date | null;
  poll_at: Date | null;
  ending: string | null;
  may_have_arrived: Generated<boolean>;
  retry_at: Date | null;
  claimed_by: number | null;
  attempts: Generated<number>;
}

export interface BroadcastTargetTable {
  broadcast_id: number;
  key: string;
  state: Generated<string>;
  reason: string | null;
  settled_at: Date | null;
  read_at: Date | null;
  customer_count: Generated<number>;
  like_count: Generated<number>;
  comment_count: Generated<number>;
}

export interface CampaignTable {
  id: GeneratedAlways<number>;
  name: string;
  state: string;
  channel: string;
  category: string;
  draft: ColumnType<unknown, string, string>;
  segment_id: number | null;
  content_ids: number[];
  versions: ColumnType<unknown, string | undefined, string>;
  size: number | null;
  next_run_at: Date | null;
  run_count: Generated<number>;
  problem: string | null;
  requested_by: string | null;
  requested_by_id: string | null;
  requested_at: Date | null;
  approved_by: string | null;
  approved_at: Date | null;
  approved_size: number | null;
  created_by: string;
  created_at: Date;
  updated_at: Date;
  updated_by_id: string;
}

export interface CampaignCandidateTable {
  campaign_id: number;
  customer_id: number;
}

export interface CampaignResultTable {
  campaign_id: number;
  number: number;
  measured_at: Date;
  is_final: boolean;
  result: ColumnType<unknown, string, string>;
}

export interface CampaignRunTable {
  campaign_id: number;
  number: number;
  state: string;
  occasion_at: Date;
  expires_at: Date;
  currency: string | null;
  cursor: Generated<number>;
  planned_count: Generated<number>;
  skipped: ColumnType<unknown, string | undefined, string>;
  measured_until: Date | null;
}

export interface ChangeFeedTable {
  id: GeneratedAlways<number>;
  xid: Generated<string>;
  table_name: string;
  is_insert: boolean;
  keys: number[];
  topics: Generated<string[]>;
  row_ids: number[] | null;
  first_at: Date | null;
  last_at: Date | null;
}

export interface ChangeFollowerTable {
  name: string;
  position: string;
  moved_at: Date;
}

export interface ChannelCodeTable {
  id: GeneratedAlways<number>;
  name: string;
  folder_id: number | null;
  source: string;
  entry: string;
  rotation: ColumnType<unknown, string, string>;
  backup_staff_ids: number[];
  daily_limit: number | null;
  skip_verify: boolean;
  tag_ids: number[];
  remark_prefix: string;
  description: string;
  hook: ColumnType<unknown, string, string>;
  welcome: ColumnType<unknown, string, string>;
  starts_at: Date | null;
  ends_at: Date | null;
  is_paused: Generated<boolean>;
  ended_at: Date | null;
  state_key: string;
  slug: string;
  staff_now: Generated<number[]>;
  uses_backup: Generated<boolean>;
  next_turn_at: Date | null;
  revision: Generated<number>;
  pushed_revision: Generated<number>;
  was_asked: Generated<boolean>;
  config_id: string | null;
  qr_url: string | null;
  qr_image: Buffer | null;
  problem: string | null;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export interface CodeFolderTable {
  id: GeneratedAlways<number>;
  name: string;
}

export interface CodeScanDayTable {
  code_id: number;
  day: string;
  scans: number;
}

export interface CodeStaffDayTable {
  code_id: number;
  staff_id: number;
  day: string;
  adds: number;
}

export interface ConsentTable {
  customer_id: number;
  channel: string;
  category: string;
  state: string;
  at: Date;
  evidence: ColumnType<unknown, string, string>;
}

export interface ContentTable {
  id: GeneratedAlways<number>;
  name: string;
  folder_id: number | null;
  category: string;
  version_id: number | null;
  archived_at: Date | null;
  search_text: string;
  search_grams: string[];
  created_at: Date;
  updated_at: Date;
}

export interface ContentFolderTable {
  id: GeneratedAlways<number>;
  kind: string;
  name: string;
}

export interface ContentVersionTable {
  id: GeneratedAlways<number>;
  content_id: number;
  number: number;
  wordings: ColumnType<unknown, string, string>;
  tracked_urls: string[];
  created_by: string;
  created_at: Date;
}

export interface CustomerTable {
  id: GeneratedAlways<number>;
  name: string | null;
  avatar: string | null;
  kind: Generated<string>;
  corp_name: string | null;
  position: string | null;
  gender: Generated<string>;
  source: Generated<string>;
  code_id: number | null;
  added_at: Date;
  active_follow_count: Generated<number>;
  search_grams: Generated<string[]>;
  search_text: Generated<string>;
  observed_at: Date | null;
  read_at: Date | null;
  created_at: Date;
  account_id: number | null;
  met_at: Date | null;
  gone_at: Date | null;
}

export interface CustomerAttributeTable {
  customer_id: number;
  key: string;
  value: ColumnType<unknown, string, string>;
  source: string;
  set_at: Date;
  set_by: string | null;
}

export interface CustomerMergeTable {
  id: GeneratedAlways<number>;
  kept_id: number;
  gone_id: number;
  account_id: number;
  gone_name: string | null;
  source: string;
  merged_at: Date;
  undone_at: Date | null;
}

export interface CustomerScoreTable {
  customer_id: number;
  computed_at: Date;
  recency_days: number | null;
  frequency: number | null;
  monetary_fen: number | null;
  r: number | null;
  f: number | null;
  m: number | null;
  rfm_group: string | null;
  expected_orders: number | null;
  p_alive: number | null;
  expected_value_fen: number | null;
  relation: number | null;
  responsiveness: number | null;
  attention: number | null;
  freebie: number | null;
  is_super: boolean | null;
}

export interface CustomerTagTable {
  customer_id: number;
  tag_id: number;
  tagged_at: Date;
  home_ids: number[] | null;
}

export interface DepartmentTable {
  id: GeneratedAlways<number>;
  wecom_id: number;
  parent_wecom_id: number;
  name: string;
  sort: Generated<number>;
  deleted_at: Date | null;
  observed_at: Date;
}

export interface EventTable {
  customer_id: number;
  occurred_at: Date;
  id: Generated<number>;
  name: string;
  source: string;
  staff_id: number | null;
  code_id: number | null;
  payload: ColumnType<unknown, string, string>;
  home_id: number | null;
}

export interface EventKeyTable {
  key: string;
  occurred_at: Date;
}

export interface FollowTable {
  customer_id: number;
  external_userid: string;
  staff_id: number;
  state: string;
  added_at: Date;
  ended_at: Date | null;
  code_id: number | null;
  add_way: number | null;
  remark: Generated<string>;
  description: Generated<string>;
  remark_mobiles: Generated<string[]>;
  remark_prefix: string | null;
  is_remark_pending: Generated<boolean>;
  remark_problem: string | null;
  remark_attempts: Generated<number>;
  changes: ColumnType<unknown, string, string>;
  read_at: Date | null;
  remark_told_at: Date | null;
}

export interface FollowSpellTable {
  customer_id: number;
  external_userid: string;
  staff_id: number;
  started_at: Date;
  ended_at: Date | null;
  ended_by: string | null;
  code_id: number | null;
  is_first: Generated<boolean>;
}

export interface FollowTagTable {
  customer_id: number;
  external_userid: string;
  staff_id: number;
  tag_id: number;
  is_wanted: Generated<boolean>;
  is_pending: Generated<boolean>;
  problem: string | null;
  changed_at: Date;
  told_at: Date | null;
  read_at: Date | null;
  attempts: Generated<number>;
}

export interface IdentityTable {
  kind: string;
  value: string;
  customer_id: number;
  source: string;
  first_seen_at: Date;
  id: GeneratedAlways<number>;
  is_shared: Generated<boolean>;
}

export interface IdentityLinkTable {
  a_id: number;
  b_id: number;
  first_at: Date;
  source: string;
  verdict: string;
  decision: string | null;
  decided_at: Date | null;
  decided_by: string | null;
}

export interface ImportTable {
  id: GeneratedAlways<number>;
  kind: string;
  name: string;
  state: string;
  file: string | null;
  hash: string;
  size_bytes: number;
  is_compressed: boolean;
  row_count: number;
  columns: ColumnType<unknown, string, string>;
  settings: ColumnType<unknown, string, string>;
  next_row: Generated<number>;
  counts: ColumnType<unknown, string, string>;
  operation_id: number | null;
  problem: string | null;
  created_at: Date;
  created_by: string;
  started_at: Date | null;
  ended_at: Date | null;
}

export interface ImportRejectionTable {
  import_id: number;
  line: number;
  reason: string;
  field: string;
  cells: ColumnType<unknown, string, string>;
}

export interface InboxTable {
  id: GeneratedAlways<number>;
  lane: number;
  facts: string | null;
  fact_count: number;
  received_at: Date;
  attempts: Generated<number>;
  retry_at: Date | null;
  problem: string | null;
  is_failed: Generated<boolean>;
  packed: Buffer | null;
}

export interface InboxLaneTable {
  lane: number;
}

export interface JourneyTable {
  id: GeneratedAlways<number>;
  name: string;
  description: Generated<string>;
  state: string;
  draft: ColumnType<unknown, string, string>;
  revision: Generated<number>;
  version_id: number | null;
  open_since: Date | null;
  is_emptying: Generated<boolean>;
  created_at: Date;
  updated_at: Date;
  updated_by: string;
  deleted_at: Date | null;
}

export interface JourneyClockTable {
  journey_id: number;
  place: number;
  next_at: Date | null;
}

export interface JourneyCountTable {
  version_id: number;
  day: string;
  what: string;
  node: Generated<string>;
  way: string;
  count: number;
}

export interface JourneyEnrolmentTable {
  customer_id: number;
  id: Generated<number>;
  home_id: number | null;
  journey_id: number;
  version_id: number;
  node: string;
  arrived_at: Date | null;
  until_at: Date | null;
  woken_at: Date | null;
  due_at: Date;
  arrived_xid: string | null;
  step_count: Generated<number>;
  state: Generated<string>;
  is_holdout: boolean;
  entered_at: Date;
  ended_at: Date | null;
  end_reason: string | null;
  reached_at: Date | null;
}

export interface JourneyIntakeTable {
  id: GeneratedAlways<number>;
  journey_id: number;
  kind: string;
  trigger: ColumnType<unknown, string | null | undefined, string | null>;
  segment_id: number | null;
  at: Date;
  created_by: string;
  cursor: Generated<number>;
  entered_count: Generated<number>;
  refused_count: Generated<number>;
  done_at: Date | null;
}

export interface JourneyListenTable {
  event_name: string;
  version_id: number;
  role: string;
  place: string;
}

export interface JourneyPersonTable {
  customer_id: number;
  journey_id: number;
  entered_at: Date;
  inside: number;
}

export interface JourneyStepTable {
  customer_id: number;
  at: Date;
  enrolment_id: number;
  step: number;
  node: string;
  way: string;
  note: string | null;
}

export interface JourneyVersionTable {
  id: GeneratedAlways<number>;
  journey_id: number;
  number: number;
  graph: ColumnType<unknown, string, string>;
  places: string[];
  published_at: Date;
  published_by: string;
  is_over: Generated<boolean>;
  problem: string | null;
}

export interface LinkDayTable {
  link_id: number;
  day: string;
  kind: string;
  source_id: number;
  staff_id: number;
  opens: number;
  unknown_opens: number;
}

export interface LinkReaderTable {
  customer_id: number;
  link_id: number;
  home_id: Generated<number>;
  first_at: Date;
  last_at: Date;
  opens: number;
}

export interface LinkVisitTable {
  visitor: string;
  seen_at: Date;
}

export interface MaterialTable {
  id: GeneratedAlways<number>;
  name: string;
  kind: string;
  content_type: string;
  byte_count: number;
  sha256: string;
  bytes: Buffer;
  created_at: Date;
  folder_id: number | null;
  replaced_by: number | null;
  archived_at: Date | null;
  created_by: Generated<string>;
}

export interface MigrationTable {
  name: string;
  hash: string;
  applied_at: Date;
}

export interface OperationTable {
  id: GeneratedAlways<number>;
  kind: string;
  state: Generated<string>;
  step: string | null;
  done_count: Generated<number>;
  total_count: number | null;
  summary: ColumnType<unknown, string | undefined, string>;
  input: ColumnType<unknown, string | undefined, string>;
  cursor: ColumnType<unknown, string | undefined, string>;
  problem: string | null;
  cancel_requested: Generated<boolean>;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
  created_by: string;
}

export interface OrderKeyTable {
  shop: string;
  number: string;
  customer_id: number;
  order_id: number;
}

export interface OrderLineTable {
  customer_id: number;
  order_id: number;
  line_key: string;
  product_id: number | null;
  sku: string;
  name: string;
  category: string | null;
  quantity: number;
  amount_fen: number;
  refunded_quantity: Generated<number>;
  refunded_fen: Generated<number>;
  ordered_at: Date;
  told_at: Date;
  home_id: number | null;
}

export interface ProductTable {
  id: GeneratedAlways<number>;
  shop: string;
  sku: string;
  name: string;
  category: string | null;
  price_fen: number | null;
  currency: string | null;
  image_url: string | null;
  catalogued_at: Date | null;
  sold_at: Date | null;
  search_text: string;
  search_grams: string[];
  created_at: Date;
}

export interface RefundTable {
  customer_id: number;
  order_id: number;
  refund_key: string;
  refunded_at: Date;
  amount_fen: number;
  reason: string | null;
  told: ColumnType<unknown, string, string>;
  home_id: number | null;
}

export interface ScheduleTable {
  name: string;
  next_at: Date;
}

export interface ScoreChangeTable {
  id: GeneratedAlways<number>;
  customer_ids: number[];
}

export interface ScoreRunTable {
  id: GeneratedAlways<number>;
  computed_at: Date;
  finished_at: Date | null;
  took_ms: number | null;
  settings: ColumnType<unknown, string, string>;
  basis: ColumnType<unknown, string, string>;
  report: ColumnType<unknown, string, string>;
  curve: ColumnType<unknown, string, string>;
}

export interface ScriptTable {
  id: GeneratedAlways<number>;
  folder_id: number | null;
  title: string;
  words: string;
  copy_count: Generated<number>;
  copied_at: Date | null;
  search_text: string;
  search_grams: string[];
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export interface SegmentTable {
  id: GeneratedAlways<number>;
  name: string;
  description: Generated<string>;
  tree: ColumnType<unknown, string, string>;
  revision: Generated<number>;
  needs: Generated<string[]>;
  uses: Generated<number[]>;
  is_timed: Generated<boolean>;
  is_ranked: Generated<boolean>;
  member_count: Generated<number>;
  filled_revision: Generated<number>;
  filled_at: Date | null;
  lines: ColumnType<unknown, string | undefined, string>;
  due_until: Date | null;
  problem: string | null;
  created_at: Date;
  created_by: string;
  updated_at: Date;
  deleted_at: Date | null;
}

export interface SegmentDayTable {
  segment_id: number;
  day: string;
  member_count: number;
  entered_count: Generated<number>;
  left_count: Generated<number>;
}

export interface SegmentDueTable {
  segment_id: number;
  customer_id: number;
  due_at: Date;
}

export interface SegmentListTable {
  id: GeneratedAlways<number>;
  name: string;
  created_at: Date;
  created_by: string;
  row_count: number;
  unknown_count: number;
}

export interface SegmentListMemberTable {
  list_id: number;
  customer_id: number;
  home_id: number | null;
}

export interface SegmentMemberTable {
  segment_id: number;
  customer_id: number;
  entered_at: Date;
}

export interface SegmentTouchTable {
  id: GeneratedAlways<number>;
  customer_id: number;
  needs: string[];
  touched_at: Date;
}

export interface SettingTable {
  key: string;
  value: ColumnType<unknown, string, string>;
  updated_at: Date;
}

export interface ShopOrderTable {
  customer_id: number;
  id: number;
  shop: string;
  number: string;
  currency: string;
  state: string;
  ordered_at: Date;
  paid_at: Date | null;
  completed_at: Date | null;
  cancelled_at: Date | null;
  total_fen: number;
  refunded_fen: number;
  line_count: number;
  details: ColumnType<unknown, string, string>;
  told: ColumnType<unknown, string, string>;
  source: string;
  created_at: Date;
  updated_at: Date;
  home_id: number | null;
}

export interface SmsReportTable {
  touch_id: number;
  phone: string;
  sent_at: Date;
  is_accepted: boolean;
  due_at: Date;
  attempts: Generated<number>;
}

export interface SourceTable {
  id: GeneratedAlways<number>;
  name: string;
  kind: string;
  write_key: string;
  is_enabled: Generated<boolean>;
  last_told_at: Date | null;
  created_at: Date;
}

export interface StaffTable {
  id: GeneratedAlways<number>;
  wecom_userid: string;
  name: string;
  alias: Generated<string>;
  position: Generated<string>;
  avatar: string | null;
  state: Generated<string>;
  can_follow: Generated<boolean>;
  observed_at: Date;
}

export interface StaffDayTable {
  staff_id: number;
  day: string;
  chats: number;
  messages: number;
  reply_percentage: number | null;
  reply_minutes: number | null;
}

export interface StaffDepartmentTable {
  staff_id: number;
  department_id: number;
  is_leader: Generated<boolean>;
}

export interface StaffNoticeTable {
  id: GeneratedAlways<number>;
  staff_id: number;
  purpose: string;
  title: string;
  body: string;
  url: string | null;
  state: Generated<string>;
  problem: string | null;
  planned_at: Date;
  expires_at: Date;
  settled_at: Date | null;
  claimed_at: Date | null;
  retry_at: Date | null;
  claimed_by: number | null;
  attempts: Generated<number>;
}

export interface TagTable {
  id: GeneratedAlways<number>;
  group_id: number;
  name: string;
  wecom_id: string | null;
  sort: Generated<number>;
  pending: string | null;
  problem: string | null;
  deleted_at: Date | null;
  observed_at: Date | null;
}

export interface TagGroupTable {
  id: GeneratedAlways<number>;
  kind: string;
  name: string;
  wecom_id: string | null;
  sort: Generated<number>;
  is_rename_pending: Generated<boolean>;
  deleted_at: Date | null;
  observed_at: Date | null;
}

export interface TaskTable {
  customer_id: number;
  id: Generated<number>;
  home_id: number | null;
  touch_id: number;
  staff_id: number;
  kind: string;
  source_id: number | null;
  category: string;
  priority: number;
  title: string;
  why: string;
  words: string;
  state: string;
  reason: string | null;
  note: Generated<string>;
  due_on: string;
  first_due_on: string;
  postpone_count: Generated<number>;
  expires_at: Date;
  created_at: Date;
  ended_at: Date | null;
  previous: ColumnType<unknown, string | null | undefined, string | null>;
  is_told: Generated<boolean>;
  escalated_to: number | null;
  escalated_on: string | null;
  escalation_count: Generated<number>;
  reminded_on: string | null;
}

export interface TaskAssignmentTable {
  id: GeneratedAlways<number>;
  title: string;
  why: string;
  words: string;
  category: string;
  priority: number;
  due_on: string;
  expires_at: Date;
  created_at: Date;
  created_by: string;
}

export interface TimeZoneTable {
  name: string;
}

export interface TouchTable {
  customer_id: number;
  occasion_at: Date;
  id: Generated<number>;
  home_id: number | null;
  purpose: string;
  kind: string;
  source_id: number | null;
  part: string | null;
  channel: string;
  category: string;
  version_id: number | null;
  content: ColumnType<unknown, string | null | undefined, string | null>;
  staff_id: number | null;
  code_id: number | null;
  external_userid: string | null;
  address: ColumnType<unknown, string | null | undefined, string | null>;
  state: string;
  reason: string | null;
  detail: ColumnType<unknown, string | null | undefined, string | null>;
  is_holdout: Generated<boolean>;
  priority: number;
  due_at: Date;
  expires_at: Date | null;
  planned_at: Date;
  decided_at: Date | null;
  allowed_until: Date | null;
  settled_at: Date | null;
  pack_id: number | null;
  said: ColumnType<unknown, string | null | undefined, string | null>;
  platform_message: string | null;
  received_at: Date | null;
  deadline_at: Date | null;
  retry_at: Date | null;
  claimed_by: number | null;
  attempts: Generated<number>;
  took_ms: number | null;
}

export interface TouchHoldTable {
  kind: string;
  source_id: number;
  held_at: Date;
}

export interface TouchLaneTable {
  lane: number;
}

export interface TouchPackTable {
  id: GeneratedAlways<number>;
  channel: string;
  staff_id: number | null;
  kind: string;
  source_id: number | null;
  part: string | null;
  version_id: number | null;
  message: ColumnType<unknown, string, string>;
  state: string;
  reason: string | null;
  platform_id: string | null;
  platform_message: string | null;
  customer_count: number;
  delivered_count: Generated<number>;
  failed_count: Generated<number>;
  created_at: Date;
  submitted_at: Date | null;
  confirmed_at: Date | null;
  ended_at: Date | null;
  expires_at: Date;
  reminded_at: Date | null;
  reminder_count: Generated<number>;
  remind_at: Date | null;
  polled_at: Date | null;
  poll_at: Date | null;
  ending: string | null;
  may_have_arrived: Generated<boolean>;
  retry_at: Date | null;
  claimed_by: number | null;
  attempts: Generated<number>;
}

export interface TouchPersonTable {
  customer_id: number;
  last_act_at: Date | null;
  muted_at: Date | null;
}

export interface TouchQuotaTable {
  name: string;
  period_start: Date;
  used: number;
}

export interface TrackedLinkTable {
  id: GeneratedAlways<number>;
  url: string;
  url_sha256: string;
  title: string;
  archived_at: Date | null;
  created_by: string;
  created_at: Date;
}

export interface WebhookTable {
  id: GeneratedAlways<number>;
  url: string;
  description: Generated<string>;
  event_names: string[] | null;
  is_enabled: Generated<boolean>;
  disabled_reason: string | null;
  disabled_at: Date | null;
  secret: string;
  previous_secret: string | null;
  previous_until: Date | null;
  secret_made_at: Date;
  failing_since: Date | null;
  failed_in_row: Generated<number>;
  succeeded_at: Date | null;
  resting_until: Date | null;
  created_at: Date;
  deleted_at: Date | null;
}

export interface WebhookDeliveryTable {
  customer_id: number;
  id: Generated<number>;
  webhook_id: number;
  message_id: string;
  event_name: string;
  occurred_at: Date;
  source: string;
  staff_id: number | null;
  code_id: number | null;
  accounts: ColumnType<unknown, string, string>;
  properties: ColumnType<unknown, string, string>;
  state: Generated<string>;
  created_at: Date;
  settled_at: Date | null;
  due_at: Date;
  claimed_by: number | null;
  attempts: Generated<number>;
  last_status: number | null;
  last_reason: string | null;
  log: ColumnType<unknown, string | undefined, string>;
}

export interface WebhookHourTable {
  webhook_id: number;
  hour: Date;
  delivered: number;
  failed: number;
  took_ms: number;
}

export interface WecomGroupChatTable {
  chat_id: string;
  name: Generated<string>;
  owner_userid: Generated<string>;
  state: Generated<string>;
  created_at: Date | null;
  member_count: Generated<number>;
  customer_count: Generated<number>;
  read_at: Date | null;
  asked_at: Date | null;
  retry_at: Date | null;
  attempts: Generated<number>;
}

export interface WecomMediaTable {
  material_id: number;
  media_id: string;
  expires_at: Date;
  use: string;
}

export interface WecomRefreshTable {
  external_userid: string;
  asked_at: Date;
  retry_at: Date | null;
  attempts: Generated<number>;
}

export interface DB {
  account_profile: AccountProfileTable;
  attention: AttentionTable;
  attribute_claim: AttributeClaimTable;
  attribute_definition: AttributeDefinitionTable;
  audit_entry: AuditEntryTable;
  auth_account: AuthAccountTable;
  auth_api_key: AuthApiKeyTable;
  auth_rate_limit: AuthRateLimitTable;
  auth_session: AuthSessionTable;
  auth_two_factor: AuthTwoFactorTable;
  auth_user: AuthUserTable;
  auth_verification: AuthVerificationTable;
  broadcast: BroadcastTable;
  broadcast_target: BroadcastTargetTable;
  campaign: CampaignTable;
  campaign_candidate: CampaignCandidateTable;
  campaign_result: CampaignResultTable;
  campaign_run: CampaignRunTable;
  change_feed: ChangeFeedTable;
  change_follower: ChangeFollowerTable;
  channel_code: ChannelCodeTable;
  code_folder: CodeFolderTable;
  code_scan_day: CodeScanDayTable;
  code_staff_day: CodeStaffDayTable;
  consent: ConsentTable;
  content: ContentTable;
  content_folder: ContentFolderTable;
  content_version: ContentVersionTable;
  customer: CustomerTable;
  customer_attribute: CustomerAttributeTable;
  customer_merge: CustomerMergeTable;
  customer_score: CustomerScoreTable;
  customer_tag: CustomerTagTable;
  department: DepartmentTable;
  event: EventTable;
  event_key: EventKeyTable;
  follow: FollowTable;
  follow_spell: FollowSpellTable;
  follow_tag: FollowTagTable;
  identity: IdentityTable;
  identity_link: IdentityLinkTable;
  import: ImportTable;
  import_rejection: ImportRejectionTable;
  inbox: InboxTable;
  inbox_lane: InboxLaneTable;
  journey: JourneyTable;
  journey_clock: JourneyClockTable;
  journey_count: JourneyCountTable;
  journey_enrolment: JourneyEnrolmentTable;
  journey_intake: JourneyIntakeTable;
  journey_listen: JourneyListenTable;
  journey_person: JourneyPersonTable;
  journey_step: JourneyStepTable;
  journey_version: JourneyVersionTable;
  link_day: LinkDayTable;
  link_reader: LinkReaderTable;
  link_visit: LinkVisitTable;
  material: MaterialTable;
  migration: MigrationTable;
  operation: OperationTable;
  order_key: OrderKeyTable;
  order_line: OrderLineTable;
  product: ProductTable;
  refund: RefundTable;
  schedule: ScheduleTable;
  score_change: ScoreChangeTable;
  score_run: ScoreRunTable;
  script: ScriptTable;
  segment: SegmentTable;
  segment_day: SegmentDayTable;
  segment_due: SegmentDueTable;
  segment_list: SegmentListTable;
  segment_list_member: SegmentListMemberTable;
  segment_member: SegmentMemberTable;
  segment_touch: SegmentTouchTable;
  setting: SettingTable;
  shop_order: ShopOrderTable;
  sms_report: SmsReportTable;
  source: SourceTable;
  staff: StaffTable;
  staff_day: StaffDayTable;
  staff_department: StaffDepartmentTable;
  staff_notice: StaffNoticeTable;
  tag: TagTable;
  tag_group: TagGroupTable;
  task: TaskTable;
  task_assignment: TaskAssignmentTable;
  time_zone: TimeZoneTable;
  touch: TouchTable;
  touch_hold: TouchHoldTable;
  touch_lane: TouchLaneTable;
  touch_pack: TouchPackTable;
  touch_person: TouchPersonTable;
  touch_quota: TouchQuotaTable;
  tracked_link: TrackedLinkTable;
  webhook: WebhookTable;
  webhook_delivery: WebhookDeliveryTable;
  webhook_hour: WebhookHourTable;
  wecom_group_chat: WecomGroupChatTable;
  wecom_media: WecomMediaTable;
  wecom_refresh: WecomRefreshTable;
}
