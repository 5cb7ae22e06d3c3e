import { Tag, Tooltip } from 'antd';
import { useTranslation } from 'react-i18next';
import type { Output } from '#contract';
import type { listOrders } from '#contract/commerce';

type Order = Output<typeof listOrders>['rows'][number];

const colours = { placed: 'default', paid: 'processing', completed: 'success', cancelled: 'error' } as const;

/** A paper that only gives money back is no order that was placed. */
export const isCreditNote = (order: Pick<Order, 'totalFen' | 'refundedFen' | 'lineCount'>) =>
  order.totalFen === 0 && order.lineCount === 0 && order.refundedFen > 0;

export function OrderState({ order }: { order: Pick<Order, 'state' | 'totalFen' | 'refundedFen' | 'lineCount'> }) {
  const { t } = useTranslation();
  if (isCreditNote(order)) {
    return (
      <Tooltip title={t('order.creditNoteHint')}>
        <Tag variant="filled" color="warning">
          {t('order.creditNote')}
        </Tag>
      </Tooltip>
    );
  }
  return (
    <Tag variant="filled" color={colours[order.state]}>
      {t(`order.state.${order.state}`)}
    </Tag>
  );
}
