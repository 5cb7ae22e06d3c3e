import {
  DeleteOutlined,
  EditOutlined,
  ExclamationCircleOutlined,
  PlusOutlined,
  SyncOutlined,
  TagsOutlined,
} from '@ant-design/icons';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { App, Button, Tag as Chip, Input, Skeleton, Tooltip } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { deleteTag, deleteTagGroup, listTags } from '#contract/customers';
import { useCan } from '~/app/session';
import { reading } from '~/call';
import { EmptyState } from '~/components/empty-state';
import { ErrorNotice } from '~/components/error-notice';
import { PageHeader } from '~/components/page-header';
import { Panel } from '~/components/panel';
import { useProblemText } from '~/components/platform-problem';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { NewGroupModal, type Renamed, RenameModal, TagModal } from './tag-modals';

type Group = Output<typeof listTags>['groups'][number];
type Tag = Group['tags'][number];

export default function TagsPage(): ReactNode {
  const { t } = useTranslation();
  const can = useCan();
  const [search, setSearch] = useState('');
  const [isMaking, setMaking] = useState(false);
  const { data, error, isPending, refetch } = useQuery({
    ...reading(listTags, {}),
    refetchInterval: (query) =>
      query.state.data?.groups.some((group) => group.tags.some((tag) => tag.sync === 'pending')) ? 2000 : 30_000,
  });

  const wanted = search.trim().toLowerCase();
  const groups = (data?.groups ?? [])
    .map((group) =>
      group.name.toLowerCase().includes(wanted)
        ? group
        : { ...group, tags: group.tags.filter((tag) => tag.name.toLowerCase().includes(wanted)) },
    )
    .filter((group) => wanted === '' || group.tags.length > 0);

  const create = can('tag.write') && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
      {t('tag.newGroup')}
    </Button>
  );

  return (
    <div className="page">
      <PageHeader title={t('menu.tags')} subtitle={t('tag.subtitle')} actions={create} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton active />}
      {data?.groups.length === 0 && (
        <Panel>
          <EmptyState icon={<TagsOutlined />} title={t('tag.none')} hint={t('tag.noneHint')} action={create} />
        </Panel>
      )}
      {data !== undefined && data.groups.length > 0 && (
        <Input
          allowClear
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          placeholder={t('tag.search')}
          aria-label={t('tag.search')}
          className="search-box"
          style={{ marginBottom: 16 }}
        />
      )}
      <div className="stack-large">
        {(['wecom', 'internal'] as const).map((kind) => {
          const ofKind = groups.filter((group) => group.kind === kind);
          return ofKind.length === 0 ? null : (
            <section key={kind}>
              <h2 className="section-title">
                {t(`tag.kind.${kind}`)} <span className="muted">{t(`tag.kindHint.${kind}`)}</span>
              </h2>
              <div className="tag-groups">
                {ofKind.map((group) => (
                  <TagGroupPanel key={group.id} group={group} />
                ))}
              </div>
            </section>
          );
        })}
      </div>
      {isMaking && <NewGroupModal onClose={() => setMaking(false)} />}
    </div>
  );
}

function TagGroupPanel({ group }: { group: Group }) {
  const { t } = useTranslation();
  const can = useCan();
  const { modal } = App.useApp();
  const [renamed, setRenamed] = useState<Renamed | null>(null);
  const [isAdding, setAdding] = useState(false);
  const deletingGroup = useWriting(deleteTagGroup, { said: t('common.deleted') });
  const deletingTag = useWriting(deleteTag, { said: t('common.deleted') });

  function confirmGroup() {
    modal.confirm({
      title: t('tag.deleteGroup', { name: group.name }),
      content: t('tag.deleteGroupHint', { n: group.tags.length }),
      okText: t('common.delete'),
      okButtonProps: { danger: true },
      onOk: () => deletingGroup.mutateAsync({ id: group.id }).catch(() => undefined),
    });
  }

  function confirmTag(tag: Tag) {
    modal.confirm({
      title: t('tag.deleteTag', { name: tag.name }),
      content: t('tag.deleteTagHint', { n: tag.customerCount }),
      okText: t('common.delete'),
      okButtonProps: { danger: true },
      onOk: () => deletingTag.mutateAsync({ id: tag.id }).catch(() => undefined),
    });
  }

  return (
    <Panel
      title={group.name}
      extra={
        can('tag.write') && (
          <span className="nowrap">
            <Button
              type="text"
              size="small"
              icon={<EditOutlined />}
              aria-label={t('tag.renameGroup')}
              onClick={() => setRenamed({ kind: 'group', id: group.id, name: group.name })}
            />
            <Button
              type="text"
              size="small"
              icon={<DeleteOutlined />}
              aria-label={t('tag.deleteGroup', { name: group.name })}
              onClick={confirmGroup}
            />
          </span>
        )
      }
    >
      <ul className="tag-rows">
        {group.tags.map((tag) => (
          <li key={tag.id}>
            <span className="tag-row-name">
              {tag.name} <TagSync tag={tag} />
            </span>
            <CustomerCount tag={tag} />
            {can('tag.write') && (
              <span className="tag-row-actions">
                <Button
                  type="text"
                  size="small"
                  icon={<EditOutlined />}
                  aria-label={t('tag.renameTag', { name: tag.name })}
                  onClick={() => setRenamed({ kind: 'tag', id: tag.id, name: tag.name })}
                />
                <Button
                  type="text"
                  size="small"
                  icon={<DeleteOutlined />}
                  aria-label={t('tag.deleteTag', { name: tag.name })}
                  onClick={() => confirmTag(tag)}
                />
              </span>
            )}
          </li>
        ))}
      </ul>
      {can('tag.write') && (
        <Button type="dashed" size="small" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
          {t('tag.newTag')}
        </Button>
      )}
      {renamed !== null && <RenameModal renamed={renamed} onClose={() => setRenamed(null)} />}
      {isAdding && <TagModal groupId={group.id} onClose={() => setAdding(false)} />}
    </Panel>
  );
}

function CustomerCount({ tag }: { tag: Tag }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Link to="/customers" search={{ tags: [tag.id] }} className="quiet-link tag-row-count">
      {t('tag.customers', { n: format.number(tag.customerCount) })}
    </Link>
  );
}

function TagSync({ tag }: { tag: Tag }) {
  const { t } = useTranslation();
  const problemText = useProblemText();
  if (tag.sync === 'synced') return null;
  return (
    <Tooltip title={tag.syncProblem === null ? t(`tag.sync.${tag.sync}`) : problemText(tag.syncProblem)}>
      <Chip
        variant="filled"
        color={tag.sync === 'failed' ? 'error' : 'processing'}
        icon={tag.sync === 'failed' ? <ExclamationCircleOutlined /> : <SyncOutlined spin />}
      >
        {t(`sync.${tag.sync}`)}
      </Chip>
    </Tooltip>
  );
}
