import { z } from 'zod';
import { toSeconds } from '#sandbox/clock';
import { isListed } from '#sandbox/relations';
import type { Edge, Person } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import { listedEdges, requireKnownPerson, requireListedEdge, requireStaff, requireVisible } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse, refuseField } from './errors.ts';
import { chars, id, list, rawId } from './fields.ts';
import { pageOf } from './paging.ts';

const followersPerPage = 500;

/** Customers and the edges to the members who added them (reference §3.1). */
export const customerEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/cgi-bin/externalcontact/get_follow_user_list',
    family: 'customers',
    empty: () => ({ follow_user: [] }),
    handle: ({ world }) => {
      const licensed = [...world.state.staff.values()].filter((one) => one.licensed && one.status === 1);
      return () => ({
        follow_user: licensed.map((one) => one.userid).filter((userid) => isVisible(world.state, userid)),
      });
    },
  },
  endpoint({
    method: 'GET',
    path: '/cgi-bin/externalcontact/list',
    family: 'customers',
    request: z.object({ userid: rawId().default('') }),
    empty: () => ({ external_userid: [] }),
    handle: ({ world }, { userid }) => {
      if (userid === '') refuse(60111);
      const staff = requireStaff(world, userid, 40003);
      requireVisible(world, staff.userid);
      const listed = staff.licensed ? edgesOfStaff(world, staff.userid) : [];
      if (listed.length === 0) refuse(84061);
      return () => ({ external_userid: listed.map((edge) => edge.externalUserid) });
    },
  }),
  endpoint({
    method: 'GET',
    path: '/cgi-bin/externalcontact/get',
    family: 'customers',
    request: z.object({ external_userid: rawId().default(''), cursor: z.string().optional() }),
    empty: () => ({ follow_user: [] }),
    handle: ({ world }, { external_userid, cursor }) => {
      if (external_userid === '') refuse(41035);
      const person = requireKnownPerson(world, external_userid);
      const listed = listedEdges(world, external_userid);
      if (listed.length === 0) refuse(84061);
      const visible = listed.filter((edge) => isVisible(world.state, edge.userid));
      if (visible.length === 0) refuse(40096);
      const page = pageOf(world.cursors, visible, (edge) => edge.seq, {
        query: `externalcontact/get ${external_userid}`,
        cursor,
        limit: followersPerPage,
      });
      return () => {
        const { items, nextCursor } = page();
        return {
          external_contact: contactOf(world, person),
          follow_user: items.map((edge) => ({ ...followOf(edge), tags: tagsOf(world, edge) })),
          ...(nextCursor !== '' && { next_cursor: nextCursor }),
        };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/batch/get_by_user',
    family: 'customers',
    request: z.object({
      userid_list: list(id(), 100),
      cursor: z.string().optional(),
      limit: z.int().optional(),
    }),
    empty: () => ({ external_contact_list: [] }),
    handle: ({ world }, { userid_list, cursor, limit = 50 }) => {
      if (userid_list.length === 0) refuse(40063);
      if (limit < 1) refuseField('limit invalid');
      const userids = userid_list.map((userid) => requireStaff(world, userid, 40003).userid);
      for (const userid of userids) requireVisible(world, userid);
      const edges = [...new Set(userids)].flatMap((userid) => edgesOfStaff(world, userid));
      const page = pageOf(world.cursors, edges, (edge) => edge.seq, {
        query: `batch/get_by_user ${userids.join(' ')}`,
        cursor,
        limit: Math.min(limit, 100),
      });
      return () => {
        const { items, nextCursor } = page();
        return {
          external_contact_list: items.map((edge) => ({
            external_contact: contactOf(world, world.state.people.get(edge.externalUserid) as Person),
            follow_info: { ...followOf(edge), tag_id: edge.tagIds },
          })),
          next_cursor: nextCursor,
        };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/remark',
    family: 'customers',
    request: z.object({
      userid: id(),
      external_userid: id(),
      remark: chars(20).optional(),
      description: chars(150).optional(),
      remark_company: chars(20).optional(),
      remark_mobiles: z.array(z.string()).optional(),
      remark_pic_mediaid: id().optional(),
    }),
    missing: { userid: 41009, external_userid: 41035 },
    handle: ({ world }, input) => {
      const { userid, external_userid, remark, description, remark_company, remark_mobiles, remark_pic_mediaid } =
        input;
      const changes = [remark, description, remark_company, remark_mobiles, remark_pic_mediaid];
      if (changes.every((change) => change === undefined)) refuse(40063);
      const staff = requireStaff(world, userid, 40003);
      requireKnownPerson(world, external_userid);
      if (remark_pic_mediaid !== undefined && !world.state.media.has(remark_pic_mediaid)) refuse(40007);
      requireVisible(world, staff.userid);
      const edge = requireListedEdge(world, staff.userid, external_userid);
      return () => {
        if (remark !== undefined) edge.remark = remark;
        if (description !== undefined) edge.description = description;
        if (remark_company !== undefined) edge.remarkCompany = remark_company;
        // The list overwrites, and [""] clears it.
        if (remark_mobiles !== undefined) edge.remarkMobiles = remark_mobiles.filter((mobile) => mobile !== '');
        return {};
      };
    },
  }),
];

function edgesOfStaff(world: World, userid: string): Edge[] {
  return [...(world.state.edges.get(userid)?.values() ?? [])].filter((edge) => isListed(world, edge));
}

function contactOf(world: World, person: Person) {
  return {
    external_userid: person.externalUserid,
    name: person.name,
    type: 1,
    avatar: `${world.url}/avatar/${person.externalUserid}.svg`,
    gender: person.gender,
    ...(world.state.corp.unionidBound && { unionid: person.unionid }),
  };
}

function followOf(edge: Edge) {
  return {
    userid: edge.userid,
    remark: edge.remark,
    description: edge.description,
    createtime: toSeconds(edge.createdAt),
    remark_corp_name: edge.remarkCompany,
    remark_mobiles: edge.remarkMobiles,
    add_way: edge.addWay,
    oper_userid: edge.operUserid,
    ...(edge.state !== '' && { state: edge.state }),
  };
}

function tagsOf(world: World, edge: Edge) {
  const { tags, tagGroups } = world.state;
  const corpTags = edge.tagIds.map((tagId) => {
    const tag = tags.get(tagId);
    const group = tag && tagGroups.get(tag.groupId);
    return { group_name: group?.name ?? '', tag_name: tag?.name ?? '', tag_id: tagId, type: 1 };
  });
  const personal = edge.personalTags.map((name) => ({ group_name: '个人标签', tag_name: name, type: 2 }));
  return [...corpTags, ...personal];
}
