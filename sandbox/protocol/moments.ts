import { z } from 'zod';
import { dayMs, toSeconds } from '#sandbox/clock';
import type { Moment, MomentAttachment, MomentJob, MomentMember } from '#sandbox/moments';
import { audienceOf, cancelMoment, countThisMonth, createMoment, publishers } from '#sandbox/moments';
import { membersOfParty } from '#sandbox/relations';
import type { MessageContent } from '#sandbox/store';
import type { World } from '#sandbox/world';
import { isVisible } from '#sandbox/world';
import { requireStaff } from './checks.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { endpoint } from './endpoint.ts';
import { Refusal, refuse, refuseField } from './errors.ts';
import { bytes, id, list, seconds } from './fields.ts';
import { liveMedia } from './media.ts';
import { pageOf, pageSize } from './paging.ts';
import { minuteMs } from './quota.ts';

const path = (name: string) => `/cgi-bin/externalcontact/${name}`;

const request = z.object({
  text: z.object({ content: z.string() }).optional(),
  attachments: z.array(z.looseObject({ msgtype: z.string() })).optional(),
  visible_range: z
    .object({
      sender_list: z
        .object({ user_list: list(id(), 100_000).optional(), department_list: z.array(z.int()).optional() })
        .optional(),
      external_contact_list: z.object({ tag_list: z.array(id()).optional() }).optional(),
    })
    .optional(),
});

type MomentRequest = z.infer<typeof request>;

const ofMember = z.object({
  moment_id: z.string(),
  userid: id(),
  cursor: z.string().optional(),
  limit: z.int().optional(),
});

/** Customer Moments (docs 95094, 93333 and 97612, reference §6.6). */
export const momentEndpoints: readonly Endpoint[] = [
  endpoint({
    method: 'POST',
    path: path('add_moment_task'),
    family: 'moments',
    request,
    handle: (call, input) => {
      const { world, at } = call;
      const { momentsPerMinute, momentsPerMonth } = world.settings.policy;
      const post = readPost(call, input);
      const perMinute = [{ windowMs: minuteMs, calls: momentsPerMinute }];
      if (!world.frequency.count('add_moment_task', perMinute)) refuse(45009);
      if (countThisMonth(world.state, at) >= momentsPerMonth) refuse(41210);
      return () => ({ jobid: publishJob(world, at, post, input).jobid });
    },
  }),
  endpoint({
    method: 'GET',
    path: path('get_moment_task_result'),
    family: 'moments',
    request: z.object({ jobid: z.string() }),
    missing: { jobid: 40088 },
    handle: ({ world, at }, { jobid }) => {
      const job = world.state.momentJobs.get(jobid);
      if (!job || job.at + dayMs < at) refuse(40088);
      const { momentJobMs } = world.settings.policy;
      return () => {
        const type = 'add_moment_task';
        const passedMs = Date.now() - job.createdRealMs;
        if (passedMs < momentJobMs) return { status: passedMs < momentJobMs / 2 ? 1 : 2, type };
        return { status: 3, type, result: resultOf(job) };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('cancel_moment_task'),
    family: 'moments',
    request: z.object({ moment_id: z.string() }),
    missing: { moment_id: 41059 },
    handle: ({ world, at }, { moment_id }) => {
      const moment = requireMoment(world, moment_id);
      if (moment.creator !== null) refuse(41067);
      return () => {
        if (moment.cancelledAt === null) cancelMoment(world, at, moment);
        return {};
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_moment_list'),
    family: 'moments',
    request: z.object({
      start_time: seconds(),
      end_time: seconds(),
      creator: id().optional(),
      filter_type: z.int().default(2),
      cursor: z.string().optional(),
      limit: z.int().optional(),
    }),
    empty: () => ({ moment_list: [] }),
    handle: ({ world }, { start_time, end_time, creator, filter_type, cursor, limit }) => {
      if (filter_type < 0 || filter_type > 2) refuseField('filter_type invalid');
      if (end_time < start_time || end_time - start_time > 30 * 86_400) refuseField('end_time invalid');
      const maker = creator === undefined ? undefined : requireStaff(world, creator, 40003).userid;
      const moments = [...world.state.moments.values()].filter((moment) => {
        const made = toSeconds(moment.createdAt);
        // Neither end of the span belongs to it.
        if (made <= start_time || made >= end_time) return false;
        if (maker !== undefined && moment.creator !== maker) return false;
        if (filter_type !== 2 && typeOf(moment) !== filter_type) return false;
        return moment.creator === null || isVisible(world.state, moment.creator);
      });
      const page = pageOf(world.cursors, moments, (moment) => moment.seq, {
        query: `get_moment_list ${start_time} ${end_time} ${maker} ${filter_type}`,
        cursor,
        limit: pageSize(limit, 20, 20),
      });
      return () => {
        const { items, nextCursor } = page();
        return { moment_list: items.map(rowOf), next_cursor: nextCursor };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_moment_task'),
    family: 'moments',
    request: z.object({ moment_id: z.string(), cursor: z.string().optional(), limit: z.int().optional() }),
    missing: { moment_id: 41059 },
    empty: () => ({ task_list: [] }),
    handle: ({ world }, { moment_id, cursor, limit }) => {
      const moment = requireMoment(world, moment_id);
      if (moment.creator !== null) refuse(41067);
      const members = [...moment.members.values()].filter((member) => isVisible(world.state, member.userid));
      const page = pageOf(world.cursors, members, (member) => member.seq, {
        query: `get_moment_task ${moment_id}`,
        cursor,
        limit: pageSize(limit, 1000, 500),
      });
      return () => {
        const { items, nextCursor } = page();
        return {
          task_list: items.map(({ userid, publishedAt }) => ({ userid, publish_status: publishedAt === null ? 0 : 1 })),
          next_cursor: nextCursor,
        };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_moment_customer_list'),
    family: 'moments',
    request: ofMember,
    missing: { moment_id: 41059, userid: 41009 },
    empty: () => ({ customer_list: [] }),
    handle: ({ world }, { moment_id, userid, cursor, limit }) => {
      const member = requireMember(world, moment_id, userid);
      const page = pageOf(world.cursors, member.audience.values(), (one) => one.seq, {
        query: `get_moment_customer_list ${moment_id} ${member.userid}`,
        cursor,
        limit: pageSize(limit, 1000, 500),
      });
      return () => {
        const { items, nextCursor } = page();
        return {
          customer_list: items.map((one) => ({ userid: member.userid, external_userid: one.externalUserid })),
          next_cursor: nextCursor,
        };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_moment_send_result'),
    family: 'moments',
    request: ofMember,
    missing: { moment_id: 41059, userid: 41009 },
    empty: () => ({ customer_list: [] }),
    handle: ({ world }, { moment_id, userid, cursor, limit }) => {
      const member = requireMember(world, moment_id, userid);
      if (member.publishedAt === null) refuse(41062);
      const published = [...member.audience.values()].filter(
        (one) => one.outcome === 'shown' || one.outcome === 'hidden',
      );
      const page = pageOf(world.cursors, published, (one) => one.seq, {
        query: `get_moment_send_result ${moment_id} ${member.userid}`,
        cursor,
        limit: pageSize(limit, 5000, 3000),
      });
      return () => {
        const { items, nextCursor } = page();
        return {
          customer_list: items.map((one) => ({ external_userid: one.externalUserid })),
          next_cursor: nextCursor,
        };
      };
    },
  }),
  endpoint({
    method: 'POST',
    path: path('get_moment_comments'),
    family: 'moments',
    request: z.object({ moment_id: z.string(), userid: id() }),
    missing: { moment_id: 41059, userid: 41009 },
    empty: () => ({ comment_list: [], like_list: [] }),
    handle: ({ world }, { moment_id, userid }) => {
      const member = requireMember(world, moment_id, userid);
      if (member.publishedAt === null) refuse(41062);
      const row = (one: { externalUserid: string; at: number }) => ({
        external_userid: one.externalUserid,
        create_time: toSeconds(one.at),
      });
      // Who and when, not what.
      return () => ({ comment_list: member.comments.map(row), like_list: member.likes.map(row) });
    },
  }),
];

function requireMoment(world: World, momentId: string): Moment {
  if (momentId === '') refuse(41059);
  return world.state.moments.get(momentId) ?? refuse(41060);
}

function requireMember(world: World, momentId: string, userid: string): MomentMember {
  const moment = requireMoment(world, momentId);
  const staff = requireStaff(world, userid, 40003);
  return moment.members.get(staff.userid) ?? refuse(41061);
}

type Post = { text: string; attachments: MomentAttachment[]; contents: MessageContent[] };

const shapes = {
  image: z.object({ media_id: z.string() }),
  video: z.object({ media_id: z.string() }),
  link: z.object({ title: bytes(128), url: bytes(2048), media_id: z.string() }),
};

/** Text with up to nine images, or one video, or one link. */
function readPost(call: Call, { text, attachments = [] }: MomentRequest): Post {
  const words = text?.content ?? '';
  if (words === '' && attachments.length === 0) refuse(41089);
  if (Buffer.byteLength(words) > 4000 || [...words].length > 2000) refuseField('invalid text size');
  const kinds = new Set(attachments.map((attachment) => attachment.msgtype));
  if (kinds.size > 1) refuseField('invalid attachments msgtype');
  const [kind] = kinds;
  if (kind !== undefined && kind !== 'image' && kind !== 'video' && kind !== 'link') {
    refuseField('invalid attachments msgtype');
  }
  if (attachments.length > (kind === 'image' ? 9 : 1)) refuseField('invalid attachments size');
  const read = attachments.map((attachment) => readAttachment(call, attachment));
  return {
    text: words,
    attachments: read.map((one) => one.attachment),
    contents: [...(words === '' ? [] : [{ kind: 'text', text: words } as const]), ...read.map((one) => one.content)],
  };
}

function readAttachment(
  call: Call,
  given: Record<string, unknown> & { msgtype: string },
): { attachment: MomentAttachment; content: MessageContent } {
  const part = <S extends z.ZodType>(shape: S): z.infer<S> => {
    const parsed = shape.safeParse(given[given.msgtype]);
    return parsed.success ? parsed.data : refuseField('invalid msg');
  };
  switch (given.msgtype) {
    case 'image': {
      const image = part(shapes.image);
      return {
        attachment: { msgtype: 'image', image },
        content: { kind: 'image', url: mediaUrl(call, image.media_id, 'image') },
      };
    }
    case 'video': {
      const video = part(shapes.video);
      const url = mediaUrl(call, video.media_id, 'video');
      return { attachment: { msgtype: 'video', video }, content: { kind: 'video', url, name: '' } };
    }
    default: {
      const link = part(shapes.link);
      if (!/^https?:\/\//.test(link.url)) refuse(40094);
      const picUrl = mediaUrl(call, link.media_id, 'image');
      return {
        attachment: { msgtype: 'link', link },
        content: { kind: 'link', title: link.title, desc: '', picUrl, url: link.url },
      };
    }
  }
}

/** Only what was uploaded for Moments (upload_attachment) can be shown in one. */
function mediaUrl({ world, at }: Call, mediaId: string, type: 'image' | 'video'): string {
  const media = liveMedia(world.state, at, mediaId);
  if (media.type !== type || media.scene !== 'moments') refuse(40007);
  return `${world.url}/media/${media.id}`;
}

/** Who is meant is looked up after the call was accepted; what was wrong with it is part of the result. */
function publishJob(world: World, at: number, post: Post, { visible_range }: MomentRequest): MomentJob {
  const { state, random } = world;
  const { user_list = [], department_list = [] } = visible_range?.sender_list ?? {};
  const { tag_list = [] } = visible_range?.external_contact_list ?? {};
  const able = new Set(publishers(world));
  const invalidUsers = user_list.filter((userid) => !able.has(userid));
  const invalidDepartments = department_list.filter((party) => !state.departments.has(party));
  const invalidTags = tag_list.filter((tagId) => state.tags.get(tagId)?.deleted ?? true);
  const asked = [...user_list, ...department_list.flatMap((party) => membersOfParty(state, party))];
  const senders =
    asked.length + department_list.length > 0 ? new Set(asked.filter((userid) => able.has(userid))) : able;
  const tags = tag_list.filter((tagId) => !invalidTags.includes(tagId));
  const members = new Map<string, string[]>();
  for (const userid of senders) {
    const audience = audienceOf(world, userid, tags);
    // With tags, members without a tagged customer have nothing to publish.
    if (tags.length === 0 || audience.length > 0) members.set(userid, audience);
  }
  const isPartlyVisible = tag_list.length > 0;
  const isPossible = members.size > 0 && !(isPartlyVisible && tags.length === 0);
  const moment = isPossible ? createMoment(world, at, { creator: null, ...post, isPartlyVisible, members }) : null;
  const job: MomentJob = {
    jobid: random.id(43),
    at,
    createdRealMs: Date.now(),
    momentId: moment?.momentId ?? null,
    errcode: moment ? 0 : invalidTags.length > 0 ? 40068 : 40003,
    invalidUsers,
    invalidDepartments,
    invalidTags,
  };
  state.momentJobs.set(job.jobid, job);
  return job;
}

function resultOf(job: MomentJob) {
  return {
    errcode: job.errcode,
    errmsg: job.errcode === 0 ? 'ok' : new Refusal(job.errcode).message,
    ...(job.momentId !== null && { moment_id: job.momentId }),
    invalid_sender_list: { user_list: job.invalidUsers, department_list: job.invalidDepartments },
    invalid_external_contact_list: { tag_list: job.invalidTags },
  };
}

/** 0 made for the brand, 1 made by a member. */
function typeOf(moment: Moment): 0 | 1 {
  return moment.creator === null ? 0 : 1;
}

function rowOf(moment: Moment) {
  const images = moment.attachments.flatMap((one) => (one.msgtype === 'image' ? [one.image] : []));
  const video = moment.attachments.find((one) => one.msgtype === 'video')?.video;
  const link = moment.attachments.find((one) => one.msgtype === 'link')?.link;
  return {
    moment_id: moment.momentId,
    ...(moment.creator !== null && { creator: moment.creator }),
    create_time: toSeconds(moment.createdAt),
    create_type: typeOf(moment),
    visible_type: moment.isPartlyVisible ? 0 : 1,
    ...(moment.text !== '' && { text: { content: moment.text } }),
    ...(images.length > 0 && { image: images }),
    ...(video && { video: { media_id: video.media_id, thumb_media_id: video.media_id } }),
    ...(link && { link: { title: link.title, url: link.url } }),
  };
}
