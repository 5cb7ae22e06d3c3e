import { useTranslation } from 'react-i18next';
import { textOr } from '~/i18n/index';

interface Told {
  /** `wecom`, `user`, …, or `source.<id>` for one of the brand's own systems. */
  readonly source: string;
  readonly sourceName: string | null;
}

/** Who told something, in the reader's words. */
export function useToldBy(): (told: Told) => string {
  const { t } = useTranslation();
  return ({ source, sourceName }) =>
    sourceName ?? (source.startsWith('source.') ? t('toldBy.removed') : textOr(`toldBy.${source}`, source));
}

/** What a kind of account is called. */
export function useKindName(): (kind: string) => string {
  // Drawn anew when the language changes.
  useTranslation();
  return (kind) => textOr(`identity.${kind}`, kind);
}

/** Who merged or parted customers: a person's name, or the evidence when siyu did it by itself. */
export function useMergedBy(): (by: string) => string {
  const { t } = useTranslation();
  return (by) => (by.startsWith('events.') ? t('people.byEvidence') : t('people.byPerson', { name: by }));
}
