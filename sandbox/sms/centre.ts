import { dayMs, dayOf } from '#sandbox/clock';

/**
 * Sends text messages as Alibaba Cloud SMS does (documents SendSms, QuerySendDetails, API error codes): only approved sign
 * names and templates, so many messages for each number, and a report that comes some time later. Times are simulated.
 */

/** Codes 验证码, notices 短信通知, promotions 推广短信: each has limits of its own. */
export type TemplateKind = 'code' | 'notice' | 'promotion';
export type Template = { code: string; kind: TemplateKind; content: string };

/** What happens to messages for a number. */
export type NumberState = 'well' | 'out_of_service' | 'in_black_list';

export type TextMessage = {
  bizId: string;
  outId: string;
  phone: string;
  signName: string;
  templateCode: string;
  kind: TemplateKind;
  content: string;
  at: number;
  /** Carrier's code, or null while the report is not there. */
  reportCode: string;
  reportAt: number;
};

export type SmsFault = {
  /** A Code of the API; with `status` it comes from the gateway. Absent: the call is executed. */
  code?: string;
  message?: string;
  status?: number;
  /** Executed, then the connection is destroyed, or nothing is answered at all. */
  answer?: 'dropped' | 'never';
  times?: number;
};

export type Answer = { Code: string; Message: string } & Record<string, unknown>;

export type SmsCentre = ReturnType<typeof createSmsCentre>;

const signNames = ['山间茶事'];
// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of Alibaba Cloud's templates look like those of JavaScript
const templates: readonly Template[] = [
  { code: 'SMS_100000001', kind: 'notice', content: '${name}，您预约的${shop}品茶已确认，${time}见。' },
  { code: 'SMS_100000002', kind: 'notice', content: '${name}，您的订单${order}已发出，预计${day}送达。' },
  {
    code: 'SMS_200000001',
    kind: 'promotion',
    content: '${name}，春茶上新，老朋友专享${offer}，详情 s.example.com/${code} 拒收请回复R',
  },
  { code: 'SMS_300000001', kind: 'code', content: '验证码${code}，5分钟内有效。' },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: the templates end here

/** How long a carrier takes to report. */
const reportDelayMs = 5_000;
const longestParameter = 35;
const minuteMs = 60_000;
const hourMs = 3_600_000;

/** Messages of one sign name and template kind to one number: [window, limit, how the refusal names it]. */
const limits: Record<TemplateKind, readonly (readonly [number, number, string])[]> = {
  code: [
    [minuteMs, 1, '分钟级'],
    [hourMs, 5, '小时级'],
    [dayMs, 10, '天级'],
  ],
  notice: [[dayMs, 50, '天级']],
  promotion: [[dayMs, 50, '天级']],
};

export function createSmsCentre(clock: { now(): number }) {
  let messages: TextMessage[] = [];
  let byPhone = new Map<string, TextMessage[]>();
  let faults: SmsFault[] = [];
  const numbers = new Map<string, NumberState>();
  /** Numbers whose person answered R: no promotion reaches them any more. */
  const refusing = new Set<string>();
  const known = new Map(templates.map((template) => [template.code, template]));
  const names = new Set(signNames);
  let serial = 0;

  function takeFault(): SmsFault | undefined {
    const fault = faults.find(({ times }) => times === undefined || times > 0);
    if (fault?.times !== undefined) fault.times -= 1;
    return fault;
  }

  function send(query: URLSearchParams): Answer {
    const phones = (query.get('PhoneNumbers') ?? '').split(',');
    const signName = query.get('SignName') ?? '';
    const template = known.get(query.get('TemplateCode') ?? '');
    if (phones.length > 1000) return no('isv.MOBILE_COUNT_OVER_LIMIT', '手机号码数量超过限制');
    const bare = phones.map((phone) => phone.replace(/^(\+86|0086|86)(?=1\d{10}$)/, ''));
    if (bare.some((phone) => !/^1[3-9]\d{9}$/.test(phone))) return no('isv.MOBILE_NUMBER_ILLEGAL', '非法手机号');
    if (!names.has(signName)) return no('isv.SMS_SIGNATURE_ILLEGAL', '该账号下找不到对应签名');
    if (!template) return no('isv.SMS_TEMPLATE_ILLEGAL', '该账号下找不到对应模板');
    const filled = fill(template, query.get('TemplateParam'));
    if (typeof filled !== 'string') return filled;
    const at = clock.now();
    for (const phone of bare) {
      if (template.kind === 'promotion' && refusing.has(phone)) {
        return no('isv.CUSTOMER_REFUSED', '用户已退订推广短信');
      }
      const reached = limitReached(byPhone.get(phone) ?? [], { signName, template, at });
      if (reached) return no('isv.BUSINESS_LIMIT_CONTROL', reached);
    }
    serial += 1;
    const bizId = `${String(at).padStart(18, '9')}^${serial}`;
    for (const phone of bare) {
      const message: TextMessage = {
        bizId,
        outId: query.get('OutId') ?? '',
        phone,
        signName,
        templateCode: template.code,
        kind: template.kind,
        content: `【${signName}】${filled}`,
        at,
        reportCode: reportCodes[numbers.get(phone) ?? 'well'],
        reportAt: at + reportDelayMs,
      };
      messages.push(message);
      byPhone.set(phone, [...(byPhone.get(phone) ?? []), message]);
    }
    return { Code: 'OK', Message: 'OK', BizId: bizId };
  }

  function details(query: URLSearchParams): Answer {
    const day = query.get('SendDate') ?? '';
    if (!/^\d{8}$/.test(day)) return no('isv.INVALID_PARAMETERS', '参数异常');
    const [size, page] = [Number(query.get('PageSize')), Number(query.get('CurrentPage'))];
    if (!(size >= 1 && size <= 50) || !(page >= 1)) return no('isv.INVALID_PARAMETERS', '参数异常');
    const bizId = query.get('BizId');
    const number = dayOf(Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T00:00:00+08:00`));
    const found = (byPhone.get(query.get('PhoneNumber') ?? '') ?? [])
      .filter((message) => dayOf(message.at) === number && (bizId === null || message.bizId === bizId))
      .reverse();
    const at = clock.now();
    return {
      Code: 'OK',
      Message: 'OK',
      TotalCount: found.length,
      SmsSendDetailDTOs: {
        SmsSendDetailDTO: found.slice((page - 1) * size, page * size).map((message) => {
          const isReported = message.reportAt <= at;
          return {
            PhoneNum: message.phone,
            OutId: message.outId,
            TemplateCode: message.templateCode,
            Content: message.content,
            SendDate: civil(message.at),
            SendStatus: isReported ? (message.reportCode === 'DELIVERED' ? 3 : 2) : 1,
            ...(isReported ? { ErrCode: message.reportCode, ReceiveDate: civil(message.reportAt) } : {}),
          };
        }),
      },
    };
  }

  return {
    /** One call of the API; what the fault says about its answer is left to the caller. */
    call: (action: string, query: URLSearchParams): { answer: Answer; fault: SmsFault | undefined } => {
      const fault = takeFault();
      if (fault?.code !== undefined) return { answer: no(fault.code, fault.message ?? fault.code), fault };
      return { answer: action === 'SendSms' ? send(query) : details(query), fault };
    },
    now: () => clock.now(),
    messages: (): readonly TextMessage[] => messages,
    signNames: (): string[] => [...names],
    templates: (): Template[] => [...known.values()],
    addSignName: (name: string): void => {
      names.add(name);
    },
    addTemplate: (template: Template): void => {
      known.set(template.code, template);
    },
    numbers: (): { phone: string; state: NumberState; refuses: boolean }[] =>
      [...new Set([...numbers.keys(), ...refusing])].map((phone) => ({
        phone,
        state: numbers.get(phone) ?? 'well',
        refuses: refusing.has(phone),
      })),
    setNumber: (phone: string, state: NumberState): void => {
      numbers.set(phone, state);
    },
    /** The person answers; R or T takes them off the promotions of everybody who sends from here. */
    reply: (phone: string, text: string): { refuses: boolean } => {
      if (/^[RT]$/i.test(text.trim())) refusing.add(phone);
      return { refuses: refusing.has(phone) };
    },
    faults: (): readonly SmsFault[] => faults,
    setFaults: (next: SmsFault[]): void => {
      faults = next;
    },
    clear: (): void => {
      messages = [];
      byPhone = new Map();
      faults = [];
      numbers.clear();
      refusing.clear();
    },
  };
}

const reportCodes: Record<NumberState, string> = {
  well: 'DELIVERED',
  out_of_service: 'MOBILE_NOT_ON_SERVICE',
  in_black_list: 'MOBILE_IN_BLACK',
};

function no(code: string, message: string): Answer {
  return { Code: code, Message: message };
}

/** The template's words, or the refusal. Values are texts of at most 35 characters, and no addresses. */
function fill(template: Template, json: string | null): string | Answer {
  const wanted = [...template.content.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const values = json === null ? {} : readObject(json);
  if (!values) return no('isv.INVALID_JSON_PARAM', 'JSON参数不合法，只接受字符串值');
  if (wanted.some((name) => values[name] === undefined)) return no('isv.TEMPLATE_MISSING_PARAMETERS', '模板缺少变量');
  for (const value of Object.values(values)) {
    if (value.length > longestParameter) return no('isv.PARAM_LENGTH_LIMIT', '参数超出长度限制');
    if (/https?:\/\//i.test(value)) return no('isv.PARAM_NOT_SUPPORT_URL', '变量不支持传入URL');
  }
  return template.content.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
}

function readObject(json: string): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    if (Object.values(value).some((one) => typeof one !== 'string')) return undefined;
    return value as Record<string, string>;
  } catch {
    return undefined;
  }
}

function limitReached(
  sent: readonly TextMessage[],
  next: { signName: string; template: Template; at: number },
): string | undefined {
  const same = sent.filter(
    (message) =>
      message.signName === next.signName &&
      (next.template.kind === 'code' ? message.kind === 'code' : message.templateCode === next.template.code),
  );
  for (const [windowMs, limit, name] of limits[next.template.kind]) {
    const inside = same.filter((message) => message.at > next.at - windowMs).length;
    if (inside >= limit) return `触发${name}流控Permits:${limit}`;
  }
  return undefined;
}

/** Shanghai's civil time, as the API writes it. */
function civil(ms: number): string {
  return new Date(ms + 8 * hourMs).toISOString().slice(0, 19).replace('T', ' ');
}
