import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Button, Input, Modal, Popconfirm, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { createFolder, deleteFolder, listFolders, updateFolder } from '#contract/acquisition';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { useWriting } from '~/components/writing';

export function FoldersModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery(reading(listFolders, {}));
  const [name, setName] = useState('');
  const [renamed, setRenamed] = useState<{ id: number; name: string } | null>(null);
  const creating = useWriting(createFolder, { onDone: () => setName('') });
  const renaming = useWriting(updateFolder, { onDone: () => setRenamed(null) });
  const deleting = useWriting(deleteFolder);

  return (
    <Modal open title={t('folder.many')} onCancel={onClose} footer={null}>
      <p className="muted">{t('folder.hint')}</p>
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
                  {folder.name} <span className="muted">{t('folder.codes', { n: folder.codeCount })}</span>
                </span>
                {can('code.write') && (
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
      {can('code.write') && (
        <Space.Compact block style={{ marginTop: 12 }}>
          <Input
            maxLength={40}
            value={name}
            placeholder={t('folder.newName')}
            aria-label={t('folder.newName')}
            onChange={(event) => setName(event.target.value)}
            onPressEnter={() => name.trim() !== '' && creating.mutate({ name })}
          />
          <Button
            icon={<PlusOutlined />}
            disabled={name.trim() === ''}
            loading={creating.isPending}
            onClick={() => creating.mutate({ name })}
          >
            {t('folder.new')}
          </Button>
        </Space.Compact>
      )}
    </Modal>
  );
}
