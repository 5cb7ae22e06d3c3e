import { appEvent } from './callbacks/events.ts';
import { dayOf } from './clock.ts';
import type { State } from './store.ts';
import { nextSeq } from './store.ts';
import type { World } from './world.ts';
import { emit, tell } from './world.ts';

/** What the app writes to members in their WeCom (reference §6.5). */
export type AppMessage = {
  seq: number;
  msgid: string;
  at: number;
  content: AppContent;
  /** Members who have it; what was over their frequency was dropped without a word. */
  receivers: string[];
  dropped: string[];
  recalledAt: number | null;
  /** An interactive card: codes that may still change it, and what it says now on a member's phone. */
  codes: string[];
  presses: { userid: string; key: string; at: number }[];
  /** By userid: the button is spent and reads like this. */
  replaced: Map<string, string>;
};

export type CardButton = { text: string; key: string; style: number; url: string };

export type AppContent =
  | { kind: 'text' | 'markdown'; text: string }
  | { kind: 'textcard'; title: string; description: string; url: string; button: string }
  | { kind: 'news'; articles: { title: string; description: string; url: string; picUrl: string }[] }
  | { kind: 'image' | 'voice' | 'video' | 'file'; url: string; name: string }
  | {
      kind: 'card';
      cardType: 'text_notice' | 'button_interaction';
      taskId: string;
      source: string;
      title: string;
      description: string;
      emphasis: { title: string; description: string } | null;
      text: string;
      facts: { name: string; value: string; url: string }[];
      links: { title: string; url: string }[];
      url: string;
      buttons: CardButton[];
    };

/** The day's allowance of the app; the rest of the natural day is closed once it is used up. */
export function appAllowance(world: World, at: number): number {
  const { state, settings } = world;
  const sent = state.appSends.day === dayOf(at) ? state.appSends.count : 0;
  return settings.policy.appMessagesPerAccount * state.staff.size - sent;
}

export function sendAppMessage(world: World, at: number, content: AppContent, userids: readonly string[]): AppMessage {
  const { state, settings, random } = world;
  const { perMinute, perHour } = settings.policy.appMessagesPerMember;
  const limits = [
    { windowMs: 60_000, calls: perMinute },
    { windowMs: 3600_000, calls: perHour },
  ];
  const dropped = userids.filter((userid) => !world.frequency.count(`app message ${userid}`, limits));
  const receivers = userids.filter((userid) => !dropped.includes(userid));
  const day = dayOf(at);
  const before = state.appSends.day === day ? state.appSends.count : 0;
  state.appSends = { day, count: before + userids.length };
  const isInteractive = content.kind === 'card' && content.cardType === 'button_interaction';
  const message: AppMessage = {
    seq: nextSeq(state),
    msgid: random.id(64),
    at,
    content,
    receivers,
    dropped,
    recalledAt: null,
    codes: isInteractive ? [random.id(72)] : [],
    presses: [],
    replaced: new Map(),
  };
  state.appMessages.set(message.msgid, message);
  tell(world, { kind: 'appMessage', at, userids: receivers, message });
  return message;
}

export function recallAppMessage(world: World, at: number, message: AppMessage): void {
  message.recalledAt = at;
  tell(world, { kind: 'appMessage', at, userids: message.receivers, message: null });
}

/** A member presses a button of an interactive card: once, and the app hears of it. */
export function pressButton(world: World, at: number, message: AppMessage, userid: string, key: string): boolean {
  const { content } = message;
  if (content.kind !== 'card' || message.recalledAt !== null || !message.receivers.includes(userid)) return false;
  if (message.presses.some((press) => press.userid === userid)) return false;
  if (!content.buttons.some((button) => button.key === key)) return false;
  message.presses.push({ userid, key, at });
  const code = world.random.id(72);
  message.codes.push(code);
  emit(
    world,
    appEvent('template_card_event', at, userid, [
      ['EventKey', key],
      ['TaskId', content.taskId],
      ['CardType', content.cardType],
      ['ResponseCode', code],
      ['AgentID', world.state.corp.agentId],
    ]),
  );
  tell(world, { kind: 'appMessage', at, userids: [userid], message: null });
  return true;
}

/** Makes the card's button unusable, with other words on it. A code works once. */
export function replaceButton(
  world: World,
  at: number,
  message: AppMessage,
  input: { code: string; userids: readonly string[]; text: string },
): void {
  message.codes = message.codes.filter((code) => code !== input.code);
  for (const userid of input.userids) message.replaced.set(userid, input.text);
  tell(world, { kind: 'appMessage', at, userids: input.userids, message: null });
}

export function appMessagesOf(state: State, userid: string): AppMessage[] {
  return [...state.appMessages.values()].filter((message) => message.receivers.includes(userid));
}

/** First link of a message: where a member lands who taps it. */
export function linkOfAppMessage(content: AppContent): string | undefined {
  switch (content.kind) {
    case 'text':
    case 'markdown':
      return content.text.match(/https?:\/\/[^\s，。！？）)"'<>]+/)?.[0];
    case 'textcard':
    case 'card':
      return content.url || undefined;
    case 'news':
      return content.articles[0]?.url || undefined;
    default:
      return undefined;
  }
}
