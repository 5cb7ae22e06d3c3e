import { DownloadOutlined, InboxOutlined, SwapOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Drawer, Input, Select, Skeleton, Upload } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { listMaterialUses, replaceMaterial, updateMaterial } from '#contract/content';
import { useCan } from '~/app/session';
import { call, reading } from '~/call';
import { DraftForm, Field, useDraft } from '~/components/draft';
import { useErrorText } from '~/components/error-notice';
import { type MaterialRow, MaterialThumb } from '~/components/material-picker';
import { materialAddress } from '~/components/materials';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { useFolderOptions } from './folders-modal';
import { UseList } from './uses';

interface Props {
  readonly material: MaterialRow;
  readonly onClose: () => void;
}

/** One file: what it looks like, what carries it, and another in its place. */
export function MaterialDrawer({ material, onClose }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const folders = useFolderOptions('material');
  const { data: uses } = useQuery(reading(listMaterialUses, { id: material.id }));
  const draft = useDraft(updateMaterial.input, {
    id: material.id,
    name: material.name,
    folderId: material.folder?.id ?? null,
    isArchived: material.isArchived,
  });
  const saving = useWriting(updateMaterial, {
    said: t('common.saved'),
    onDone: onClose,
    onRefused: (error) => draft.refuse(error, { folder_unknown: 'folderId' }),
  });
  const { value, set } = draft;
  return (
    <Drawer open title={material.name} onClose={onClose} size={420}>
      <div className="material-preview">
        {material.kind === 'video' ? (
          // biome-ignore lint/a11y/useMediaCaption: what an operator uploads has no captions
          <video src={materialAddress(material.id)} controls />
        ) : material.kind === 'image' ? (
          <img src={materialAddress(material.id)} alt={material.name} />
        ) : (
          <MaterialThumb material={material} />
        )}
      </div>
      <p className="muted small">
        {[t(`attachment.${material.kind}`), format.bytes(material.byteCount), format.time(material.createdAt)].join(
          ' · ',
        )}
        {material.createdBy !== '' && ` · ${material.createdBy}`}
      </p>
      <div className="attachment-add material-actions">
        <a href={materialAddress(material.id)} download={material.name}>
          <Button icon={<DownloadOutlined />}>{t('material.download')}</Button>
        </a>
        {can('content.write') && (
          <>
            <ReplaceFile material={material} onDone={onClose} />
            <Button
              icon={<InboxOutlined />}
              onClick={() => saving.mutate({ ...value, isArchived: !material.isArchived })}
            >
              {material.isArchived ? t('content.restore') : t('content.archive')}
            </Button>
          </>
        )}
      </div>
      {can('content.write') && (
        <DraftForm draft={draft} onSave={() => saving.mutate(value)}>
          <Field label={t('common.name')} path="name" hint={t('material.nameHint')}>
            <Input value={value.name} maxLength={100} onChange={(event) => set({ name: event.target.value })} />
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
          <Button type="primary" htmlType="submit" loading={saving.isPending} disabled={!draft.isChanged}>
            {t('common.save')}
          </Button>
        </DraftForm>
      )}
      <h3 className="drawer-heading">{t('content.usedBy')}</h3>
      {uses === undefined ? <Skeleton active title={false} /> : <UseList uses={uses.uses} />}
    </Drawer>
  );
}

function ReplaceFile({ material, onDone }: { material: MaterialRow; onDone: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { message, modal } = App.useApp();
  const errorText = useErrorText();
  const [isBusy, setBusy] = useState(false);

  async function replace(file: File) {
    setBusy(true);
    try {
      await call(replaceMaterial, { id: material.id, name: file.name.slice(-100) }, { file });
      void message.success(t('material.replaced'));
      void queryClient.invalidateQueries();
      onDone();
    } catch (error) {
      void message.error(errorText(error), 6);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Upload
      showUploadList={false}
      beforeUpload={(file) => {
        modal.confirm({
          title: t('material.replaceAsk', { name: file.name }),
          content: t('material.replaceHint'),
          onOk: () => replace(file),
        });
        return false;
      }}
    >
      <Button icon={<SwapOutlined />} loading={isBusy}>
        {t('material.replace')}
      </Button>
    </Upload>
  );
}
