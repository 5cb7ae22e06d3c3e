import type { Attachment, ChannelMessage, Message, WordingKind, Wordings } from '#contract/content';
import type { Channel } from '#contract/touch';
import {
  type Filled,
  type FillOptions,
  type ReadTemplate,
  readTemplate,
  type TextForm,
  type Values,
} from './template.ts';

/** How each channel says a content: reading its templates, and filling them for somebody. */

/** How each channel of a touch says a content. */
export const wordingOf = {
  wecom_welcome: 'wecom',
  wecom_mass: 'wecom',
  wecom_group: 'wecom',
  wecom_moment: 'moment',
  staff_task: 'task',
  email: 'email',
  sms: 'sms',
  webhook: 'webhook',
} as const satisfies Readonly<Record<ContentChannel, WordingKind>>;

/** Channels of touches, and WeCom's mass messages to groups, which reach nobody in particular. */
export type ContentChannel = Channel | 'wecom_group';

/** WeCom's limits (docs 92137, 92135, 95094), in UTF-8 bytes. */
export const wecomLimits = { text: 4000, title: 128, description: 512 } as const;

/** Longest value of an SMS parameter, in characters: longer ones are refused by providers. */
const smsParamLength = 100;

export interface FilledMessage {
  readonly message: ChannelMessage;
  readonly missing: readonly string[];
}

/** One wording, read once and filled for many people. */
export interface ReadWording {
  /** Long names of all variables it uses. */
  readonly variables: ReadonlySet<string>;
  readonly trackedUrls: ReadonlySet<string>;
  readonly materialIds: readonly number[];
  /** Never throws for what customers are called; undefined when a template cannot be filled within its limits. */
  fill(values: Values, options: WordingOptions): FilledMessage | undefined;
}

export interface WordingOptions extends FillOptions {
  /** The file that is now in the place of another. */
  materialOf?(id: number): number;
}

type Texts = (text: ReadTemplate) => string;
type Make = (fill: Texts, options: WordingOptions) => ChannelMessage;

/** Reads how `kind` says it; undefined where it says nothing. A task without words of its own is told those for WeCom. */
export function readWording(all: Wordings, kind: WordingKind, trackedUrls: readonly string[]): ReadWording | undefined {
  const texts: ReadTemplate[] = [];
  const read = (text: string, form: TextForm = 'plain') => {
    const template = readTemplate(text, form, trackedUrls);
    texts.push(template);
    return template;
  };
  const attachments = kind === 'wecom' || kind === 'moment' ? (all[kind]?.attachments ?? []) : [];
  const make = makerOf(all, kind, read, trackedUrls);
  if (!make) return undefined;
  return {
    variables: new Set(texts.flatMap((text) => [...text.variables])),
    trackedUrls: new Set([
      ...texts.flatMap((text) => text.trackedUrls),
      ...attachments.flatMap((one) => (one.kind === 'link' && trackedUrls.includes(one.url) ? [one.url] : [])),
    ]),
    materialIds: [...new Set(attachments.flatMap((one) => ('materialId' in one ? [one.materialId] : [])))],
    fill(values, options) {
      const missing = new Set<string>();
      let isWhole = true;
      const fill: Texts = (text) => {
        const filled: Filled | undefined = text.fill(values, options);
        for (const name of filled?.missing ?? []) missing.add(name);
        isWhole &&= filled !== undefined;
        return filled?.text ?? '';
      };
      const message = make(fill, options);
      return isWhole ? { message, missing: [...missing] } : undefined;
    },
  };
}

function makerOf(
  all: Wordings,
  kind: WordingKind,
  read: (text: string, form?: TextForm) => ReadTemplate,
  trackedUrls: readonly string[],
): Make | undefined {
  switch (kind) {
    case 'wecom':
    case 'moment': {
      const wording = all[kind];
      if (!wording) return undefined;
      const text = read(wording.text);
      const attachments = wording.attachments.map((attachment) => attachmentMaker(attachment, read, trackedUrls));
      return (fill, options) =>
        ({
          kind,
          text: cutToBytes(fill(text), wecomLimits.text),
          attachments: attachments.map((one) => one(fill, options)),
        }) as ChannelMessage;
    }
    case 'email': {
      const wording = all.email;
      if (!wording) return undefined;
      const [subject, preheader] = [read(wording.subject), read(wording.preheader)];
      const markdown = read(wording.markdown, 'markdown');
      return (fill) => ({
        kind,
        subject: oneLine(fill(subject)),
        preheader: oneLine(fill(preheader)),
        markdown: fill(markdown),
      });
    }
    case 'sms': {
      const wording = all.sms;
      if (!wording) return undefined;
      const params = wording.params.map((param) => ({ ...param, template: read(param.text) }));
      return (fill) => {
        const values = Object.fromEntries(
          params.map(({ name, template, isLinkCode }) => {
            const said = oneLine(fill(template));
            return [name, (isLinkCode ? (said.split('/').at(-1) ?? '') : said).slice(0, smsParamLength)];
          }),
        );
        const preview = wording.templateText.replace(/\$\{(\w+)\}/g, (typed, name: string) =>
          Object.hasOwn(values, name) ? (values[name] ?? '') : typed,
        );
        return { kind, templateCode: wording.templateCode, params: values, preview };
      };
    }
    case 'webhook': {
      const wording = all.webhook;
      if (!wording) return undefined;
      const fields = wording.fields.map(({ name, text }) => ({ name, template: read(text) }));
      return (fill) => ({
        kind,
        fields: Object.fromEntries(fields.map(({ name, template }) => [name, fill(template)])),
      });
    }
    case 'task': {
      const words = all.task?.words ?? all.wecom?.text;
      if (words === undefined) return undefined;
      const template = read(words);
      return (fill) => ({ kind, words: fill(template) });
    }
  }
}

function attachmentMaker(
  attachment: Attachment,
  read: (text: string) => ReadTemplate,
  trackedUrls: readonly string[],
): (fill: Texts, options: WordingOptions) => Attachment {
  if (attachment.kind === 'link') {
    const [title, description] = [read(attachment.title), read(attachment.description)];
    return (fill, { linkOf }) => ({
      ...attachment,
      title: cutToBytes(oneLine(fill(title)), wecomLimits.title),
      description: cutToBytes(oneLine(fill(description)), wecomLimits.description),
      url: trackedUrls.includes(attachment.url) ? linkOf(attachment.url) : attachment.url,
    });
  }
  return (_, { materialOf }) => ({
    ...attachment,
    materialId: materialOf?.(attachment.materialId) ?? attachment.materialId,
  });
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Whether a message speaks of what the customer is called. */
export function asksForName(message: Message): boolean {
  const wording = readWording({ wecom: message }, 'wecom', []);
  return wording?.variables.has('customer.name') || wording?.variables.has('customer.nickname') || false;
}

/** Whether a message says nothing at all. */
export function isSilent(message: ChannelMessage): boolean {
  switch (message.kind) {
    case 'wecom':
    case 'moment':
      return message.text === '' && message.attachments.length === 0;
    case 'email':
      return message.markdown === '';
    case 'task':
      return message.words === '';
    case 'sms':
    case 'webhook':
      return false;
  }
}

/** WeCom counts bytes: a text may have 4000. Cut between characters. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  let cut = '';
  let bytes = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > maxBytes) break;
    cut += character;
  }
  return cut;
}
