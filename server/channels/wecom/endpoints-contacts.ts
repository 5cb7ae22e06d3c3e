import { z } from 'zod';
import {
  ask,
  type Endpoint,
  get,
  id,
  list,
  longId,
  looseText,
  nothing,
  optionalNumber,
  optionalText,
  page,
  post,
  reply,
  text,
} from './endpoint.ts';

// doc 90196. Newer self-built apps see neither mobile nor e-mail.
const member = reply({
  userid: id,
  name: text,
  alias: text,
  position: text,
  department: list(z.number()),
  is_leader_in_dept: list(z.number()),
  direct_leader: list(z.string()),
  main_department: optionalNumber,
  /** 1 active, 2 disabled, 4 not activated, 5 left the corp. */
  status: optionalNumber,
  gender: looseText.optional(),
  mobile: optionalText,
  email: optionalText,
  avatar: optionalText,
});
const department = reply({
  id: z.number(),
  name: text,
  department_leader: list(z.string()),
  parentid: z.number(),
  order: z.number().default(0),
});

/** Signing in, the app itself, members and departments. */
export const contactEndpoints = {
  // doc 91039
  gettoken: get(
    ask({ corpid: id, corpsecret: id }),
    reply({ access_token: z.string().min(1), expires_in: z.number().positive() }),
    { family: 'core' },
  ),
  getcallbackip: get(nothing, reply({ ip_list: list(z.string()) }), { family: 'core' }),
  'agent/get': get(
    ask({ agentid: z.int() }),
    reply({
      agentid: z.number(),
      name: text,
      close: optionalNumber,
      allow_userinfos: reply({ user: list(reply({ userid: id })) }).optional(),
      allow_partys: reply({ partyid: list(z.number()) }).optional(),
      redirect_domain: optionalText,
    }),
    { family: 'core' },
  ),

  // docs 91023 and 91022. A code lives five minutes and works once.
  'auth/getuserinfo': get(
    ask({ code: longId }),
    reply({ userid: optionalText, openid: optionalText, external_userid: optionalText }),
    { family: 'core', idempotent: false },
  ),
  // doc 90506: the ticket for pages of the corp, and that for pages of the app.
  get_jsapi_ticket: get(nothing, reply({ ticket: longId, expires_in: z.number().positive() }), { family: 'core' }),
  'ticket/get': get(
    ask({ type: z.literal('agent_config') }),
    reply({ ticket: longId, expires_in: z.number().positive() }),
    { family: 'core' },
  ),

  'user/get': get(ask({ userid: id }), member, { family: 'contacts' }),
  'user/simplelist': get(
    ask({ department_id: z.int() }),
    reply({ userlist: list(reply({ userid: id, name: text, department: list(z.number()) })) }),
    { family: 'contacts' },
  ),
  'user/list': get(ask({ department_id: z.int() }), reply({ userlist: list(member) }), {
    family: 'contacts',
  }),
  // Answers the contact-sync secret only, one row for each membership.
  'user/list_id': post(
    ask(page(10_000)),
    reply({
      dept_user: list(reply({ userid: id, department: z.number() })),
      next_cursor: optionalText,
    }),
    { family: 'contacts', paged: true },
  ),
  'department/list': get(ask({ id: z.int().optional() }), reply({ department: list(department) }), {
    family: 'contacts',
  }),
  'department/simplelist': get(
    ask({ id: z.int().optional() }),
    reply({
      department_id: list(reply({ id: z.number(), parentid: z.number(), order: z.number().default(0) })),
    }),
    { family: 'contacts' },
  ),
} as const satisfies Record<string, Endpoint>;
