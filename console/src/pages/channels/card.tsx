import { Alert, Tag } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { textOr } from '~/i18n/index';
import './channels.css';

type Group = 'mailProblem' | 'smsProblem' | 'relayProblem';

export interface Health {
  readonly succeededAt: string | null;
  readonly failedAt: string | null;
  readonly problem: string | null;
  readonly message: string | null;
}

export type State = 'unset' | 'off' | 'untried' | 'ok' | 'failing';

/** What the card says of a channel: whether it is set up and on, and how the last attempt ended. */
export function stateOf(settings: { isEnabled: boolean } | null, health: Health): State {
  if (settings === null) return 'unset';
  if (!settings.isEnabled) return 'off';
  if (isFailing(health)) return 'failing';
  return health.succeededAt === null ? 'untried' : 'ok';
}

function isFailing({ succeededAt, failedAt }: Health): boolean {
  return failedAt !== null && (succeededAt === null || failedAt > succeededAt);
}

const colourOfState: Readonly<Record<State, string>> = {
  unset: 'default',
  off: 'default',
  untried: 'processing',
  ok: 'success',
  failing: 'error',
};

interface Props {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
  readonly state: State;
  readonly facts: readonly (readonly [string, ReactNode])[];
  readonly notice?: ReactNode;
  readonly actions: ReactNode;
}

export function ChannelCard({ icon, title, text, state, facts, notice, actions }: Props) {
  const { t } = useTranslation();
  return (
    <section className="channel-card">
      <header className="channel-head">
        <span className="channel-icon" aria-hidden>
          {icon}
        </span>
        <div>
          <h2>
            {title}
            <Tag variant="filled" color={colourOfState[state]}>
              {t(`channel.state.${state}`)}
            </Tag>
          </h2>
          <p>{text}</p>
        </div>
      </header>
      {facts.length > 0 && (
        <dl className="fact-list">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {notice}
      <div className="channel-actions">{actions}</div>
    </section>
  );
}

interface ProblemProps {
  readonly group: Group;
  readonly problem: string;
  readonly message: string | null;
}

/** What is wrong, how to mend it, and what the other side said. */
function Problem({ group, problem, message }: ProblemProps) {
  const { t } = useTranslation();
  return (
    <span className="channel-problem">
      <span>{textOr(`${group}.${problem}.remedy`, '')}</span>
      {message !== null && message !== '' && (
        <span className="mono small muted">{t('channel.theirWords', { message })}</span>
      )}
    </span>
  );
}

const findingOf = (group: Group, problem: string) => textOr(`${group}.${problem}.finding`, problem);

/** What the last failure was, while it is the last word. */
export function LastFailure({ group, health }: { group: Group; health: Health }) {
  if (!isFailing(health) || health.problem === null) return null;
  const { problem, message } = health;
  return (
    <Alert
      type="error"
      showIcon
      title={findingOf(group, problem)}
      description={<Problem group={group} problem={problem} message={message} />}
    />
  );
}

interface TrialResult {
  readonly outcome: 'accepted' | 'refused' | 'unreachable' | 'unknown';
  readonly problem: string | null;
  readonly message: string | null;
}

/** What came of a check or a test. */
export function TrialOutcome({ group, result, ok }: { group: Group; result: TrialResult; ok: string }) {
  const { t } = useTranslation();
  if (result.outcome === 'accepted') return <Alert type="success" showIcon title={ok} />;
  const problem = result.problem ?? 'other';
  const isUnknown = result.outcome === 'unknown';
  return (
    <Alert
      type={isUnknown ? 'warning' : 'error'}
      showIcon
      title={isUnknown ? t('channel.testUnknown') : findingOf(group, problem)}
      description={<Problem group={group} problem={problem} message={result.message} />}
    />
  );
}
