import { isListed } from '#sandbox/relations';
import type { Edge, Person, Staff } from '#sandbox/store';
import { edgesOfPerson, findEdge } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import { refuse } from './errors.ts';

/** Checks that several API families share, with the code each refuses with. */

export function requireStaff(world: World, userid: string, unknown: 40003 | 60111): Staff {
  // userids are unique without regard to case (reference §0).
  const { staff } = world.state;
  const found =
    staff.get(userid) ?? [...staff.values()].find((one) => one.userid.toLowerCase() === userid.toLowerCase());
  return found ?? refuse(unknown);
}

export function requireVisible(world: World, userid: string): void {
  if (!isVisible(world.state, userid)) refuse(60011);
}

/** 40096 for an id that never met this corp. */
export function requireKnownPerson(world: World, externalUserid: string): Person {
  const person = world.state.people.get(externalUserid);
  if (!person) refuse(40096);
  const metStaff = world.state.edgesOf.has(externalUserid);
  if (!metStaff && !isGroupMember(world, externalUserid)) refuse(40096);
  return person;
}

function isGroupMember(world: World, externalUserid: string): boolean {
  for (const group of world.state.groups.values()) {
    if (group.members.some((member) => member.userid === externalUserid)) return true;
  }
  return false;
}

export function listedEdges(world: World, externalUserid: string): Edge[] {
  return edgesOfPerson(world.state, externalUserid).filter((edge) => isListed(world, edge));
}

export function requireListedEdge(world: World, userid: string, externalUserid: string): Edge {
  const edge = findEdge(world.state, userid, externalUserid);
  return edge && isListed(world, edge) ? edge : refuse(84061);
}
