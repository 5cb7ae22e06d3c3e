/**
 * Error codes with their English texts. Texts in the reference's §11 that were observed on the live server are
 * verbatim; the others follow the meaning of the official table.
 */
const texts: Record<number, string> = {
  [-1]: 'system busy',
  40001: 'invalid credential',
  40003: 'invalid userid',
  40004: 'invalid media file type',
  40005: 'invalid type parameter',
  40006: 'invalid media size',
  40007: 'invalid media_id',
  40008: 'invalid message type',
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40029: 'invalid code',
  40032: 'invalid userid list length',
  40050: 'invalid group id',
  40058: 'invalid Request Parameter',
  40063: 'some parameters are empty',
  40068: 'invalid tagid',
  40071: 'UserTag Name Already Exist',
  40088: 'invalid jobid',
  40094: 'invalid url',
  40096: 'invalid external userid',
  40098: 'user not real-name verified',
  40126: 'corp tag count exceed limit',
  40144: 'customer tag count exceed limit',
  40145: 'media_id expired',
  40146: 'invalid Range',
  41001: 'access_token missing',
  41002: 'corpid missing',
  41004: 'corpsecret missing',
  41006: 'media data missing',
  41009: 'missing userid',
  41011: 'missing agentid',
  41017: 'missing tagid',
  41018: 'missing tagname',
  41035: 'missing external userid',
  41037: 'missing contact way type',
  41038: 'missing contact way scene',
  41039: 'invalid contact way type',
  41040: 'invalid contact way scene',
  41041: 'contact way user exceed limit',
  41042: 'invalid contact way style',
  41043: 'missing config_id',
  41044: 'invalid config_id',
  41045: 'contact way count exceed limit',
  41046: 'missing msgid',
  41047: 'invalid group msg id',
  41048: 'no customer to send',
  41049: 'missing welcome_code',
  41050: 'invalid welcome code',
  41051: 'externaluser has started chatting',
  41053: 'customer has not agreed to chat archiving',
  41054: 'user not activated',
  41057: 'no developer account bound',
  41059: 'missing moment_id',
  41060: 'invalid moment_id',
  41061: 'moment does not belong to this user',
  41062: 'moment has not been published by this user',
  41063: 'group msg is being dispatched, try again later',
  41064: 'too many attachments',
  41065: 'invalid attachment type',
  41067: 'moment type does not match',
  41072: 'invalid attachment_type',
  41080: 'attachment is too large',
  41081: 'attachment resolution exceed limit',
  41088: 'attachments list is empty',
  41089: 'text and attachments are both empty',
  41093: 'group msg has been cancelled',
  41094: 'remind times exceed limit',
  41090: 'invalid attachment format',
  41210: 'moment count of this month exceed limit',
  41096: 'welcome msg is being distributed',
  42001: 'access_token expired',
  42014: 'invalid task_id',
  42052: 'message is too old to be recalled',
  43012: 'callback url required for interactive card',
  42003: 'oauth_code expired',
  44001: 'empty media data',
  44004: 'empty content',
  45001: 'media file is too large',
  45008: 'article count exceed limit',
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  45035: 'api concurrent write conflict',
  45036: 'data access abnormal',
  48002: 'api forbidden',
  48009: 'contact sync secret may not read contacts from a new ip',
  49008: 'group has been dissolved',
  50003: 'app is disabled',
  50100: 'invalid cursor',
  60003: 'department not found',
  60011: 'no privilege to access/modify contact/party/agent',
  60020: 'not allow to access from your ip',
  60140: 'invalid response_code',
  60111: 'userid not found',
  60123: 'invalid party id',
  81013: 'user & party & tag all invalid',
  82001: 'user & party & tag all empty',
  82002: 'party count exceed limit',
  82003: 'tag count exceed limit',
  81017: 'too many items, use a filter',
  84061: 'not external contact',
  84074: 'no external contact permission',
  91040: 'invalid ticket type',
  301002: 'not allow operate another agent with this accesstoken.',
  301017: 'voice must be AMR',
  600018: 'invalid start endtime',
};

function textOf(errcode: number): string {
  return texts[errcode] ?? 'request refused';
}

/** An API call that the platform answers with an error code. */
export class Refusal extends Error {
  readonly errcode: number;

  constructor(errcode: number, text: string = textOf(errcode)) {
    super(text);
    this.errcode = errcode;
  }
}

export function refuse(errcode: number, text?: string): never {
  throw new Refusal(errcode, text);
}

/** 40058 with the text that names the field, as the live server does. */
export function refuseField(text: string): never {
  throw new Refusal(40058, `${text}. invalid Request Parameter`);
}
