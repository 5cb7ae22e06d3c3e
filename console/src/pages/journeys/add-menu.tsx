import { Popover } from 'antd';
import { type ReactElement, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NodeKind } from '#contract/journey-graph';
import { KindIcon, kindGroups } from './kinds';

interface Props {
  readonly onAdd: (kind: NodeKind) => void;
  readonly children: ReactElement;
}

/** Chooses what kind of node to add. */
export function AddMenu({ onAdd, children }: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover
      trigger="click"
      open={isOpen}
      onOpenChange={setOpen}
      title={t('journey.addTitle')}
      placement="rightTop"
      content={
        <div className="journey-kinds nowheel">
          {kindGroups.map((group) => (
            <ul key={group[0]}>
              {group.map((kind) => (
                <li key={kind}>
                  <button
                    type="button"
                    data-testid={`add-${kind}`}
                    onClick={() => {
                      setOpen(false);
                      onAdd(kind);
                    }}
                  >
                    <KindIcon kind={kind} />
                    <span>
                      <strong>{t(`journey.node.${kind}`)}</strong>
                      <span className="muted small">{t(`journey.nodeHint.${kind}`)}</span>
                    </span>
                  </button>
                </li>
              ))}
            </ul>
          ))}
        </div>
      }
    >
      {children}
    </Popover>
  );
}
