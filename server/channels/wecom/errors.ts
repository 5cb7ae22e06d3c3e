/** What can be done about a failed call. The console has a text for each; only people can do most of them. */
export const remedies = [
  'none', // nothing to do: it already happened
  'wait', // passes by itself
  'reduce_parallelism',
  'check_network',
  'check_base_url',
  'update_tls',
  'check_corp_id',
  'check_secret',
  'check_agent_id',
  'use_app_secret', // the contact-sync or a system secret is configured instead of a self-built app's
  'add_trusted_ip',
  'trust_domain',
  'grant_api_permission', // 客户联系 → 可调用接口的应用
  'enable_app',
  'enable_customer_contact', // the staff member lacks 客户联系
  'widen_visible_range', // 可见范围
  'staff_not_activated',
  'staff_not_verified', // no real-name verification
  'staff_inactive', // has not signed in for long, or is banned
  'verify_corp',
  'corp_unavailable',
  'raise_capacity',
  'buy_licence',
  'bind_developer_account', // 微信开放平台 account of the same subject
  'refresh_data', // the id names nothing there any more: read the list again
  'restart_paging',
  'ask_for_less',
  'not_a_customer',
  'customer_has_not_consented',
  'owned_by_other_app',
  'name_taken',
  'limit_reached',
  'expired',
  'upload_again',
  'fix_media',
  'check_mini_program',
  'check_url',
  'content_refused',
  'shorten_text',
  'report_bug',
] as const;
export type Remedy = (typeof remedies)[number];

/**
 * Where a failed call ended: `refused` by the platform (or here, before sending, as it would be refused) and not
 * executed; `unreachable`, surely not executed; `unknown`, perhaps executed, so it must not be repeated blindly.
 */
export type Outcome = 'refused' | 'unreachable' | 'unknown';

/** `retryable` says that the same call may be made again later as it is, without a second effect. */
export type Failure = {
  ok: false;
  outcome: Outcome;
  errcode?: number;
  errmsg: string;
  retryable: boolean;
  remedy: Remedy;
};
export type Receipt<Value> = { ok: true; value: Value } | Failure;

export type Explanation = { retryable: boolean; remedy: Remedy };

// The global error table (doc 90313) for signing in, parameters, members, customers, tags, contact ways, groups,
// welcome messages, mass messages, Moments, messages to staff and media. What only other calls can meet is left to the
// default.
const passing: Partial<Record<Remedy, number[]>> = {
  // 40014 and 42001 end up here only when a fresh token was refused too.
  wait: [-1, 6000, 40014, 42001, 41062, 41063, 41078, 41079, 41096, 45009],
  reduce_parallelism: [45033, 45035, 45036],
};

const lasting: Partial<Record<Remedy, number[]>> = {
  none: [0, 41051, 41093],
  check_corp_id: [40013, 41002, 92002],
  check_secret: [40001, 40091, 41004, 45031],
  check_agent_id: [40056, 92003, 301002],
  use_app_secret: [48009],
  update_tls: [48010],
  add_trusted_ip: [60020],
  trust_domain: [50001, 80001, 85004, 85005, 85006, 85007, 85008, 85009, 85010, 85011, 85012],
  grant_api_permission: [41098, 41211, 48001, 48002, 48003, 48004, 48005, 48006, 48007, 60031],
  enable_app: [50003, 50006],
  enable_customer_contact: [84074],
  widen_visible_range: [50002, 60011, 60021, 92000],
  staff_not_activated: [41054, 43004],
  staff_not_verified: [40098],
  staff_inactive: [40143, 40205, 48011],
  verify_corp: [41036, 610024],
  corp_unavailable: [90510, 301007],
  raise_capacity: [610023],
  buy_licence: [701008, 701087, 701088, 701089, 701099],
  bind_developer_account: [41057, 610014, 610015, 610016, 610017, 610018],
  refresh_data: [
    ...[40003, 40037, 40050, 40066, 40068, 40070, 40096, 41044, 46004, 49008, 60003, 60004, 60111, 60123, 60124],
    ...[41047, 41060, 41061, 41067, 81013, 90501, 90509, 90511],
  ],
  restart_paging: [50100, 60268, 701105],
  ask_for_less: [45029, 81017],
  not_a_customer: [84061, 84084, 610004],
  customer_has_not_consented: [41053],
  owned_by_other_app: [41058, 81011],
  name_taken: [40071, 60008],
  limit_reached: [
    ...[41048, 41094, 41210],
    ...[40099, 40126, 40144, 41041, 41045, 41055, 60110, 81001, 81002, 81003],
    ...[810000, 810001, 810002, 810003],
  ],
  expired: [40029, 40088, 41050, 42003, 42012, 42022, 84014, 84015],
  upload_again: [40007, 40145],
  fix_media: [
    ...[41080, 41081, 41082, 41090, 40004, 40005, 40006, 40009, 40011, 40123, 40146, 44001, 45001, 45007],
    ...[301016, 301017, 301018, 301019, 830001, 830002, 830003],
  ],
  check_mini_program: [90200, 90201, 90202, 90203, 90204, 90205, 90206, 90207, 90208],
  check_url: [40039, 40094, 40127, 45034],
  content_refused: [40033, 40201, 40204, 82004, 85002],
  shorten_text: [40072, 45002, 60001],
  report_bug: [
    ...[40008, 40031, 40032, 40035, 40036, 40058, 40063, 40073, 40093, 40125, 40206],
    ...[41001, 41006, 41009, 41010, 41011, 41016, 41017, 41018, 41019, 41035, 41037, 41038, 41039, 41040, 41042, 41043],
    ...[41046, 41049, 41052, 41056, 41059, 41064, 41065, 41072, 41088, 41089, 44004, 45008, 45032],
    // Tokens of third-party suites, which are never used here.
    ...[40082, 40084, 40085, 41021, 41022, 41023, 41024, 41025, 42007, 42009],
    ...[60009, 60125, 81012, 82001, 84025, 84090, 91040, 600018, 600041],
  ],
};

const explanations = new Map([...listExplanations(passing, true), ...listExplanations(lasting, false)]);

/** The codes that have an explanation of their own. */
export const explainedErrcodes: readonly number[] = [...explanations.keys()];

/**
 * What an errcode means for the caller and for people. An unknown code is not retried: the platform has many codes for
 * what stays wrong and few for what passes.
 */
export function explainErrcode(errcode: number): Explanation {
  return explanations.get(errcode) ?? { retryable: false, remedy: 'report_bug' };
}

function listExplanations(codes: Partial<Record<Remedy, number[]>>, retryable: boolean): [number, Explanation][] {
  return remedies.flatMap((remedy) =>
    (codes[remedy] ?? []).map((code): [number, Explanation] => [code, { retryable, remedy }]),
  );
}
