import { figuresOf } from './relations.ts';
import type { Edge, Message, MessageContent, Welcome } from './store.ts';
import { edgeKey, findEdge, lastSpell, nextSeq } from './store.ts';
import type { World } from './world.ts';
import { tell } from './world.ts';

/** What is written between one member and one customer, as both phones show it. */

export function messagesOf(world: World, userid: string, externalUserid: string): readonly Message[] {
  return world.state.messages.get(edgeKey(userid, externalUserid)) ?? [];
}

/** @returns undefined when one of the two has deleted the other: the client refuses to send */
export function writeMessage(
  world: World,
  at: number,
  edge: Edge,
  from: 'staff' | 'customer',
  content: MessageContent,
): Message | undefined {
  if (!edge.customerHas || !edge.staffHas) return undefined;
  lastSpell(edge).chatStarted = true;
  countMessage(world, at, edge, from);
  return keepMessage(world, at, edge, { from, via: 'client', content });
}

/** Shows the welcome on the customer's phone: text and every attachment are bubbles of their own (reference §6.1). */
export function deliverWelcome(world: World, at: number, welcome: Welcome, contents: readonly MessageContent[]): void {
  const edge = findEdge(world.state, welcome.userid, welcome.externalUserid);
  if (!edge) throw new Error(`welcome code ${welcome.code} has no edge`);
  lastSpell(edge).welcomed = true;
  welcome.deliveredAt = at;
  welcome.deliveredRealMs = Date.now();
  welcome.deliveredCount += 1;
  for (const content of contents) keepMessage(world, at, edge, { from: 'staff', via: 'welcome', content });
  tell(world, { kind: 'welcomed', at, edge });
}

/** A mass message arrives: each part is a bubble of its own, and none of them starts a chat. */
export function deliverMass(
  world: World,
  at: number,
  edge: Edge,
  msgid: string,
  contents: readonly MessageContent[],
): void {
  for (const content of contents) keepMessage(world, at, edge, { from: 'staff', via: 'mass', msgid, content });
}

/** When the two last wrote to each other; becoming contacts counts, mass messages do not. */
export function lastChatAt(world: World, edge: Edge): number {
  const last = messagesOf(world, edge.userid, edge.externalUserid).findLast((message) => message.via === 'client');
  return Math.max(edge.createdAt, last?.at ?? 0);
}

/** @returns the url that the person now opens, if the bubble leads anywhere */
export function tapMessage(world: World, at: number, userid: string, externalUserid: string, messageId: string) {
  const message = messagesOf(world, userid, externalUserid).find((candidate) => candidate.id === messageId);
  if (!message) return undefined;
  message.taps.push(at);
  return { message, url: linkOf(message.content) };
}

/** @returns the url that the person now opens; nothing when they have left the group */
export function tapInGroup(
  world: World,
  at: number,
  externalUserid: string,
  chatId: string,
  messageId: string,
): string | undefined {
  const isMember = world.state.groups.get(chatId)?.members.some((member) => member.userid === externalUserid);
  const message = world.state.groupMessages.get(chatId)?.find((one) => one.id === messageId);
  if (!message || !isMember) return undefined;
  message.taps.push({ externalUserid, at });
  return linkOf(message.content);
}

/** First url of a bubble: the card's own, or the first one written in the text. */
export function linkOf(content: MessageContent): string | undefined {
  if (content.kind === 'link') return content.url;
  if (content.kind === 'text') return content.text.match(/https?:\/\/[^\s，。！？）)"'<>]+/)?.[0];
  return undefined;
}

/** Everything in a bubble that can be read. */
export function wordsOf(content: MessageContent): string {
  if (content.kind === 'text') return content.text;
  if (content.kind === 'link') return `${content.title}\n${content.desc}\n${content.url}`;
  return content.kind === 'miniprogram' ? content.title : '';
}

function keepMessage(
  world: World,
  at: number,
  edge: Edge,
  rest: Pick<Message, 'from' | 'via' | 'content' | 'msgid'>,
): Message {
  const { state } = world;
  const { userid, externalUserid } = edge;
  const message: Message = { id: `m${nextSeq(state)}`, userid, externalUserid, at, taps: [], ...rest };
  const key = edgeKey(userid, externalUserid);
  const chat = state.messages.get(key);
  if (chat) chat.push(message);
  else state.messages.set(key, [message]);
  tell(world, { kind: 'message', at, edge, message });
  return message;
}

/** Figures of 92132. The welcome is sent by the platform and is no message of the member. */
function countMessage(world: World, at: number, edge: Edge, from: 'staff' | 'customer'): void {
  const figures = figuresOf(world.state, edge.userid, at);
  const chat = figures.chats.get(edge.externalUserid);
  if (from === 'staff') figures.messages += 1;
  if (!chat) {
    figures.chats.set(edge.externalUserid, {
      firstFrom: from,
      firstAt: at,
      staffWrote: from === 'staff',
      answeredAt: null,
    });
    return;
  }
  if (from !== 'staff') return;
  chat.staffWrote = true;
  if (chat.firstFrom === 'customer') chat.answeredAt ??= at;
}
