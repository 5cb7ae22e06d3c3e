import { readFile } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { messagesOf } from './chats.ts';
import { ControlError } from './control.ts';
import { areFriends } from './relations.ts';
import type { Edge, Message } from './store.ts';
import { edgesOfPerson, lastSpell } from './store.ts';
import { liveTags } from './tagging.ts';
import { contactWays } from './truth.ts';
import type { Fact, World } from './world.ts';

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';
const pageFiles: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'device.css': style,
  'page.css': style,
  'phone.js': script,
  'session.js': script,
  'bench.js': script,
  'staff.js': script,
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
    remark: edge.remark,
    description: edge.description,
    tagIds: edge.tagIds,
    messages,
  };
}
