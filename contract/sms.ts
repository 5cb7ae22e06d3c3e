import { z } from 'zod';
import { channelHealth, trial } from './channels.ts';
import { route } from './route.ts';
import { done, line, none, time, url } from './types.ts';

/** The channel SMS: one provider, Alibaba Cloud SMS (阿里云短信). */

/** What went wrong with a text message; the console has a sentence for each that says how to mend it. */
export const smsProblem = z.enum([
  'key_unknown',
  'key_wrong',
  'clock_wrong',
  'permission_missing',
  'source_refused',
  'account_suspended',
  'sign_name_refused',
  'template_refused',
  'parameters_refused',
  'content_refused',
  'number_invalid',
  'number_out_of_service',
  'person_refused',
  'limit_minute',
  'limit_hour',
  'limit_day',
  'limit_total',
  'provider_busy',
  'endpoint_wrong',
  'unreachable',
  'no_answer',
  'secret_unreadable',
  'other',
]);

export const smsDraft = z.object({
  isEnabled: z.boolean().default(true),
  /** AccessKey ID. */
  keyId: z.string().regex(/^[A-Za-z0-9_.-]{8,128}$/),
  /** AccessKey Secret. Left out: stays as it is. */
  keySecret: z
    .string()
    .regex(/^[A-Za-z0-9_.-]{8,128}$/)
    .optional(),
  /** 签名, without its brackets. */
  signName: line(20),
  endpoint: url.default('https://dysmsapi.aliyuncs.com'),
});

export const smsSettings = smsDraft.omit({ keySecret: true }).extend({ updatedAt: time });

export const getSms = route({
  method: 'GET',
  path: '/api/channels/sms',
  permission: 'connection.manage',
  summary: 'How text messages are sent and how the last attempts ended; the secret is never shown again',
  input: none,
  output: z.object({
    settings: smsSettings.nullable(),
    health: channelHealth(smsProblem),
    /** Messages whose report is still to come. */
    unreported: z.number().int(),
  }),
});

export const setSms = route({
  method: 'PUT',
  path: '/api/channels/sms',
  permission: 'connection.manage',
  summary: 'Set up the provider of text messages. A secret that is left out stays as it is',
  input: smsDraft,
  output: done,
});

export const sendTestSms = route({
  method: 'POST',
  path: '/api/channels/sms/test',
  permission: 'connection.manage',
  summary:
    'Send one text message by an approved template, and tell what the provider answered; it is charged like any other',
  input: z.object({
    phone: z.string().regex(/^1[3-9]\d{9}$/),
    templateCode: line(40),
    params: z.record(line(30), line(200)).default({}),
  }),
  output: trial(smsProblem),
  outside: true,
  errors: ['channel_not_set_up'],
});

export const checkSms = route({
  method: 'POST',
  path: '/api/channels/sms/check',
  permission: 'health.read',
  summary: 'Try the keys with a question that sends nothing',
  input: none,
  output: trial(smsProblem),
  outside: true,
  errors: ['channel_not_set_up'],
});
