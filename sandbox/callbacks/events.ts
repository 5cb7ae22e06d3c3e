import { toSeconds } from '#sandbox/clock';
import type { EventAbout } from '#sandbox/store';

/** One decrypted callback before it becomes XML. Strings become CDATA, numbers stay bare, lists become `<Item>`s. */
export type CallbackEvent = {
  event: string;
  /** Null for events of the app itself, which have none. */
  changeType: string | null;
  /** The member who did it, in events of the app; otherwise the platform speaks. */
  from?: string;
  at: number;
  fields: [name: string, value: string | number | readonly string[]][];
  about: EventAbout;
};

type Fields = CallbackEvent['fields'];

export function externalContactEvent(
  changeType:
    | 'add_external_contact'
    | 'add_half_external_contact'
    | 'edit_external_contact'
    | 'del_external_contact'
    | 'del_follow_user',
  at: number,
  edge: { userid: string; externalUserid: string; state?: string; welcomeCode?: string },
): CallbackEvent {
  const fields: Fields = [
    ['UserID', edge.userid],
    ['ExternalUserID', edge.externalUserid],
  ];
  if (edge.state) fields.push(['State', edge.state]);
  if (edge.welcomeCode) fields.push(['WelcomeCode', edge.welcomeCode]);
  const event = 'change_external_contact';
  const about: EventAbout = { event, changeType, userid: edge.userid, externalUserid: edge.externalUserid };
  if (edge.welcomeCode) about.welcomeCode = edge.welcomeCode;
  return { event, changeType, at, fields, about };
}

export function tagEvent(
  changeType: 'create' | 'update' | 'delete',
  at: number,
  tag: { id: string; tagType: 'tag' | 'tag_group' },
): CallbackEvent {
  const event = 'change_external_tag';
  const fields: Fields = [
    ['Id', tag.id],
    ['TagType', tag.tagType],
  ];
  return { event, changeType, at, fields, about: { event, changeType, id: tag.id } };
}

export function chatEvent(
  changeType: 'create' | 'update' | 'dismiss',
  at: number,
  chatId: string,
  fields: Fields = [],
): CallbackEvent {
  const event = 'change_external_chat';
  return { event, changeType, at, fields: [['ChatId', chatId], ...fields], about: { event, changeType, id: chatId } };
}

/** Receivers configured after 2022-08-15 get ids only, no names (reference §10.3). */
export function contactEvent(
  changeType: 'create_user' | 'update_user' | 'delete_user' | 'create_party' | 'update_party' | 'delete_party',
  at: number,
  fields: Fields,
): CallbackEvent {
  const event = 'change_contact';
  const id = String(fields[0]?.[1] ?? '');
  return { event, changeType, at, fields, about: { event, changeType, id } };
}

/** What a member did in the app (reference §10.3, app events). */
export function appEvent(event: 'template_card_event', at: number, userid: string, fields: Fields): CallbackEvent {
  return { event, changeType: null, from: userid, at, fields, about: { event, changeType: event, userid } };
}

export function toXml(event: CallbackEvent, corpId: string): string {
  // In the samples the type of a member or department change is not wrapped in CDATA.
  const changeType = event.event === 'change_contact' ? event.changeType : cdata(event.changeType ?? '');
  return [
    '<xml>',
    element('ToUserName', corpId),
    element('FromUserName', event.from ?? 'sys'),
    element('CreateTime', toSeconds(event.at)),
    element('MsgType', 'event'),
    element('Event', event.event),
    ...(event.changeType === null ? [] : [`<ChangeType>${changeType}</ChangeType>`]),
    ...event.fields.map(([name, value]) => element(name, value)),
    '</xml>',
  ].join('');
}

function element(name: string, value: string | number | readonly string[]): string {
  if (typeof value === 'number') return `<${name}>${value}</${name}>`;
  if (typeof value === 'string') return `<${name}>${cdata(value)}</${name}>`;
  return `<${name}>${value.map((item) => element('Item', item)).join('')}</${name}>`;
}

function cdata(text: string): string {
  return `<![CDATA[${text.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
