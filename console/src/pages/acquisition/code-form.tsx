import { useQuery } from '@tanstack/react-query';
import { Button, Input, InputNumber, Radio, Segmented, Select, Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { hook, listFolders, sourceKind } from '#contract/acquisition';
import { reading } from '~/call';
import { type Draft, DraftForm, Field } from '~/components/draft';
import { MessageEditor } from '~/components/message-editor';
import { Panel } from '~/components/panel';
import { StaffPicker, TagPicker } from '~/components/pickers';
import { TimePoint } from '~/components/time-point';
import type { CodeDraft } from './draft';
import { CodePreview } from './preview';
import { RotationEditor } from './rotation-editor';

interface Props {
  readonly draft: Draft<CodeDraft>;
  readonly onSave: () => void;
  readonly isSaving: boolean;
  readonly onCancel: () => void;
}

/** The settings of a channel code in sections, with the customer's phone beside them. */
export function CodeForm({ draft, onSave, isSaving, onCancel }: Props) {
  const { t } = useTranslation();
  return (
    <DraftForm draft={draft} onSave={onSave}>
      <div className="columns-form">
        <div className="stack-large">
          <BasicSection draft={draft} />
          <StaffSection draft={draft} />
          <WelcomeSection draft={draft} />
          <MarkSection draft={draft} />
        </div>
        <aside className="preview-column">
          <CodePreview draft={draft.value} />
        </aside>
      </div>
      <div className="save-bar">
        <Button type="primary" htmlType="submit" loading={isSaving} data-testid="code-save">
          {t('common.save')}
        </Button>
        <Button onClick={onCancel}>{t('common.cancel')}</Button>
        {draft.problems.length > 0 && (
          <span className="draft-problem">{t('problem.summary', { n: draft.problems.length })}</span>
        )}
      </div>
    </DraftForm>
  );
}

interface SectionProps {
  readonly draft: Draft<CodeDraft>;
}

function BasicSection({ draft: { value, set } }: SectionProps) {
  const { t } = useTranslation();
  const { data: folders } = useQuery(reading(listFolders, {}));
  return (
    <Panel title={t('codeForm.basic')}>
      <Field label={t('codeForm.name')} path="name" hint={t('codeForm.nameHint')}>
        <Input
          maxLength={40}
          showCount
          value={value.name}
          onChange={(event) => set({ name: event.target.value })}
          placeholder={t('codeForm.namePlaceholder')}
          data-testid="code-name"
        />
      </Field>
      <div className="field-pair">
        <Field label={t('customer.source')} path="source" hint={t('codeForm.sourceHint')}>
          <Select
            value={value.source}
            onChange={(source) => set({ source })}
            options={sourceKind.options.map((source) => ({ value: source, label: t(`source.${source}`) }))}
            data-testid="code-source"
          />
        </Field>
        <Field label={t('folder.one')} path="folderId" isOptional>
          <Select
            allowClear
            value={value.folderId}
            onChange={(folderId: number | null | undefined) => set({ folderId: folderId ?? null })}
            options={(folders?.rows ?? []).map((folder) => ({ value: folder.id, label: folder.name }))}
            placeholder={t('folder.none')}
          />
        </Field>
      </div>
      <Field label={t('codeForm.entry')} path="entry">
        <Radio.Group
          value={value.entry}
          onChange={(event) => set({ entry: event.target.value })}
          vertical
          className="explained-radios"
          options={(['direct', 'landing'] as const).map((entry) => ({
            value: entry,
            label: (
              <span>
                {t(`code.entry.${entry}`)}
                <span className="field-hint">{t(`code.entryMeaning.${entry}`)}</span>
              </span>
            ),
          }))}
        />
      </Field>
      <div className="field-pair">
        <Field label={t('codeForm.startsAt')} path="startsAt" isOptional>
          <TimePoint
            value={value.startsAt}
            onChange={(startsAt) => set({ startsAt })}
            placeholder={t('codeForm.atOnce')}
          />
        </Field>
        <Field label={t('codeForm.endsAt')} path="endsAt" isOptional>
          <TimePoint value={value.endsAt} onChange={(endsAt) => set({ endsAt })} placeholder={t('codeForm.noEnd')} />
        </Field>
      </div>
    </Panel>
  );
}

function StaffSection({ draft: { value, set } }: SectionProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('codeForm.staff')}>
      <Field label={t('rotation.title')} path="rotation" below hint={t('rotation.hint')}>
        <RotationEditor value={value.rotation} onChange={(rotation) => set({ rotation })} />
      </Field>
      <div className="field-pair">
        <Field label={t('codeForm.dailyLimit')} path="dailyLimit" isOptional hint={t('codeForm.dailyLimitHint')}>
          <InputNumber
            min={1}
            max={10000}
            precision={0}
            className="full-width"
            value={value.dailyLimit}
            onChange={(dailyLimit) => set({ dailyLimit })}
            placeholder={t('codeForm.noLimit')}
          />
        </Field>
        <Field label={t('codeForm.backup')} path="backupStaffIds" below isOptional hint={t('codeForm.backupHint')}>
          <StaffPicker value={value.backupStaffIds} onChange={(backupStaffIds) => set({ backupStaffIds })} />
        </Field>
      </div>
      <Field label={t('codeForm.skipVerify')} path="skipVerify" hint={t('codeForm.skipVerifyHint')}>
        <Switch checked={value.skipVerify} onChange={(skipVerify) => set({ skipVerify })} />
      </Field>
    </Panel>
  );
}

function WelcomeSection({ draft: { value, set } }: SectionProps) {
  const { t } = useTranslation();
  const { welcome } = value;
  return (
    <Panel title={t('codeForm.welcome')}>
      <Field label={t('codeForm.hook')} path="hook.kind" hint={t('codeForm.hookHint')} isOptional>
        <Segmented
          value={value.hook.kind}
          onChange={(kind) => set({ hook: { ...value.hook, kind } })}
          options={hook.shape.kind.options.map((kind) => ({ value: kind, label: t(`hook.${kind}`) }))}
        />
      </Field>
      {value.hook.kind !== 'none' && (
        <Field label={t('codeForm.hookText')} path="hook.text" isOptional>
          <Input
            maxLength={100}
            value={value.hook.text}
            onChange={(event) => set({ hook: { ...value.hook, text: event.target.value } })}
            placeholder={t('codeForm.hookPlaceholder')}
          />
        </Field>
      )}
      <Field label={t('codeForm.welcomeKind')} path="welcome.kind">
        <Radio.Group
          value={welcome.kind}
          onChange={(event) =>
            set({
              welcome:
                event.target.value === 'own'
                  ? { kind: 'own', message: { text: t('codeForm.welcomeStart'), attachments: [] } }
                  : { kind: event.target.value },
            })
          }
          options={(['own', 'default', 'none'] as const).map((kind) => ({
            value: kind,
            label: t(`code.welcome.${kind}`),
          }))}
        />
      </Field>
      {welcome.kind === 'own' && (
        <MessageEditor
          path="welcome.message"
          value={welcome.message}
          onChange={(message) => set({ welcome: { kind: 'own', message } })}
        />
      )}
    </Panel>
  );
}

function MarkSection({ draft: { value, set } }: SectionProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t('codeForm.mark')}>
      <Field label={t('codeForm.tags')} path="tagIds" below isOptional hint={t('codeForm.tagsHint')}>
        <TagPicker value={value.tagIds} onChange={(tagIds) => set({ tagIds })} />
      </Field>
      <div className="field-pair">
        <Field label={t('codeForm.remarkPrefix')} path="remarkPrefix" isOptional hint={t('codeForm.remarkPrefixHint')}>
          <Input
            maxLength={10}
            showCount
            value={value.remarkPrefix}
            onChange={(event) => set({ remarkPrefix: event.target.value })}
          />
        </Field>
        <Field label={t('codeForm.description')} path="description" isOptional hint={t('codeForm.descriptionHint')}>
          <Input
            maxLength={150}
            value={value.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        </Field>
      </div>
    </Panel>
  );
}
