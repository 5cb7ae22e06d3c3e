/**
 * Every refusal the API can answer with, and its HTTP status. The console holds a text for each code in each language;
 * a test fails for a code without a text or without a thrower.
 */
export const errorStatus = {
  input_invalid: 400,
  not_signed_in: 401,
  origin_not_allowed: 403,
  not_allowed: 403,
  not_found: 404,
  body_too_large: 413,
  media_type_unsupported: 415,
  too_many_requests: 429,
  internal: 500,
  unavailable: 503,

  setup_link_invalid: 403,
  setup_done: 409,
  user_email_taken: 409,
  user_last_owner: 409,
  user_is_you: 409,
  staff_unknown: 422,
  department_unknown: 422,
  api_key_permission_exceeds: 403,

  tag_name_taken: 409,
  tag_unknown: 422,
  tag_not_empty: 409,
  tag_limit: 422,
  attribute_key_taken: 409,
  attribute_unknown: 422,
  attribute_value_invalid: 422,
  selection_too_large: 422,
  merge_needs_two: 422,
  customers_kept_apart: 409,

  segment_name_taken: 409,
  segment_unknown: 422,
  segment_circle: 422,
  segment_in_use: 409,
  segment_not_filled: 409,
  segment_superseded: 409,
  segment_too_slow: 503,
  segment_list_name_taken: 409,
  segment_list_unknown: 422,
  segment_list_empty: 422,
  segment_list_in_use: 409,

  code_name_taken: 409,
  code_ended: 409,
  code_csv_invalid: 422,
  code_not_ready: 409,
  folder_name_taken: 409,
  folder_not_empty: 409,
  folder_unknown: 422,
  material_unknown: 422,
  material_type_unsupported: 422,
  content_unknown: 422,
  content_archived: 409,
  content_name_taken: 409,
  content_changed: 409,
  material_replaced: 409,

  campaign_content_unfit: 422,
  campaign_audience_unfit: 422,
  campaign_categories_differ: 422,
  campaign_not_draft: 409,
  campaign_has_run: 409,
  campaign_empty: 409,
  campaign_time_past: 409,
  campaign_not_waiting: 409,
  campaign_own_approval: 403,
  campaign_under_way: 409,
  campaign_not_running: 409,
  campaign_not_paused: 409,
  campaign_over: 409,

  source_name_taken: 409,
  write_key_invalid: 401,
  import_file_unreadable: 422,
  import_file_gone: 409,
  import_started: 409,
  import_settings_invalid: 422,

  task_ended: 409,
  task_of_other: 403,
  task_undo_over: 409,
  task_day_unfit: 422,
  task_nobody: 422,

  webhook_url_refused: 422,
  webhook_limit: 422,
  webhook_off: 409,

  touch_known: 409,
  touch_in_pack: 409,
  pack_not_waiting: 409,
  pack_reminded: 409,
  pack_over: 409,
  pack_known: 409,
  broadcast_not_waiting: 409,
  broadcast_reminded: 409,
  broadcast_over: 409,
  broadcast_known: 409,
  journey_name_taken: 409,
  journey_changed: 409,
  journey_has_problems: 422,
  journey_unchanged: 409,
  journey_not_running: 409,
  journey_not_paused: 409,
  journey_not_published: 409,
  journey_not_by_hand: 409,
  journey_has_people: 409,
  channel_not_set_up: 409,

  wecom_not_connected: 409,
  wecom_unavailable: 424,
  wecom_page_foreign: 422,
  wecom_callback_signature: 403,
  wecom_callback_malformed: 400,
} as const satisfies Record<string, number>;

export type ErrorCode = keyof typeof errorStatus;

/** What a failed call answers with. `fields` names what was wrong with the input, by its path. */
export interface ErrorReply {
  readonly error: {
    readonly code: ErrorCode;
    readonly message: string;
    readonly requestId: string;
    readonly fields?: readonly FieldProblem[];
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

export interface FieldProblem {
  /** Dotted path into the input: 'rotation.0.staffIds'. */
  readonly path: string;
  /** A zod issue code, or the name of a rule of ours ('control_characters', 'unknown_variable', …). */
  readonly problem: string;
  readonly message: string;
  /** What the words of the problem need: a line, a limit. */
  readonly values?: Readonly<Record<string, string | number>>;
}
