import { useTranslation } from 'react-i18next';
import type { DraftNode, JourneyDraft } from '#contract/journey-graph';
import { type Change, changesBetween } from './diff';
import { useJourneyWords } from './words';

interface Props {
  readonly before: JourneyDraft;
  readonly after: JourneyDraft;
}

/** What differs between two graphs, a line for each change. */
export function Changes({ before, after }: Props) {
  const { t } = useTranslation();
  const words = useJourneyWords(before, after);
  const changes = changesBetween(before, after);
  if (changes.length === 0) return <p className="muted">{t('journey.changesNone')}</p>;

  function say(change: Change): string {
    switch (change.kind) {
      case 'added':
        return t('journey.change.added', { name: words.nameNode(change.node), text: words.sayNode(change.node) });
      case 'removed':
        return t('journey.change.removed', { name: words.nameNode(change.node) });
      case 'renamed':
        return t('journey.change.renamed', {
          before: words.nameNode(change.before),
          after: words.nameNode(change.node),
        });
      case 'changed':
        return sayChanged(change.before, change.node);
      case 'led':
        return t('journey.change.led', {
          name: words.nameNode(change.node),
          way: words.sayWay(change.node, change.way),
          before: words.nameOf(before, change.before),
          after: words.nameOf(after, change.after),
        });
      case 'begun':
        return t('journey.change.begun', {
          before: words.nameOf(before, change.before),
          after: words.nameOf(after, change.after),
        });
      case 'setting':
        return t('journey.change.setting', {
          name: t(`journey.settings.${change.name}`),
          before: words.saySetting(before, change.name),
          after: words.saySetting(after, change.name),
        });
    }
  }

  /** Where the short text of both is the same, it is a detail that differs, such as a condition. */
  function sayChanged(old: DraftNode, node: DraftNode): string {
    const [was, is] = [words.sayNode(old), words.sayNode(node)];
    const name = words.nameNode(node);
    return was === is
      ? t('journey.change.ruleChanged', { name })
      : t('journey.change.changed', { name, before: was, after: is });
  }

  return (
    <ul className="journey-changes" data-testid="journey-changes">
      {changes.map((change, i) => (
        <li key={i} className={`journey-change-${change.kind}`}>
          {say(change)}
        </li>
      ))}
    </ul>
  );
}
