import {
  CommentOutlined,
  CopyOutlined,
  DeleteOutlined,
  EditOutlined,
  FolderOutlined,
  PlusOutlined,
} from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { App, Button, Popconfirm, Skeleton, Tag } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { copyScript, deleteScript, listScripts } from '#contract/scripts';
import { useCan } from '~/app/session';
import { readingPages } from '~/call';
import { type ChosenCustomer, CustomerPicker } from '~/components/customer-picker';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { MarkedText } from '~/components/phone-parts';
import { SearchBox } from '~/components/search-box';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { FoldersModal, useFolderOptions } from './folders-modal';
import { ScriptModal } from './script-modal';
import './content.css';

export type Script = Output<typeof listScripts>['rows'][number];

const page = getRouteApi('/inside/scripts');

export default function ScriptsPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const folders = useFolderOptions('script');
  const [areFoldersOpen, setFoldersOpen] = useState(false);
  const [edited, setEdited] = useState<Script | 'new'>();
  const [customer, setCustomer] = useState<ChosenCustomer>();
  const search = useCallback(
    (text: string | undefined) => void navigate({ search: (before) => ({ ...before, search: text }), replace: true }),
    [navigate],
  );
  const pages = useInfiniteQuery({
    ...readingPages(listScripts, filters),
    placeholderData: keepPreviousData,
  });
  const rows = (pages.data?.pages ?? []).flatMap((part) => part.rows);
  const hasFilters = filters.search !== undefined || filters.folder !== undefined;
  const create = can('content.write') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setEdited('new')} data-testid="new-script">
      {t('script.new')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader
        title={t('menu.scripts')}
        subtitle={t('script.subtitle')}
        actions={
          <>
            {can('content.write') && (
              <Button icon={<FolderOutlined />} onClick={() => setFoldersOpen(true)}>
                {t('folder.many')}
              </Button>
            )}
            {create}
          </>
        }
      />
      <div className="script-bar">
        <SearchBox value={filters.search} onChange={search} placeholder={t('script.search')} testId="script-search" />
        {can('customer.read') && (
          <div className="script-customer">
            <CustomerPicker value={customer} onChange={setCustomer} label={t('script.for')} testId="script-customer" />
          </div>
        )}
      </div>
      {folders.length > 0 && (
        <div className="script-folders">
          <Tag.CheckableTag
            checked={filters.folder === undefined}
            onChange={() => void navigate({ search: (before) => ({ ...before, folder: undefined }), replace: true })}
          >
            {t('script.all')}
          </Tag.CheckableTag>
          {folders.map((folder) => (
            <Tag.CheckableTag
              key={folder.value}
              checked={filters.folder === folder.value}
              onChange={(isOn) =>
                void navigate({
                  search: (before) => ({ ...before, folder: isOn ? folder.value : undefined }),
                  replace: true,
                })
              }
            >
              {folder.label}
            </Tag.CheckableTag>
          ))}
        </div>
      )}
      {pages.isError && pages.data === undefined ? (
        <ErrorNotice error={pages.error} onRetry={() => void pages.refetch()} />
      ) : pages.isPending ? (
        <Skeleton active />
      ) : rows.length === 0 ? (
        hasFilters ? (
          <EmptyState
            icon={<CommentOutlined />}
            title={t('script.noneFound')}
            action={<Button onClick={() => void navigate({ search: {} })}>{t('common.clearFilters')}</Button>}
          />
        ) : (
          <EmptyState icon={<CommentOutlined />} title={t('script.none')} hint={t('script.noneHint')} action={create} />
        )
      ) : (
        <ul className="script-grid">
          {rows.map((row) => (
            <ScriptCard key={row.id} script={row} customer={customer} onEdit={() => setEdited(row)} />
          ))}
        </ul>
      )}
      {pages.hasNextPage && (
        <div className="load-more">
          <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('common.loadMore')}
          </Button>
        </div>
      )}
      {areFoldersOpen && <FoldersModal kind="script" onClose={() => setFoldersOpen(false)} />}
      {edited !== undefined && (
        <ScriptModal script={edited === 'new' ? undefined : edited} onClose={() => setEdited(undefined)} />
      )}
    </div>
  );
}

interface CardProps {
  readonly script: Script;
  readonly customer: ChosenCustomer | undefined;
  readonly onEdit: () => void;
}

function ScriptCard({ script, customer, onEdit }: CardProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const { message } = App.useApp();
  const deleting = useWriting(deleteScript, { said: t('common.deleted') });
  const copying = useWriting(copyScript, {
    onDone: async ({ words }) => {
      // The clipboard exists only on https and localhost; elsewhere the words are selected by hand.
      try {
        await navigator.clipboard.writeText(words);
        void message.success(t('common.copied'));
      } catch {
        void message.warning(t('common.copyByHand'));
      }
    },
  });
  return (
    <li className="script-card" data-testid="script-card">
      <div className="script-head">
        <strong>{script.title}</strong>
        {can('content.write') && (
          <span className="nowrap">
            <Button type="text" size="small" icon={<EditOutlined />} aria-label={t('common.edit')} onClick={onEdit} />
            <Popconfirm
              title={t('script.delete', { title: script.title })}
              okText={t('common.delete')}
              onConfirm={() => deleting.mutate({ id: script.id })}
            >
              <Button type="text" size="small" icon={<DeleteOutlined />} aria-label={t('common.delete')} />
            </Popconfirm>
          </span>
        )}
      </div>
      <p className="script-words">
        <MarkedText text={script.words} />
      </p>
      <div className="script-foot">
        <span className="muted small">
          {[script.folder?.name, t('script.copied', { n: format.number(script.copyCount) })]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <Button
          size="small"
          icon={<CopyOutlined />}
          loading={copying.isPending}
          onClick={() => copying.mutate({ id: script.id, ...(customer ? { customerId: customer.id } : {}) })}
        >
          {customer ? t('script.copyFor', { name: customer.name }) : t('common.copy')}
        </Button>
      </div>
    </li>
  );
}
