import type { State, Tag, TagGroup } from './store.ts';
import type { World } from './world.ts';

/** Corp tags and their groups, changed by the API or in the console alike. Whoever calls raises the events. */

/** Tags that have not been deleted, of one group or of all. */
export function liveTags(state: State, groupId?: string): Tag[] {
  return [...state.tags.values()].filter((tag) => !tag.deleted && (groupId === undefined || tag.groupId === groupId));
}

export function createTagGroup(
  { state, random }: World,
  at: number,
  input: Pick<TagGroup, 'name' | 'order' | 'creator'>,
): TagGroup {
  const group: TagGroup = { id: `et${random.id(30)}`, createdAt: at, deleted: false, ...input };
  state.tagGroups.set(group.id, group);
  return group;
}

export function createTag(
  { state, random }: World,
  at: number,
  input: Pick<Tag, 'groupId' | 'name' | 'order' | 'creator'>,
): Tag {
  const tag: Tag = { id: `et${random.id(30)}`, createdAt: at, deleted: false, ...input };
  state.tags.set(tag.id, tag);
  return tag;
}

/** Takes the tags off every customer. A group that has lost its last tag is gone too. */
export function deleteTags(world: World, tagIds: readonly string[]): void {
  const { state } = world;
  const groupIds = new Set<string>();
  for (const tagId of tagIds) {
    const tag = state.tags.get(tagId);
    if (!tag || tag.deleted) continue;
    tag.deleted = true;
    groupIds.add(tag.groupId);
  }
  takeOff(state, new Set(tagIds));
  for (const groupId of groupIds) {
    const group = state.tagGroups.get(groupId);
    if (group && liveTags(state, groupId).length === 0) group.deleted = true;
  }
}

export function deleteTagGroup(world: World, groupId: string): void {
  const group = world.state.tagGroups.get(groupId);
  if (!group) return;
  group.deleted = true;
  deleteTags(
    world,
    liveTags(world.state, groupId).map((tag) => tag.id),
  );
}

function takeOff(state: State, tagIds: ReadonlySet<string>): void {
  if (tagIds.size === 0) return;
  for (const edges of state.edges.values()) {
    for (const edge of edges.values()) {
      if (edge.tagIds.some((id) => tagIds.has(id))) edge.tagIds = edge.tagIds.filter((id) => !tagIds.has(id));
    }
  }
}
