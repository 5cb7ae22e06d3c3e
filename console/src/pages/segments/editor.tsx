import { ExclamationCircleOutlined } from '@ant-design/icons';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Condition } from '#contract/segments';
import { Panel } from '~/components/panel';
import { RuleBuilder } from './builder';
import { type RuleGroup, treeOfRule } from './draft';
import { CountBox, type LiveCount, useLiveCount } from './live-count';
import { type RuleProblem, useProblems } from './problems';
import { useWords } from './words';

interface RuleDraft {
  readonly rule: RuleGroup;
  readonly setRule: (rule: RuleGroup) => void;
  /** Undefined while something is missing or wrong. */
  readonly tree: Condition | undefined;
  readonly problems: readonly RuleProblem[];
  readonly isChecked: boolean;
  readonly live: LiveCount;
  /** Names what is missing from now on; answers the tree when nothing is. */
  check(): Condition | undefined;
}

/** A rule being written, with its count. */
export function useRuleDraft(initial: () => RuleGroup): RuleDraft {
  const [rule, setRule] = useState(initial);
  const [isChecked, setChecked] = useState(false);
  const problems = useProblems(rule);
  const tree = problems.length === 0 ? treeOfRule(rule) : undefined;
  const live = useLiveCount(tree);
  return {
    rule,
    setRule,
    tree,
    problems,
    isChecked,
    live,
    check: () => {
      setChecked(true);
      focusProblem(problems[0]);
      return tree;
    },
  };
}

function focusProblem(problem: RuleProblem | undefined) {
  if (problem?.key === undefined) return;
  const element = document.getElementById(`rule-${problem.key}`);
  element?.scrollIntoView({ behavior: 'smooth', block: 'center' });
  element?.focus({ preventScroll: true });
}

export function RuleOf({ draft }: { draft: RuleDraft }) {
  return (
    <RuleBuilder value={draft.rule} onChange={draft.setRule} problems={draft.problems} isChecked={draft.isChecked} />
  );
}

/** The rule in a sentence. */
export function RuleSentence({ tree }: { tree: Condition }) {
  const { say } = useWords(tree);
  return <p className="rule-sentence">{say(tree)}</p>;
}

/** What the rule selects now, what it says, and what is missing in it. */
export function RuleState({ draft }: { draft: RuleDraft }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('segment.live')} className="rule-state">
      <CountBox live={draft.live} />
      <h3 className="section-title">{t('segment.summary')}</h3>
      <RuleSentence tree={treeOfRule(draft.rule)} />
      <Problems problems={draft.problems} />
    </Panel>
  );
}

function Problems({ problems }: { problems: readonly RuleProblem[] }) {
  const { t } = useTranslation();
  if (problems.length === 0) return null;
  return (
    <div className="rule-problems" data-testid="rule-problems">
      <div className="rule-problems-title">
        <ExclamationCircleOutlined /> {t('segment.toMend', { n: problems.length })}
      </div>
      <ul>
        {problems.map((problem) => (
          <li key={`${problem.key} ${problem.text}`}>
            <button type="button" className="link-button" onClick={() => focusProblem(problem)}>
              {problem.number === ''
                ? problem.text
                : t('segment.toMendRow', { number: problem.number, text: problem.text })}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
