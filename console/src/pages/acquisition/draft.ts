import type { z } from 'zod';
import type { codeDraft } from '#contract/acquisition';

export type CodeDraft = z.output<typeof codeDraft>;
export type Slot = CodeDraft['rotation'][number];

export const weekdays = [1, 2, 3, 4, 5, 6, 7] as const;
export const minutesOfDay = 1440;
export const alwaysSlot: Slot = { staffIds: [], weekdays: [...weekdays], fromMinute: 0, toMinute: minutesOfDay };

export const emptyDraft: CodeDraft = {
  name: '',
  folderId: null,
  source: 'shop',
  entry: 'direct',
  rotation: [alwaysSlot],
  backupStaffIds: [],
  dailyLimit: null,
  skipVerify: true,
  tagIds: [],
  remarkPrefix: '',
  description: '',
  hook: { kind: 'none', text: '' },
  welcome: { kind: 'default' },
  startsAt: null,
  endsAt: null,
};

/** Which field of the form a refusal is about. */
export const fieldOfCode = {
  code_name_taken: 'name',
  staff_unknown: 'rotation',
  tag_unknown: 'tagIds',
  folder_unknown: 'folderId',
  material_unknown: 'welcome.message',
} as const;
