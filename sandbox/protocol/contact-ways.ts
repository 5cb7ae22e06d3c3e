import { z } from 'zod';
import { dayMs, dayOf, toSeconds } from '#sandbox/clock';
import { membersOfParty } from '#sandbox/relations';
import type { ContactWay, State } from '#sandbox/store';
import { nextSeq } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { tell } from '#sandbox/world';
import { requireStaff, requireVisible } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse, refuseField } from './errors.ts';
import { bytes, chars, id, seconds } from './fields.ts';
import { pageOf } from './paging.ts';

const maxWays = 500_000;
const maxMembers = 100;
const maxTempPerDay = 100_000;
const maxTempSeconds = 14 * 86_400;

const conclusions = z.object({
  text: z.object({ content: bytes(4000) }).optional(),
  image: z.object({ media_id: id() }).optional(),
  link: z
    .object({ title: bytes(128), picurl: z.string().optional(), desc: bytes(512).optional(), url: z.string() })
    .optional(),
  miniprogram: z.object({ title: bytes(64), pic_media_id: id(), appid: z.string(), page: z.string() }).optional(),
});

const changeable = {
  style: z.int().optional(),
  remark: chars(30).optional(),
  skip_verify: z.boolean().optional(),
  state: chars(30).optional(),
  user: z.array(id()).optional(),
  party: z.array(z.int()).optional(),
  expires_in: seconds().optional(),
  chat_expires_in: seconds().optional(),
  unionid: id().optional(),
  mark_source: z.boolean().optional(),
  conclusions: conclusions.optional(),
};

const configQuery = z.object({ config_id: z.string() });
const missingConfig = { config_id: 41043 };

/** Contact ways, 渠道活码 (doc 92228, reference §4.1). */
export const contactWayEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/add_contact_way',
    family: 'contactWays',
    request: z.object({
      type: z.int(),
      scene: z.int(),
      ...changeable,
      is_temp: z.boolean().optional(),
      is_exclusive: z.boolean().optional(),
    }),
    missing: { type: 41037, scene: 41038 },
    handle: ({ world, at }, input) => {
      const { type, scene } = input;
      if (type !== 1 && type !== 2) refuse(41039);
      if (scene !== 1 && scene !== 2) refuse(41040);
      const isTemp = input.is_temp ?? false;
      if (isTemp && type !== 1) refuseField('is_temp invalid');
      checkStyle(type, scene, input.style);
      checkTempLife(input.expires_in, input.chat_expires_in);
      const users = input.user ?? [];
      const parties = input.party ?? [];
      checkMembers(world, type, users, parties);
      if (input.unionid !== undefined && !world.state.corp.unionidBound) refuse(41057);
      checkCount(world.state, isTemp, at);
      return () => {
        const way: ContactWay = {
          seq: nextSeq(world.state),
          configId: world.random.hex(32),
          createdAt: at,
          creator: 'app',
          type,
          scene,
          style: input.style ?? null,
          remark: input.remark ?? '',
          skipVerify: input.skip_verify ?? true,
          state: input.state ?? '',
          users,
          parties,
          isTemp,
          expiresInSeconds: input.expires_in ?? 7 * 86_400,
          chatExpiresInSeconds: input.chat_expires_in ?? 86_400,
          unionid: input.unionid ?? null,
          isExclusive: input.is_exclusive ?? false,
          markSource: input.mark_source ?? true,
          conclusions: input.conclusions ?? null,
          used: false,
        };
        world.state.ways.set(way.configId, way);
        tell(world, { kind: 'codes', at });
        return { config_id: way.configId, ...(scene === 2 && { qr_code: pictureUrl(world, way) }) };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/get_contact_way',
    family: 'contactWays',
    request: configQuery,
    missing: missingConfig,
    handle: ({ world }, { config_id }) => {
      const way = requireWay(world.state, config_id);
      return () => ({ contact_way: wayOf(world, way) });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/list_contact_way',
    family: 'contactWays',
    request: z.object({
      start_time: seconds().optional(),
      end_time: seconds().optional(),
      cursor: z.string().optional(),
      limit: z.int().optional(),
    }),
    empty: () => ({ contact_way: [] }),
    handle: ({ world, at }, input) => {
      const { cursor, limit = 100 } = input;
      if (limit < 1) refuseField('limit invalid');
      const from = input.start_time ?? toSeconds(at - 90 * dayMs);
      const to = input.end_time ?? toSeconds(at);
      if (from > to) refuseField('start_time invalid');
      const ways = [...world.state.ways.values()].filter((way) => {
        const created = toSeconds(way.createdAt);
        return way.creator === 'app' && !way.isTemp && created >= from && created <= to;
      });
      const page = pageOf(world.cursors, ways, (way) => way.seq, {
        query: `list_contact_way ${input.start_time ?? ''} ${input.end_time ?? ''}`,
        cursor,
        limit: Math.min(limit, 1000),
      });
      return () => {
        const { items, nextCursor } = page();
        return { contact_way: items.map((way) => ({ config_id: way.configId })), next_cursor: nextCursor };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/update_contact_way',
    family: 'contactWays',
    request: z.object({ config_id: z.string(), ...changeable }),
    missing: missingConfig,
    handle: ({ world, at }, input) => {
      const way = requireWay(world.state, input.config_id);
      if (way.isTemp && way.createdAt + way.expiresInSeconds * 1000 < at) refuse(41044);
      checkStyle(way.type, way.scene, input.style);
      checkTempLife(input.expires_in, input.chat_expires_in);
      const users = input.user ?? way.users;
      const parties = input.party ?? way.parties;
      if (input.user !== undefined || input.party !== undefined) checkMembers(world, way.type, users, parties);
      return () => {
        way.users = users;
        way.parties = parties;
        way.style = input.style ?? way.style;
        way.remark = input.remark ?? way.remark;
        way.skipVerify = input.skip_verify ?? way.skipVerify;
        way.state = input.state ?? way.state;
        way.expiresInSeconds = input.expires_in ?? way.expiresInSeconds;
        way.chatExpiresInSeconds = input.chat_expires_in ?? way.chatExpiresInSeconds;
        way.unionid = input.unionid ?? way.unionid;
        way.markSource = input.mark_source ?? way.markSource;
        way.conclusions = input.conclusions ?? way.conclusions;
        tell(world, { kind: 'codes', at });
        return {};
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/del_contact_way',
    family: 'contactWays',
    request: configQuery,
    missing: missingConfig,
    handle: ({ world, at }, { config_id }) => {
      const way = requireWay(world.state, config_id);
      return () => {
        world.state.ways.delete(way.configId);
        tell(world, { kind: 'codes', at });
        return {};
      };
    },
  }),
];

/** An app sees only the ways it made itself (reference §1.5). */
function requireWay(state: State, configId: string): ContactWay {
  if (configId === '') refuse(41043);
  const way = state.ways.get(configId);
  return way?.creator === 'app' ? way : refuse(41044);
}

function checkStyle(type: 1 | 2, scene: 1 | 2, style: number | undefined): void {
  if (style === undefined || scene !== 1) return;
  if (style < 1 || style > (type === 1 ? 3 : 2)) refuse(41042);
}

function checkTempLife(...lives: (number | undefined)[]): void {
  if (lives.some((life) => life !== undefined && life > maxTempSeconds)) refuseField('expires_in invalid');
}

function checkMembers(world: World, type: 1 | 2, users: readonly string[], parties: readonly number[]): void {
  if (type === 1 && users.length === 0) refuse(40063);
  if (type === 1 && users.length > 1) refuseField('user invalid');
  if (type === 1 && parties.length > 0) refuseField('party invalid');
  if (users.length + parties.length === 0) refuse(40063);
  const staff = users.map((userid) => requireStaff(world, userid, 60111));
  for (const party of parties) if (!world.state.departments.has(party)) refuse(60123);
  for (const one of staff) requireVisible(world, one.userid);
  if (staff.some((one) => one.status !== 1)) refuse(41054);
  if (staff.some((one) => !one.licensed)) refuse(84074);
  const all = new Set([...users, ...parties.flatMap((party) => membersOfParty(world.state, party))]);
  if (all.size > maxMembers) refuse(41041);
}

/** Temporary ways do not count towards the 500,000, but have a limit for each day. */
function checkCount(state: State, isTemp: boolean, at: number): void {
  if (!isTemp) {
    // Deleted ways free their place; the temporary ones among the rest are few.
    if (state.ways.size >= maxWays && [...state.ways.values()].filter((way) => !way.isTemp).length >= maxWays) {
      refuse(41045);
    }
    return;
  }
  const today = [...state.ways.values()].filter((way) => way.isTemp && dayOf(way.createdAt) === dayOf(at));
  if (today.length >= maxTempPerDay) refuse(41045);
}

function pictureUrl(world: World, way: ContactWay): string {
  return `${world.url}/qr/${way.configId}.png`;
}

function wayOf(world: World, way: ContactWay) {
  return {
    config_id: way.configId,
    type: way.type,
    scene: way.scene,
    ...(way.style !== null && { style: way.style }),
    remark: way.remark,
    skip_verify: way.skipVerify,
    state: way.state,
    ...(way.scene === 2 && { qr_code: pictureUrl(world, way) }),
    user: way.users,
    party: way.parties,
    is_temp: way.isTemp,
    ...(way.isTemp && { expires_in: way.expiresInSeconds, chat_expires_in: way.chatExpiresInSeconds }),
    ...(way.unionid !== null && { unionid: way.unionid }),
    mark_source: way.markSource,
    ...(way.conclusions !== null && { conclusions: way.conclusions }),
  };
}
