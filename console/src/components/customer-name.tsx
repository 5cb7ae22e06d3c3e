import { Avatar } from 'antd';
import { useTranslation } from 'react-i18next';
import { initialOf } from './initial';

interface Props {
  readonly customer: {
    readonly name: string | null;
    readonly avatar?: string | null;
    readonly kind?: 'wechat' | 'wecom';
    readonly corpName?: string | null;
    /** False for somebody no staff member ever had: then the account lives nowhere in WeChat. */
    readonly isMet?: boolean;
    readonly remark?: string | null;
  };
  readonly size?: number;
}

/** A customer as staff know one: picture, name, where the account lives, and the remark. */
export function CustomerName({ customer, size = 36 }: Props) {
  const { t } = useTranslation();
  const name = customer.name ?? t('customer.nameless');
  const from = customer.kind === 'wecom' ? (customer.corpName ?? t('customer.kind.wecom')) : t('customer.kind.wechat');
  return (
    <span className="customer-name">
      <Avatar size={size} src={customer.avatar ?? undefined} className="customer-avatar" alt="">
        {initialOf(name)}
      </Avatar>
      <span className="customer-text">
        <span className="customer-first">
          <span className="customer-own-name">{name}</span>
          {customer.kind !== undefined && customer.isMet !== false && (
            <span className={customer.kind === 'wecom' ? 'from-wecom' : 'from-wechat'}>@{from}</span>
          )}
        </span>
        {customer.remark && customer.remark !== customer.name && (
          <span className="customer-remark">{customer.remark}</span>
        )}
      </span>
    </span>
  );
}
