import { Button, Grid, Skeleton, Table, type TableColumnType, type TableProps } from 'antd';
import { Fragment, type Key, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

/** A column that a card can read too: its title is plain, and it says how its cell is drawn or which field it shows. */
export type Column<R> = Omit<TableColumnType<R>, 'title' | 'dataIndex' | 'render'> & {
  /** None for the column of buttons, which stands at the head of a card. */
  readonly title?: ReactNode;
  readonly dataIndex?: keyof R & string;
  readonly render?: (value: unknown, row: R) => ReactNode;
};

interface Props<R extends object> extends Omit<TableProps<R>, 'columns' | 'dataSource' | 'rowKey' | 'loading'> {
  readonly rows: readonly R[];
  readonly keyOf: (row: R) => Key;
  readonly columns: readonly Column<R>[];
  /** The row on a narrow screen; without one the columns are written below each other, the first as heading. */
  readonly card?: (row: R) => ReactNode;
  readonly isLoading?: boolean;
  readonly emptyText?: string;
  readonly rowTestId?: string | undefined;
  /** Cards also on a desk, where the list stands in a narrow column. */
  readonly isNarrow?: boolean;
}

/** Every list of the console: a table on a desk, cards on a phone, so that no column is off the screen. */
export function TableOrCards<R extends object>(props: Props<R>) {
  const {
    rows,
    keyOf,
    columns,
    card,
    isLoading = false,
    rowTestId,
    isNarrow = false,
    emptyText,
    onRow,
    ...table
  } = props;
  const { t } = useTranslation();
  const [pageCount, setPageCount] = useState(1);
  const isWide = (Grid.useBreakpoint().md ?? window.innerWidth >= 768) && !isNarrow;

  if (isLoading) {
    return (
      <div className="panel-body">
        <Skeleton active paragraph={{ rows: 6 }} title={false} />
      </div>
    );
  }
  if (rows.length === 0) return emptyText === undefined ? null : <p className="panel-body muted">{emptyText}</p>;
  if (isWide) {
    return (
      <Table<R>
        size="middle"
        pagination={false}
        scroll={{ x: 'max-content' }}
        {...table}
        rowKey={keyOf}
        columns={[...columns] as NonNullable<TableProps<R>['columns']>}
        dataSource={[...rows]}
        onRow={(row, index) => ({
          ...onRow?.(row, index),
          ...(rowTestId === undefined ? {} : { 'data-testid': rowTestId }),
        })}
      />
    );
  }
  const pageSize = (table.pagination || undefined)?.pageSize ?? rows.length;
  const shown = rows.slice(0, pageSize * pageCount);
  return (
    <>
      <ul className="card-list">
        {shown.map((row) => (
          <li key={keyOf(row)} data-testid={rowTestId}>
            {card ? card(row) : <ColumnsCard row={row} columns={columns} />}
          </li>
        ))}
      </ul>
      {shown.length < rows.length && (
        <div className="load-more">
          <Button onClick={() => setPageCount(pageCount + 1)}>{t('common.loadMore')}</Button>
        </div>
      )}
    </>
  );
}

function ColumnsCard<R extends object>({ row, columns }: { row: R; columns: readonly Column<R>[] }) {
  const [heading, ...others] = columns;
  return (
    <div className="list-card">
      <div className="list-card-head">
        {heading && <strong>{cellOf(heading, row)}</strong>}
        {others
          .filter((column) => column.title === undefined)
          .map((column) => (
            <Fragment key={column.key}>{cellOf(column, row)}</Fragment>
          ))}
      </div>
      <dl className="facts">
        {others
          .filter((column) => column.title !== undefined)
          .map((column) => (
            <div key={column.key ?? column.dataIndex}>
              <dt>{column.title}</dt>
              <dd>{cellOf(column, row) || '–'}</dd>
            </div>
          ))}
      </dl>
    </div>
  );
}

function cellOf<R>(column: Column<R>, row: R): ReactNode {
  const value = column.dataIndex === undefined ? undefined : row[column.dataIndex];
  return column.render ? column.render(value, row) : (value as ReactNode);
}
