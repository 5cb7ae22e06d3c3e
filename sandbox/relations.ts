import { externalContactEvent } from './callbacks/events.ts';
import { dayOf } from './clock.ts';
import type { ContactWay, DayFigures, Edge, FriendRequest, Person, Staff, State, Welcome } from './store.ts';
import { edgeKey, edgesOfPerson, findEdge, lastSpell, nextSeq } from './store.ts';
import type { World } from './world.ts';
import { emit, tell } from './world.ts';

/**
 * Who has added whom. Everything here is done by people in their clients, so it raises callbacks; changes made
 * through the API live in protocol/ and raise none (reference §10.1).
 */

export type ScanResult =
  | { kind: 'added'; userid: string; half: boolean; welcomeCode: string | null }
  | { kind: 'already'; userid: string }
  /** Waits for the member to accept. */
  | { kind: 'requested'; userid: string }
  | { kind: 'refused'; problem: 'code_unknown' | 'code_used' | 'code_expired' | 'code_for_another' | 'nobody_there' };

export type ScanChoice = {
  /** Forces or forbids add_half_external_contact first; absent: by the policy's share. */
  half?: boolean;
  /** Makes the code pick this member, who must be one of its own. */
  userid?: string;
};

/** A person scans a contact way (渠道活码). */
export function scan(world: World, at: number, person: Person, configId: string, choice: ScanChoice = {}): ScanResult {
  const { state, random } = world;
  const way = state.ways.get(configId);
  if (!way) return { kind: 'refused', problem: 'code_unknown' };
  state.scans.set(configId, (state.scans.get(configId) ?? 0) + 1);
  if (way.isTemp) {
    if (way.used) return { kind: 'refused', problem: 'code_used' };
    if (way.createdAt + way.expiresInSeconds * 1000 < at) return { kind: 'refused', problem: 'code_expired' };
    if (way.unionid !== null && way.unionid !== person.unionid) return { kind: 'refused', problem: 'code_for_another' };
  }
  const members = membersOfWay(state, way);
  const friends = edgesOfPerson(state, person.externalUserid).filter(areFriends);
  // is_exclusive: whoever already has one of our members is led back to that member.
  const own = way.isExclusive ? friends[0]?.userid : undefined;
  const userid = own ?? (choice.userid && members.includes(choice.userid) ? choice.userid : undefined);
  if (userid === undefined && members.length === 0) return { kind: 'refused', problem: 'nobody_there' };
  const picked = userid ?? random.pick(members);
  if (friends.some((edge) => edge.userid === picked)) return { kind: 'already', userid: picked };
  way.used = true;

  const request: FriendRequest = {
    userid: picked,
    externalUserid: person.externalUserid,
    configId,
    state: way.state,
    addWay: 1,
    at,
  };
  if (!way.skipVerify) {
    const key = edgeKey(picked, person.externalUserid);
    if (!state.requests.has(key)) {
      state.requests.set(key, request);
      tell(world, { kind: 'requested', at, userid: picked, externalUserid: person.externalUserid });
    }
    return { kind: 'requested', userid: picked };
  }
  const half = choice.half ?? random.chance(world.settings.policy.halfFirst);
  return { kind: 'added', userid: picked, half, welcomeCode: add(world, at, request, half) };
}

/** Members behind a code who can be added: departments expanded, active and licensed. */
function membersOfWay(state: State, way: Pick<ContactWay, 'users' | 'parties'>): string[] {
  const userids = new Set(way.users);
  for (const party of way.parties) for (const userid of membersOfParty(state, party)) userids.add(userid);
  return [...userids].filter((userid) => canBeAdded(state.staff.get(userid)));
}

export function membersOfParty(state: State, departmentId: number): string[] {
  const inside = new Set([departmentId]);
  // Departments are stored parents first or not at all in order, so sweep until nothing is added.
  for (let grew = true; grew; ) {
    grew = false;
    for (const { id, parentId } of state.departments.values()) {
      if (inside.has(parentId) && !inside.has(id)) {
        inside.add(id);
        grew = true;
      }
    }
  }
  return [...state.staff.values()]
    .filter((staff) => staff.departments.some((id) => inside.has(id)))
    .map((staff) => staff.userid);
}

function canBeAdded(staff: Staff | undefined): boolean {
  return staff !== undefined && staff.status === 1 && staff.licensed;
}

export function areFriends(edge: Edge): boolean {
  return edge.customerHas && edge.staffHas;
}

/** Whether list and get show the edge (reference §13.6). */
export function isListed(world: World, edge: Edge): boolean {
  if (!edge.staffHas || world.state.staff.get(edge.userid) === undefined) return false;
  if (edge.half && !world.settings.policy.halfReadable) return false;
  return edge.customerHas || world.settings.policy.keepAfterCustomerDelete;
}

/** The member accepts a waiting request, or confirms a customer who was added without verification. */
export function accept(world: World, at: number, userid: string, externalUserid: string): boolean {
  const key = edgeKey(userid, externalUserid);
  const request = world.state.requests.get(key);
  if (request) {
    world.state.requests.delete(key);
    add(world, at, request, false);
    return true;
  }
  const edge = findEdge(world.state, userid, externalUserid);
  if (!edge?.half || !areFriends(edge)) return false;
  edge.half = false;
  const spell = lastSpell(edge);
  // A welcome already sent through the half add leaves nothing to give with the second event.
  const welcomeCode = spell.welcomed ? null : issueWelcome(world, at, edge, 'add_external_contact');
  emit(world, externalContactEvent('add_external_contact', at, eventFields(edge, welcomeCode)));
  tell(world, { kind: 'confirmed', at, edge });
  return true;
}

function add(world: World, at: number, request: FriendRequest, half: boolean): string | null {
  const { state } = world;
  const { userid, externalUserid } = request;
  const person = state.people.get(externalUserid) as Person;
  const known = findEdge(state, userid, externalUserid);
  const edge = known ?? makeEdge(state, at, request, person);
  if (known) {
    // A member who had deleted the customer starts from a clean card; otherwise remark and tags are still there.
    if (!known.staffHas) Object.assign(known, blankCard(person));
    known.customerHas = true;
    known.staffHas = true;
    known.customerEndedAt = null;
    known.staffEndedAt = null;
    known.mutedAt = null;
    known.createdAt = at;
    known.state = request.state;
    known.configId = request.configId;
    known.addWay = request.addWay;
  }
  edge.half = half;
  edge.spells.push({ startedAt: at, endedAt: null, endedBy: null, chatStarted: false, welcomed: false });
  figuresOf(state, userid, at).newContacts += 1;
  const changeType = half ? 'add_half_external_contact' : 'add_external_contact';
  const welcomeCode = issueWelcome(world, at, edge, changeType);
  emit(world, externalContactEvent(changeType, at, eventFields(edge, welcomeCode)));
  tell(world, { kind: 'added', at, edge, half, again: known !== undefined });
  return welcomeCode;
}

function makeEdge(state: State, at: number, request: FriendRequest, person: Person): Edge {
  const { userid, externalUserid } = request;
  const edge: Edge = {
    seq: nextSeq(state),
    userid,
    externalUserid,
    customerHas: true,
    staffHas: true,
    half: false,
    createdAt: at,
    addWay: request.addWay,
    operUserid: externalUserid,
    state: request.state,
    configId: request.configId,
    ...blankCard(person),
    customerEndedAt: null,
    staffEndedAt: null,
    mutedAt: null,
    spells: [],
  };
  let own = state.edges.get(userid);
  if (!own) {
    own = new Map();
    state.edges.set(userid, own);
  }
  own.set(externalUserid, edge);
  const followers = state.edgesOf.get(externalUserid);
  if (followers) followers.push(userid);
  else state.edgesOf.set(externalUserid, [userid]);
  return edge;
}

function blankCard(person: Person) {
  return {
    // The client shows the nickname until the member writes something else, and so does the API.
    remark: person.name,
    description: '',
    remarkCompany: '',
    remarkMobiles: [],
    tagIds: [],
    personalTags: [],
  } satisfies Partial<Edge>;
}

function eventFields(edge: Edge, welcomeCode: string | null) {
  const { userid, externalUserid, state } = edge;
  return { userid, externalUserid, state, ...(welcomeCode !== null && { welcomeCode }) };
}

/** @returns null when the platform gives no code: chat already started, or a console welcome answers (§6.3). */
function issueWelcome(world: World, at: number, edge: Edge, changeType: Welcome['changeType']): string | null {
  const { state, random, settings } = world;
  if (lastSpell(edge).chatStarted || state.staff.get(edge.userid)?.consoleWelcome) return null;
  const code = random.id(43);
  const issuedRealMs = Date.now();
  state.welcomes.set(code, {
    code,
    userid: edge.userid,
    externalUserid: edge.externalUserid,
    spell: edge.spells.length - 1,
    changeType,
    state: edge.state,
    configId: edge.configId,
    issuedAt: at,
    issuedRealMs,
    expiresRealMs: issuedRealMs + settings.policy.welcomeTtlMs,
    deliveredAt: null,
    deliveredRealMs: null,
    deliveredCount: 0,
    attempts: 0,
    refusals: [],
  });
  return code;
}

/** The customer deletes the member: the member keeps the customer in their list. */
export function deleteByCustomer(world: World, at: number, userid: string, externalUserid: string): boolean {
  const edge = findEdge(world.state, userid, externalUserid);
  if (!edge?.customerHas) return false;
  edge.customerHas = false;
  edge.customerEndedAt = at;
  endSpell(edge, at, 'customer');
  if (edge.staffHas) figuresOf(world.state, userid, at).negativeFeedback += 1;
  emit(world, externalContactEvent('del_follow_user', at, { userid, externalUserid }));
  tell(world, { kind: 'ended', at, edge, by: 'customer' });
  return true;
}

/** The member deletes the customer, who is not told. */
export function deleteByStaff(world: World, at: number, userid: string, externalUserid: string): boolean {
  const edge = findEdge(world.state, userid, externalUserid);
  if (!edge?.staffHas) return false;
  edge.staffHas = false;
  edge.staffEndedAt = at;
  endSpell(edge, at, 'staff');
  emit(world, externalContactEvent('del_external_contact', at, { userid, externalUserid }));
  tell(world, { kind: 'ended', at, edge, by: 'staff' });
  return true;
}

export function mute(world: World, at: number, edge: Edge, isMuted: boolean): void {
  edge.mutedAt = isMuted ? at : null;
  tell(world, { kind: 'muted', at, edge });
}

function endSpell(edge: Edge, at: number, by: 'customer' | 'staff'): void {
  const spell = lastSpell(edge);
  if (spell.endedAt !== null) return;
  spell.endedAt = at;
  spell.endedBy = by;
}

export type CardChange = {
  remark?: string;
  description?: string;
  remarkMobiles?: string[];
  addTagIds?: string[];
  removeTagIds?: string[];
};

/** The member edits the customer's card in the client. */
export function editCard(world: World, at: number, edge: Edge, change: CardChange): void {
  if (change.remark !== undefined) edge.remark = change.remark;
  if (change.description !== undefined) edge.description = change.description;
  if (change.remarkMobiles !== undefined) edge.remarkMobiles = [...change.remarkMobiles];
  applyTags(edge, change.addTagIds ?? [], change.removeTagIds ?? []);
  const { userid, externalUserid } = edge;
  emit(world, externalContactEvent('edit_external_contact', at, { userid, externalUserid }));
  tell(world, { kind: 'noted', at, edge });
}

export function applyTags(edge: Edge, addTagIds: readonly string[], removeTagIds: readonly string[]): void {
  const removed = new Set(removeTagIds);
  const kept = edge.tagIds.filter((id) => !removed.has(id));
  edge.tagIds = [...new Set([...kept, ...addTagIds])];
}

export function figuresOf(state: State, userid: string, at: number): DayFigures {
  let days = state.figures.get(userid);
  if (!days) {
    days = new Map();
    state.figures.set(userid, days);
  }
  const day = dayOf(at);
  let figures = days.get(day);
  if (!figures) {
    figures = { newContacts: 0, messages: 0, negativeFeedback: 0, chats: new Map() };
    days.set(day, figures);
  }
  return figures;
}
