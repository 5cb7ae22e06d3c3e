import { App, Button, Drawer, Progress, Space } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import { type countCustomers, tagCustomers } from '#contract/customers';
import { isRunning, useOperation } from '~/components/operations';
import { TagPicker } from '~/components/pickers';
import { useWriting } from '~/components/writing';
import { useFormat } from '~/format';
import type { CustomerFilters } from './list';

interface Props {
  readonly target:
    | { readonly ids: readonly number[] }
    | { readonly filters: CustomerFilters; readonly count: Output<typeof countCustomers> | undefined };
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Adds and removes tags on chosen customers, or on all that the filters select. */
export function TaggingDrawer({ target, isOpen, onClose, onDone }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const { message } = App.useApp();
  const [add, setAdd] = useState<number[]>([]);
  const [remove, setRemove] = useState<number[]>([]);
  const [operationId, setOperationId] = useState<number | null>(null);
  const operation = useOperation('customer.tag', operationId);

  const tagging = useWriting(tagCustomers, {
    onDone: (answer) => {
      onDone();
      if (answer.operationId !== null) {
        setOperationId(answer.operationId);
        return;
      }
      void message.success(t('tagging.done', { n: format.number(answer.changed) }));
      onClose();
    },
  });

  const who =
    'ids' in target
      ? t('tagging.forChosen', { n: target.ids.length })
      : t('tagging.forAll', {
          n: `${format.number(target.count?.count ?? 0)}${target.count?.isExact === false ? '+' : ''}`,
        });
  const save = () =>
    tagging.mutate({
      ...('ids' in target ? { customerIds: [...target.ids] } : { filter: target.filters }),
      add,
      remove,
    });

  return (
    <Drawer
      open={isOpen}
      onClose={onClose}
      title={t('tagging.title')}
      size={420}
      footer={
        <Space>
          <Button
            type="primary"
            disabled={add.length + remove.length === 0 || operationId !== null}
            loading={tagging.isPending}
            onClick={save}
          >
            {t('tagging.apply')}
          </Button>
          <Button onClick={onClose}>{t(operationId === null ? 'common.cancel' : 'common.close')}</Button>
        </Space>
      }
    >
      <p className="drawer-lead">{who}</p>
      {operationId === null ? (
        <div className="stack">
          <span className="field-label">{t('tagging.add')}</span>
          <TagPicker value={add} onChange={setAdd} exclude={remove} label={t('tagging.add')} />
          <span className="field-label">{t('tagging.remove')}</span>
          <TagPicker value={remove} onChange={setRemove} exclude={add} label={t('tagging.remove')} />
          <p className="muted">{t('tagging.hint')}</p>
        </div>
      ) : (
        <div className="stack">
          <Progress
            percent={operation?.totalCount ? Math.floor((operation.doneCount / operation.totalCount) * 100) : 0}
            status={operation?.state === 'failed' ? 'exception' : operation?.state === 'done' ? 'success' : 'active'}
          />
          <p className="muted">{t(`operation.state.${operation?.state ?? 'waiting'}`)}</p>
          {(operation === undefined || isRunning(operation)) && <p className="muted">{t('tagging.mayClose')}</p>}
        </div>
      )}
    </Drawer>
  );
}
