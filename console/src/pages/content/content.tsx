import { EditOutlined, HistoryOutlined, InboxOutlined, SearchOutlined } from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { Button, Popconfirm, Segmented, Select, Skeleton, Tag } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import {
  archiveContent,
  findGaps,
  getContent,
  getContentVersion,
  listContentUses,
  type WordingKind,
} from '#contract/content';
import { listSegments } from '#contract/segments';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { BarList } from '~/components/bar-list';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { TableOrCards } from '~/components/table-or-cards';
import { useVariableName } from '~/components/template-input';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { CustomerLink } from '~/pages/scores/customer-link';
import { CategoryTag } from './parts';
import { ContentPreview } from './preview';
import { UseList } from './uses';
import { wordingIcons } from './wording-icons';
import './content.css';

type Content = Output<typeof getContent>;

const page = getRouteApi('/inside/contents/$id');

export default function ContentPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const id = Number(page.useParams().id);
  const { data, error } = useQuery(reading(getContent, { id }));
  const archiving = useWriting(archiveContent, { said: t('common.saved') });
  if (data === undefined) {
    return <div className="page">{error ? <ErrorNotice error={error} /> : <Skeleton active />}</div>;
  }
  return (
    <div className="page">
      <PageHeader
        title={data.name}
        backTo="/contents"
        beside={
          <>
            <CategoryTag category={data.category} />
            {data.isArchived && <Tag>{t('content.archived')}</Tag>}
          </>
        }
        subtitle={[data.folder?.name, t('content.versionLong', { n: data.versionNumber, by: data.updatedBy })]
          .filter(Boolean)
          .join(' · ')}
        actions={
          can('content.write') && (
            <>
              <Popconfirm
                title={data.isArchived ? t('content.restoreAsk') : t('content.archiveAsk')}
                description={data.isArchived ? undefined : t('content.archiveHint')}
                onConfirm={() => archiving.mutate({ id, isArchived: !data.isArchived })}
              >
                <Button icon={<InboxOutlined />} loading={archiving.isPending}>
                  {data.isArchived ? t('content.restore') : t('content.archive')}
                </Button>
              </Popconfirm>
              {!data.isArchived && (
                <Link to="/contents/$id/edit" params={{ id: String(id) }}>
                  <Button type="primary" icon={<EditOutlined />} data-testid="content-edit">
                    {t('common.edit')}
                  </Button>
                </Link>
              )}
            </>
          )
        }
      />
      <ContentBody content={data} />
    </div>
  );
}

function ContentBody({ content }: { content: Content }) {
  const { t } = useTranslation();
  const can = useCan();
  const [kind, setKind] = useState<WordingKind>(content.wordingKinds[0] ?? 'wecom');
  const { data: uses } = useQuery(reading(listContentUses, { id: content.id }));
  return (
    <div className="columns-form">
      <div className="stack-large">
        {can('content.write') && <Gaps key={kind} content={content} kind={kind} />}
        <Panel title={t('content.usedBy')}>
          {uses === undefined ? <Skeleton active title={false} /> : <UseList uses={uses.uses} />}
        </Panel>
        <Versions content={content} />
      </div>
      <aside className="preview-column">
        <div className="preview-channels">
          <Segmented
            value={kind}
            onChange={setKind}
            options={content.wordingKinds.map((one) => ({
              value: one,
              // Six names are wider than the column: the others are named when they are pointed at.
              label: one === kind ? t(`wording.${one}`) : '',
              title: t(`wording.${one}`),
              icon: wordingIcons[one],
            }))}
          />
        </div>
        <ContentPreview kind={kind} wordings={content.wordings} trackedUrls={content.trackedUrls} />
      </aside>
    </div>
  );
}

/** Which customers would miss what: of a segment, or of everybody. */
function Gaps({ content, kind }: { content: Content; kind: WordingKind }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const nameOf = useVariableName();
  const [segment, setSegment] = useState<number>();
  const [isAsked, setAsked] = useState(false);
  const segments = useQuery({
    ...reading(listSegments, { limit: 200 }),
    enabled: can('segment.read'),
    staleTime: 30_000,
  });
  const input = { id: content.id, wording: kind, ...(segment === undefined ? {} : { segment }) };
  const { data, error, isFetching } = useQuery({ ...reading(findGaps, input), enabled: isAsked });
  return (
    <Panel title={t('content.gaps')} definition={t('content.gapsDefinition')}>
      <div className="gaps-ask">
        <Select<number | null>
          allowClear
          className="gaps-segment"
          aria-label={t('segment.one')}
          placeholder={t('content.gapsEverybody')}
          value={segment ?? null}
          onChange={(id) => setSegment(id ?? undefined)}
          options={(segments.data?.rows ?? []).map((row) => ({ value: row.id, label: row.name }))}
          showSearch={{ optionFilterProp: 'label' }}
        />
        <Button icon={<SearchOutlined />} loading={isFetching} onClick={() => setAsked(true)} data-testid="find-gaps">
          {t('content.gapsAsk', { channel: t(`wording.${kind}`) })}
        </Button>
      </div>
      {error && data === undefined && <ErrorNotice error={error} />}
      {data !== undefined && (
        <>
          <p className="gaps-result">
            {data.gaps.length === 0
              ? t('content.gapsNone', { n: format.number(data.looked) })
              : t('content.gapsSome', { n: format.number(data.looked) })}
            {!data.isAll && <span className="muted"> {t('content.gapsNewest')}</span>}
            {data.silent > 0 && (
              <span className="draft-problem"> {t('content.gapsSilent', { n: format.number(data.silent) })}</span>
            )}
          </p>
          <BarList
            bars={data.gaps.map((gap) => ({
              key: gap.variable,
              label: nameOf(gap.variable),
              value: data.looked,
              part: gap.count,
              text: `${format.number(gap.count)} · ${format.percent(gap.count / data.looked)}`,
            }))}
          />
          {data.gaps.map((gap) => (
            <p key={gap.variable} className="gap-people muted small">
              {t('content.gapsFor', { name: nameOf(gap.variable) })}{' '}
              {gap.customers.map((customer, i) => (
                <span key={customer.id}>
                  {i > 0 && t('common.separator')}
                  <CustomerLink {...customer} />
                </span>
              ))}
              {gap.count > gap.customers.length && ' …'}
            </p>
          ))}
        </>
      )}
    </Panel>
  );
}

function Versions({ content }: { content: Content }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const [shown, setShown] = useState<number>();
  return (
    <Panel title={t('content.versions')} definition={t('content.versionsDefinition')} isFlush>
      <TableOrCards
        keyOf={(row) => row.id}
        rows={content.versions}
        columns={[
          {
            title: t('content.version'),
            key: 'number',
            render: (_, row) => (
              <>
                {t('content.versionShort', { n: row.number })}{' '}
                {row.id === content.versionId && <Tag color="green">{t('content.current')}</Tag>}
              </>
            ),
          },
          {
            title: t('content.changed'),
            key: 'at',
            render: (_, row) => (
              <span className="code-cell">
                {format.time(row.createdAt)}
                <span className="muted small">{row.createdBy}</span>
              </span>
            ),
          },
          {
            key: 'actions',
            align: 'right',
            render: (_, row) => (
              <span className="nowrap">
                <Button
                  type="link"
                  size="small"
                  onClick={() => setShown(shown === row.number ? undefined : row.number)}
                >
                  {shown === row.number ? t('common.close') : t('content.show')}
                </Button>
                {row.id !== content.versionId && !content.isArchived && can('content.write') && (
                  <Link to="/contents/$id/edit" params={{ id: String(content.id) }} search={{ version: row.number }}>
                    <Button type="link" size="small" icon={<HistoryOutlined />}>
                      {t('content.bringBack')}
                    </Button>
                  </Link>
                )}
              </span>
            ),
          },
        ]}
      />
      {shown !== undefined && <OldWords key={shown} contentId={content.id} number={shown} />}
    </Panel>
  );
}

/** What was said then, channel by channel. */
function OldWords({ contentId, number }: { contentId: number; number: number }) {
  const { t } = useTranslation();
  const { data, error } = useQuery(reading(getContentVersion, { id: contentId, number }));
  if (data === undefined) {
    return (
      <div className="panel-body">{error ? <ErrorNotice error={error} /> : <Skeleton active title={false} />}</div>
    );
  }
  const { wecom, moment, email, sms, webhook, task } = data.wordings;
  const texts: [WordingKind, string | undefined][] = [
    ['wecom', wecom?.text],
    ['moment', moment?.text],
    ['email', email && `${email.subject}\n\n${email.markdown}`],
    ['sms', sms?.templateText],
    ['webhook', webhook?.fields.map((field) => `${field.name}: ${field.text}`).join('\n')],
    ['task', task?.words],
  ];
  return (
    <dl className="facts panel-body">
      {texts.map(([kind, text]) =>
        text === undefined ? null : (
          <div key={kind}>
            <dt>
              {t('content.versionShort', { n: number })} · {t(`wording.${kind}`)}
            </dt>
            <dd className="old-words">{text === '' ? '–' : text}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
