import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CallbackEvent, dedupeKey, parseCallback, parseEnvelope } from './callbacks.ts';

type Fields = { [name: string]: string };

/** The XML of an event as the platform writes it: texts in CDATA, numbers bare. */
function eventXml(event: string, changeType: string, fields: Fields = {}): string {
  const head = { ToUserName: 'ww6a112864f8022910', FromUserName: 'sys', CreateTime: '1403610513', MsgType: 'event' };
  const all: Fields = { ...head, Event: event, ChangeType: changeType, ...fields };
  const elements = Object.entries(all).map(([name, value]) => {
    const isBare = value.startsWith('<') || (name.endsWith('Time') && value !== '');
    return `<${name}>${isBare ? value : `<![CDATA[${value}]]>`}</${name}>`;
  });
  return `<xml>${elements.join('')}</xml>`;
}

function parseEvent(xml: string): CallbackEvent {
  const parsed = parseCallback(xml);
  if (!parsed.ok) throw new Error(`${parsed.problem} ${parsed.field}`);
  return parsed.event;
}

describe('the envelope', () => {
  test('is read whatever the order of its elements', () => {
    const body = '<xml><Encrypt><![CDATA[QUJD]]></Encrypt><AgentID>218</AgentID><ToUserName>ww1</ToUserName></xml>';
    expect(parseEnvelope(body)).toEqual({ ok: true, toUserName: 'ww1', agentId: 218, encrypt: 'QUJD' });
  });

  test.each(['', '<AgentID><![CDATA[]]></AgentID>', '<AgentID/>'])('has no agent when it says "%s"', (agent) => {
    const body = `<xml><ToUserName>ww1</ToUserName>${agent}<Encrypt> QUJD </Encrypt></xml>`;
    expect(parseEnvelope(body)).toEqual({ ok: true, toUserName: 'ww1', encrypt: 'QUJD' });
  });

  test.each([
    ['nothing', '', { problem: 'malformed' }],
    ['JSON', '{"a":1}', { problem: 'malformed' }],
    ['a cut body', '<xml><ToUserName>ww1</ToUserName><Encr', { problem: 'malformed' }],
    ['another root', '<html><Encrypt>QUJD</Encrypt></html>', { problem: 'malformed' }],
    ['no Encrypt', '<xml><ToUserName>ww1</ToUserName></xml>', { problem: 'field_invalid', field: 'Encrypt' }],
    [
      'an Encrypt that is not base64',
      '<xml><ToUserName>w</ToUserName><Encrypt>{}</Encrypt></xml>',
      { field: 'Encrypt' },
    ],
    [
      'two Encrypts',
      '<xml><ToUserName>w</ToUserName><Encrypt>QUJD</Encrypt><Encrypt>QUJD</Encrypt></xml>',
      { problem: 'field_invalid', field: 'Encrypt' },
    ],
    [
      'an agent that is no number',
      '<xml><ToUserName>w</ToUserName><AgentID>x</AgentID><Encrypt>QUJD</Encrypt></xml>',
      { problem: 'field_invalid', field: 'AgentID' },
    ],
  ])('made of %s is a problem', (_what, body, problem) => {
    expect(parseEnvelope(body)).toMatchObject({ ok: false, ...problem });
  });

  test.each([
    ['a DOCTYPE', '<!DOCTYPE xml [<!ENTITY a "b">]><xml><ToUserName>&a;</ToUserName><Encrypt>QUJD</Encrypt></xml>'],
    ['a lower-case doctype', '<!doctype xml><xml/>'],
    ['a DOCTYPE hidden by a comment around CDATA', '<!-- <![CDATA[ --><!DOCTYPE x><!-- ]]> --><xml/>'],
    ['a CDATA section that never ends', '<xml><ToUserName><![CDATA[ww1</ToUserName></xml>'],
  ])('with %s is refused', (_what, body) => {
    expect(parseEnvelope(body)).toEqual({ ok: false, problem: 'declaration_refused' });
  });

  test('entities are not expanded', () => {
    const parsed = parseEnvelope('<xml><ToUserName>&lt;&#65;</ToUserName><Encrypt>QUJD</Encrypt></xml>');
    expect(parsed).toMatchObject({ ok: true, toUserName: '&lt;&#65;' });
  });
});

describe('events', () => {
  test('a new customer keeps its identifiers as text even when they look like numbers', () => {
    const fields = { UserID: '007', ExternalUserID: '1e3', State: ' 0012 ', WelcomeCode: '99999999999999999999' };
    expect(parseEvent(eventXml('change_external_contact', 'add_external_contact', fields))).toMatchObject({
      kind: 'change_external_contact',
      ChangeType: 'add_external_contact',
      CreateTime: 1403610513,
      UserID: '007',
      ExternalUserID: '1e3',
      State: '0012',
      WelcomeCode: '99999999999999999999',
    });
  });

  test.each([
    'add_external_contact',
    'add_half_external_contact',
    'edit_external_contact',
    'del_external_contact',
    'del_follow_user',
    'transfer_fail',
    'msg_audit_approved',
  ])('%s is known, and its empty optional elements are absent', (changeType) => {
    const fields = { UserID: 'zhangsan', ExternalUserID: 'wm1', State: '', WelcomeCode: '' };
    const event = parseEvent(eventXml('change_external_contact', changeType, fields));
    expect(event).toMatchObject({ kind: 'change_external_contact', ChangeType: changeType });
    expect(event).not.toHaveProperty('State');
    expect(event).not.toHaveProperty('WelcomeCode');
  });

  test.each([
    ['one member', '<Item>wm1</Item>', ['wm1']],
    ['several members', '<Item><![CDATA[wm1]]></Item><Item>123</Item>', ['wm1', '123']],
    ['nobody', '', []],
  ])('a group update with %s gives a list', (_who, items, expected) => {
    const fields = { ChatId: 'wr1', UpdateDetail: 'add_member', JoinScene: '3', QuitScene: '0', MemChangeCnt: '1' };
    const list = items === '' ? {} : { MemChangeList: items };
    const event = parseEvent(eventXml('change_external_chat', 'update', { ...fields, ...list, LastMemVer: '9c3' }));
    expect(event).toMatchObject({ ChatId: 'wr1', JoinScene: 3, MemChangeList: expected, LastMemVer: '9c3' });
  });

  test('a shuffle of all tag groups has no id, any other tag event must have one', () => {
    expect(parseEvent(eventXml('change_external_tag', 'shuffle', { Id: '' }))).toMatchObject({ ChangeType: 'shuffle' });
    expect(parseCallback(eventXml('change_external_tag', 'delete', { Id: '', TagType: 'tag' }))).toEqual({
      ok: false,
      problem: 'field_invalid',
      field: 'Id',
    });
  });

  test('a member change has its departments as numbers', () => {
    const event = parseEvent(
      eventXml('change_contact', 'update_user', { UserID: '12', Department: '1, 2', NewUserID: '' }),
    );
    expect(event).toMatchObject({ kind: 'change_contact', UserID: '12', Department: [1, 2] });
  });

  test.each([
    ['create_party', { Id: '2', ParentId: '1' }, { Id: 2, ParentId: 1 }],
    ['delete_party', { Id: '2' }, { Id: 2 }],
    ['update_tag', { TagId: '7', AddUserItems: 'a,b' }, { TagId: 7, AddUserItems: ['a', 'b'], DelPartyItems: [] }],
  ])('%s is a contact change', (changeType, fields, expected) => {
    expect(parseEvent(eventXml('change_contact', changeType, fields))).toMatchObject(expected);
  });

  test('an acquisition event tells its link', () => {
    const fields = { LinkId: 'ca1', State: 'ad_7' };
    expect(parseEvent(eventXml('customer_acquisition', 'friend_request', fields))).toMatchObject(fields);
  });

  test.each([
    ['an unknown event', eventXml('moon_landing', 'x', { Crew: '3' })],
    ['an unknown change', eventXml('change_external_contact', 'moved_to_mars', { UserID: '1' })],
    ['a name from the prototype of objects', eventXml('hasOwnProperty', 'x')],
    ['a message', '<xml><MsgType>text</MsgType><Content><![CDATA[<!DOCTYPE html>]]></Content><MsgId>1</MsgId></xml>'],
  ])('%s is kept as other', (_what, xml) => {
    expect(parseEvent(xml)).toMatchObject({ kind: 'other' });
  });

  test.each([
    ['UserID', eventXml('change_external_contact', 'del_follow_user', { ExternalUserID: 'wm1' })],
    ['ChatId', eventXml('change_external_chat', 'create')],
    ['CreateTime', eventXml('change_external_chat', 'create', { ChatId: 'wr1', CreateTime: '-1' })],
    ['Department.1', eventXml('change_contact', 'create_user', { UserID: 'a', Department: '1,x' })],
  ])('a known event with a missing or wrong %s names that field', (field, xml) => {
    expect(parseCallback(xml)).toEqual({ ok: false, problem: 'field_invalid', field });
  });
});

describe('the key that finds repeated deliveries', () => {
  const fields = { UserID: 'zhangsan', ExternalUserID: 'wm1', WelcomeCode: 'w1' };
  const xml = eventXml('change_external_contact', 'add_external_contact', fields);
  const key = (text: string) => dedupeKey(parseEvent(text));

  test('is the same for the same event, also with its elements in another order', () => {
    const [, inner = ''] = /^<xml>(.*)<\/xml>$/.exec(xml) ?? [];
    const reversed = inner
      .match(/<(\w+)>.*?<\/\1>/g)
      ?.reverse()
      .join('');
    expect(key(xml)).toMatch(/^[0-9a-f]{64}$/);
    expect(key(`<xml>${reversed}</xml>`)).toBe(key(xml));
  });

  test('differs as soon as an identifying field differs', () => {
    const chat = { ChatId: 'wr1', UpdateDetail: 'add_member', LastMemVer: 'a', CurMemVer: 'b' };
    const keys = [
      key(xml),
      key(eventXml('change_external_contact', 'add_half_external_contact', fields)),
      ...['UserID', 'ExternalUserID', 'WelcomeCode'].map((name) =>
        key(eventXml('change_external_contact', 'add_external_contact', { ...fields, [name]: 'other' })),
      ),
      key(eventXml('change_external_contact', 'add_external_contact', { ...fields, CreateTime: '1403610514' })),
      key(eventXml('change_external_chat', 'update', chat)),
      ...['ChatId', 'UpdateDetail', 'LastMemVer', 'CurMemVer'].map((name) =>
        key(eventXml('change_external_chat', 'update', { ...chat, [name]: 'other' })),
      ),
      key(eventXml('change_external_tag', 'update', { Id: 'et1', TagType: 'tag' })),
      key(eventXml('change_external_tag', 'update', { Id: 'et2', TagType: 'tag' })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('counts every field of an event that is not known', () => {
    const open = (staff: string) =>
      key(`<xml><FromUserName>${staff}</FromUserName><CreateTime>1</CreateTime><Event>subscribe</Event></xml>`);
    expect(open('zhangsan')).not.toBe(open('lisi'));
    expect(open('lisi')).toBe(open('lisi'));
  });
});

test('no text makes the parsers throw', () => {
  const names = [
    'ToUserName',
    'Encrypt',
    'Event',
    'ChangeType',
    'MemChangeList',
    'Item',
    '__proto__',
    'toString',
    'a b',
  ];
  const value = fc.oneof(
    fc.string(),
    fc.constantFrom('change_external_chat', 'update', '<Item/>', '<![CDATA[x]]>', '&a;'),
  );
  const element = fc.tuple(fc.constantFrom(...names), value).map(([name, inner]) => `<${name}>${inner}</${name}>`);
  const bytes = fc.uint8Array().map((array) => Buffer.from(array).toString('latin1'));
  const body = fc.oneof(
    fc.string({ unit: 'binary' }),
    bytes,
    fc.array(element).map((elements) => `<xml>${elements.join('')}</xml>`),
    fc.tuple(fc.nat(400), bytes).map(([at, noise]) => {
      const xml = eventXml('change_external_chat', 'update', { ChatId: 'wr1', MemChangeList: '<Item>wm1</Item>' });
      return xml.slice(0, at) + noise + xml.slice(at + noise.length);
    }),
  );
  fc.assert(
    fc.property(body, (text) => {
      expect(typeof parseEnvelope(text).ok).toBe('boolean');
      const parsed = parseCallback(text);
      if (parsed.ok) expect(dedupeKey(parsed.event)).toHaveLength(64);
    }),
    { numRuns: 1000 },
  );
});
