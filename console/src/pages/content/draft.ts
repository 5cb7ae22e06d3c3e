import type { z } from 'zod';
import type { contentDraft, WordingKind, Wordings } from '#contract/content';

export type ContentDraft = z.output<typeof contentDraft>;

/** What each channel begins with. */
export const emptyWordings = {
  wecom: { text: '', attachments: [] },
  moment: { text: '', attachments: [] },
  email: { subject: '', preheader: '', markdown: '' },
  sms: { templateCode: '', templateText: '', params: [] },
  webhook: { fields: [{ name: 'text', text: '' }] },
  task: { words: '' },
} as const satisfies { [K in WordingKind]: Wordings[K] };

/** The words for WeCom, as far as another channel can say them. */
export function fromWecom(kind: WordingKind, wordings: Wordings): Wordings {
  const text = wordings.wecom?.text ?? '';
  switch (kind) {
    case 'moment':
      return { ...wordings, moment: { text, attachments: [] } };
    case 'email':
      return { ...wordings, email: { subject: '', preheader: '', markdown: text } };
    case 'webhook':
      return { ...wordings, webhook: { fields: [{ name: 'text', text }] } };
    case 'task':
      return { ...wordings, task: { words: text } };
    case 'wecom':
    case 'sms':
      return { ...wordings, [kind]: emptyWordings[kind] };
  }
}

export function withoutWording(kind: WordingKind, wordings: Wordings): Wordings {
  const { [kind]: _, ...others } = wordings;
  return others;
}

/** Which field of the form a refusal is about. */
export const fieldOfCode = {
  content_name_taken: 'name',
  folder_unknown: 'folderId',
  material_unknown: 'wordings.wecom.attachments',
} as const;
