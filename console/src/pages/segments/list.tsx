import {
  ClockCircleOutlined,
  CrownOutlined,
  GiftOutlined,
  PlusOutlined,
  ShoppingCartOutlined,
  ShoppingOutlined,
  TrophyOutlined,
  UploadOutlined,
  UserAddOutlined,
  UserDeleteOutlined,
  UsergroupAddOutlined,
} from '@ant-design/icons';
import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Button, Tooltip } from 'antd';
import { type ReactNode, useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { countCustomers, listAttributes } from '#contract/customers';
import { listSegments } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { Filters } from '~/components/filters';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { SearchBox } from '~/components/search-box';
import { useFormat } from '~/format';
import { birthdayAttribute } from './examples';
import { type Example, exampleNames } from './kinds';
import { SegmentMarks, type SegmentRow, Today } from './parts';

const page = getRouteApi('/inside/segments');

export default function SegmentsPage(): ReactNode {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const navigate = useNavigate();
  const filters = page.useSearch();
  const pageNavigate = page.useNavigate();
  const search = useCallback(
    (text: string | undefined) => void pageNavigate({ search: { search: text }, replace: true }),
    [pageNavigate],
  );
  const pages = useInfiniteQuery({
    ...readingPages(listSegments, filters),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => {
      const isFilling = query.state.data?.pages.some((part) => part.rows.some((row) => !row.isFilled));
      return isFilling ? 1000 : 15_000;
    },
  });
  const total = useQuery({ ...reading(countCustomers, {}), enabled: can('customer.read'), staleTime: 30_000 });
  const shareOf = (row: SegmentRow) =>
    total.data?.isExact && total.data.count > 0 ? row.memberCount / total.data.count : null;
  const isEmpty = filters.search === undefined && pages.data?.pages[0]?.rows.length === 0;

  const actions = (
    <>
      <Link to="/segments/lists">
        <Button icon={<UploadOutlined />}>{t('segment.lists')}</Button>
      </Link>
      {can('segment.write') && (
        <Link to="/segments/new">
          <Button type="primary" icon={<PlusOutlined />}>
            {t('segment.new')}
          </Button>
        </Link>
      )}
    </>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.segments')} subtitle={t('segment.subtitle')} actions={actions} />
      {isEmpty ? (
        <Panel>
          <EmptyState icon={<UsergroupAddOutlined />} title={t('segment.none')} hint={t('segment.noneHint')} />
          {can('segment.write') && <Examples />}
        </Panel>
      ) : (
        <div className="stack-large">
          <Panel isFlush>
            <Filters
              search={<SearchBox value={filters.search} onChange={search} placeholder={t('segment.search')} />}
              count={0}
              onClear={undefined}
            >
              {null}
            </Filters>
            <KeysetTable<SegmentRow>
              pages={pages}
              rowTestId="segment-row"
              onOpen={(row) => void navigate({ to: '/segments/$id', params: { id: String(row.id) } })}
              empty={<EmptyState icon={<UsergroupAddOutlined />} title={t('segment.noneFound')} />}
              columns={[
                {
                  title: t('common.name'),
                  key: 'name',
                  render: (_, row) => (
                    <span className="code-cell wrap-cell">
                      <Link to="/segments/$id" params={{ id: String(row.id) }} className="strong-link">
                        {row.name}
                      </Link>
                      {row.description !== '' && <span className="muted small">{row.description}</span>}
                    </span>
                  ),
                },
                {
                  title: t('segment.size'),
                  key: 'size',
                  align: 'right',
                  render: (_, row) => (row.isFilled ? format.number(row.memberCount) : '…'),
                },
                {
                  title: t('segment.shareShort'),
                  key: 'share',
                  render: (_, row) => <Share value={row.isFilled ? shareOf(row) : null} />,
                },
                { title: t('segment.today'), key: 'today', render: (_, row) => <Today row={row} /> },
                { title: '', key: 'marks', render: (_, row) => <SegmentMarks row={row} /> },
                {
                  title: t('segment.updatedAt'),
                  key: 'updated',
                  align: 'right',
                  render: (_, row) => (
                    <span className="code-cell nowrap">
                      {format.time(row.updatedAt)}
                      <span className="muted small">{row.createdBy}</span>
                    </span>
                  ),
                },
              ]}
              card={(row) => (
                <Link to="/segments/$id" params={{ id: String(row.id) }} className="list-card">
                  <span className="list-card-head">
                    <strong className="break">{row.name}</strong>
                    <span className="nowrap">
                      {row.isFilled ? format.number(row.memberCount) : '…'}{' '}
                      <span className="muted">{format.percent(shareOf(row))}</span>
                    </span>
                  </span>
                  <span className="list-card-facts">
                    <Today row={row} />
                    <SegmentMarks row={row} />
                  </span>
                </Link>
              )}
            />
          </Panel>
          {can('segment.write') && (
            <Panel>
              <Examples />
            </Panel>
          )}
        </div>
      )}
    </div>
  );
}

function Share({ value }: { value: number | null }) {
  const format = useFormat();
  if (value === null) return <span className="muted">–</span>;
  return (
    <span className="segment-share">
      <span className="bar-track">
        <span className="bar-part" style={{ width: `${value * 100}%` }} />
      </span>
      {format.percent(value)}
    </span>
  );
}

const icons: Readonly<Record<Example, ReactNode>> = {
  new7: <UserAddOutlined />,
  silent30: <ClockCircleOutlined />,
  vip90: <CrownOutlined />,
  birthday7: <GiftOutlined />,
  once: <ShoppingOutlined />,
  cart: <ShoppingCartOutlined />,
  top10: <TrophyOutlined />,
  lost7: <UserDeleteOutlined />,
};

function Examples() {
  const { t } = useTranslation();
  const attributes = useQuery(reading(listAttributes, {}));
  const hasBirthday = birthdayAttribute(attributes.data?.rows) !== undefined;
  return (
    <>
      <h3 className="section-title">{t('segment.examples')}</h3>
      <ul className="segment-examples">
        {exampleNames.map((name) => {
          const isMissing = name === 'birthday7' && !hasBirthday;
          const card = (
            <>
              <span className="kind-icon" aria-hidden>
                {icons[name]}
              </span>
              <span className="segment-example-text">
                <strong>{t(`segment.example.${name}.name`)}</strong>
                <span className="muted small">{t(`segment.example.${name}.hint`)}</span>
              </span>
            </>
          );
          return (
            <li key={name}>
              {isMissing ? (
                <Tooltip title={t('segment.exampleNeedsBirthday')}>
                  <Link to="/attributes" className="segment-example segment-example-off">
                    {card}
                  </Link>
                </Tooltip>
              ) : (
                <Link to="/segments/new" search={{ example: name }} className="segment-example">
                  {card}
                </Link>
              )}
            </li>
          );
        })}
      </ul>
    </>
  );
}
