import { wordsOf } from './chats.ts';
import { dateOf, hourOf } from './clock.ts';
import type { MassTarget, MassTask } from './mass.ts';
import type { Moment, MomentAudience, MomentMember } from './moments.ts';
import type { World } from './world.ts';

/** What became of every mass message, for whoever counts duplicates, excess and disturbance. Times are simulated ms. */
export type MassTruth = {
  tasks: MassTaskTruth[];
  /** Mass messages that a customer received on a day of the brand (YYYY-MM-DD). */
  sends: { externalUserid: string; day: string; count: number }[];
  /** The same words from the same member to the same person more than once, whatever links they carried. */
  duplicates: { userid: string; externalUserid: string; words: string; msgids: string[]; at: number[] }[];
  /** Targets that the platform refused because somebody had used up their quota: status 3. */
  overQuota: number;
  /** Mass messages to customers by hour of the day, 0 to 23. */
  sentByHour: number[];
};

export type MassTaskTruth = Pick<
  MassTask,
  'msgid' | 'chatType' | 'creator' | 'createdAt' | 'cancelledAt' | 'reminders' | 'subject' | 'text'
> & {
  members: {
    userid: string;
    sentAt: number | null;
    refusedAt: number | null;
    targets: (Omit<MassTarget, 'seq'> & { readAt: number | null; taps: number })[];
  }[];
};

export function readMassTruth(world: World): MassTruth {
  const { state } = world;
  const sentByHour = new Array<number>(24).fill(0);
  const perDay = new Map<string, MassTruth['sends'][number]>();
  const said = new Map<string, MassTruth['duplicates'][number]>();
  const reads = readsOf(world, 'mass');
  const taps = tapsOf(world);
  let overQuota = 0;

  const count = (task: MassTask, words: string, userid: string, { id, status, sentAt }: MassTarget) => {
    if (status === 3) overQuota += 1;
    if (status !== 1 || sentAt === null || task.chatType === 'group') return;
    sentByHour[hourOf(sentAt)] = (sentByHour[hourOf(sentAt)] ?? 0) + 1;
    const day = dateOf(sentAt);
    const send = perDay.get(`${id} ${day}`) ?? { externalUserid: id, day, count: 0 };
    perDay.set(`${id} ${day}`, send);
    send.count += 1;
    const key = `${userid} ${id} ${words}`;
    const one = said.get(key) ?? { userid, externalUserid: id, words, msgids: [], at: [] };
    said.set(key, one);
    one.msgids.push(task.msgid);
    one.at.push(sentAt);
  };

  const tasks = [...state.massTasks.values()].map((task): MassTaskTruth => {
    const words = fingerprintOf(task);
    const { msgid, chatType, creator, createdAt, cancelledAt, reminders, subject, text } = task;
    return {
      ...{ msgid, chatType, creator, createdAt, cancelledAt, reminders, subject, text },
      members: [...task.members.values()].map(({ userid, sentAt, refusedAt, targets }) => {
        for (const target of targets ?? []) count(task, words, userid, target);
        return {
          ...{ userid, sentAt, refusedAt },
          targets: (targets ?? []).map(({ seq: _seq, ...target }) => ({
            ...target,
            readAt: reads.get(`${msgid} ${target.id}`) ?? null,
            taps: taps.get(`${msgid} ${target.id}`) ?? 0,
          })),
        };
      }),
    };
  });
  return {
    tasks,
    sends: [...perDay.values()],
    duplicates: [...said.values()].filter((one) => one.at.length > 1),
    overQuota,
    sentByHour,
  };
}

/** The words of a message without its links: a link made anew for each sending makes it no other message. */
function fingerprintOf(task: MassTask): string {
  const parts = task.contents.map((content) => {
    if (content.kind === 'link') return `[${content.title}] ${content.desc}`;
    return wordsOf(content) || `[${content.kind}]`;
  });
  return parts.join('\n').replaceAll(/https?:\/\/\S+/g, '');
}

function readsOf({ state }: World, wanted: 'mass' | 'moment'): Map<string, number> {
  const reads = new Map<string, number>();
  for (const [externalUserid, impressions] of state.impressions) {
    for (const { kind, id, at } of impressions) if (kind === wanted) reads.set(`${id} ${externalUserid}`, at);
  }
  return reads;
}

function tapsOf({ state }: World): Map<string, number> {
  const taps = new Map<string, number>();
  for (const chat of state.messages.values()) {
    for (const { msgid, externalUserid, taps: ofBubble } of chat) {
      const key = `${msgid} ${externalUserid}`;
      if (msgid !== undefined && ofBubble.length > 0) taps.set(key, (taps.get(key) ?? 0) + ofBubble.length);
    }
  }
  return taps;
}

/** What became of every Moment. `hidden` is what went beyond three a day from one member. */
export type MomentTruth = Pick<Moment, 'momentId' | 'creator' | 'createdAt' | 'cancelledAt' | 'subject' | 'text'> & {
  members: (Pick<MomentMember, 'userid' | 'publishedAt' | 'refusedAt' | 'likes' | 'comments'> & {
    audience: (Pick<MomentAudience, 'externalUserid' | 'outcome'> & { readAt: number | null; taps: number })[];
  })[];
};

export function readMomentTruth(world: World): MomentTruth[] {
  const reads = readsOf(world, 'moment');
  return [...world.state.moments.values()].map(
    ({ momentId, creator, createdAt, cancelledAt, subject, text, members }) => ({
      ...{ momentId, creator, createdAt, cancelledAt, subject, text },
      members: [...members.values()].map(({ userid, publishedAt, refusedAt, likes, comments, audience }) => ({
        ...{ userid, publishedAt, refusedAt, likes, comments },
        audience: [...audience.values()].map(({ externalUserid, outcome, taps }) => ({
          ...{ externalUserid, outcome, taps: taps.length },
          readAt: reads.get(`${momentId} ${externalUserid}`) ?? null,
        })),
      })),
    }),
  );
}
