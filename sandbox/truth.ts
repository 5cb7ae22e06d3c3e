import { toSeconds } from './clock.ts';
import type { Edge, Group, Message, Person, Tag, TagGroup, Welcome } from './store.ts';
import { lastSpell } from './store.ts';
import type { World } from './world.ts';

/** What really happened, for whoever checks what siyu believes. Times in Ms or `…At` are simulated milliseconds. */
export type Truth = {
  corpId: string;
  simMs: number;
  people: Person[];
  edges: TruthEdge[];
  welcomes: TruthWelcome[];
  tagGroups: TagGroup[];
  tags: Tag[];
  contactWays: TruthWay[];
  /** By config id; scans of a code deleted since are still counted. */
  scans: Record<string, number>;
  groups: Group[];
  messages: { total: number; fromStaff: number; fromCustomers: number; welcomes: number; taps: number };
  /** Chats in which the customer wrote after a welcome. */
  repliesToWelcome: number;
};

export type TruthEdge = {
  userid: string;
  external_userid: string;
  /** Unix seconds, as the API tells it. */
  createtime: number;
  status: 'half' | 'friends' | 'ended';
  ended: null | 'customer' | 'staff' | 'both';
  endedByCustomerAt: number | null;
  endedByStaffAt: number | null;
  mutedAt: number | null;
  state: string;
  config_id: string | null;
  add_way: number;
  remark: string;
  description: string;
  tags: string[];
  spells: { startedAt: number; endedAt: number | null; endedBy: 'customer' | 'staff' | null }[];
};

export type TruthWelcome = Pick<
  Welcome,
  | 'code'
  | 'userid'
  | 'externalUserid'
  | 'changeType'
  | 'state'
  | 'issuedAt'
  | 'deliveredAt'
  | 'deliveredCount'
  | 'attempts'
  | 'refusals'
> & {
  /** The app tried, but only after the code had died. */
  late: boolean;
  /** Real milliseconds from issuing the code to accepting the message. */
  acceptedAfterMs: number | null;
};

export type TruthWay = {
  configId: string;
  state: string;
  remark: string;
  users: string[];
  parties: number[];
  skipVerify: boolean;
  scene: 1 | 2;
  creator: 'app' | 'console';
  createdAt: number;
  scans: number;
};

export function readTruth(world: World): Truth {
  const { state } = world;
  return {
    corpId: state.corp.corpId,
    simMs: world.clock.now(),
    people: [...state.people.values()],
    edges: [...state.edges.values()].flatMap((edges) => [...edges.values()].map(edgeOf)),
    welcomes: [...state.welcomes.values()].map(welcomeOf),
    tagGroups: [...state.tagGroups.values()],
    tags: [...state.tags.values()],
    contactWays: contactWays(world),
    scans: Object.fromEntries(state.scans),
    groups: [...state.groups.values()],
    ...countMessages(world),
  };
}

export function contactWays({ state }: World): TruthWay[] {
  return [...state.ways.values()].map((way) => ({
    configId: way.configId,
    state: way.state,
    remark: way.remark,
    users: way.users,
    parties: way.parties,
    skipVerify: way.skipVerify,
    scene: way.scene,
    creator: way.creator,
    createdAt: way.createdAt,
    scans: state.scans.get(way.configId) ?? 0,
  }));
}

function edgeOf(edge: Edge): TruthEdge {
  const endedByCustomer = !edge.customerHas;
  const endedByStaff = !edge.staffHas;
  return {
    userid: edge.userid,
    external_userid: edge.externalUserid,
    createtime: toSeconds(edge.createdAt),
    status: endedByCustomer || endedByStaff ? 'ended' : edge.half ? 'half' : 'friends',
    ended: endedByCustomer && endedByStaff ? 'both' : endedByCustomer ? 'customer' : endedByStaff ? 'staff' : null,
    endedByCustomerAt: edge.customerEndedAt,
    endedByStaffAt: edge.staffEndedAt,
    mutedAt: edge.mutedAt,
    state: edge.state,
    config_id: edge.configId,
    add_way: edge.addWay,
    remark: edge.remark,
    description: edge.description,
    tags: edge.tagIds,
    spells: edge.spells.map(({ startedAt, endedAt, endedBy }) => ({ startedAt, endedAt, endedBy })),
  };
}

function welcomeOf(welcome: Welcome): TruthWelcome {
  const { code, userid, externalUserid, changeType, state, issuedAt, deliveredAt, deliveredCount, attempts, refusals } =
    welcome;
  return {
    code,
    userid,
    externalUserid,
    changeType,
    state,
    issuedAt,
    deliveredAt,
    deliveredCount,
    attempts,
    refusals,
    late: refusals.some((refusal) => refusal.realMs > welcome.expiresRealMs),
    acceptedAfterMs: welcome.deliveredRealMs === null ? null : welcome.deliveredRealMs - welcome.issuedRealMs,
  };
}

function countMessages({ state }: World): Pick<Truth, 'messages' | 'repliesToWelcome'> {
  const counts = { total: 0, fromStaff: 0, fromCustomers: 0, welcomes: 0, taps: 0 };
  let repliesToWelcome = 0;
  for (const chat of state.messages.values()) {
    for (const message of chat) countMessage(counts, message);
    const welcomed = chat.findIndex((message) => message.via === 'welcome');
    if (welcomed >= 0 && chat.slice(welcomed).some((message) => message.from === 'customer')) repliesToWelcome += 1;
  }
  return { messages: counts, repliesToWelcome };
}

function countMessage(counts: Truth['messages'], message: Message): void {
  counts.total += 1;
  counts.taps += message.taps.length;
  if (message.from === 'customer') counts.fromCustomers += 1;
  else counts.fromStaff += 1;
  if (message.via === 'welcome') counts.welcomes += 1;
}

export type Stats = {
  simMs: number;
  speed: number;
  staff: number;
  people: number;
  edges: number;
  friends: number;
  half: number;
  ended: number;
  requests: number;
  contactWays: number;
  scans: number;
  welcomes: { issued: number; delivered: number; refused: number };
  callbacks: { raised: number; pending: number };
  planned: number;
  population: World['state']['population'];
};

export function readStats(world: World): Stats {
  const { state } = world;
  const counts = { edges: 0, friends: 0, half: 0, ended: 0 };
  for (const edges of state.edges.values()) {
    for (const edge of edges.values()) {
      counts.edges += 1;
      if (lastSpell(edge).endedAt !== null) counts.ended += 1;
      else if (edge.half) counts.half += 1;
      else counts.friends += 1;
    }
  }
  const welcomes = { issued: state.welcomes.size, delivered: 0, refused: 0 };
  for (const welcome of state.welcomes.values()) {
    welcomes.delivered += welcome.deliveredCount;
    welcomes.refused += welcome.refusals.length;
  }
  return {
    simMs: world.clock.now(),
    speed: world.clock.setting().speed,
    staff: state.staff.size,
    people: state.people.size,
    ...counts,
    requests: state.requests.size,
    contactWays: state.ways.size,
    scans: [...state.scans.values()].reduce((sum, count) => sum + count, 0),
    welcomes,
    callbacks: { raised: world.sender.deliveries().at(-1)?.seq ?? 0, pending: world.sender.pending() },
    planned: world.agenda.all().length,
    population: state.population,
  };
}

export type DeliveryReport = {
  total: number;
  byStatus: Record<string, number>;
  byChangeType: Record<string, number>;
  attempts: number;
  duplicates: number;
  /** From the event to the receiver's 200. */
  ackMs: Percentiles;
  /** From issuing a welcome code to accepting the welcome message. */
  welcomeMs: Percentiles;
};

type Percentiles = { count: number; p50: number; p95: number; p99: number; max: number };

export function readDeliveries(world: World): DeliveryReport {
  const byStatus: Record<string, number> = {};
  const byChangeType: Record<string, number> = {};
  const ackMs: number[] = [];
  let attempts = 0;
  let duplicates = 0;
  const deliveries = world.sender.deliveries();
  for (const delivery of deliveries) {
    byStatus[delivery.status] = (byStatus[delivery.status] ?? 0) + 1;
    byChangeType[delivery.changeType] = (byChangeType[delivery.changeType] ?? 0) + 1;
    attempts += delivery.attempts;
    if (delivery.duplicate) duplicates += 1;
    if (delivery.ackMs !== null) ackMs.push(delivery.ackMs - delivery.raisedMs);
  }
  const welcomeMs = [...world.state.welcomes.values()]
    .filter((welcome) => welcome.deliveredRealMs !== null)
    .map((welcome) => (welcome.deliveredRealMs as number) - welcome.issuedRealMs);
  return {
    total: deliveries.length,
    byStatus,
    byChangeType,
    attempts,
    duplicates,
    ackMs: percentiles(ackMs),
    welcomeMs: percentiles(welcomeMs),
  };
}

function percentiles(values: number[]): Percentiles {
  const sorted = values.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: sorted.at(-1) ?? 0 };
}
