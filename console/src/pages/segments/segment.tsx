import { DeleteOutlined, DownloadOutlined, EditOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { Alert, App, Button, Modal, Skeleton } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import {
  type Condition,
  countSegment,
  deleteSegment,
  exportSegment,
  getSegment,
  sampleSegment,
} from '#contract/segments';
import { useCan } from '~/app/session';
import { addressOf, reading } from '~/call';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Definition, Panel } from '~/components/panel';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { textOr } from '~/i18n/index';
import { Breakdowns } from './breakdown';
import { readTree } from './draft';
import { RuleSentence } from './editor';
import { ExplainParts, WhyCustomer } from './explain';
import { SizeHistory } from './history';
import { Overlap } from './overlap';
import { SegmentMarks } from './parts';
import { SampleRows } from './sample';

type Segment = Output<typeof getSegment>;

const page = getRouteApi('/inside/segments/$id');

export default function SegmentPage(): ReactNode {
  const { t } = useTranslation();
  const id = Number(page.useParams().id);
  const { data, error, refetch } = useQuery({
    ...reading(getSegment, { id }),
    refetchInterval: (query) => (query.state.data?.isFilled === false ? 1000 : 15_000),
  });
  if (data === undefined) {
    return (
      <div className="page">
        <PageHeader title={t('segment.one')} backTo="/segments" />
        {error ? <ErrorNotice error={error} onRetry={() => void refetch()} /> : <Skeleton active />}
      </div>
    );
  }
  const tree = readTree(data.tree);
  return (
    <div className="page">
      <PageHeader
        title={data.name}
        backTo="/segments"
        {...(data.description === '' ? {} : { subtitle: data.description })}
        beside={<SegmentMarks row={data} />}
        actions={<Actions segment={data} />}
      />
      {data.problem !== null && (
        <Alert type="error" showIcon className="page-alert" title={textOr(`error.${data.problem}`, data.problem)} />
      )}
      {tree !== undefined && (
        <div className="stack-large" key={JSON.stringify(tree)}>
          <div className="columns-segment columns-segment-read">
            <Panel title={t('segment.history')} definition={t('segment.historyDefinition')}>
              <Figures segment={data} tree={tree} />
              <SizeHistory id={id} memberCount={data.memberCount} />
            </Panel>
            <div className="stack-large">
              <Panel title={t('segment.rule')}>
                <RuleSentence tree={tree} />
              </Panel>
              <UsedBy segment={data} />
            </div>
          </div>
          <Breakdowns tree={tree} />
          <ExplainParts tree={tree} />
          <div className="two-columns">
            <WhyCustomer tree={tree} />
            <Overlap segment={data} tree={tree} />
          </div>
          <Sample tree={tree} />
        </div>
      )}
    </div>
  );
}

function Figures({ segment, tree }: { segment: Segment; tree: Condition }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { data } = useQuery({ ...reading(countSegment, { tree }), staleTime: 30_000 });
  const share = data && data.total > 0 ? segment.memberCount / data.total : null;
  const figures = [
    [t('segment.size'), segment.isFilled ? format.number(segment.memberCount) : '…'],
    [t('segment.shareShort'), segment.isFilled ? format.percent(share) : '…'],
    [t('segment.enteredToday'), format.number(segment.enteredToday)],
    [t('segment.leftToday'), format.number(segment.leftToday)],
  ];
  return (
    <>
      <div className="figures">
        {figures.map(([name, value]) => (
          <div className="figure" key={name}>
            <div className="figure-name">{name}</div>
            <div className="figure-value">{value}</div>
          </div>
        ))}
      </div>
      <p className="muted small segment-filled">
        {segment.isFilled && segment.filledAt !== null
          ? t('segment.filledAt', { time: format.time(segment.filledAt) })
          : t('segment.filling')}
      </p>
    </>
  );
}

function UsedBy({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  return (
    <Panel title={t('segment.usedBy')}>
      {segment.usedBy.length === 0 ? (
        <p className="muted">{t('segment.usedByNone')}</p>
      ) : (
        <ul className="plain-list">
          {segment.usedBy.map((use) => (
            <li key={`${use.kind} ${use.id}`}>
              <Link to={`/${use.kind}s/$id`} params={{ id: String(use.id) }} className="strong-link">
                {use.name}
              </Link>
              <span className="muted small">{t(`${use.kind}.one`)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Actions({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  const can = useCan();
  const navigate = useNavigate();
  const { modal } = App.useApp();
  const [isExporting, setExporting] = useState(false);
  const removing = useWriting(deleteSegment, {
    said: t('common.deleted'),
    onDone: () => void navigate({ to: '/segments' }),
  });
  return (
    <>
      {can('segment.export') && (
        <Button icon={<DownloadOutlined />} disabled={!segment.isFilled} onClick={() => setExporting(true)}>
          {t('segment.export')}
        </Button>
      )}
      {can('segment.write') && (
        <>
          <Button
            icon={<DeleteOutlined />}
            aria-label={t('common.delete')}
            onClick={() =>
              void modal.confirm({
                title: t('segment.deleteTitle', { name: segment.name }),
                content: t('segment.deleteHint'),
                okText: t('common.delete'),
                cancelText: t('common.cancel'),
                okButtonProps: { danger: true },
                onOk: () => removing.mutateAsync({ id: segment.id }).catch(() => undefined),
              })
            }
          />
          <Link to="/segments/$id/edit" params={{ id: String(segment.id) }}>
            <Button type="primary" icon={<EditOutlined />}>
              {t('common.edit')}
            </Button>
          </Link>
        </>
      )}
      {isExporting && <ExportModal segment={segment} onClose={() => setExporting(false)} />}
    </>
  );
}

/** Says that the export is recorded before it is made. */
function ExportModal({ segment, onClose }: { segment: Segment; onClose: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { message } = App.useApp();
  const [isBusy, setBusy] = useState(false);

  async function download() {
    setBusy(true);
    try {
      const response = await fetch(addressOf(exportSegment, { id: segment.id }), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{}',
      });
      if (!response.ok) {
        const reply = (await response.json().catch(() => null)) as { error?: { code?: string } } | null;
        void message.error(textOr(`error.${reply?.error?.code ?? 'internal'}`, t('error.internal')));
        return;
      }
      const address = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      link.href = address;
      link.download = `${segment.name}.csv`;
      link.click();
      URL.revokeObjectURL(address);
      void message.success(t('segment.exported'));
      onClose();
    } catch {
      void message.error(t('error.unreachable'));
    } finally {
      setBusy(false);
    }
  }

  return (
    <Modal
      open
      title={t('segment.exportTitle', { name: segment.name })}
      okText={t('segment.exportDo')}
      cancelText={t('common.cancel')}
      confirmLoading={isBusy}
      onOk={() => void download()}
      onCancel={onClose}
    >
      <p>{t('segment.exportHint', { n: format.number(segment.memberCount) })}</p>
    </Modal>
  );
}

const sampled = 20;

function Sample({ tree }: { tree: Condition }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({ ...reading(sampleSegment, { tree, limit: sampled }), staleTime: 30_000 });
  return (
    <Panel
      isFlush
      title={
        <>
          {t('segment.sample')}
          <Definition text={t('segment.sampleDefinition', { n: sampled })} />
        </>
      }
    >
      {error && data === undefined ? (
        <div className="panel-body">
          <ErrorNotice error={error} />
        </div>
      ) : (
        <SampleRows rows={data?.rows} />
      )}
    </Panel>
  );
}
