import { useMutation } from '@tanstack/react-query';
import { Button, Switch, Timeline } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { JourneyDraft } from '#contract/journey-graph';
import { replayJourney } from '#contract/journeys';
import { call } from '~/call';
import { type ChosenCustomer, CustomerPicker } from '~/components/customer-picker';
import { ErrorNotice } from '~/components/error-notice';
import { TimePoint } from '~/components/time-point';
import { useFormat } from '~/format';
import { useJourneyWords } from './words';

interface Props {
  readonly draft: JourneyDraft;
  /** Nodes of the path that was found, to be shown on the canvas. */
  readonly onPath?: (nodes: ReadonlySet<string> | undefined) => void;
}

const twoWeeksMs = 14 * 86_400_000;

/** What would have happened to one customer. */
export function Replay({ draft, onPath }: Props) {
  const { t } = useTranslation();
  const [customer, setCustomer] = useState<ChosenCustomer>();
  const [from, setFrom] = useState<string | null>(() => new Date(Date.now() - twoWeeksMs).toISOString());
  const [isForced, setForced] = useState(false);
  const running = useMutation({
    mutationFn: (input: { customerId: number; from: string }) => call(replayJourney, { draft, isForced, ...input }),
    onSuccess: (answer) => {
      const nodes = [...answer.steps.map((step) => step.node), ...(answer.waits ? [answer.waits.node] : [])];
      onPath?.(nodes.length > 0 ? new Set(nodes) : undefined);
    },
  });
  return (
    <div className="stack">
      <p className="muted">{t('journey.replayHint')}</p>
      <div className="journey-replay-fields">
        <CustomerPicker
          label={t('journey.replayCustomer')}
          value={customer}
          onChange={setCustomer}
          testId="replay-customer"
        />
        <TimePoint value={from} onChange={setFrom} placeholder={t('journey.replayFrom')} />
        <span className="journey-switch">
          <Switch checked={isForced} onChange={setForced} aria-label={t('journey.replayForced')} />
          {t('journey.replayForced')}
        </span>
        <Button
          type="primary"
          disabled={customer === undefined || from === null}
          loading={running.isPending}
          onClick={() => customer && from && running.mutate({ customerId: customer.id, from })}
          data-testid="replay-run"
        >
          {t('journey.replayRun')}
        </Button>
      </div>
      {running.error && <ErrorNotice error={running.error} />}
      {running.data && <ReplayedPath draft={draft} answer={running.data} />}
      <p className="muted small">{t('journey.replayToday')}</p>
    </div>
  );
}

function ReplayedPath({ draft, answer }: { draft: JourneyDraft; answer: Output<typeof replayJourney> }) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = useJourneyWords(draft);
  const nodeOf = (id: string) => draft.nodes.find((node) => node.id === id);
  if (answer.enteredAt === null) return <p data-testid="replay-nobody">{t('journey.replayNobody')}</p>;
  const trigger = answer.trigger === null ? undefined : draft.triggers[answer.trigger];
  return (
    <Timeline
      className="journey-path"
      data-testid="replay-path"
      items={[
        {
          color: 'green',
          content: (
            <PathLine
              title={
                trigger
                  ? t('journey.replayEntered', { trigger: words.sayTrigger(trigger) })
                  : t('journey.replayForcedIn')
              }
              at={format.time(answer.enteredAt)}
            />
          ),
        },
        ...answer.steps.map((step) => {
          const node = nodeOf(step.node);
          return {
            content: (
              <PathLine
                title={node ? words.nameNode(node) : step.node}
                way={node ? words.sayWay(node, step.way) : step.way}
                at={format.time(step.at)}
                text={
                  step.verdicts && node
                    ? step.verdicts
                        .map(({ way, verdict }) =>
                          t('journey.pair', {
                            name: words.sayWay(node, way),
                            text: t(`journey.verdict.${verdict}`),
                          }),
                        )
                        .join(t('common.separator'))
                    : node && words.sayNode(node)
                }
              />
            ),
          };
        }),
        ...(answer.end
          ? [
              {
                color: 'gray',
                content: <PathLine title={t(`journey.pathEnd.${answer.end.reason}`)} at={format.time(answer.end.at)} />,
              },
            ]
          : []),
        ...(answer.waits
          ? [
              {
                color: 'blue',
                content: (
                  <PathLine
                    title={t('journey.pathWaits', {
                      name: words.nameOf(draft, answer.waits.node),
                      time: format.time(answer.waits.until),
                    })}
                  />
                ),
              },
            ]
          : []),
        ...(answer.reachedAt === null
          ? []
          : [
              {
                color: 'green',
                content: <PathLine title={t('journey.pathReached')} at={format.time(answer.reachedAt)} />,
              },
            ]),
      ]}
    />
  );
}

interface LineProps {
  readonly title: string;
  readonly way?: string | undefined;
  readonly at?: string;
  readonly text?: string | undefined;
}

/** One line of a path: what, by which way, when. */
export function PathLine({ title, way, at, text }: LineProps) {
  return (
    <div className="journey-path-line">
      <span>
        <strong>{title}</strong>
        {way !== undefined && way !== '' && <span className="journey-way-name">{way}</span>}
      </span>
      {at !== undefined && <span className="muted small nowrap">{at}</span>}
      {text !== undefined && text !== '' && <span className="muted small journey-path-text">{text}</span>}
    </div>
  );
}
