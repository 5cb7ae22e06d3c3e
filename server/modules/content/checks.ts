import type { FieldProblem } from '#contract';
import { type Attachment, addressesIn, type Message, type WordingKind, type Wordings } from '#contract/content';
import { checkTemplate, readTemplate } from './template.ts';
import { wecomLimits } from './wordings.ts';

/** What is wrong with words before anybody hears them: templates, limits of channels, variables that make no sense there. */

interface Checking {
  readonly attributeKeys: ReadonlySet<string>;
  readonly trackedUrls: readonly string[];
}

/** Everything that is wrong with a content, each with the path of its field: 'wordings.wecom.text'. */
export function checkWordings(wordings: Wordings, checking: Checking, kinds = kindsOf(wordings)): FieldProblem[] {
  const problems = kinds.flatMap((kind) => checkWording(wordings, kind, checking));
  return kinds.length === 0 ? [problemAt('wordings', 'content_without_words')] : problems;
}

export function kindsOf(wordings: Wordings): WordingKind[] {
  return (Object.keys(wordings) as WordingKind[]).filter((kind) => wordings[kind] !== undefined);
}

function checkWording(wordings: Wordings, kind: WordingKind, checking: Checking): FieldProblem[] {
  const at = `wordings.${kind}`;
  switch (kind) {
    case 'wecom':
      return wordings.wecom ? [...checkSilence(wordings.wecom, at), ...checkMessage(wordings.wecom, at, checking)] : [];
    case 'moment': {
      const { moment } = wordings;
      if (!moment) return [];
      return [
        ...checkSilence(moment, at),
        ...checkMessage(moment, at, checking),
        ...(mayBeShown(moment.attachments) ? [] : [problemAt(`${at}.attachments`, 'moment_attachments')]),
        ...textsOf(moment, at).flatMap(({ text, path }) => checkShared(text, path)),
      ];
    }
    case 'email': {
      const { email } = wordings;
      if (!email) return [];
      return (['subject', 'preheader', 'markdown'] as const).flatMap((field) =>
        checkText(email[field], `${at}.${field}`, checking),
      );
    }
    case 'sms':
      return wordings.sms ? checkSms(wordings.sms, at, checking) : [];
    case 'webhook': {
      const fields = wordings.webhook?.fields ?? [];
      return fields.flatMap(({ name, text }, i) => [
        ...(fields.findIndex((other) => other.name === name) < i
          ? [problemAt(`${at}.fields.${i}.name`, 'field_twice')]
          : []),
        ...checkText(text, `${at}.fields.${i}.text`, checking),
      ]);
    }
    case 'task':
      return wordings.task ? checkText(wordings.task.words, `${at}.words`, checking) : [];
  }
}

/** A message of WeCom's; `at` is its path in the draft. */
export function checkMessage(
  message: Pick<Message, 'text' | 'attachments'>,
  at: string,
  checking: Checking,
): FieldProblem[] {
  const byteCount = leastBytes(message.text);
  return [
    ...(byteCount > wecomLimits.text
      ? [problemAt(`${at}.text`, 'too_many_bytes', { max: wecomLimits.text, count: byteCount })]
      : []),
    ...textsOf(message, at).flatMap(({ text, path }) => checkText(text, path, checking)),
  ];
}

function checkSilence(message: Pick<Message, 'text' | 'attachments'>, at: string): FieldProblem[] {
  const isEmpty = message.text.trim() === '' && message.attachments.length === 0;
  return isEmpty ? [problemAt(`${at}.text`, 'message_empty')] : [];
}

/** Bytes of a text whose variables all say nothing. */
function leastBytes(text: string): number {
  const filled = readTemplate(text, 'plain', []).fill({}, { linkOf: (url) => url });
  return Buffer.byteLength(filled?.text ?? text);
}

function textsOf(message: Pick<Message, 'text' | 'attachments'>, at: string): { text: string; path: string }[] {
  return [
    { text: message.text, path: `${at}.text` },
    ...message.attachments.flatMap((attachment, i) =>
      attachment.kind === 'link'
        ? (['title', 'description'] as const).map((field) => ({
            text: attachment[field],
            path: `${at}.attachments.${i}.${field}`,
          }))
        : [],
    ),
  ];
}

function checkText(text: string, path: string, { attributeKeys }: Checking): FieldProblem[] {
  return checkTemplate(text, attributeKeys).map(({ problem, row, column, detail }) =>
    problemAt(path, problem, { row, column, detail }),
  );
}

/** A Moment is one text for everybody, whoever posts it. */
function checkShared(text: string, path: string): FieldProblem[] {
  const personal = [...readTemplate(text, 'plain', []).variables].find((name) => !name.startsWith('organization.'));
  return personal === undefined ? [] : [problemAt(path, 'moment_personal', { detail: personal })];
}

/** Up to nine pictures, or one video, or one link (doc 95094). */
function mayBeShown(attachments: readonly Attachment[]): boolean {
  const [first] = attachments;
  if (!first || attachments.every((attachment) => attachment.kind === 'image')) return true;
  return attachments.length === 1;
}

function checkSms(sms: NonNullable<Wordings['sms']>, at: string, checking: Checking): FieldProblem[] {
  const asked = new Set([...sms.templateText.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1] ?? ''));
  const given = new Set(sms.params.map((param) => param.name));
  const absent = [...asked].filter((name) => !given.has(name));
  return [
    ...absent.map((name) => problemAt(`${at}.params`, 'sms_param_missing', { detail: name })),
    ...sms.params.flatMap((param, i) => {
      const path = `${at}.params.${i}`;
      const isTracked = addressesIn(param.text)[0]?.url === param.text && checking.trackedUrls.includes(param.text);
      return [
        ...(asked.has(param.name) ? [] : [problemAt(`${path}.name`, 'sms_param_unknown', { detail: param.name })]),
        ...(sms.params.findIndex((other) => other.name === param.name) < i
          ? [problemAt(`${path}.name`, 'field_twice')]
          : []),
        ...(param.isLinkCode && !isTracked ? [problemAt(`${path}.text`, 'sms_link_untracked')] : []),
        ...checkText(param.text, `${path}.text`, checking),
      ];
    }),
  ];
}

function problemAt(
  path: string,
  problem: string,
  values: Readonly<Record<string, string | number>> = {},
): FieldProblem {
  const said = Object.entries(values).map(([name, value]) => `${name} ${value}`);
  return { path, problem, message: said.length === 0 ? problem : `${problem}: ${said.join(', ')}`, values };
}
