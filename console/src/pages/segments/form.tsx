import { Button, Input } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { z } from 'zod';
import type { Call, Output } from '#contract';
import { createSegment, type updateSegment } from '#contract/segments';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import type { RuleGroup } from './draft';
import { RuleOf, RuleState, useRuleDraft } from './editor';
import { CountBox } from './live-count';

interface Words {
  readonly name: string;
  readonly description: string;
}

const { name, description } = createSegment.input.shape;
const wordsDraft = z.object({ name, description });

type Saving = typeof createSegment | typeof updateSegment;

interface Props<R extends Saving> {
  readonly route: R;
  /** What the route wants besides name, description and rule. */
  readonly target: Omit<Call<R>, 'name' | 'description' | 'tree'>;
  readonly said: string;
  readonly initial: Words & { readonly rule: () => RuleGroup };
  readonly onDone: (output: Output<R>) => void;
  readonly onCancel: () => void;
}

/** Name, description and rule of a segment, with the number of people beside. */
export function SegmentForm<R extends Saving>(props: Props<R>): ReactNode {
  const { route, target, said, initial, onDone, onCancel } = props;
  const { t } = useTranslation();
  const words = useDraft<Words>(wordsDraft, { name: initial.name, description: initial.description });
  const draft = useRuleDraft(initial.rule);
  const { value, set } = words;
  const saving = useWriting<R>(route, {
    said,
    onDone,
    onRefused: (error) => words.refuse(error, { segment_name_taken: 'name' }),
  });

  function save() {
    const tree = draft.check();
    if (tree !== undefined) saving.mutate({ ...target, ...value, tree } as Call<R>);
  }

  return (
    <DraftForm draft={words} onSave={save}>
      <div className="columns-segment">
        <div className="stack-large">
          <Panel className="segment-words">
            <div className="field-pair">
              <Field label={t('common.name')} path="name">
                <Input
                  value={value.name}
                  maxLength={60}
                  onChange={(event) => set({ name: event.target.value })}
                  data-testid="segment-name"
                />
              </Field>
              <Field label={t('segment.description')} path="description" isOptional>
                <Input
                  value={value.description}
                  maxLength={200}
                  placeholder={t('segment.descriptionHint')}
                  onChange={(event) => set({ description: event.target.value })}
                />
              </Field>
            </div>
          </Panel>
          <Panel title={t('segment.rule')}>
            <RuleOf draft={draft} />
          </Panel>
        </div>
        <RuleState draft={draft} />
      </div>
      <div className="save-bar">
        <Button type="primary" htmlType="submit" loading={saving.isPending} data-testid="segment-save">
          {t('common.save')}
        </Button>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        <CountBox live={draft.live} isCompact />
      </div>
    </DraftForm>
  );
}
