import type { z } from 'zod';
import type { smsProblem } from '#contract/sms';

/** What a provider's codes mean to an operator. */

export type SmsProblem = z.output<typeof smsProblem>;

// Codes of SendSms and QuerySendDetails (document "API error codes" of Alibaba Cloud SMS) and of its gateway.
const codes: Partial<Record<SmsProblem, readonly string[]>> = {
  key_unknown: [
    'InvalidAccessKeyId.NotFound',
    'InvalidAccessKeyId.Inactive',
    'InvalidAccessKeyId',
    'isv.ACCOUNT_NOT_EXISTS',
  ],
  key_wrong: ['SignatureDoesNotMatch', 'IncompleteSignature'],
  clock_wrong: ['InvalidTimeStamp.Expired', 'InvalidTimeStamp.Format'],
  permission_missing: ['isp.RAM_PERMISSION_DENY', 'isv.RAM_PERMISSION_DENY', 'NoPermission', 'Forbidden.RAM'],
  source_refused: ['isv.DENY_IP_RANGE'],
  account_suspended: [
    ...['isv.OUT_OF_SERVICE', 'isv.AMOUNT_NOT_ENOUGH', 'isv.ACCOUNT_ABNORMAL', 'isv.SECURITY_FROZEN_ACCOUNT'],
    ...['isv.PRODUCT_UN_SUBSCRIPT', 'isv.PRODUCT_UNSUBSCRIBE'],
  ],
  sign_name_refused: [
    ...[
      'isv.SMS_SIGNATURE_ILLEGAL',
      'isv.SMS_SIGN_ILLEGAL',
      'isv.SMS_SIGNATURE_SCENE_ILLEGAL',
      'isv.SIGN_STATE_ILLEGAL',
    ],
    ...['isv.SIGN_NAME_ILLEGAL', 'isv.SIGNATURE_BLACKLIST', 'PORT_NOT_REGISTERED'],
  ],
  template_refused: [
    ...['isv.SMS_TEMPLATE_ILLEGAL', 'isv.DOMESTIC_NUMBER_NOT_SUPPORTED', 'isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE'],
  ],
  parameters_refused: [
    ...[
      'isv.TEMPLATE_MISSING_PARAMETERS',
      'isv.TEMPLATE_PARAMS_ILLEGAL',
      'isv.INVALID_JSON_PARAM',
      'isv.INVALID_PARAMETERS',
    ],
    ...['isv.PARAM_LENGTH_LIMIT', 'isv.PARAM_NOT_SUPPORT_URL', 'PARAMS_ILLEGAL'],
  ],
  content_refused: ['isv.SMS_CONTENT_ILLEGAL', 'isv.UNSUPPORTED_CONTENT', 'CONTENT_KEYWORD', 'CONTENT_ERROR'],
  number_invalid: ['isv.MOBILE_NUMBER_ILLEGAL', 'INVALID_NUMBER'],
  number_out_of_service: [
    'MOBILE_NOT_ON_SERVICE',
    'MOBILE_ACCOUNT_ABNORMAL',
    'MOBLLE_TERMINAL_ERROR',
    'REQUEST_SUCCESS',
  ],
  person_refused: ['isv.CUSTOMER_REFUSED', 'isv.BLACK_KEY_CONTROL_LIMIT', 'MOBILE_IN_BLACK', 'USER_REJECT'],
  // Which of a number's limits isv.BUSINESS_LIMIT_CONTROL means stands in its message.
  limit_day: ['isv.BUSINESS_LIMIT_CONTROL', 'MOBILE_SEND_LIMIT'],
  limit_total: ['isv.DAY_LIMIT_CONTROL', 'isv.MONTH_LIMIT_CONTROL'],
  provider_busy: [
    ...[
      'isp.SYSTEM_ERROR',
      'isp.GATEWAY_ERROR',
      'Throttling',
      'Throttling.User',
      'Throttling.Api',
      'ServiceUnavailable',
    ],
    ...['InternalError', 'IS_CLOSE', 'SignatureNonceUsed'],
  ],
};

const problemOfCode = new Map(
  Object.entries(codes).flatMap(([problem, listed]) => listed.map((code) => [code, problem as SmsProblem] as const)),
);

/** Alibaba Cloud's message names the limit of a number that was reached: "触发分钟级流控Permits:1". */
const limitWords: readonly (readonly [RegExp, SmsProblem])[] = [
  [/分钟级|minute/i, 'limit_minute'],
  [/小时级|hour/i, 'limit_hour'],
];

export function problemOf(code: string, message: string): SmsProblem {
  const problem = problemOfCode.get(code) ?? 'other';
  if (problem !== 'limit_day') return problem;
  return limitWords.find(([words]) => words.test(message))?.[1] ?? 'limit_day';
}
