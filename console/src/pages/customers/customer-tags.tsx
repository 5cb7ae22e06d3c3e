import { PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { type getCustomer, tagCustomers } from '#contract/customers';
import { useCan } from '~/app/session';
import { Panel } from '~/components/panel';
import { TagPicker } from '~/components/pickers';
import { TagChip } from '~/components/tag-chip';
import { useWriting } from '~/components/writing';

export function TagsPanel({ customer }: { customer: Output<typeof getCustomer> }) {
  const { t } = useTranslation();
  const can = useCan();
  const [picked, setPicked] = useState<number[] | null>(null);
  const tagging = useWriting(tagCustomers, { onDone: () => setPicked(null) });
  const write = (change: { add?: number[]; remove?: number[] }) =>
    tagging.mutate({ customerIds: [customer.id], ...change });

  return (
    <Panel
      title={t('tag.many')}
      extra={
        can('customer.write') &&
        picked === null && (
          <Button type="text" size="small" icon={<PlusOutlined />} onClick={() => setPicked([])}>
            {t('tag.add')}
          </Button>
        )
      }
    >
      <div className="tags">
        {customer.allTags.length === 0 && picked === null && <span className="muted">{t('tag.noneOnCustomer')}</span>}
        {customer.allTags.map((tag) => (
          <TagChip
            key={tag.id}
            tag={tag}
            {...(can('customer.write') ? { onRemove: () => write({ remove: [tag.id] }) } : {})}
          />
        ))}
      </div>
      {picked !== null && (
        <div className="stack" style={{ marginTop: 12 }}>
          <TagPicker value={picked} onChange={setPicked} exclude={customer.allTags.map((tag) => tag.id)} />
          <div className="buttons">
            <Button
              type="primary"
              size="small"
              disabled={picked.length === 0}
              loading={tagging.isPending}
              onClick={() => write({ add: picked })}
            >
              {t('common.save')}
            </Button>
            <Button size="small" onClick={() => setPicked(null)}>
              {t('common.cancel')}
            </Button>
          </div>
        </div>
      )}
    </Panel>
  );
}
