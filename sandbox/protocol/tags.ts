import { z } from 'zod';
import { toSeconds } from '#sandbox/clock';
import { applyTags } from '#sandbox/relations';
import type { State, Tag, TagGroup } from '#sandbox/store';
import { createTag, createTagGroup, deleteTagGroup, deleteTags, liveTags } from '#sandbox/tagging';
import { requireKnownPerson, requireListedEdge, requireStaff, requireVisible } from './checks.ts';
import type { Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { refuse } from './errors.ts';
import { chars, id, order } from './fields.ts';

const maxCorpTags = 10_000;
const maxTagsOfEdge = 3000;

const optionalIds = z.array(z.string()).default([]);

/** Corp tags (doc 92117) and tagging (doc 92118), reference §3.3. */
export const tagEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/get_corp_tag_list',
    family: 'tags',
    request: z.object({ tag_id: optionalIds, group_id: optionalIds }),
    empty: () => ({ tag_group: [] }),
    handle: ({ world }, { tag_id, group_id }) => {
      const { state } = world;
      // Both given: group_id wins. Deleted ones are shown only to whoever asks by id.
      const byGroup = group_id.length > 0;
      const byTag = !byGroup && tag_id.length > 0;
      return () => {
        const groups = [...state.tagGroups.values()].filter((group) => {
          if (byGroup) return group_id.includes(group.id);
          if (byTag) return tag_id.some((one) => state.tags.get(one)?.groupId === group.id);
          return !group.deleted;
        });
        return {
          tag_group: groups.sort(byOrder).map((group) => {
            const tags = [...state.tags.values()].filter((tag) => {
              if (tag.groupId !== group.id) return false;
              if (byTag) return tag_id.includes(tag.id);
              return byGroup ? group.deleted || !tag.deleted : !tag.deleted;
            });
            return {
              ...groupOf(group, byGroup || byTag),
              tag: tags.sort(byOrder).map((tag) => tagOf(tag, byGroup || byTag)),
            };
          }),
        };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/add_corp_tag',
    family: 'tags',
    request: z.object({
      group_id: id().optional(),
      group_name: chars(30).optional(),
      order: order().optional(),
      tag: z.array(z.object({ name: chars(30), order: order().optional() })),
      agentid: z.int().optional(),
    }),
    missing: { tag: 41018 },
    handle: ({ world, at }, input) => {
      const { state } = world;
      if (input.tag.length === 0 || input.tag.some((tag) => tag.name === '')) refuse(41018);
      if (input.group_id === undefined && !input.group_name) refuse(40063);
      const group =
        input.group_id === undefined ? groupNamed(state, input.group_name) : state.tagGroups.get(input.group_id);
      if (input.group_id !== undefined && (!group || group.deleted)) refuse(40068);
      // Names given twice in one request become one tag.
      const wanted = [...new Map(input.tag.map((tag) => [tag.name, tag])).values()];
      const taken = new Set(group ? liveTags(state, group.id).map((tag) => tag.name) : []);
      if (wanted.some((tag) => taken.has(tag.name))) refuse(40071);
      if (liveTags(state).length + wanted.length > maxCorpTags) refuse(40126);
      return () => {
        const into =
          group ?? createTagGroup(world, at, { name: input.group_name ?? '', order: input.order ?? 0, creator: 'app' });
        const made = wanted.map((tag) =>
          createTag(world, at, { groupId: into.id, name: tag.name, order: tag.order ?? 0, creator: 'app' }),
        );
        // Only what was just created is returned, not the whole group.
        return { tag_group: { ...groupOf(into, false), tag: made.map((tag) => tagOf(tag, false)) } };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/edit_corp_tag',
    family: 'tags',
    request: z.object({
      id: z.string(),
      name: chars(30).optional(),
      order: order().optional(),
      agentid: z.int().optional(),
    }),
    missing: { id: 41017 },
    handle: ({ world }, input) => {
      const { state } = world;
      if (input.id === '') refuse(41017);
      if (input.name === '') refuse(41018);
      const tag = liveTag(state, input.id);
      const found = tag ?? liveGroup(state, input.id) ?? refuse(40068);
      if (found.creator !== 'app') refuse(world.settings.policy.foreignObjectErrcode);
      const siblings = tag ? liveTags(state, tag.groupId) : liveGroups(state);
      if (siblings.some((one) => one.id !== found.id && one.name === input.name)) refuse(40071);
      return () => {
        if (input.name !== undefined) found.name = input.name;
        if (input.order !== undefined) found.order = input.order;
        return {};
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/del_corp_tag',
    family: 'tags',
    request: z.object({ tag_id: optionalIds, group_id: optionalIds, agentid: z.int().optional() }),
    handle: ({ world }, { tag_id, group_id }) => {
      const { state } = world;
      if (tag_id.length + group_id.length === 0) refuse(41017);
      const found = [
        ...tag_id.map((one) => liveTag(state, one) ?? refuse(40068)),
        ...group_id.map((one) => liveGroup(state, one) ?? refuse(40068)),
      ];
      if (found.some((one) => one.creator !== 'app')) refuse(world.settings.policy.foreignObjectErrcode);
      return () => {
        for (const groupId of group_id) deleteTagGroup(world, groupId);
        deleteTags(world, tag_id);
        return {};
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/cgi-bin/externalcontact/mark_tag',
    family: 'tags',
    request: z.object({ userid: id(), external_userid: id(), add_tag: optionalIds, remove_tag: optionalIds }),
    missing: { userid: 41009, external_userid: 41035 },
    lock: { errcode: 45035, key: (input) => `${input.userid} ${input.external_userid}` },
    handle: ({ world }, { userid, external_userid, add_tag, remove_tag }) => {
      if (add_tag.length + remove_tag.length === 0) refuse(41017);
      const staff = requireStaff(world, userid, 40003);
      requireKnownPerson(world, external_userid);
      if ([...add_tag, ...remove_tag].some((tagId) => !liveTag(world.state, tagId))) refuse(40068);
      requireVisible(world, staff.userid);
      const edge = requireListedEdge(world, staff.userid, external_userid);
      if (new Set([...edge.tagIds, ...add_tag]).size > maxTagsOfEdge) refuse(40144);
      return () => {
        applyTags(edge, add_tag, remove_tag);
        return {};
      };
    },
  }),
];

function liveTag(state: State, tagId: string): Tag | undefined {
  const tag = state.tags.get(tagId);
  return tag?.deleted ? undefined : tag;
}

function liveGroup(state: State, groupId: string): TagGroup | undefined {
  const group = state.tagGroups.get(groupId);
  return group?.deleted ? undefined : group;
}

function liveGroups(state: State): TagGroup[] {
  return [...state.tagGroups.values()].filter((group) => !group.deleted);
}

function groupNamed(state: State, name: string | undefined): TagGroup | undefined {
  return liveGroups(state).find((group) => group.name === name);
}

/** A larger order comes first; equal ones in order of creation. */
function byOrder(a: { order: number; createdAt: number }, b: { order: number; createdAt: number }): number {
  return b.order - a.order || a.createdAt - b.createdAt;
}

function groupOf(group: TagGroup, withDeleted: boolean) {
  return {
    group_id: group.id,
    group_name: group.name,
    create_time: toSeconds(group.createdAt),
    order: group.order,
    ...(withDeleted && group.deleted && { deleted: true }),
  };
}

function tagOf(tag: Tag, withDeleted: boolean) {
  return {
    id: tag.id,
    name: tag.name,
    create_time: toSeconds(tag.createdAt),
    order: tag.order,
    ...(withDeleted && tag.deleted && { deleted: true }),
  };
}
