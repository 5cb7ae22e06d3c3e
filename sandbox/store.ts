import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AppMessage } from './app-messages.ts';
import type { GroupMessage, MassTask } from './mass.ts';
import type { Moment, MomentJob } from './moments.ts';
import type { OauthCode } from './oauth.ts';
import type { KindName } from './people/habits.ts';
import type { Subject } from './people/subjects.ts';
import type { ShopEntry } from './shop.ts';

/** Times in the store are simulated milliseconds unless the name says real. */

export type Family =
  | 'directory'
  | 'contactSync'
  | 'agent'
  | 'media'
  | 'customers'
  | 'tags'
  | 'contactWays'
  | 'welcome'
  | 'statistics'
  | 'groups'
  | 'massMessages'
  | 'moments';

export const families: readonly Family[] = [
  'directory',
  'contactSync',
  'agent',
  'media',
  'customers',
  'tags',
  'contactWays',
  'welcome',
  'statistics',
  'groups',
  'massMessages',
  'moments',
];

export type Corp = {
  corpId: string;
  name: string;
  /** Secret of the self-built app. */
  secret: string;
  /** Secret of contact sync (通讯录同步), the only one that may call user/list_id. */
  contactSecret: string;
  agentId: number;
  appName: string;
  /** Proposed callback credentials; the ones in use are in `callback`. */
  token: string;
  encodingAesKey: string;
  callback: { url: string; token: string; encodingAesKey: string } | null;
  /** Null: the check is off, as for apps made before 2022-06-20. */
  trustedIps: string[] | null;
  permissions: Record<Family, boolean>;
  /** Visible range of the app. Null: everyone. */
  visibleUserids: string[] | null;
  /** The brand bound an open-platform account, so customers show their unionid. */
  unionidBound: boolean;
  /** How often one customer, or one group, may receive a mass message: as often as the month has days, 7 in a week, 1 a day. */
  massRule: 'monthly' | 'weekly' | 'daily';
  /** Host, with its port, that pages of the app may have (可信域名). Null: not checked. */
  trustedDomain: string | null;
};

export type Department = { id: number; name: string; parentId: number; order: number; leaders: string[] };

export type Staff = {
  userid: string;
  name: string;
  position: string;
  departments: number[];
  /** 1 active, 2 disabled, 4 not activated, 5 left */
  status: 1 | 2 | 4 | 5;
  /** 客户联系 licence */
  licensed: boolean;
  /** The admin configured a welcome in the console, so the app gets no welcome code. */
  consoleWelcome: boolean;
};

export type Person = {
  externalUserid: string;
  name: string;
  gender: 0 | 1 | 2;
  unionid: string;
  /** A visitor acts only by hand; the others live by their habits. */
  kind: KindName | 'visitor';
  createdAt: number;
  place: string | null;
};

export type Spell = {
  startedAt: number;
  endedAt: number | null;
  endedBy: 'customer' | 'staff' | null;
  /** Somebody wrote: from here on no welcome can be sent. */
  chatStarted: boolean;
  welcomed: boolean;
};

export type Edge = {
  seq: number;
  userid: string;
  externalUserid: string;
  customerHas: boolean;
  staffHas: boolean;
  /** Added without verification and not yet confirmed by the member. */
  half: boolean;
  createdAt: number;
  addWay: number;
  operUserid: string;
  state: string;
  configId: string | null;
  remark: string;
  description: string;
  remarkCompany: string;
  remarkMobiles: string[];
  tagIds: string[];
  personalTags: string[];
  customerEndedAt: number | null;
  staffEndedAt: number | null;
  /** The customer hears no more of this member (消息免打扰). */
  mutedAt: number | null;
  spells: Spell[];
};

/** A friend request that waits for the member (skip_verify false). */
export type FriendRequest = {
  userid: string;
  externalUserid: string;
  configId: string | null;
  state: string;
  addWay: number;
  at: number;
};

export type Welcome = {
  code: string;
  userid: string;
  externalUserid: string;
  /** Which spell of the edge it belongs to. */
  spell: number;
  changeType: 'add_external_contact' | 'add_half_external_contact';
  state: string;
  configId: string | null;
  issuedAt: number;
  issuedRealMs: number;
  expiresRealMs: number;
  deliveredAt: number | null;
  deliveredRealMs: number | null;
  deliveredCount: number;
  attempts: number;
  refusals: { errcode: number; realMs: number }[];
};

export type MessageContent =
  | { kind: 'text'; text: string }
  | { kind: 'image'; url: string }
  | { kind: 'link'; title: string; desc: string; picUrl: string; url: string }
  | { kind: 'miniprogram'; title: string; picUrl: string; appid: string; page: string }
  | { kind: 'video'; url: string; name: string }
  | { kind: 'file'; url: string; name: string; bytes: number };

export type Message = {
  id: string;
  userid: string;
  externalUserid: string;
  from: 'staff' | 'customer';
  via: 'welcome' | 'client' | 'mass';
  /** The mass message that this bubble is part of. */
  msgid?: string;
  at: number;
  content: MessageContent;
  taps: number[];
};

export type ContactWay = {
  seq: number;
  configId: string;
  createdAt: number;
  creator: 'app' | 'console';
  type: 1 | 2;
  scene: 1 | 2;
  style: number | null;
  remark: string;
  skipVerify: boolean;
  state: string;
  users: string[];
  parties: number[];
  isTemp: boolean;
  expiresInSeconds: number;
  chatExpiresInSeconds: number;
  unionid: string | null;
  isExclusive: boolean;
  markSource: boolean;
  conclusions: unknown;
  /** A temporary code works once. */
  used: boolean;
};

export type TagGroup = {
  id: string;
  name: string;
  createdAt: number;
  order: number;
  deleted: boolean;
  creator: 'app' | 'console';
};

export type Tag = {
  id: string;
  groupId: string;
  name: string;
  createdAt: number;
  order: number;
  deleted: boolean;
  creator: 'app' | 'console';
};

type GroupMember = {
  userid: string;
  type: 1 | 2;
  joinedAt: number;
  joinScene: 1 | 2 | 3;
  invitor: string | null;
  state: string | null;
};

export type Group = {
  seq: number;
  chatId: string;
  name: string;
  notice: string;
  owner: string;
  admins: string[];
  createdAt: number;
  dismissed: boolean;
  members: GroupMember[];
  memberVersion: string;
  /** People who hear no more of this group. */
  mutedBy: string[];
};

export type Media = {
  id: string;
  type: 'image' | 'voice' | 'video' | 'file';
  filename: string;
  contentType: string;
  createdAt: number;
  /** uploadimg urls never expire and are no media_id. */
  permanent: boolean;
  /** Uploaded for messages, or by upload_attachment for Moments or the product album. */
  scene: 'messages' | 'moments' | 'album';
  base64: string;
};

/** Figures of one member on one Shanghai day, as 92132 counts them. */
export type DayFigures = {
  newContacts: number;
  messages: number;
  negativeFeedback: number;
  /** By customer: who wrote first and when the member first answered. */
  chats: Map<
    string,
    { firstFrom: 'staff' | 'customer'; firstAt: number; staffWrote: boolean; answeredAt: number | null }
  >;
};

export type Token = { value: string; kind: 'app' | 'contactSync'; expiresRealMs: number; revoked: boolean };

/** For the JS-SDK: of the whole corp (wx.config) or of the app (wx.agentConfig). */
export type Ticket = { kind: 'corp' | 'app'; value: string; expiresRealMs: number };

/** What came to a person, and from whom: the member who sent it or, in a group, who sent it there. */
export type Reach =
  | { kind: 'mass'; id: string; userid: string }
  | { kind: 'client'; id: string; userid: string }
  | { kind: 'moment'; id: string; userid: string }
  | { kind: 'group'; id: string; userid: string; chatId: string };

/** Something a person has read, and by how much it raised the rate at which they buy. */
export type Impression = {
  at: number;
  kind: Reach['kind'];
  id: string;
  userid: string;
  subject: Subject;
  lift: number;
};

/** Something that somebody is going to do at a simulated time. */
export type Action =
  | { kind: 'confirm'; userid: string; externalUserid: string; spell: number }
  | { kind: 'accept'; userid: string; externalUserid: string }
  | { kind: 'arrive' }
  | { kind: 'say'; userid: string; externalUserid: string; text: string }
  | { kind: 'tap'; userid: string; externalUserid: string; messageId: string }
  | { kind: 'leave'; userid: string; externalUserid: string; spell: number }
  | { kind: 'comeBack'; externalUserid: string; configId: string }
  | { kind: 'answer'; userid: string; externalUserid: string; text: string }
  | { kind: 'noteRemark'; userid: string; externalUserid: string }
  | { kind: 'noteTag'; userid: string; externalUserid: string }
  | { kind: 'drop'; userid: string; externalUserid: string; spell: number }
  | { kind: 'mute'; userid: string; externalUserid: string }
  | { kind: 'read'; externalUserid: string; reach: Reach }
  | { kind: 'tapInGroup'; externalUserid: string; chatId: string; messageId: string }
  | { kind: 'muteGroup'; externalUserid: string; chatId: string }
  | { kind: 'quitGroup'; externalUserid: string; chatId: string }
  | { kind: 'tapMoment' | 'likeMoment'; externalUserid: string; userid: string; momentId: string }
  | { kind: 'commentOnMoment'; externalUserid: string; userid: string; momentId: string; text: string }
  /** A mass message or a Moment. */
  | { kind: 'confirmTask' | 'refuseTask'; userid: string; id: string }
  | { kind: 'openAppLink'; userid: string; url: string }
  | { kind: 'buy'; externalUserid: string; cause: string | null }
  | { kind: 'giveBack'; orderNumber: string; amountFen: number };

export type Due = { at: number; seq: number; action: Action };

export type Place = { name: string; url: string; weight: number; kinds?: KindWeights };
export type KindWeights = Partial<Record<KindName, number>>;

export type Population = {
  perDay: number;
  until: number | null;
  weights: KindWeights;
  kindsByState: Record<string, KindWeights>;
  startedAt: number;
  arrived: number;
  scans: number;
  /** Visits to a place whose page failed or showed no code of this sandbox. */
  lostVisits: number;
};

/** An event that was not acknowledged when the program stopped. */
export type Unsent = { xml: string; about: EventAbout };
export type EventAbout = {
  event: string;
  changeType: string;
  userid?: string;
  externalUserid?: string;
  welcomeCode?: string;
  id?: string;
};

export type State = {
  corp: Corp;
  seq: number;
  departments: Map<number, Department>;
  staff: Map<string, Staff>;
  people: Map<string, Person>;
  /** userid → externalUserid → edge, in order of first contact. */
  edges: Map<string, Map<string, Edge>>;
  /** externalUserid → userids that ever had an edge. */
  edgesOf: Map<string, string[]>;
  requests: Map<string, FriendRequest>;
  welcomes: Map<string, Welcome>;
  messages: Map<string, Message[]>;
  ways: Map<string, ContactWay>;
  scans: Map<string, number>;
  tagGroups: Map<string, TagGroup>;
  tags: Map<string, Tag>;
  groups: Map<string, Group>;
  media: Map<string, Media>;
  /** userid → day → figures */
  figures: Map<string, Map<number, DayFigures>>;
  tokens: Map<string, Token>;
  due: Due[];
  places: Place[];
  population: Population | null;
  unsent: Unsent[];
  oauthCodes: Map<string, OauthCode>;
  tickets: Map<Ticket['kind'], Ticket>;
  massTasks: Map<string, MassTask>;
  /** When each customer, or each group, received mass messages. */
  massSends: Map<string, number[]>;
  /** By chat id. */
  groupMessages: Map<string, GroupMessage[]>;
  moments: Map<string, Moment>;
  momentJobs: Map<string, MomentJob>;
  /** By customer and member: how many Moments the customer has got from the member on the day. */
  momentsSeen: Map<string, { day: number; count: number }>;
  appMessages: Map<string, AppMessage>;
  /** Receivers of the app's messages on the day counted last. */
  appSends: { day: number; count: number };
  /** Real times of messages that must not be repeated, by their hash. */
  appRepeats: Map<string, number>;
  /** By external userid, in order of time. */
  impressions: Map<string, Impression[]>;
  shop: ShopEntry[];
};

export function edgeKey(userid: string, externalUserid: string): string {
  return `${userid}|${externalUserid}`;
}

export function findEdge(state: State, userid: string, externalUserid: string): Edge | undefined {
  return state.edges.get(userid)?.get(externalUserid);
}

export function edgesOfPerson(state: State, externalUserid: string): Edge[] {
  return (state.edgesOf.get(externalUserid) ?? [])
    .map((userid) => findEdge(state, userid, externalUserid))
    .filter((edge) => edge !== undefined);
}

export function lastSpell(edge: Edge): Spell {
  return edge.spells.at(-1) as Spell;
}

export function nextSeq(state: State): number {
  state.seq += 1;
  return state.seq;
}

/** Another version is refused: people half understood would be worse than none. */
export const snapshotVersion = 2;

export type Snapshot = { version: number; state: State; random: number[]; clock: { simMs: number } };

export async function readSnapshot(path: string): Promise<Snapshot | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const snapshot: Snapshot = JSON.parse(text, (_key, value) => (isPackedMap(value) ? new Map(value.$map) : value));
  if (snapshot.version === snapshotVersion) return snapshot;
  throw new Error(`${path} holds a sandbox of version ${snapshot.version}; delete it to begin anew`);
}

export async function writeSnapshot(path: string, snapshot: Snapshot): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const text = JSON.stringify(snapshot, (_key, value) => (value instanceof Map ? { $map: [...value] } : value));
  // A crash in the middle of writing must leave the previous snapshot whole.
  await writeFile(`${path}.next`, text);
  await rename(`${path}.next`, path);
}

function isPackedMap(value: unknown): value is { $map: [unknown, unknown][] } {
  return typeof value === 'object' && value !== null && Array.isArray((value as { $map?: unknown }).$map);
}
