import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Input, Modal, Popconfirm, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Input as InputOf } from '#contract';
import { createContentFolder, deleteContentFolder, listContentFolders, updateContentFolder } from '#contract/content';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { useWriting } from '~/components/writing';

export type FolderKind = InputOf<typeof listContentFolders>['kind'];

/** Folders of one kind of things, as options. */
export function useFolderOptions(kind: FolderKind): { value: number; label: string }[] {
  const { data } = useQuery(reading(listContentFolders, { kind }));
  return (data?.rows ?? []).map((folder) => ({ value: folder.id, label: folder.name }));
}

export function FoldersModal({ kind, onClose }: { kind: FolderKind; onClose: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery(reading(listContentFolders, { kind }));
  const [name, setName] = useState('');
  const [renamed, setRenamed] = useState<{ id: number; name: string } | null>(null);
  const creating = useWriting(createContentFolder, { onDone: () => setName('') });
  const renaming = useWriting(updateContentFolder, { onDone: () => setRenamed(null) });
  const deleting = useWriting(deleteContentFolder);
  const create = () => name.trim() !== '' && creating.mutate({ kind, name });

  return (
    <Modal open title={t('folder.many')} onCancel={onClose} footer={null}>
      <p className="muted">{t('contentFolder.hint')}</p>
      <ul className="plain-list">
        {(data?.rows ?? []).map((folder) => (
          <li key={folder.id}>
            {renamed?.id === folder.id ? (
              <Space.Compact block>
                <Input
                  autoFocus
                  maxLength={40}
                  aria-label={t('common.name')}
                  value={renamed.name}
                  onChange={(event) => setRenamed({ id: folder.id, name: event.target.value })}
                  onPressEnter={() => renaming.mutate(renamed)}
                />
                <Button type="primary" loading={renaming.isPending} onClick={() => renaming.mutate(renamed)}>
                  {t('common.save')}
                </Button>
              </Space.Compact>
            ) : (
              <>
                <span>
                  {folder.name} <span className="muted">{t('contentFolder.count', { n: folder.count })}</span>
                </span>
                {can('content.write') && (
                  <span className="nowrap">
                    <Button
                      type="text"
                      size="small"
                      icon={<EditOutlined />}
                      aria-label={t('common.rename')}
                      onClick={() => setRenamed({ id: folder.id, name: folder.name })}
                    />
                    <Popconfirm
                      title={t('folder.delete', { name: folder.name })}
                      description={t('contentFolder.deleteHint')}
                      okText={t('common.delete')}
                      onConfirm={() => deleting.mutate({ id: folder.id })}
                    >
                      <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('common.delete')} />
                    </Popconfirm>
                  </span>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
      {can('content.write') && (
        <Space.Compact block style={{ marginTop: 12 }}>
          <Input
            maxLength={40}
            value={name}
            placeholder={t('folder.newName')}
            aria-label={t('folder.newName')}
            onChange={(event) => setName(event.target.value)}
            onPressEnter={create}
          />
          <Button icon={<PlusOutlined />} disabled={name.trim() === ''} loading={creating.isPending} onClick={create}>
            {t('folder.new')}
          </Button>
        </Space.Compact>
      )}
    </Modal>
  );
}
