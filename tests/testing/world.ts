import { reportPush } from '#acquisition';
import { passFor } from '#channels/email';
import type { Call } from '#contract';
import { createCode, createFolder, getCode } from '#contract/acquisition';
import { listBroadcasts } from '#contract/broadcasts';
import { createCampaign, launchCampaign } from '#contract/campaigns';
import { listOrders, listProducts, tellOrders } from '#contract/commerce';
import { createContent, createContentFolder, createMaterial } from '#contract/content';
import { createAttribute, createTagGroup, listConflicts, listCustomers, listTags } from '#contract/customers';
import { setEmail } from '#contract/email';
import { uploadImport } from '#contract/imports';
import { type JourneyDraft, journeyDraft } from '#contract/journey-graph';
import { createJourney, publishJourney, saveJourney } from '#contract/journeys';
import { createLink, shareLink } from '#contract/links';
import { createApiKey, createUser, listDepartments, listStaff } from '#contract/organization';
import { setRelay } from '#contract/relay';
import { createScript } from '#contract/scripts';
import { type Condition, createSegment, uploadSegmentList } from '#contract/segments';
import { setSms } from '#contract/sms';
import { createAssignment, listTasks } from '#contract/tasks';
import { listTouches } from '#contract/touch';
import { createSource, listSources } from '#contract/web';
import { createWebhook, pingWebhook } from '#contract/webhooks';
import { setConnection } from '#contract/wecom';
import { type Fact, recordEvents } from '#events';
import { applyDepartments, applyStaff } from '#organization';
import { type Ctx, inTransaction } from '#platform/ctx';
import { addDays } from '#platform/days';
import type { Runtime } from '#platform/module';
import { startOperation } from '#platform/operations';
import type { Pump } from '#platform/pump';
import { createSealer } from '#platform/seal';
import { planBroadcasts } from '#touch';
import { secret, type TestApp } from './app.ts';

/** A small shop that is alive: staff, customers with follows, tags, codes. For tests that walk many routes. */
export interface World {
  readonly staff: { readonly li: number; readonly wang: number; readonly zhao: number };
  /** `ofLi` and `ofWang` have one adviser, `ofBoth` two, `left` has left Li. */
  readonly customers: {
    readonly ofLi: number;
    readonly ofWang: number;
    readonly ofBoth: number;
    readonly left: number;
  };
  readonly tags: { readonly vip: number; readonly cat: number; readonly wecom: number };
  readonly codeId: number;
  readonly connection: typeof worldConnection;
  /** What exists, by the name of the field that may hold it; ids in paths by the first part of the path. */
  readonly known: Readonly<Record<string, readonly unknown[]>>;
}

/** Nobody listens at the address: a call to this WeCom fails at once. */
const worldConnection = {
  corpId: 'ww0123456789abcdef',
  agentId: '1000002',
  secret: 'secret-secret-secret-secret',
  token: 'callbacktoken',
  encodingAesKey: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY',
  baseUrl: 'http://127.0.0.1:9',
} as const;

const worldMail = {
  host: '127.0.0.1',
  port: 9,
  security: 'none',
  senderName: '山间茶事',
  senderAddress: 'tea@siyu.test',
} as const;

/** Nobody listens there either. */
async function setUpChannels(siyu: TestApp): Promise<void> {
  await siyu.call(siyu.owner, setEmail, worldMail);
  const sms = { keyId: 'LTAIworldworld', keySecret: 'secretsecret', signName: '山间茶事' };
  await siyu.call(siyu.owner, setSms, { ...sms, endpoint: worldConnection.baseUrl });
  await siyu.call(siyu.owner, setRelay, { url: `${worldConnection.baseUrl}/touches` });
}

const png = Buffer.from('89504e470d0a1a0a0000000d494844520000000100000001', 'hex');

const contentDraft = {
  name: '上新',
  category: 'content' as const,
  wordings: { wecom: { text: '{{ customer.name }}，新品 https://shop.siyu.test/new', attachments: [] } },
  trackedUrls: ['https://shop.siyu.test/new'],
} satisfies Call<typeof createContent>;

/** Lets pumps work, without a worker, until none of them finds anything to do. */
export async function drainPumps(ctx: Ctx, pumps: readonly Pump[]): Promise<void> {
  for (let did = 1; did > 0; ) {
    did = 0;
    for (const pump of pumps) did += await pump.drain(ctx, undefined as never, { number: 0 });
  }
}

/** Makes all waiting facts known here and now. */
export async function projectFacts(siyu: TestApp): Promise<void> {
  const pumps = siyu.app.modules.flatMap((module) => module.pumps ?? []);
  await drainPumps(
    siyu.ctx,
    pumps.filter((pump) => pump.name.startsWith('events.project')),
  );
}

/** Hands over all touches that somebody waits for: tasks come onto their lists. */
export async function deliverTouches(siyu: TestApp): Promise<void> {
  const pumps = siyu.app.modules.flatMap((module) => module.pumps ?? []);
  const pump = pumps.find(({ name }) => name === 'touch.deliver');
  await pump?.drain(siyu.ctx, { clock: siyu.clock } as unknown as Runtime, { number: 0 });
  await pump?.finish?.();
}

/** A mass message that was confirmed and is over. */
async function addOldPack(siyu: TestApp, staffId: number): Promise<number> {
  const { rows } = await siyu.database.pool.query<{ id: number }>(
    `insert into touch_pack (channel, staff_id, kind, message, state, platform_id, customer_count, created_at, ended_at, expires_at)
    values ('wecom_mass', $1, 'campaign', '{"kind":"wecom","text":"你好","attachments":[]}', 'done', 'msg1', 1, $2, $2, $2) returning id`,
    [staffId, siyu.clock.now()],
  );
  return rows[0]?.id ?? 0;
}

export async function seedWorld(siyu: TestApp): Promise<World> {
  const { owner } = siyu;
  await inTransaction(siyu.ctx, async (ctx) => {
    await applyDepartments(ctx, [{ wecomId: 1, parentWecomId: 0, name: '总部', sort: 1 }], ctx.now);
    const member = { alias: '', position: '导购', avatar: null, state: 'active', canFollow: true } as const;
    const departments = [{ wecomId: 1, isLeader: false }];
    for (const [wecomUserid, name] of [
      ['li', '李娜'],
      ['wang', '王强'],
      ['zhao', '赵敏'],
    ] as const) {
      await applyStaff(ctx, [{ ...member, wecomUserid, name, departments }], ctx.now);
    }
  });
  const { rows: staffRows } = await siyu.call(owner, listStaff, {});
  const staffId = (userid: string) => staffRows.find((row) => row.wecomUserid === userid)?.id ?? 0;
  const staff = { li: staffId('li'), wang: staffId('wang'), zhao: staffId('zhao') };
  await siyu.call(owner, setConnection, worldConnection);
  await setUpChannels(siyu);

  const { id: folderId } = await siyu.call(owner, createFolder, { name: '门店' });
  const { id: emptyFolderId } = await siyu.call(owner, createFolder, { name: '空' });
  const groups = [
    await siyu.call(owner, createTagGroup, { name: '等级', kind: 'internal', tags: ['VIP', '爱猫'] }),
    await siyu.call(owner, createTagGroup, { name: '城市', kind: 'wecom', tags: ['上海'] }),
  ];
  const tagRows = (await siyu.call(owner, listTags, {})).groups.flatMap((group) => group.tags);
  const tagId = (name: string) => tagRows.find((tag) => tag.name === name)?.id ?? 0;
  const tags = { vip: tagId('VIP'), cat: tagId('爱猫'), wecom: tagId('上海') };
  const everyDay = [1, 2, 3, 4, 5, 6, 7];
  const codeIds: number[] = [];
  for (const [name, entry] of [
    ['南京路店', 'direct'],
    ['包装卡', 'landing'],
  ] as const) {
    const { id } = await siyu.call(owner, createCode, {
      name,
      entry,
      folderId,
      source: 'shop',
      rotation: [{ staffIds: [staff.li], weekdays: everyDay, fromMinute: 0, toMinute: 1440 }],
      tagIds: [tags.vip],
    });
    codeIds.push(id);
    const report = { revision: 2, configId: `config${id}`, qrUrl: 'https://wework.qpic.cn/qr', qrImage: png };
    await inTransaction(siyu.ctx, (ctx) => reportPush(ctx, id, report));
  }
  const slugs = await Promise.all(
    codeIds.map(async (id) => (await siyu.call(owner, getCode, { id })).scanUrl?.split('/q/')[1]),
  );

  const at = (minutesAgo: number) => new Date(siyu.clock.now().getTime() - minutesAgo * 60_000);
  const added = (externalUserid: string, staffUserid: string, minutesAgo: number): Fact => ({
    name: 'follow.added',
    source: 'test',
    messageId: `add ${externalUserid} ${staffUserid}`,
    occurredAt: at(minutesAgo),
    payload: { externalUserid, staffUserid, codeId: codeIds[0] ?? null, welcomeCode: 'W', isHalf: false },
  });
  const observed = (externalUserid: string, name: string, staffUserids: readonly string[]): Fact => ({
    name: 'customer.observed',
    source: 'test',
    messageId: `seen ${externalUserid}`,
    occurredAt: at(5),
    payload: {
      externalUserid,
      observedAt: at(5),
      readAt: new Date(),
      isWhole: false,
      profile: { name, avatar: null, kind: 'wechat', gender: 'female', unionid: null, corpName: null, position: null },
      follows: staffUserids.map((staffUserid) => ({
        staffUserid,
        createdAt: at(60),
        codeId: null,
        addWay: 1,
        remark: '',
        description: '',
        mobiles: name === '王小芳' ? ['13800000001'] : [],
        tagWecomIds: [],
      })),
    },
  });
  await inTransaction(siyu.ctx, (ctx) =>
    recordEvents(ctx, [
      added('wmOfLi00001', 'li', 60),
      added('wmOfWang0001', 'wang', 60),
      added('wmOfBoth0001', 'li', 60),
      added('wmOfBoth0001', 'wang', 60),
      added('wmLeft000001', 'li', 60),
      {
        name: 'follow.ended',
        source: 'test',
        messageId: 'left',
        occurredAt: at(10),
        payload: { externalUserid: 'wmLeft000001', staffUserid: 'li', by: 'customer' },
      },
      observed('wmOfLi00001', '王小芳', ['li']),
      observed('wmOfWang0001', '陈晨', ['wang']),
      observed('wmOfBoth0001', '周周', ['li', 'wang']),
      observed('wmLeft000001', '孙离', []),
    ]),
  );
  await projectFacts(siyu);
  const people = await seedPeople(siyu);
  const { rows } = await siyu.call(owner, listCustomers, {});
  const customerId = (name: string) => rows.find((row) => row.name === name)?.id ?? 0;
  const customers = {
    ofLi: customerId('王小芳'),
    ofWang: customerId('陈晨'),
    ofBoth: customerId('周周'),
    left: customerId('孙离'),
  };

  await siyu.call(owner, createAttribute, { key: 'city', name: '城市', kind: 'text' });
  await siyu.call(owner, createAttribute, { key: 'size', name: '尺码', kind: 'choice', choices: ['S', 'M'] });
  const operationId = await inTransaction(siyu.ctx, (ctx) =>
    startOperation(ctx, { kind: 'customer.tag', input: { filter: {}, add: [tags.cat], remove: [] } }),
  );
  const material = await siyu.ask(owner, createMaterial, { name: 'a.png' }, png);
  const contentFolders = await Promise.all(
    (['content', 'script'] as const).map((kind) => siyu.call(owner, createContentFolder, { kind, name: '节日' })),
  );
  const content = await siyu.call(owner, createContent, contentDraft);
  const script = await siyu.call(owner, createScript, { title: '报价', words: '{{ customer.name }}您好' });
  const link = await siyu.call(owner, createLink, { url: 'https://shop.siyu.test/new', title: '新品' });
  const { address } = await siyu.call(owner, shareLink, { id: link.id });
  const other = { name: 'Other', email: 'other@siyu.test', role: 'viewer', password: 'correct horse battery' } as const;
  const user = await siyu.call(owner, createUser, other);
  const key = await siyu.call(owner, createApiKey, { name: 'old', permissions: ['tag.write'] });
  const { id: sourceId } = await siyu.call(owner, createSource, { name: '官网', kind: 'website' });
  const { rows: sources } = await siyu.call(owner, listSources, {});
  const departments = await siyu.call(owner, listDepartments, {});
  const webhook = await siyu.call(owner, createWebhook, { url: 'https://hooks.siyu.test/' });
  const { deliveryId } = await siyu.call(owner, pingWebhook, { id: webhook.id });

  await siyu.call(owner, tellOrders, {
    orders: [
      {
        shop: '天猫',
        number: 'T1',
        updatedAt: at(30).toISOString(),
        orderedAt: at(30).toISOString(),
        accounts: [{ kind: 'wecom', value: 'wmOfLi00001' }],
        lines: [{ key: '1', sku: 'tea', name: '岩茶', quantity: 1, amountFen: 9900 }],
        refunds: [{ key: 'r', refundedAt: at(20).toISOString(), amountFen: 900 }],
      },
      { shop: '天猫', number: 'T2', updatedAt: at(30).toISOString(), orderedAt: at(30).toISOString(), totalFen: 100 },
    ],
  });
  await projectFacts(siyu);
  const orders = await siyu.call(owner, listOrders, {});
  const products = await siyu.call(owner, listProducts, {});
  const file = Buffer.from('订单号,下单时间,SKU,数量,单价\nF1,2026-11-01 08:00,tea,1,99\nF2,someday,tea,1,99\n');
  const uploaded = await siyu.ask(owner, uploadImport, { kind: 'orders', name: '订单.csv' }, file);
  const trees = treesOf(tags.vip);
  const segments: number[] = [];
  for (const [i, tree] of trees.slice(0, 2).entries()) {
    segments.push((await siyu.call(owner, createSegment, { name: `人群${i}`, tree })).id);
  }
  const pumps = siyu.app.modules.flatMap((module) => module.pumps ?? []);
  await drainPumps(
    siyu.ctx,
    pumps.filter((pump) => pump.name === 'segments.fill'),
  );
  const offer = await siyu.call(owner, createContent, {
    name: '周末上新',
    category: 'promotion',
    wordings: { wecom: { text: '新品上架' } },
  });
  // One that runs: its touches wait for a gate that does not work here.
  const campaign = await siyu.call(owner, createCampaign, {
    name: '周末上新',
    who: { kind: 'segment', segmentId: segments[0] ?? 0 },
    variants: [{ part: 'A', contentId: offer.id }],
  });
  await siyu.call(owner, launchCampaign, { id: campaign.id });
  await drainPumps(
    siyu.ctx,
    pumps.filter((pump) => pump.name === 'campaigns.run'),
  );
  const list = await siyu.ask(owner, uploadSegmentList, { name: '名单' }, Buffer.from('wmOfLi00001\n13800000001\n'));

  const journeys = await seedJourneys(siyu, tags.vip);
  const today = siyu.clock.now().toISOString().slice(0, 10);
  await siyu.call(owner, createAssignment, {
    customerIds: [customers.ofLi, customers.ofWang],
    category: 'service',
    title: '回访',
    dueOn: addDays(today, 1),
    lastDay: addDays(today, 5),
  });
  await deliverTouches(siyu);
  const tasks = await siyu.call(owner, listTasks, {});
  const touches = await siyu.call(owner, listTouches, { channel: 'staff_task' });
  const packId = await addOldPack(siyu, staff.li);

  await inTransaction(siyu.ctx, (ctx) =>
    planBroadcasts(ctx, {
      purpose: 'manual:1',
      kind: 'manual',
      sourceId: null,
      part: null,
      category: 'content',
      versionId: content.versionId,
      audience: { channel: 'wecom_moment', staffIds: [staff.li], tagIds: [] },
      dueAt: ctx.now,
      expiresAt: new Date(ctx.now.getTime() + 86_400_000),
    }),
  );
  const broadcasts = await siyu.call(owner, listBroadcasts, {});

  const staffIds = Object.values(staff);
  const tagIds = Object.values(tags);
  const customerIds = Object.values(customers);
  return {
    staff,
    customers,
    tags,
    codeId: codeIds[0] ?? 0,
    connection: worldConnection,
    known: {
      '/customers': customerIds,
      '/codes': codeIds,
      '/segments': segments,
      '/touches': [touches.rows[0]?.id],
      '/touch-packs': [packId],
      '/segment-lists': [list.body.id],
      '/campaigns': [campaign.id],
      number: [1],
      contentId: [content.id],
      part: ['A', 'B'],
      tree: trees,
      first: trees,
      second: trees,
      segmentId: segments,
      '/journeys': journeys,
      draft: [journeyOf(tags.vip)],
      revision: [2],
      customerId: customerIds,
      '/code-folders': [emptyFolderId, folderId],
      '/orders': orders.rows.map((row) => row.id),
      '/products': products.rows.map((row) => row.id),
      '/imports': [uploaded.body.id],
      product: products.rows.map((row) => row.id),
      shop: ['天猫'],
      '/tasks': tasks.rows.map((row) => row.id),
      ids: tasks.rows.map((row) => row.id),
      dueOn: [addDays(today, 1)],
      lastDay: [addDays(today, 5)],
      until: [addDays(today, 2)],
      '/broadcasts': broadcasts.rows.map((row) => row.id),
      '/staff': staffIds,
      '/tags': tagIds,
      '/tag-groups': groups.map((group) => group.id),
      '/materials': [material.body.id],
      '/content-folders': contentFolders.map((folder) => folder.id),
      '/contents': [content.id],
      versionId: [content.versionId],
      wordings: [contentDraft.wordings],
      '/links': [link.id],
      linkCode: [address.split('/l/')[1]],
      '/scripts': [script.id],
      '/operations': [operationId],
      '/users': [user.id],
      '/keys': [key.id],
      '/sources': [sourceId],
      '/webhooks': [webhook.id],
      '/webhook-deliveries': [deliveryId],
      webhook: [webhook.id],
      customer: customerIds,
      '/merges': [people.mergeId],
      a: [people.a],
      b: [people.b],
      customerIds,
      staff: staffIds,
      staffId: staffIds,
      staffIds,
      backupStaffIds: staffIds,
      code: codeIds,
      tags: [String(tags.vip), `${tags.vip},${tags.wecom}`],
      tagIds,
      add: tagIds,
      remove: tagIds,
      groupId: groups.map((group) => group.id),
      folder: [folderId],
      folderId: [folderId],
      department: departments.rows.map((row) => row.id),
      materialId: [material.body.id],
      key: ['city', 'size'],
      slug: slugs.filter((slug) => slug !== undefined),
      baseUrl: [worldConnection.baseUrl],
      token: [worldConnection.token],
      writeKey: sources.map((source) => source.writeKey),
      host: [worldMail.host],
      port: [worldMail.port],
      endpoint: [worldConnection.baseUrl],
      pass: [passFor(createSealer(secret), { accountId: 1, touchId: 1 })],
    },
  };
}

/** Two shoppers who turned out to be one, and two who share a phone number, for somebody to decide about. */
async function seedPeople(siyu: TestApp): Promise<{ mergeId: number; a: number; b: number }> {
  const viewed = (...accounts: { kind: string; value: string }[]): Fact => ({
    name: 'event.tracked',
    source: 'test',
    messageId: `viewed ${accounts.map((account) => account.value)}`,
    occurredAt: siyu.clock.now(),
    payload: { accounts, event: 'page.viewed', properties: {} },
  });
  const user = (value: string) => ({ kind: 'user', value });
  const phone = { kind: 'phone', value: '13900000009' };
  const browser = { kind: 'anonymous', value: 'browser' };
  for (const fact of [
    viewed(user('shopper1')),
    viewed(browser),
    viewed(user('shopper1'), browser),
    viewed(user('shopper2'), phone),
    viewed(user('shopper3'), phone),
  ]) {
    await inTransaction(siyu.ctx, (ctx) => recordEvents(ctx, [fact]));
    await projectFacts(siyu);
  }
  const { rows: merges } = await siyu.database.pool.query<{ id: number }>('select id from customer_merge');
  const { rows: conflicts } = await siyu.call(siyu.owner, listConflicts, {});
  return { mergeId: merges[0]?.id ?? 0, a: conflicts[0]?.a.id ?? 0, b: conflicts[0]?.b.id ?? 0 };
}

/** Nodes that need nothing but a tag. */
function journeyOf(tagId: number, days = 1): JourneyDraft {
  return journeyDraft.parse({
    triggers: [
      { kind: 'hand', data: {} },
      { kind: 'event', data: { name: 'order.paid', filters: [] } },
    ],
    start: 'w',
    nodes: [
      { id: 'w', kind: 'wait', x: 0, y: 0, data: { amount: days, unit: 'days' }, next: { next: 't' } },
      { id: 't', kind: 'tag', x: 0, y: 100, data: { add: [tagId] }, next: { next: 'e' } },
      { id: 'e', kind: 'end', x: 0, y: 200, data: {} },
    ],
    exits: [{ kind: 'event', data: { name: "'; drop table journey; --", filters: [] } }],
    goal: { name: 'order.paid', windowDays: 30 },
    reentry: { kind: 'never' },
  });
}

/** Two that run, with a draft that says something else by now. */
async function seedJourneys({ call, owner }: TestApp, tagId: number): Promise<number[]> {
  const ids: number[] = [];
  for (const name of ['关怀', '回访']) {
    const { id } = await call(owner, createJourney, { name, draft: journeyOf(tagId) });
    await call(owner, publishJourney, { id, revision: 1 });
    await call(owner, saveJourney, { id, name, draft: journeyOf(tagId, 2), revision: 1 });
    ids.push(id);
  }
  return ids;
}

/** Rules of many kinds, with texts that careless code trips over. */
function treesOf(tagId: number): Condition[] {
  const within = { kind: 'last', amount: 30, unit: 'days' } as const;
  const event = { kind: 'event' as const, name: 'follow.added', filters: [], window: within };
  return [
    { kind: 'tag', mode: 'any', tagIds: [tagId] },
    {
      kind: 'all',
      of: [
        { ...event, measure: { of: 'count' }, compare: { op: 'gte', value: 1 } },
        { kind: 'gender', values: ['female'] },
      ],
    },
    {
      kind: 'not',
      of: { kind: 'attribute', key: 'city', test: { op: 'is_any', values: ["'; drop table customer; --", '上海'] } },
    },
    {
      ...event,
      filters: [{ property: `"'\\`, test: { op: 'contains', text: '%_\\' } }],
      measure: { of: 'avg', property: "a' or '1" },
      compare: { op: 'between', value: -1e11, to: 1e11 },
    },
    {
      kind: 'any',
      of: [
        { kind: 'order_gap', which: 'latest', compare: { op: 'lt', value: 30 } },
        { kind: 'rfm', groups: ["x'"] },
      ],
    },
    { kind: 'top', by: { of: 'score', field: 'relation' }, take: { of: 'share', basisPoints: 1000 } },
    { kind: 'segment', segmentId: 9_007_199_254_740_991 },
    { kind: 'attribute', key: 'size', test: { op: 'birthday', days: 3, calendar: 'lunar' } },
  ];
}

/** Routes whose answer is a refusal even when all is right, because of the state a seeded world is in. */
export const worldRefusals: Readonly<Record<string, string>> = {
  // Tasks are done by the adviser whose they are, and by no owner.
  finishTask: 'task_of_other',
  postponeTask: 'task_of_other',
  refuseTask: 'task_of_other',
  undoTask: 'task_of_other',
  setUpOwner: 'setup_done',
  // The campaign that was made before it, and its copy, speak of it.
  deleteSegment: 'segment_in_use',
  // What became of its touch is known, and its pack is over.
  decideTouch: 'touch_known',
  remindTouchPack: 'pack_not_waiting',
  cancelTouchPack: 'pack_over',
  decideTouchPack: 'pack_known',
  // Its campaign is under way, and can only be paused, resumed and cancelled.
  updateCampaign: 'campaign_not_draft',
  deleteCampaign: 'campaign_not_draft',
  launchCampaign: 'campaign_not_draft',
  withdrawCampaign: 'campaign_under_way',
  approveCampaign: 'campaign_not_waiting',
  rejectCampaign: 'campaign_not_waiting',
  // The test's file is no table; the import of the world has been started by the time it is to be changed.
  uploadImport: 'import_file_unreadable',
  setImport: 'import_started',
  deleteImport: 'import_started',
  // The file of the test is no picture, as the material of the world is.
  replaceMaterial: 'material_type_unsupported',
  // A Moment waits for nobody who could be reminded of it, and nobody has to decide about it.
  remindBroadcast: 'broadcast_not_waiting',
  decideBroadcast: 'broadcast_known',
  // Nobody listens at the address of the world's WeCom.
  getJsSignature: 'wecom_unavailable',
  verifyCallback: 'wecom_callback_signature',
  receiveCallback: 'wecom_callback_malformed',
};
