import { FolderOutlined, PictureOutlined, UploadOutlined } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { App, Button, Skeleton, Upload } from 'antd';
import { type ReactNode, useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { z } from 'zod';
import { createMaterial, listMaterials, material } from '#contract/content';
import { useCan } from '~/app/session';
import { call, readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice, useErrorText } from '~/components/error-notice';
import { countFilters, FilterSelect, Filters, isFiltered } from '~/components/filters';
import { type MaterialRow, MaterialThumb } from '~/components/material-picker';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import type { materialFilters } from './filters';
import { FoldersModal, useFolderOptions } from './folders-modal';
import { MaterialDrawer } from './material-drawer';
import './content.css';

const page = getRouteApi('/inside/materials');

export default function MaterialsPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const filters = page.useSearch();
  const navigate = page.useNavigate();
  const folders = useFolderOptions('material');
  const [areFoldersOpen, setFoldersOpen] = useState(false);
  const [opened, setOpened] = useState<MaterialRow>();
  const filter = useCallback(
    (patch: Partial<z.output<typeof materialFilters>>) =>
      void navigate({ search: (before) => ({ ...before, ...patch }), replace: true }),
    [navigate],
  );
  const search = useCallback((text: string | undefined) => filter({ search: text }), [filter]);
  const pages = useInfiniteQuery({ ...readingPages(listMaterials, filters), placeholderData: keepPreviousData });
  const rows = (pages.data?.pages ?? []).flatMap((part) => part.rows);
  const hasFilters = isFiltered(filters);
  const upload = can('content.write') && <UploadFiles folder={filters.folder} />;

  return (
    <div className="page">
      <PageHeader
        title={t('menu.materials')}
        subtitle={t('material.subtitle')}
        actions={
          <>
            <Button icon={<FolderOutlined />} onClick={() => setFoldersOpen(true)}>
              {t('folder.many')}
            </Button>
            {upload}
          </>
        }
      />
      <Panel isFlush>
        <Filters
          search={<SearchBox value={filters.search} onChange={search} placeholder={t('material.search')} />}
          count={countFilters(filters)}
          onClear={hasFilters ? () => void navigate({ search: {}, replace: true }) : undefined}
        >
          <FilterSelect
            label={t('folder.one')}
            value={filters.folder}
            onChange={(folder) => filter({ folder })}
            options={folders}
          />
          <FilterSelect
            label={t('material.kind')}
            value={filters.kind}
            onChange={(kind) => filter({ kind })}
            options={material.shape.kind.options.map((kind) => ({ value: kind, label: t(`attachment.${kind}`) }))}
          />
          <FilterSelect
            label={t('content.state')}
            value={filters.archived ? 'archived' : undefined}
            onChange={(value) => filter({ archived: value === undefined ? undefined : true })}
            options={[{ value: 'archived', label: t('content.archived') }]}
          />
        </Filters>
        {pages.isError && pages.data === undefined ? (
          <div className="panel-body">
            <ErrorNotice error={pages.error} onRetry={() => void pages.refetch()} />
          </div>
        ) : pages.isPending ? (
          <div className="panel-body">
            <Skeleton active />
          </div>
        ) : rows.length === 0 ? (
          hasFilters ? (
            <EmptyState
              icon={<PictureOutlined />}
              title={t('material.noneFound')}
              action={<Button onClick={() => void navigate({ search: {} })}>{t('common.clearFilters')}</Button>}
            />
          ) : (
            <EmptyState
              icon={<PictureOutlined />}
              title={t('material.none')}
              hint={t('material.noneHint')}
              action={upload}
            />
          )
        ) : (
          <ul className="material-grid panel-body">
            {rows.map((row) => (
              <li key={row.id}>
                <button
                  type="button"
                  className="material-tile"
                  onClick={() => setOpened(row)}
                  data-testid="material-tile"
                >
                  <MaterialThumb material={row} />
                  <span className="material-name">{row.name}</span>
                  <span className="muted small">
                    {[row.folder?.name, format.bytes(row.byteCount)].filter(Boolean).join(' · ')}
                  </span>
                </button>
              </li>
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
      </Panel>
      {areFoldersOpen && <FoldersModal kind="material" onClose={() => setFoldersOpen(false)} />}
      {opened && <MaterialDrawer key={opened.id} material={opened} onClose={() => setOpened(undefined)} />}
    </div>
  );
}

/** Several at once, each by itself: one that is refused does not hold up the others. */
function UploadFiles({ folder }: { folder: number | undefined }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const { message } = App.useApp();
  const errorText = useErrorText();
  const [waiting, setWaiting] = useState(0);

  async function upload(file: File) {
    setWaiting((count) => count + 1);
    try {
      const name = file.name.slice(-100);
      await call(createMaterial, { name, ...(folder === undefined ? {} : { folder }) }, { file });
      void queryClient.invalidateQueries({ queryKey: [listMaterials.path] });
    } catch (error) {
      void message.error(`${file.name}: ${errorText(error)}`, 6);
    } finally {
      setWaiting((count) => count - 1);
    }
  }

  return (
    <Upload
      multiple
      showUploadList={false}
      beforeUpload={(file) => {
        void upload(file);
        return false;
      }}
    >
      <Button type="primary" icon={<UploadOutlined />} loading={waiting > 0} data-testid="upload-material">
        {t('material.upload')}
      </Button>
    </Upload>
  );
}
