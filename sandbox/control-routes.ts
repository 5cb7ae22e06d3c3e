import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Control, HabitChange } from './control.ts';
import { ControlError, personKinds } from './control.ts';
import type { Policy } from './options.ts';
import { kindNames } from './people/habits.ts';
import type { Family } from './store.ts';
import { families } from './store.ts';
import { contactWays } from './truth.ts';
import type { World } from './world.ts';

const range = z.tuple([z.number().min(0), z.number().min(0)]);
const share = z.number().min(0).max(1);
const weights = z.partialRecord(
  z.enum(kindNames as [(typeof kindNames)[number], ...typeof kindNames]),
  z.number().min(0),
);

/** Any rates there are: what does not exist is refused by name below. */
const rates = z.record(z.string(), z.union([z.number().min(0), range, z.record(z.string(), z.number().min(0))]));

const shapes = {
  callback: z.object({ url: z.string(), token: z.string().optional(), encodingAesKey: z.string().optional() }),
  faults: z.object({
    loss: share.optional(),
    duplicate: share.optional(),
    delayMs: range.optional(),
    reorder: z.boolean().optional(),
    apiErrors: z
      .array(z.object({ path: z.string(), errcode: z.int(), rate: share.optional(), times: z.int().optional() }))
      .optional(),
    apiDelayMs: range.optional(),
    dropResponse: z.object({ path: z.string(), rate: share }).nullable().optional(),
    invalidateToken: z.boolean().optional(),
  }),
  clock: z.object({ realMs: z.number().optional(), simMs: z.number().optional(), speed: z.number().min(0).optional() }),
  step: z.object({ to: z.union([z.string(), z.number()]), waitMs: z.int().optional() }),
  corp: z.object({
    trustedIps: z.array(z.string()).nullable().optional(),
    permissions: z.partialRecord(z.enum(families as [Family, ...Family[]]), z.boolean()).optional(),
    visibleUserids: z.array(z.string()).nullable().optional(),
    unionidBound: z.boolean().optional(),
    massRule: z.enum(['monthly', 'weekly', 'daily']).optional(),
    trustedDomain: z.string().nullable().optional(),
  }),
  person: z.object({
    name: z.string().min(1).optional(),
    gender: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
    kind: z.enum(personKinds).optional(),
    place: z.string().optional(),
  }),
  scan: z
    .object({
      configId: z.string().optional(),
      url: z.string().optional(),
      half: z.boolean().optional(),
      userid: z.string().optional(),
    })
    .refine((body) => body.configId !== undefined || body.url !== undefined, 'configId or url is needed'),
  say: z.object({ text: z.string().min(1), userid: z.string().optional() }),
  tap: z.object({ messageId: z.string(), userid: z.string().optional(), open: z.boolean().optional() }),
  edge: z.object({ userid: z.string().optional() }),
  mute: z.object({ userid: z.string().optional(), isMuted: z.boolean().default(true) }),
  muteGroup: z.object({ chatId: z.string(), isMuted: z.boolean().default(true) }),
  tapInGroup: z.object({ chatId: z.string(), messageId: z.string() }),
  buy: z.object({
    lines: z.array(z.object({ sku: z.string(), quantity: z.int().min(1).max(100).optional() })).min(1),
  }),
  open: z.object({ url: z.string() }),
  signedPage: z.object({
    kind: z.enum(['corp', 'app']),
    noncestr: z.string(),
    timestamp: z.coerce.string(),
    url: z.string(),
    signature: z.string(),
  }),
  task: z.object({ id: z.string() }),
  moment: z.object({ momentId: z.string(), userid: z.string() }),
  comment: z.object({ momentId: z.string(), userid: z.string(), text: z.string().min(1) }),
  press: z.object({ msgid: z.string(), key: z.string() }),
  staffMass: z.object({ text: z.string().min(1), externalUserids: z.array(z.string()).optional() }),
  effect: z.object({
    messages: z.array(z.string()),
    people: z.array(z.object({ externalUserid: z.string(), from: z.number(), until: z.number() })),
  }),
  orders: z.object({
    after: z.coerce.number().int().min(0).default(0),
    limit: z.coerce.number().int().min(1).max(10_000).default(500),
  }),
  habits: z.object({
    people: z.partialRecord(z.enum(kindNames as [(typeof kindNames)[number], ...typeof kindNames]), rates).optional(),
    staff: rates.optional(),
  }),
  staffEdge: z.object({ externalUserid: z.string() }),
  staffSay: z.object({ externalUserid: z.string(), text: z.string().min(1) }),
  staffEdit: z.object({
    externalUserid: z.string(),
    remark: z.string().optional(),
    description: z.string().optional(),
    remarkMobiles: z.array(z.string()).optional(),
    addTagIds: z.array(z.string()).optional(),
    removeTagIds: z.array(z.string()).optional(),
  }),
  staff: z.object({
    userid: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_\-@.]{0,63}$/),
    name: z.string().optional(),
    position: z.string().optional(),
    departments: z.array(z.int()).optional(),
    status: z.union([z.literal(1), z.literal(2), z.literal(4), z.literal(5)]).optional(),
    licensed: z.boolean().optional(),
    consoleWelcome: z.boolean().optional(),
  }),
  department: z.object({
    id: z.int().optional(),
    name: z.string().min(1),
    parentId: z.int().optional(),
    order: z.int().optional(),
    leaders: z.array(z.string()).optional(),
  }),
  tag: z.object({ group: z.string().min(1), name: z.string().min(1), order: z.int().optional() }),
  tagChange: z.object({ name: z.string().min(1).optional(), order: z.int().optional() }),
  way: z.object({
    users: z.array(z.string()).min(1),
    state: z.string().optional(),
    remark: z.string().optional(),
    skipVerify: z.boolean().optional(),
  }),
  group: z.object({
    owner: z.string(),
    name: z.string().optional(),
    notice: z.string().optional(),
    admins: z.array(z.string()).optional(),
    members: z.array(z.string()).optional(),
  }),
  groupChange: z.object({ name: z.string().optional(), notice: z.string().optional(), owner: z.string().optional() }),
  join: z.object({
    userids: z.array(z.string()),
    joinScene: z.union([z.literal(1), z.literal(2), z.literal(3)]).optional(),
  }),
  quit: z.object({ userids: z.array(z.string()), quitScene: z.union([z.literal(0), z.literal(1)]).optional() }),
  places: z.array(
    z.object({ name: z.string(), url: z.string(), weight: z.number().min(0), kinds: weights.optional() }),
  ),
  population: z.object({
    perDay: z.number().min(0),
    days: z.number().positive().optional(),
    weights: weights.optional(),
    kindsByState: z.record(z.string(), weights).optional(),
  }),
  adds: z.object({
    configId: z.string(),
    count: z.int().positive(),
    perSecond: z.number().positive(),
    kind: z.enum(personKinds).optional(),
    half: z.boolean().optional(),
  }),
};

/** The sandbox's own API under /_control: no token, no quota, plain HTTP statuses. */
export function addControlRoutes(app: FastifyInstance, control: Control, world: World): void {
  const read = <S extends z.ZodType>(schema: S, body: unknown): ExactInput<z.infer<S>> => {
    const parsed = schema.safeParse(body ?? {});
    if (parsed.success) return parsed.data as ExactInput<z.infer<S>>;
    throw new ControlError('input_invalid', z.prettifyError(parsed.error));
  };
  const get = (path: string, answer: (params: Params, query: Params) => unknown) =>
    app.get(`/_control${path}`, async (request) => answer(request.params as Params, request.query as Params));
  const on = <S extends z.ZodType>(
    method: 'POST' | 'PATCH' | 'DELETE',
    path: string,
    schema: S,
    answer: (input: ExactInput<z.infer<S>>, params: Params) => unknown,
  ) =>
    app.route({
      method,
      url: `/_control${path}`,
      handler: async (request) => (await answer(read(schema, request.body), request.params as Params)) ?? { ok: true },
    });
  const none = z.object({});

  get('/corp', () => ({ ...control.corp(), url: world.url }));
  on('POST', '/corp', shapes.corp, (input) => control.changeCorp(input));
  get('/clock', () => control.clock());
  on('POST', '/clock', shapes.clock, (input) => {
    control.setClock(input);
    return control.clock();
  });
  on('POST', '/step', shapes.step, (input) => control.step(input.to, input.waitMs));
  app.post('/_control/callback', async (request, reply) => {
    const verdict = await control.setCallback(read(shapes.callback, request.body));
    return reply.code(verdict.ok ? 200 : 400).send(verdict);
  });
  on('DELETE', '/callback', none, () => control.clearCallback());
  on('POST', '/faults', shapes.faults, (input) => control.setFaults(input));
  on('DELETE', '/faults', none, () => control.clearFaults());

  get('/truth', () => control.truth());
  get('/stats', () => control.stats());
  get('/deliveries', (_params, query) =>
    query.rows === undefined ? control.deliveries() : { ...control.deliveries(), rows: world.sender.deliveries() },
  );
  on('POST', '/reset', none, () => control.reset());
  on('POST', '/idle', z.object({ timeoutMs: z.int().optional() }), async (input) => ({
    idle: await control.waitUntilIdle(input.timeoutMs),
  }));

  get('/mass-messages', () => control.massMessages());
  get('/moments', () => control.momentTruth());
  on('POST', '/effect', shapes.effect, (input) => control.effect(input));
  get('/orders', (_params, query) => {
    const { after, limit } = read(shapes.orders, query);
    return control.orders(after, limit);
  });
  on('POST', '/js-signature', shapes.signedPage, (input) => control.checkSignature(input));
  get('/products', () => control.products());
  get('/habits', () => control.habits());
  on('POST', '/habits', shapes.habits, (input) => {
    control.setHabits(checkHabits(control, input));
    return control.habits();
  });

  get('/policy', () => control.policy());
  on('POST', '/policy', z.record(z.string(), z.unknown()), (input) => {
    const known = control.policy() as Record<string, unknown>;
    const strange = Object.keys(input).find((name) => typeof known[name] !== typeof input[name]);
    if (strange) throw new ControlError('input_invalid', `there is no such policy: ${strange}`);
    control.setPolicy(input as Partial<Policy>);
    return control.policy();
  });

  get('/people', () => control.people());
  on('POST', '/people', shapes.person, (input) => {
    const person = control.makePerson(input);
    return { id: person.externalUserid, ...person };
  });
  on('POST', '/people/:id/scan', shapes.scan, async ({ configId, url, ...choice }, { id = '' }) => {
    const result = await control.scan(id, configId ?? url ?? '', choice);
    return { staff: 'userid' in result ? result.userid : null, ...result };
  });
  on('POST', '/people/:id/say', shapes.say, (input, { id = '' }) => control.say(id, input.text, input.userid));
  on('POST', '/people/:id/tap', shapes.tap, ({ messageId, ...options }, { id = '' }) =>
    control.tap(id, messageId, options),
  );
  on('POST', '/people/:id/delete', shapes.edge, (input, { id = '' }) => ({
    deleted: control.deleteByCustomer(id, input.userid),
  }));
  on('POST', '/people/:id/mute', shapes.mute, (input, { id = '' }) => control.mute(id, input.isMuted, input.userid));
  on('POST', '/people/:id/mute-group', shapes.muteGroup, (input, { id = '' }) =>
    control.muteGroup(id, input.chatId, input.isMuted),
  );
  on('POST', '/people/:id/tap-in-group', shapes.tapInGroup, (input, { id = '' }) =>
    control.tapInGroup(id, input.chatId, input.messageId),
  );
  on('POST', '/people/:id/buy', shapes.buy, (input, { id = '' }) => control.buy(id, input.lines));
  on('POST', '/people/:id/open', shapes.open, (input, { id = '' }) => control.open(id, input.url));
  get('/people/:id/moments', ({ id = '' }) => control.moments(id));
  on('POST', '/people/:id/like', shapes.moment, (input, { id = '' }) => ({
    liked: control.like(id, input.momentId, input.userid),
  }));
  on('POST', '/people/:id/comment', shapes.comment, (input, { id = '' }) => ({
    commented: control.comment(id, input.momentId, input.userid, input.text),
  }));
  on('POST', '/people/:id/tap-moment', shapes.moment, (input, { id = '' }) =>
    control.tapMoment(id, input.momentId, input.userid),
  );
  get('/people/:id/orders', ({ id = '' }) => control.ordersOf(id));
  on('POST', '/people/:id/accept', shapes.edge, (input, { id = '' }) => ({
    accepted: control.accept(id, input.userid),
  }));
  get('/people/:id/messages', ({ id = '' }, query) => control.messages(id, query.userid));
  on('POST', '/recognise', z.object({ url: z.string() }), async ({ url }) => ({
    configId: (await control.recognise(url)) ?? null,
  }));

  get('/staff', () => control.staff());
  on('POST', '/staff', shapes.staff, (input) => control.addStaff(input));
  on('PATCH', '/staff/:userid', shapes.staff.omit({ userid: true }), (input, { userid = '' }) =>
    control.changeStaff(userid, input),
  );
  on('DELETE', '/staff/:userid', none, (_input, { userid = '' }) => ({ removed: control.removeStaff(userid) }));
  on('POST', '/staff/:userid/accept', shapes.staffEdge, (input, { userid = '' }) => ({
    accepted: control.accept(input.externalUserid, userid),
  }));
  on('POST', '/staff/:userid/say', shapes.staffSay, (input, { userid = '' }) =>
    control.staffSay(userid, input.externalUserid, input.text),
  );
  on('POST', '/staff/:userid/edit', shapes.staffEdit, ({ externalUserid, ...change }, { userid = '' }) =>
    control.staffEdit(userid, externalUserid, change),
  );
  on('POST', '/staff/:userid/delete', shapes.staffEdge, (input, { userid = '' }) => ({
    deleted: control.staffDelete(userid, input.externalUserid),
  }));
  on('POST', '/staff/:userid/open', shapes.open, (input, { userid = '' }) => control.openAsStaff(userid, input.url));
  get('/staff/:userid/tasks', ({ userid = '' }) => control.tasksOf(userid));
  on('POST', '/staff/:userid/confirm', shapes.task, (input, { userid = '' }) => ({
    confirmed: control.confirmTask(userid, input.id),
  }));
  on('POST', '/staff/:userid/refuse', shapes.task, (input, { userid = '' }) => ({
    refused: control.refuseTask(userid, input.id),
  }));
  on('POST', '/staff/:userid/mass', shapes.staffMass, (input, { userid = '' }) => {
    const { msgid } = control.staffMass(userid, input.text, input.externalUserids);
    return { msgid };
  });
  on('POST', '/staff/:userid/moment', shapes.say, (input, { userid = '' }) => {
    const { momentId } = control.staffMoment(userid, input.text);
    return { momentId };
  });
  get('/staff/:userid/app-messages', ({ userid = '' }) =>
    control.appMessages(userid).map((message) => ({ ...message, replaced: Object.fromEntries(message.replaced) })),
  );
  on('POST', '/staff/:userid/press', shapes.press, (input, { userid = '' }) => ({
    pressed: control.pressButton(userid, input.msgid, input.key),
  }));
  get('/departments', () => control.departments());
  on('POST', '/departments', shapes.department, (input) => control.addDepartment(input));
  on('PATCH', '/departments/:id', shapes.department.omit({ id: true }).partial(), (input, { id }) =>
    control.changeDepartment(Number(id), input),
  );
  on('DELETE', '/departments/:id', none, (_input, { id }) => ({ removed: control.removeDepartment(Number(id)) }));
  on('POST', '/tags', shapes.tag, (input) => control.addTag(input));
  on('PATCH', '/tags/:id', shapes.tagChange, (input, { id = '' }) => ({ changed: control.changeTag(id, input) }));
  on('DELETE', '/tags/:id', none, (_input, { id = '' }) => ({ removed: control.removeTag(id) }));
  get('/contact-ways', () => contactWays(world));
  on('POST', '/contact-ways', shapes.way, (input) => control.addContactWay(input));

  on('POST', '/groups', shapes.group, (input) => control.createGroup(input));
  on('PATCH', '/groups/:chatId', shapes.groupChange, (input, { chatId = '' }) => control.changeGroup(chatId, input));
  on('DELETE', '/groups/:chatId', none, (_input, { chatId = '' }) => control.dismissGroup(chatId));
  on('POST', '/groups/:chatId/members', shapes.join, (input, { chatId = '' }) =>
    control.addGroupMembers(chatId, input.userids, input.joinScene),
  );
  on('DELETE', '/groups/:chatId/members', shapes.quit, (input, { chatId = '' }) =>
    control.removeGroupMembers(chatId, input.userids, input.quitScene),
  );

  on('POST', '/places', shapes.places, (input) => control.setPlaces(input));
  on('POST', '/population', shapes.population, (input) => control.setPopulation(input));
  on('POST', '/adds', shapes.adds, (input) => control.adds(input));
}

/** A misspelt rate would otherwise change nothing and say nothing. */
function checkHabits(control: Control, change: z.infer<typeof shapes.habits>): HabitChange {
  const known = control.habits();
  const check = (given: Record<string, unknown>, rates: object) => {
    const strange = Object.keys(given).find((name) => !(name in rates));
    if (strange) throw new ControlError('input_invalid', `there is no habit ${strange}`);
  };
  for (const given of Object.values(change.people ?? {})) check(given, known.people.loyal);
  check(change.staff ?? {}, known.staff);
  return change as HabitChange;
}

type Params = Record<string, string | undefined>;

/** JSON has no undefined: an optional field that zod read is either there or absent. */
type ExactInput<T> = T extends object
  ? { [K in keyof T]: undefined extends T[K] ? ExactInput<Exclude<T[K], undefined>> : ExactInput<T[K]> }
  : T;
