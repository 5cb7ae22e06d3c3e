import { useTranslation } from 'react-i18next';
import { condition, maxConditions, maxDepth } from '#contract/segments';
import { useIssueText } from '~/components/draft';
import { type RuleGroup, treeOfRule, walk } from './draft';

/** What keeps a rule from being counted and saved, and in which row. */
export interface RuleProblem {
  /** The row or group; undefined when it is about the whole. */
  readonly key: string | undefined;
  readonly number: string;
  readonly text: string;
  /** Something that was typed is wrong, not only missing. */
  readonly isWrong: boolean;
}

export function useProblems(rule: RuleGroup): RuleProblem[] {
  const { t } = useTranslation();
  const issueText = useIssueText();
  const problems: RuleProblem[] = [];
  if (rule.of.length === 0) problems.push({ key: rule.key, number: '', text: t('rule.problem.empty'), isWrong: false });
  for (const { node, number } of walk(rule)) {
    if (node.kind === 'group') {
      if (node.of.length === 0)
        problems.push({ key: node.key, number, text: t('rule.problem.emptyGroup'), isWrong: false });
      continue;
    }
    const { leaf } = node;
    const parsed = condition.safeParse(leaf);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const isMissing =
        issue === undefined || ['invalid_type', 'too_small', 'invalid_format', 'invalid_value'].includes(issue.code);
      problems.push({
        key: node.key,
        number,
        text: isMissing ? t('rule.problem.incomplete') : issueText(issue),
        isWrong: !isMissing,
      });
    } else if (leaf.kind === 'bucket' && leaf.from >= leaf.to) {
      problems.push({ key: node.key, number, text: t('rule.problem.upsideDown'), isWrong: true });
    } else if ('compare' in leaf && leaf.compare.op === 'between' && leaf.compare.value > leaf.compare.to) {
      problems.push({ key: node.key, number, text: t('rule.problem.upsideDown'), isWrong: true });
    }
  }
  if (problems.length === 0 && !condition.safeParse(treeOfRule(rule)).success) {
    const text = t('rule.problem.tooLarge', { depth: maxDepth, count: maxConditions });
    problems.push({ key: undefined, number: '', text, isWrong: true });
  }
  return problems;
}
