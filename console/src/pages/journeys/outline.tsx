import { WarningFilled } from '@ant-design/icons';
import { useTranslation } from 'react-i18next';
import type { JourneyDraft } from '#contract/journey-graph';
import { useFormat } from '~/format';
import type { NodeFigures } from './canvas';
import { readInOrder } from './draft';
import { KindIcon } from './kinds';
import { useJourneyWords } from './words';

interface Props {
  readonly draft: JourneyDraft;
  readonly selected: string | undefined;
  readonly onSelect: (id: string) => void;
  readonly figures?: ReadonlyMap<string, NodeFigures>;
  readonly troubled?: ReadonlySet<string>;
}

/** A journey as a list to be read from the top: for narrow screens, and for readers that see no picture. */
export function JourneyOutline({ draft, selected, onSelect, figures, troubled }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords(draft);
  return (
    <ol className="journey-outline" data-testid="journey-outline">
      <li className="journey-outline-entry">
        <strong>{t('journey.start')}</strong> <span className="muted">{words.saySetting(draft, 'triggers')}</span>
      </li>
      {[...readInOrder(draft)].map(({ node, depth, from, isAgain }, i) => {
        const way = from && words.sayWay(from.node, from.way);
        const here = figures?.get(node.id);
        const passed = from && figures?.get(from.node.id)?.ways.get(from.way);
        return (
          <li key={`${node.id} ${i}`} style={{ paddingInlineStart: Math.min(depth, 6) * 18 }}>
            {way !== undefined && way !== '' && (
              <span className="journey-way-name">
                {way}
                {passed !== undefined && <span className="muted"> {format.number(passed)}</span>}
              </span>
            )}
            <button
              type="button"
              className={`journey-outline-node ${selected === node.id ? 'journey-selected' : ''}`}
              onClick={() => onSelect(node.id)}
            >
              <KindIcon kind={node.kind} />
              <span className="journey-outline-text">
                <strong>{words.nameNode(node)}</strong>
                <span className="muted small">{isAgain ? t('journey.again') : words.sayNode(node)}</span>
              </span>
              {troubled?.has(node.id) && <WarningFilled className="journey-warn" aria-label={t('journey.troubled')} />}
              {here !== undefined && here.inside > 0 && !isAgain && (
                <span className="journey-inside" title={t('journey.inside')}>
                  {format.number(here.inside)}
                </span>
              )}
            </button>
          </li>
        );
      })}
    </ol>
  );
}
