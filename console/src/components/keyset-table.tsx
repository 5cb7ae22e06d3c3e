import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { Button, Collapse, Skeleton, type TableProps } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ErrorNotice } from './error-notice';
import { type Column, TableOrCards } from './table-or-cards';

interface Row {
  readonly id: number | string;
}

interface Props<R extends Row> {
  readonly pages: UseInfiniteQueryResult<InfiniteData<{ rows: R[]; next: string | null }>>;
  readonly columns: readonly Column<R>[];
  /** The same row for a narrow screen. */
  readonly card: (row: R) => ReactNode;
  readonly empty: ReactNode;
  readonly selection?: TableProps<R>['rowSelection'];
  readonly onOpen?: (row: R) => void;
  readonly expand?: (row: R) => ReactNode;
  readonly rowTestId?: string;
  /** Cards also on a desk, where the list stands in a narrow column. */
  readonly isNarrow?: boolean;
}

/** A list read page by page behind a cursor: a table on a desk, cards on a phone. */
export function KeysetTable<R extends Row>(props: Props<R>) {
  const { pages, columns, card, empty, selection, onOpen, expand, rowTestId, isNarrow = false } = props;
  const { t } = useTranslation();

  if (pages.isError && pages.data === undefined) {
    return (
      <div className="panel-body">
        <ErrorNotice error={pages.error} onRetry={() => void pages.refetch()} />
      </div>
    );
  }
  if (pages.isPending) {
    return (
      <div className="panel-body">
        <Skeleton active paragraph={{ rows: 6 }} title={false} />
      </div>
    );
  }
  const rows = (pages.data?.pages ?? []).flatMap((page) => page.rows);
  if (rows.length === 0) return <>{empty}</>;

  return (
    <>
      <TableOrCards<R>
        keyOf={(row) => row.id}
        columns={columns}
        rows={rows}
        isNarrow={isNarrow}
        rowTestId={rowTestId}
        scroll={{ x: 860 }}
        card={(row) => (
          <>
            {card(row)}
            {expand && (
              <Collapse
                ghost
                size="small"
                className="card-details"
                items={[{ key: 'details', label: t('common.details'), children: expand(row) }]}
              />
            )}
          </>
        )}
        {...(onOpen
          ? { onRow: (row) => ({ onClick: (event) => opensRow(event) && onOpen(row), className: 'row-opens' }) }
          : {})}
        {...(selection ? { rowSelection: selection } : {})}
        {...(expand ? { expandable: { expandedRowRender: expand } } : {})}
      />
      {pages.hasNextPage && (
        <div className="load-more">
          <Button loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t('common.loadMore')}
          </Button>
        </div>
      )}
    </>
  );
}

/** A press on a link, button or checkbox inside a row is not a press on the row. */
function opensRow(event: React.MouseEvent): boolean {
  return !(event.target as HTMLElement).closest('a, button, input, label, .ant-table-selection-column');
}
