import { Tag, Tooltip } from 'antd';
import type { ReactNode } from 'react';
import { useKindName } from './told-by';

interface Account {
  readonly kind: string;
  readonly value: string;
}

interface Props<A extends Account> {
  readonly accounts: readonly A[];
  /** Words beside an account. */
  readonly noteOf?: (account: A) => ReactNode;
  /** What more is known of it, on hover. */
  readonly hintOf?: (account: A) => string;
}

const kindOrder = ['wecom', 'unionid', 'openid', 'phone', 'email', 'user', 'shop_user', 'anonymous'];
const placeOf = (kind: string) => (kindOrder.indexOf(kind) + 1 || kindOrder.length + 1) - 1;

/** The accounts of a person by kind, what is known best first. */
export function Accounts<A extends Account>({ accounts, noteOf, hintOf }: Props<A>) {
  const kindName = useKindName();
  const byKind = [...Map.groupBy(accounts, (account) => account.kind)].sort(([a], [b]) => placeOf(a) - placeOf(b));
  return (
    <dl className="facts accounts">
      {byKind.map(([kind, list]) => (
        <div key={kind}>
          <dt>{kindName(kind)}</dt>
          <dd>
            {list.map((account) => {
              const value = <span className="mono">{account.value}</span>;
              const hint = hintOf?.(account);
              const note = noteOf?.(account);
              return (
                <div key={account.value} className="account-row">
                  {hint === undefined ? value : <Hinted hint={hint}>{value}</Hinted>}
                  {note}
                </div>
              );
            })}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Something about which more is said on hover, on a tap, or when the keyboard reaches it. */
export function Hinted({ hint, children }: { hint: ReactNode; children: ReactNode }) {
  return (
    <Tooltip title={hint} trigger={['hover', 'focus', 'click']}>
      <button type="button" className="hinted">
        {children}
      </button>
    </Tooltip>
  );
}

export function AccountNote({ text, isBad = false }: { text: string; isBad?: boolean }) {
  return (
    <Tag color={isBad ? 'warning' : 'processing'} variant="filled">
      {text}
    </Tag>
  );
}
