import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { z } from 'zod';
import { appMessagesOf } from './app-messages.ts';
import { messagesOf } from './chats.ts';
import { ControlError } from './control.ts';
import { momentsOf } from './moments.ts';
import { holderCookie } from './oauth.ts';
import { areFriends } from './relations.ts';
import { catalogue, ordersOf } from './shop.ts';
import { waitingTasks } from './staff-tasks.ts';
import type { Edge, Group, Message } from './store.ts';
import { edgesOfPerson, lastSpell } from './store.ts';
import { liveTags } from './tagging.ts';
import { contactWays } from './truth.ts';
import type { Fact, World } from './world.ts';

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';
const pageFiles: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'device.css': style,
  'outing.css': style,
  'duties.css': style,
  'page.css': style,
  'phone.js': script,
  'session.js': script,
  'bench.js': script,
  'staff.js': script,
  'chats.js': script,
  'duties.js': script,
  'outing.js': script,
  'views.js': script,
  'icons.js': script,
  'words.js': script,
};

/** The phone in the browser and what it reads. It acts through /_control like everybody else. */
export function addPhoneRoutes(app: FastifyInstance, world: World): void {
  const sendFile = async (name: string, reply: FastifyReply) => {
    const type = pageFiles[name];
    if (!type) return reply.code(404).send({ error: { code: 'file_unknown' } });
    const file = await readFile(new URL(`phone/${name}`, import.meta.url));
    return reply.type(type).header('cache-control', 'no-cache').send(file);
  };
  app.get('/', (_request, reply) => sendFile('index.html', reply));
  app.get<{ Params: { name: string } }>('/phone/:name', (request, reply) => sendFile(request.params.name, reply));

  app.get('/_phone/overview', () => overview(world));
  app.get<{ Params: { id: string } }>('/_phone/people/:id', (request) => phoneOf(world, request.params.id));
  app.get<{ Params: { userid: string } }>('/_phone/staff/:userid', (request) => staffOf(world, request.params.userid));
  app.post('/_phone/holder', (request, reply) => {
    const holder = z.object({ kind: z.enum(['person', 'staff']), id: z.string() }).safeParse(request.body);
    if (!holder.success) throw new ControlError('input_invalid', z.prettifyError(holder.error));
    const { kind, id } = holder.data;
    const cookie = `${holderCookie}=${kind}.${encodeURIComponent(id)}; Path=/connect; HttpOnly; SameSite=Lax`;
    return reply.header('set-cookie', cookie).send({ ok: true });
  });
  app.get('/_phone/stream', (request, reply) => {
    reply.hijack();
    const { raw } = reply;
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache', connection: 'keep-alive' });
    raw.write('retry: 1000\n\n');
    const listener = (fact: Fact) => raw.write(`data: ${JSON.stringify(changeOf(fact))}\n\n`);
    world.listeners.add(listener);
    request.raw.on('close', () => world.listeners.delete(listener));
  });
}

/** The page only needs to know whose view is out of date. */
function changeOf(fact: Fact): { kind: Fact['kind']; externalUserid?: string; userids?: readonly string[] } {
  const { kind } = fact;
  if ('edge' in fact) return { kind, externalUserid: fact.edge.externalUserid };
  if ('externalUserid' in fact) return { kind, externalUserid: fact.externalUserid };
  return 'userids' in fact ? { kind, userids: fact.userids } : { kind };
}

const listedPeople = 200;
const listedCodes = 300;

function overview(world: World) {
  const { state } = world;
  const visitors = [...state.people.values()].filter((person) => person.kind === 'visitor');
  const others = [...state.people.values()].filter((person) => person.kind !== 'visitor').slice(-listedPeople);
  return {
    corp: { name: state.corp.name, corpId: state.corp.corpId, callback: state.corp.callback?.url ?? null },
    nowMs: world.clock.now(),
    speed: world.clock.setting().speed,
    people: [...visitors.slice(-listedPeople), ...others].map(({ externalUserid, name, kind }) => ({
      externalUserid,
      name,
      kind,
    })),
    codes: contactWays(world)
      .filter((way) => way.scene === 2)
      .slice(-listedCodes)
      .reverse()
      .map((way) => ({
        ...way,
        names: way.users.map((userid) => state.staff.get(userid)?.name ?? userid),
        qr: `/qr/${way.configId}.png`,
      })),
    staff: [...state.staff.values()].slice(0, listedPeople).map(({ userid, name, departments }) => ({
      userid,
      name,
      shop: state.departments.get(departments[0] ?? 1)?.name ?? '',
    })),
    products: catalogue,
    tags: liveTags(state).map((tag) => ({
      id: tag.id,
      name: tag.name,
      group: state.tagGroups.get(tag.groupId)?.name ?? '',
    })),
  };
}

function phoneOf(world: World, externalUserid: string) {
  const { state } = world;
  const person = state.people.get(externalUserid);
  if (!person) throw new ControlError('person_unknown', `no person ${externalUserid}`, 404);
  const requests = [...state.requests.values()].filter((request) => request.externalUserid === externalUserid);
  return {
    person,
    nowMs: world.clock.now(),
    brand: state.corp.name,
    chats: edgesOfPerson(state, externalUserid).map((edge) => chatOf(world, edge)),
    groups: [...state.groups.values()]
      .filter((group) => !group.dismissed && group.members.some((member) => member.userid === externalUserid))
      .map((group) => groupOf(world, group, externalUserid)),
    moments: momentsOf(world, externalUserid).map((moment) => ({
      ...moment,
      name: nameOf(world, moment.userid),
      // People who do not know each other see only their own likes and comments.
      likes: moment.likes.filter((like) => like.externalUserid === externalUserid),
      comments: moment.comments.filter((comment) => comment.externalUserid === externalUserid),
    })),
    orders: ordersOf(state, externalUserid).reverse(),
    requests: requests.map(({ userid, at }) => ({ userid, name: state.staff.get(userid)?.name ?? userid, at })),
  };
}

function chatOf(world: World, edge: Edge) {
  const staff = world.state.staff.get(edge.userid);
  const messages: readonly Message[] = messagesOf(world, edge.userid, edge.externalUserid);
  return {
    userid: edge.userid,
    name: staff?.name ?? edge.userid,
    position: staff?.position ?? '',
    departments: (staff?.departments ?? []).map((id) => world.state.departments.get(id)?.name ?? ''),
    friends: areFriends(edge),
    half: edge.half,
    customerHas: edge.customerHas,
    staffHas: edge.staffHas,
    startedAt: lastSpell(edge).startedAt,
    state: edge.state,
    isMuted: edge.mutedAt !== null,
    remark: edge.remark,
    description: edge.description,
    tagIds: edge.tagIds,
    messages,
  };
}

function groupOf(world: World, group: Group, externalUserid: string) {
  return {
    chatId: group.chatId,
    name: group.name,
    memberCount: group.members.length,
    createdAt: group.createdAt,
    isMuted: group.mutedBy.includes(externalUserid),
    messages: (world.state.groupMessages.get(group.chatId) ?? []).map(({ id, userid, at, content }) => ({
      ...{ id, userid, at, content },
      name: nameOf(world, userid),
    })),
  };
}

function nameOf({ state }: World, id: string): string {
  return state.staff.get(id)?.name ?? state.people.get(id)?.name ?? id;
}

/** The member's own client: what waits for a confirmation, and what the app wrote. */
function staffOf(world: World, userid: string) {
  const staff = world.state.staff.get(userid);
  if (!staff) throw new ControlError('staff_unknown', `no staff ${userid}`, 404);
  return {
    userid,
    name: staff.name,
    app: world.state.corp.appName,
    tasks: waitingTasks(world, userid),
    messages: appMessagesOf(world.state, userid)
      .filter((message) => message.recalledAt === null)
      .map(({ msgid, at, content, presses, replaced }) => ({
        ...{ msgid, at, content },
        pressed: presses.find((press) => press.userid === userid)?.key ?? null,
        replaced: replaced.get(userid) ?? null,
      }))
      .reverse(),
  };
}
