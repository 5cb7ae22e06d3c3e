import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { Skeleton } from 'antd';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { listAttributes } from '#contract/customers';
import { createSegment } from '#contract/segments';
import { reading } from '~/call';
import { PageHeader } from '~/components/page-header';
import { newGroup, readTreeText, ruleOf } from './draft';
import { birthdayAttribute } from './examples';
import { SegmentForm } from './form';
import { exampleTree } from './kinds';

const page = getRouteApi('/inside/segments/new');

export default function NewSegmentPage(): ReactNode {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { example, rule, list } = page.useSearch();
  const attributes = useQuery({ ...reading(listAttributes, {}), enabled: example !== undefined });

  function initialRule() {
    if (example !== undefined) return ruleOf(exampleTree(example, birthdayAttribute(attributes.data?.rows)?.key));
    if (list !== undefined) return ruleOf({ kind: 'list', listId: list });
    const tree = readTreeText(rule);
    return tree === undefined ? newGroup() : ruleOf(tree);
  }

  return (
    <div className="page">
      <PageHeader title={t('segment.new')} backTo="/segments" />
      {example !== undefined && attributes.isPending ? (
        <Skeleton active />
      ) : (
        <SegmentForm
          route={createSegment}
          target={{}}
          said={t('segment.created')}
          initial={{
            name: example === undefined ? '' : t(`segment.example.${example}.name`),
            description: '',
            rule: initialRule,
          }}
          onDone={({ id }) => void navigate({ to: '/segments/$id', params: { id: String(id) } })}
          onCancel={() => void navigate({ to: '/segments' })}
        />
      )}
    </div>
  );
}
