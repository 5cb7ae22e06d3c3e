import { Button, Drawer, Grid } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Condition } from '#contract/segments';
import { newGroup, ruleOf } from './draft';
import { RuleOf, RuleState, useRuleDraft } from './editor';

interface Props {
  readonly tree: Condition | undefined;
  readonly onApply: (tree: Condition) => void;
  readonly onClose: () => void;
}

/** The builder of segments, to filter customers without saving anything. */
export function RuleDrawer({ tree, onApply, onClose }: Props) {
  const { t } = useTranslation();
  const isWide = Grid.useBreakpoint().md ?? window.innerWidth >= 768;
  const draft = useRuleDraft(() => (tree === undefined ? newGroup() : ruleOf(tree)));
  function apply() {
    const checked = draft.check();
    if (checked !== undefined) onApply(checked);
  }
  return (
    <Drawer
      open
      title={t('segment.byRuleTitle')}
      size={isWide ? 860 : '100%'}
      onClose={onClose}
      footer={
        <div className="drawer-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="primary" onClick={apply} data-testid="rule-apply">
            {t('segment.byRuleApply')}
          </Button>
        </div>
      }
    >
      <div className="stack-large">
        <RuleOf draft={draft} />
        <RuleState draft={draft} />
      </div>
    </Drawer>
  );
}
