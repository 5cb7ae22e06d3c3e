import { FileOutlined, PlayCircleFilled } from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Button, Modal, Segmented, Skeleton } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { listMaterials } from '#contract/content';
import { readingPages } from '~/call';
import { useFormat } from '~/format';
import { materialAddress } from './materials';
import { SearchBox } from './search-box';

export type MaterialRow = Output<typeof listMaterials>['rows'][number];
type Kind = MaterialRow['kind'];

interface Props {
  readonly kinds: readonly Kind[];
  readonly onChoose: (material: MaterialRow) => void;
  readonly onClose: () => void;
}

/** Chooses a file that was uploaded before. */
export function MaterialPicker({ kinds, onChoose, onClose }: Props) {
  const { t } = useTranslation();
  const [search, setSearch] = useState<string>();
  const [kind, setKind] = useState<Kind>(kinds[0] ?? 'image');
  const pages = useInfiniteQuery({
    ...readingPages(listMaterials, { kind, ...(search === undefined ? {} : { search }), limit: 24 }),
    placeholderData: keepPreviousData,
  });
  const rows = (pages.data?.pages ?? []).flatMap((page) => page.rows);
  return (
    <Modal open title={t('material.choose')} onCancel={onClose} footer={null} width={720}>
      <div className="material-filters">
        <Segmented
          value={kind}
          onChange={setKind}
          options={kinds.map((value) => ({ value, label: t(`attachment.${value}`) }))}
        />
        <SearchBox value={search} onChange={setSearch} placeholder={t('material.search')} />
      </div>
      {pages.isPending ? (
        <Skeleton active />
      ) : rows.length === 0 ? (
        <p className="muted">{t('material.noneFound')}</p>
      ) : (
        <ul className="material-grid">
          {rows.map((row) => (
            <li key={row.id}>
              <button type="button" className="material-tile" onClick={() => onChoose(row)}>
                <MaterialThumb material={row} />
                <span className="material-name">{row.name}</span>
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
    </Modal>
  );
}

export function MaterialThumb({ material }: { material: Pick<MaterialRow, 'id' | 'kind' | 'name' | 'byteCount'> }) {
  const format = useFormat();
  if (material.kind === 'image') {
    return (
      <span className="material-thumb">
        <img src={materialAddress(material.id)} alt="" loading="lazy" />
      </span>
    );
  }
  return (
    <span className="material-thumb is-file">
      {material.kind === 'video' ? <PlayCircleFilled /> : <FileOutlined />}
      <span className="small">{format.bytes(material.byteCount)}</span>
    </span>
  );
}
