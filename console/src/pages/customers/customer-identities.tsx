import { MergeOutlined, UndoOutlined } from '@ant-design/icons';
import { App, Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { type getCustomer, undoMerge } from '#contract/customers';
import { useCan } from '~/app/session';
import { Accounts } from '~/components/accounts';
import { Panel } from '~/components/panel';
import { useMergedBy, useToldBy } from '~/components/told-by';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import { MergeModal } from './merge-modal';
import { Recognition } from './recognition';

type Customer = Output<typeof getCustomer>;
type Merge = Customer['merges'][number];

/** The accounts that make this person, and the customers who turned out to be the same. */
export function IdentitiesPanel({ customer }: { customer: Customer }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const toldBy = useToldBy();
  const [isMerging, setMerging] = useState(false);
  return (
    <Panel
      title={
        <>
          {t('customer.identities')}
          <Recognition isSmall />
        </>
      }
      extra={
        can('customer.merge') && (
          <Button type="text" size="small" icon={<MergeOutlined />} onClick={() => setMerging(true)}>
            {t('people.merge')}
          </Button>
        )
      }
    >
      <Accounts
        accounts={customer.identities}
        hintOf={(identity) => t('people.since', { time: format.time(identity.since), by: toldBy(identity) })}
        noteOf={(identity) => <span className="muted small">{toldBy(identity)}</span>}
      />
      {customer.merges.length > 0 && <Merges merges={customer.merges} />}
      {isMerging && <MergeModal customer={customer} onClose={() => setMerging(false)} />}
    </Panel>
  );
}

function Merges({ merges }: { merges: readonly Merge[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const can = useCan();
  const mergedBy = useMergedBy();
  const { modal } = App.useApp();
  const undoing = useWriting(undoMerge, { said: t('people.undone') });
  const nameOf = (merge: Merge) => merge.goneName ?? `${t('customer.nameless')} #${merge.goneId}`;

  function confirm(merge: Merge) {
    modal.confirm({
      title: t('people.undoOf', { name: nameOf(merge) }),
      content: (
        <div className="stack">
          <p>{t('people.undoWhat', { name: nameOf(merge) })}</p>
          <p>{t('people.undoAfter')}</p>
        </div>
      ),
      okText: t('people.undo'),
      onOk: () => undoing.mutateAsync({ id: merge.id }).catch(() => undefined),
    });
  }

  return (
    <section className="merges">
      <h3 className="field-label">{t('people.mergedFrom')}</h3>
      <ul className="plain-list">
        {merges.map((merge) => (
          <li key={merge.id}>
            <span>
              {nameOf(merge)}
              <span className="field-hint">
                {t('people.mergedAt', { time: format.time(merge.at), by: mergedBy(merge.by) })}
              </span>
            </span>
            {can('customer.merge') && (
              <Button type="text" size="small" icon={<UndoOutlined />} onClick={() => confirm(merge)}>
                {t('people.undo')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
