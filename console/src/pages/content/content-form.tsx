import { CloseOutlined, CopyOutlined, PlusOutlined } from '@ant-design/icons';
import { Badge, Button, Input, Popconfirm, Radio, Select, Tabs } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { addressesOf, type WordingKind, wordingKinds } from '#contract/content';
import { category } from '#contract/touch';
import { type Draft, DraftForm, Field, useProblem } from '~/components/draft';
import { Panel } from '~/components/panel';
import { TrackedAddresses } from '~/components/tracked-addresses';
import { type ContentDraft, emptyWordings, fromWecom, withoutWording } from './draft';
import { useFolderOptions } from './folders-modal';
import { ContentPreview } from './preview';
import { WordingEditor } from './wording-editor';
import { wordingIcons } from './wording-icons';
import './content.css';

interface Props {
  readonly draft: Draft<ContentDraft>;
  readonly onSave: () => void;
  readonly isSaving: boolean;
  readonly onCancel: () => void;
}

/** A content with its words for each channel, and the phone of a customer beside it. */
export function ContentForm({ draft, onSave, isSaving, onCancel }: Props) {
  const { t } = useTranslation();
  const { value, set } = draft;
  const first = wordingKinds.find((kind) => value.wordings[kind] !== undefined) ?? 'wecom';
  const [kind, setKind] = useState<WordingKind>(first);
  return (
    <DraftForm draft={draft} onSave={onSave}>
      <div className="columns-form">
        <div className="stack-large">
          <BasicSection draft={draft} />
          <Panel title={t('content.words')} definition={t('content.wordsDefinition')}>
            <NoWords />
            <Tabs
              activeKey={kind}
              onChange={(key) => setKind(key as WordingKind)}
              items={wordingKinds.map((one) => ({
                key: one,
                label: <WordingTab kind={one} draft={draft} />,
                children: <WordingSection kind={one} draft={draft} />,
              }))}
            />
            <TrackedAddresses
              addresses={[...addressesOf(value.wordings)]}
              tracked={value.trackedUrls}
              onChange={(trackedUrls) => set({ trackedUrls })}
            />
          </Panel>
        </div>
        <aside className="preview-column">
          <ContentPreview kind={kind} wordings={value.wordings} trackedUrls={value.trackedUrls} />
        </aside>
      </div>
      <div className="save-bar">
        <Button type="primary" htmlType="submit" loading={isSaving} data-testid="content-save">
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
  readonly draft: Draft<ContentDraft>;
}

function BasicSection({ draft: { value, set } }: SectionProps) {
  const { t } = useTranslation();
  const folders = useFolderOptions('content');
  return (
    <Panel title={t('codeForm.basic')}>
      <div className="field-pair">
        <Field label={t('common.name')} path="name" hint={t('content.nameHint')}>
          <Input
            maxLength={60}
            showCount
            value={value.name}
            onChange={(event) => set({ name: event.target.value })}
            placeholder={t('content.namePlaceholder')}
            data-testid="content-name"
          />
        </Field>
        <Field label={t('folder.one')} path="folderId" isOptional>
          <Select
            allowClear
            value={value.folderId}
            onChange={(folderId: number | null | undefined) => set({ folderId: folderId ?? null })}
            options={folders}
            placeholder={t('folder.none')}
          />
        </Field>
      </div>
      <Field label={t('content.category')} path="category" hint={t(`category.${value.category}.hint`)}>
        <Radio.Group
          optionType="button"
          value={value.category}
          onChange={(event) => set({ category: event.target.value })}
          options={category.options.map((one) => ({ value: one, label: t(`category.${one}.name`) }))}
        />
      </Field>
    </Panel>
  );
}

/** Said where no channel has words yet. */
function NoWords() {
  const problem = useProblem('wordings');
  return problem === undefined ? null : <p className="draft-problem">{problem}</p>;
}

function WordingTab({ kind, draft }: SectionProps & { kind: WordingKind }) {
  const { t } = useTranslation();
  const hasProblem = draft.problems.some((problem) => problem.path.startsWith(`wordings.${kind}`));
  const isSaid = draft.value.wordings[kind] !== undefined;
  return (
    <Badge dot={hasProblem} offset={[4, 0]}>
      <span className={isSaid ? 'wording-tab is-said' : 'wording-tab'}>
        {wordingIcons[kind]} {t(`wording.${kind}`)}
      </span>
    </Badge>
  );
}

function WordingSection({ kind, draft: { value, set } }: SectionProps & { kind: WordingKind }) {
  const { t } = useTranslation();
  const { wordings } = value;
  if (wordings[kind] === undefined) {
    const canTake = kind !== 'wecom' && kind !== 'sms' && (wordings.wecom?.text ?? '') !== '';
    return (
      <div className="wording-empty">
        <p className="muted">{t(`wordingHint.${kind}`)}</p>
        <div className="attachment-add">
          <Button
            icon={<PlusOutlined />}
            onClick={() => set({ wordings: { ...wordings, [kind]: emptyWordings[kind] } })}
            data-testid={`wording-add-${kind}`}
          >
            {t('content.write')}
          </Button>
          {canTake && (
            <Button icon={<CopyOutlined />} onClick={() => set({ wordings: fromWecom(kind, wordings) })}>
              {t('content.fromWecom')}
            </Button>
          )}
        </div>
      </div>
    );
  }
  return (
    <>
      <WordingEditor kind={kind} wordings={wordings} onChange={(next) => set({ wordings: next })} />
      <Popconfirm
        title={t('content.removeWords', { channel: t(`wording.${kind}`) })}
        okText={t('common.remove')}
        onConfirm={() => set({ wordings: withoutWording(kind, wordings) })}
      >
        <Button type="text" size="small" icon={<CloseOutlined />} className="wording-remove">
          {t('content.removeChannel')}
        </Button>
      </Popconfirm>
    </>
  );
}
