import { DeleteOutlined, InboxOutlined, PlusOutlined, UploadOutlined } from '@ant-design/icons';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { App, Button, Form, Input, Modal, Upload } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { deleteSegmentList, listSegmentLists, uploadSegmentList } from '#contract/segments';
import { useCan } from '~/app/session';
import { ApiError, call, reading } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice, useErrorText } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Definition, Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';

type List = Output<typeof listSegmentLists>['rows'][number];

export default function SegmentListsPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const { modal } = App.useApp();
  const [isUploading, setUploading] = useState(false);
  const { data, error, refetch } = useQuery(reading(listSegmentLists, {}));
  const removing = useWriting(deleteSegmentList, { said: t('common.deleted') });
  const upload = can('segment.write') && (
    <Button type="primary" icon={<UploadOutlined />} onClick={() => setUploading(true)}>
      {t('segment.listUpload')}
    </Button>
  );
  const remove = (row: List) =>
    void modal.confirm({
      title: t('segment.listDelete', { name: row.name }),
      content: t('segment.listDeleteHint'),
      okText: t('common.delete'),
      cancelText: t('common.cancel'),
      okButtonProps: { danger: true },
      onOk: () => removing.mutateAsync({ id: row.id }).catch(() => undefined),
    });

  return (
    <div className="page">
      <PageHeader
        title={t('segment.lists')}
        subtitle={t('segment.listsSubtitle')}
        backTo="/segments"
        actions={upload}
      />
      <Panel isFlush>
        {error && data === undefined ? (
          <div className="panel-body">
            <ErrorNotice error={error} onRetry={() => void refetch()} />
          </div>
        ) : data?.rows.length === 0 ? (
          <EmptyState
            icon={<InboxOutlined />}
            title={t('segment.listNone')}
            hint={t('segment.listNoneHint')}
            action={upload}
          />
        ) : (
          <TableOrCards<List>
            keyOf={(row) => row.id}
            rows={data?.rows ?? []}
            isLoading={data === undefined}
            rowTestId="segment-list-row"
            columns={[
              { title: t('common.name'), key: 'name', render: (_, row) => <strong>{row.name}</strong> },
              {
                title: t('segment.listRows'),
                key: 'rows',
                align: 'right',
                render: (_, row) => format.number(row.rowCount),
              },
              {
                title: t('segment.listMembers'),
                key: 'members',
                align: 'right',
                render: (_, row) => format.number(row.memberCount),
              },
              {
                title: (
                  <>
                    {t('segment.listUnknown')}
                    <Definition text={t('segment.listUnknownHint')} />
                  </>
                ),
                key: 'unknown',
                align: 'right',
                render: (_, row) => format.number(row.unknownCount),
              },
              {
                title: t('common.createdAt'),
                key: 'created',
                align: 'right',
                render: (_, row) => (
                  <span className="code-cell nowrap">
                    {format.time(row.createdAt)}
                    <span className="muted small">{row.createdBy}</span>
                  </span>
                ),
              },
              ...(can('segment.write')
                ? [
                    {
                      key: 'actions',
                      align: 'right' as const,
                      render: (_: unknown, row: List) => (
                        <span className="nowrap">
                          <Link to="/segments/new" search={{ list: row.id }}>
                            <Button size="small" icon={<PlusOutlined />}>
                              {t('segment.listUse')}
                            </Button>
                          </Link>{' '}
                          <Button
                            size="small"
                            type="text"
                            icon={<DeleteOutlined />}
                            aria-label={t('segment.listDelete', { name: row.name })}
                            onClick={() => remove(row)}
                          />
                        </span>
                      ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Panel>
      {isUploading && <UploadModal onClose={() => setUploading(false)} />}
    </div>
  );
}

const maxName = 60;

function UploadModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const queryClient = useQueryClient();
  const errorText = useErrorText();
  const { message } = App.useApp();
  const [file, setFile] = useState<File>();
  const [name, setName] = useState('');
  const [refusal, setRefusal] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const isNameRefused = refusal instanceof ApiError && refusal.code === 'segment_list_name_taken';

  async function send() {
    if (file === undefined) return;
    setBusy(true);
    setRefusal(undefined);
    try {
      const answer = await call(
        uploadSegmentList,
        { name: name.trim() },
        { file: new Blob([file], { type: 'text/csv' }) },
      );
      void message.success(
        t('segment.listUploaded', {
          rows: format.number(answer.rowCount),
          members: format.number(answer.memberCount),
          unknown: format.number(answer.unknownCount),
        }),
        6,
      );
      void queryClient.invalidateQueries();
      onClose();
    } catch (error) {
      setRefusal(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal
      open
      title={t('segment.listUpload')}
      okText={t('segment.listUpload')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: file === undefined || name.trim() === '' }}
      confirmLoading={isBusy}
      onOk={() => void send()}
      onCancel={onClose}
    >
      <div className="stack">
        <Upload.Dragger
          accept=".txt,.csv,text/plain,text/csv"
          maxCount={1}
          showUploadList={false}
          beforeUpload={(picked) => {
            setFile(picked);
            setRefusal(undefined);
            if (name.trim() === '') setName(picked.name.replace(/\.[^.]+$/, '').slice(0, maxName));
            return false;
          }}
        >
          <p className="upload-icon">
            <InboxOutlined />
          </p>
          <p>{file === undefined ? t('segment.listFile') : `${file.name} · ${format.bytes(file.size)}`}</p>
          <p className="field-hint">{t('segment.listFileHint')}</p>
        </Upload.Dragger>
        <Form layout="vertical" component={false}>
          <Form.Item
            label={t('segment.listName')}
            htmlFor="segment-list-name"
            validateStatus={isNameRefused ? 'error' : ''}
            help={isNameRefused ? errorText(refusal) : undefined}
          >
            <Input
              id="segment-list-name"
              value={name}
              maxLength={maxName}
              onChange={(event) => setName(event.target.value)}
            />
          </Form.Item>
        </Form>
        {refusal !== undefined && !isNameRefused && <ErrorNotice error={refusal} />}
      </div>
    </Modal>
  );
}
