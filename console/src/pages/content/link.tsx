import { CopyOutlined, EditOutlined, ExportOutlined, InboxOutlined } from '@ant-design/icons';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Input, Modal, Skeleton, Tag } from 'antd';
import { type ReactNode, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { getLink, listLinkReaders, shareLink, updateLink } from '#contract/links';
import { useCan } from '~/app/session';
import { reading, readingPages } from '~/call';
import { BarList } from '~/components/bar-list';
import { Chart } from '~/components/chart';
import { useChartColours, useChartFrame, useValueAxis } from '~/components/chart-theme';
import { CopyText } from '~/components/copy-text';
import { DayRange } from '~/components/day-range';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { Figure } from '~/components/figure';
import { KeysetTable } from '~/components/keyset-table';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { CustomerLink } from '~/pages/scores/customer-link';
import './content.css';

type Tracked = Output<typeof getLink>;

const page = getRouteApi('/inside/links/$id');

export default function LinkPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const id = Number(page.useParams().id);
  const range = page.useSearch();
  const navigate = page.useNavigate();
  const { data, error } = useQuery({ ...reading(getLink, { id, ...range }), refetchInterval: 15_000 });
  const [isRenaming, setRenaming] = useState(false);
  const [address, setAddress] = useState<string>();
  const updating = useWriting(updateLink, { said: t('common.saved'), onDone: () => setRenaming(false) });
  const sharing = useWriting(shareLink, { onDone: (output) => setAddress(output.address) });
  if (data === undefined) {
    return <div className="page">{error ? <ErrorNotice error={error} /> : <Skeleton active />}</div>;
  }
  return (
    <div className="page">
      <PageHeader
        title={data.title}
        backTo="/links"
        beside={data.isArchived && <Tag>{t('content.archived')}</Tag>}
        subtitle={
          <a href={data.url} target="_blank" rel="noreferrer" className="quiet-link link-url">
            {data.url} <ExportOutlined />
          </a>
        }
        actions={
          <>
            {can('content.write') && (
              <>
                <Button icon={<EditOutlined />} onClick={() => setRenaming(true)}>
                  {t('common.rename')}
                </Button>
                <Button
                  icon={<InboxOutlined />}
                  onClick={() => updating.mutate({ id, title: data.title, isArchived: !data.isArchived })}
                >
                  {data.isArchived ? t('content.restore') : t('content.archive')}
                </Button>
              </>
            )}
            <Button
              type="primary"
              icon={<CopyOutlined />}
              loading={sharing.isPending}
              onClick={() => sharing.mutate({ id })}
              data-testid="share-link"
            >
              {t('link.share')}
            </Button>
          </>
        }
      />
      <div className="stack-large">
        <Panel
          title={t('link.figures')}
          extra={
            <DayRange
              from={range.from ?? data.days[0]?.day}
              to={range.to ?? data.days.at(-1)?.day}
              onChange={(next) => void navigate({ search: next, replace: true })}
              className="day-range"
            />
          }
        >
          <div className="figures">
            <Figure name="linkOpens" value={<Count value={data.period.opens} />} />
            <Figure name="linkPeople" value={<Count value={data.period.people} />} />
            <Figure name="linkKnown" value={<Share part={data.period.knownOpens} whole={data.period.opens} />} />
            <Figure name="linkOpensEver" value={<Count value={data.opens} />} />
          </div>
          <DayChart link={data} />
        </Panel>
        <div className="two-columns">
          <Panel title={t('link.sources')} definition={t('link.sourcesDefinition')}>
            <Sources link={data} />
          </Panel>
          <Panel title={t('link.senders')}>
            <Senders link={data} />
          </Panel>
        </div>
        {data.contents.length > 0 && (
          <Panel title={t('link.contents')}>
            <ul className="plain-list">
              {data.contents.map((content) => (
                <li key={content.id}>
                  <Link to="/contents/$id" params={{ id: String(content.id) }} className="strong-link">
                    {content.name}
                  </Link>
                </li>
              ))}
            </ul>
          </Panel>
        )}
        {can('customer.read') && <Readers linkId={id} />}
      </div>
      {isRenaming && (
        <RenameModal
          title={data.title}
          isSaving={updating.isPending}
          onClose={() => setRenaming(false)}
          onSave={(title) => updating.mutate({ id, title, isArchived: data.isArchived })}
        />
      )}
      {address !== undefined && (
        <Modal open title={t('link.share')} onCancel={() => setAddress(undefined)} footer={null}>
          <p className="muted">{t('link.shareHint')}</p>
          <CopyText value={address} label={t('link.share')} />
        </Modal>
      )}
    </div>
  );
}

function Count({ value }: { value: number }) {
  const format = useFormat();
  return <>{format.number(value)}</>;
}

function Share({ part, whole }: { part: number; whole: number }) {
  const format = useFormat();
  return <>{format.percent(whole === 0 ? null : part / whole)}</>;
}

function DayChart({ link }: { link: Tracked }) {
  const { t } = useTranslation();
  const format = useFormat();
  const colours = useChartColours();
  const frame = useChartFrame();
  const axis = useValueAxis();
  const option = useMemo(
    () => ({
      ...frame(link.days.map((row) => format.shortDay(row.day))),
      yAxis: axis,
      series: [
        {
          type: 'bar' as const,
          name: t('link.known'),
          data: link.days.map((row) => row.knownOpens),
          color: colours.added,
          stack: 'opens',
          barMaxWidth: 18,
        },
        {
          type: 'bar' as const,
          name: t('link.unknown'),
          data: link.days.map((row) => row.opens - row.knownOpens),
          color: colours.scans,
          stack: 'opens',
          barMaxWidth: 18,
          itemStyle: { borderRadius: [3, 3, 0, 0] },
        },
      ],
    }),
    [link, t, format, colours.added, colours.scans, frame, axis],
  );
  return <Chart option={option} label={t('link.byDay')} height={240} />;
}

function Sources({ link }: { link: Tracked }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (link.sources.length === 0) return <p className="muted">{t('link.noOpens')}</p>;
  return (
    <BarList
      bars={link.sources.map((source) => ({
        key: `${source.kind} ${source.id}`,
        label: [t(`linkSource.${source.kind}`), source.name ?? (source.id === null ? undefined : `#${source.id}`)]
          .filter(Boolean)
          .join(' · '),
        value: source.opens,
        text: format.number(source.opens),
      }))}
    />
  );
}

function Senders({ link }: { link: Tracked }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (link.staff.length === 0) return <p className="muted">{t('link.noSenders')}</p>;
  return (
    <BarList
      bars={link.staff.map((member) => ({
        key: member.id,
        label: member.name,
        value: member.opens,
        text: format.number(member.opens),
      }))}
    />
  );
}

type Reader = Output<typeof listLinkReaders>['rows'][number] & { readonly id: number };

function Readers({ linkId }: { linkId: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const pages = useInfiniteQuery({
    ...readingPages(listLinkReaders, { id: linkId }),
    select: (data) => ({
      ...data,
      pages: data.pages.map((part) => ({
        ...part,
        rows: part.rows.map((row): Reader => ({ ...row, id: row.customer.id })),
      })),
    }),
    refetchInterval: 15_000,
  });
  return (
    <Panel title={t('link.readers')} definition={t('link.readersDefinition')} isFlush>
      <KeysetTable<Reader>
        pages={pages}
        rowTestId="link-reader"
        columns={[
          { title: t('customer.one'), key: 'customer', render: (_, row) => <CustomerLink {...row.customer} /> },
          { title: t('link.opens'), key: 'opens', align: 'right', render: (_, row) => format.number(row.opens) },
          { title: t('link.firstAt'), key: 'first', render: (_, row) => format.time(row.firstAt) },
          { title: t('link.lastAt'), key: 'last', render: (_, row) => format.time(row.lastAt) },
        ]}
        card={(row) => (
          <div className="list-card">
            <div className="list-card-head">
              <CustomerLink {...row.customer} />
              <span>{t('link.times', { n: format.number(row.opens) })}</span>
            </div>
            <span className="muted small">{format.time(row.lastAt)}</span>
          </div>
        )}
        empty={<EmptyState icon={<CopyOutlined />} title={t('link.noReaders')} hint={t('link.noReadersHint')} />}
      />
    </Panel>
  );
}

interface RenameProps {
  readonly title: string;
  readonly isSaving: boolean;
  readonly onSave: (title: string) => void;
  readonly onClose: () => void;
}

function RenameModal({ title, isSaving, onSave, onClose }: RenameProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState(title);
  const save = () => typed.trim() !== '' && onSave(typed);
  return (
    <Modal
      open
      title={t('common.rename')}
      onCancel={onClose}
      onOk={save}
      okText={t('common.save')}
      confirmLoading={isSaving}
      okButtonProps={{ disabled: typed.trim() === '' }}
    >
      <Input
        autoFocus
        value={typed}
        maxLength={60}
        aria-label={t('common.name')}
        onChange={(event) => setTyped(event.target.value)}
        onPressEnter={save}
      />
    </Modal>
  );
}
