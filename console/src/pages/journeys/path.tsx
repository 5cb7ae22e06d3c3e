import { Tag, Timeline } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listCustomerJourneys } from '#contract/journeys';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { PathLine } from './replay';

export type PathRow = Output<typeof listCustomerJourneys>['rows'][number];

/** One path of one person, with the reasons for each turn. */
export function PersonPath({ path }: { path: PathRow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = (kind: string | null, name: string, node: string) =>
    name || (kind === null ? node : textOr(`journey.node.${kind}`, node));
  const wayOf = (step: PathRow['steps'][number]) =>
    step.wayName ??
    ((step.way === 'next' && step.kind !== 'wait_date') || step.kind === 'end'
      ? ''
      : textOr(`journey.way.${step.way}`, step.way));

  function textOf(step: PathRow['steps'][number]): string {
    const note = step.note === null ? '' : textOr(`journey.stepNote.${step.note}`, step.note);
    if (step.touch === null) return note;
    const reason = step.touch.reason === null ? '' : textOr(`touch.reason.${step.touch.reason}`, step.touch.reason);
    const state = textOr(`touch.state.${step.touch.state}`, step.touch.state);
    return [note, reason === '' ? state : t('journey.pair', { name: state, text: reason })]
      .filter((part) => part !== '')
      .join(t('common.separator'));
  }

  return (
    <>
      {path.isHoldout && <Tag>{t('journey.holdout')}</Tag>}
      <Timeline
        className="journey-path"
        data-testid="person-path"
        items={[
          { color: 'green', content: <PathLine title={t('journey.pathEntered')} at={format.time(path.enteredAt)} /> },
          ...path.steps.map((step) => ({
            color: step.note !== null ? 'orange' : 'blue',
            content: (
              <PathLine
                title={nameOf(step.kind, step.name, step.node)}
                way={wayOf(step)}
                at={format.time(step.at)}
                text={textOf(step)}
              />
            ),
          })),
          ...(path.reachedAt === null
            ? []
            : [
                {
                  color: 'green',
                  content: <PathLine title={t('journey.pathReached')} at={format.time(path.reachedAt)} />,
                },
              ]),
          ...(path.endReason === null || path.endedAt === null
            ? []
            : [
                {
                  color: 'gray',
                  content: <PathLine title={t(`journey.pathEnd.${path.endReason}`)} at={format.time(path.endedAt)} />,
                },
              ]),
          ...(path.waitsAt === null
            ? []
            : [
                {
                  color: 'blue',
                  content: (
                    <PathLine
                      title={t('journey.pathWaits', {
                        name: nameOf(path.waitsAt.kind, path.waitsAt.name, path.waitsAt.node),
                        time: format.time(path.dueAt),
                      })}
                    />
                  ),
                },
              ]),
        ]}
      />
    </>
  );
}
