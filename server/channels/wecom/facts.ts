import type { Fact, FactPayload } from '#events';
import { type CallbackEvent, dedupeKey } from './callbacks.ts';
import type { EndpointValue } from './endpoints.ts';

/** WeCom's words into siyu's. */

/** Our code's id for a `state` of WeCom. */
export type FindCode = (state: string | undefined) => number | null;

/** `state` values that an event or a record names. */
export function stateOfEvent(event: CallbackEvent): string | undefined {
  return event.kind === 'change_external_contact' ? event.State : undefined;
}

/** The facts in a callback; none for events that siyu has no word for yet. */
export function factsOfEvent(event: CallbackEvent, findCode: FindCode): Fact[] {
  if (event.kind === 'other' || event.kind === 'customer_acquisition') return [];
  const base = { source: 'wecom', messageId: dedupeKey(event), occurredAt: new Date(event.CreateTime * 1000) };
  switch (event.kind) {
    case 'change_external_contact': {
      const edge = { externalUserid: event.ExternalUserID, staffUserid: event.UserID };
      switch (event.ChangeType) {
        case 'add_external_contact':
        case 'add_half_external_contact':
          return [
            {
              ...base,
              name: 'follow.added',
              payload: {
                ...edge,
                codeId: findCode(event.State),
                welcomeCode: event.WelcomeCode ?? null,
                isHalf: event.ChangeType === 'add_half_external_contact',
              },
            },
          ];
        case 'del_external_contact':
          return [
            {
              ...base,
              name: 'follow.ended',
              payload: { ...edge, by: event.Source === 'DELETE_BY_TRANSFER' ? 'transfer' : 'staff' },
            },
          ];
        case 'del_follow_user':
          return [{ ...base, name: 'follow.ended', payload: { ...edge, by: 'customer' } }];
        case 'edit_external_contact':
          return [{ ...base, name: 'follow.edited', payload: edge }];
        case 'transfer_fail':
          return [
            { ...base, name: 'follow.transfer_failed', payload: { ...edge, reason: event.FailReason ?? 'unknown' } },
          ];
        case 'msg_audit_approved':
          return [];
      }
      break;
    }
    case 'change_external_tag':
      return [
        {
          ...base,
          name: 'tag.changed',
          payload: { change: event.ChangeType, wecomId: event.Id ?? '', tagKind: event.TagType ?? null },
        },
      ];
    case 'change_contact':
      if ('UserID' in event) {
        return [
          {
            ...base,
            name: 'staff.changed',
            payload: { change: event.ChangeType, staffUserid: event.UserID, newUserid: event.NewUserID ?? null },
          },
        ];
      }
      if ('Id' in event)
        return [{ ...base, name: 'department.changed', payload: { change: event.ChangeType, wecomId: event.Id } }];
      return [];
    case 'change_external_chat': {
      const { UpdateDetail, JoinScene, QuitScene, MemChangeCnt, MemChangeList, LastMemVer, CurMemVer } = event;
      const detail = { UpdateDetail, JoinScene, QuitScene, MemChangeCnt, MemChangeList, LastMemVer, CurMemVer };
      return [
        {
          ...base,
          name: 'group.changed',
          payload: {
            change: event.ChangeType,
            chatId: event.ChatId,
            detail: Object.fromEntries(Object.entries(detail).filter(([, value]) => value !== undefined)),
          },
        },
      ];
    }
  }
}

type CustomerRecord = EndpointValue<'externalcontact/get'>;
type ListedRecord = EndpointValue<'externalcontact/batch/get_by_user'>['external_contact_list'][number];
type Profile = FactPayload<'customer.observed'>['profile'];
type Follow = FactPayload<'customer.observed'>['follows'][number];

/** When a reading began: in the product's time and in the machine's. */
export interface Reading {
  readonly observedAt: Date;
  readonly readAt: Date;
}

/** WeCom's record of a customer as a fact. */
export function factOfRecord(record: CustomerRecord, reading: Reading, findCode: FindCode): Fact {
  const follows = record.follow_user.map((follow) =>
    followOf(
      follow,
      (follow.tags ?? []).flatMap((tag) => tag.tag_id ?? []),
      findCode,
    ),
  );
  // With more than 500 followers the rest is on further pages: then what is absent here is not gone.
  return observed(record.external_contact, follows, reading, !record.next_cursor);
}

/** One row of a staff member's list as a fact. */
export function factOfListed(row: ListedRecord, reading: Reading, findCode: FindCode): Fact {
  const follow = followOf(row.follow_info, row.follow_info.tag_id ?? [], findCode);
  return observed(row.external_contact, [follow], reading, false, row.follow_info.userid);
}

function observed(
  contact: CustomerRecord['external_contact'],
  follows: Follow[],
  { observedAt, readAt }: Reading,
  isWhole: boolean,
  reader = 'whole',
): Fact {
  return {
    name: 'customer.observed',
    source: 'wecom',
    messageId: `observed ${contact.external_userid} ${reader} ${readAt.toISOString()} ${observedAt.toISOString()}`,
    occurredAt: observedAt,
    payload: {
      externalUserid: contact.external_userid,
      observedAt: observedAt.toISOString(),
      readAt: readAt.toISOString(),
      isWhole,
      profile: profileOf(contact),
      follows,
    },
  };
}

const genders = ['unknown', 'male', 'female'] as const;

function profileOf(contact: CustomerRecord['external_contact']): Profile {
  return {
    name: clean(contact.name),
    avatar: contact.avatar || null,
    kind: contact.type === 2 ? 'wecom' : 'wechat',
    gender: genders[contact.gender ?? 0] ?? 'unknown',
    unionid: contact.unionid || null,
    corpName: contact.corp_name ? clean(contact.corp_name) : null,
    position: contact.position ? clean(contact.position) : null,
  };
}

function followOf(
  follow: CustomerRecord['follow_user'][number] | ListedRecord['follow_info'],
  tagWecomIds: string[],
  findCode: FindCode,
): Follow {
  return {
    staffUserid: follow.userid,
    createdAt: new Date(follow.createtime * 1000).toISOString(),
    codeId: findCode(follow.state),
    addWay: follow.add_way ?? null,
    remark: clean(follow.remark ?? ''),
    description: clean(follow.description ?? ''),
    mobiles: (follow.remark_mobiles ?? []).filter((mobile) => mobile !== ''),
    tagWecomIds,
  };
}

/** People put anything into a nickname; PostgreSQL takes no NUL and no half characters. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed();
}
