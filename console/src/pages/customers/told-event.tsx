import {
  DesktopOutlined,
  GiftOutlined,
  HeartOutlined,
  IdcardOutlined,
  RocketOutlined,
  SearchOutlined,
  ShoppingCartOutlined,
  ShoppingOutlined,
  StarOutlined,
} from '@ant-design/icons';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { textOr } from '~/i18n/index';

/** Events that the brand's own systems tell of: a name, and whatever properties they gave it. */

type Details = Readonly<Record<string, unknown>>;

const icons: Readonly<Record<string, ReactNode>> = {
  page: <DesktopOutlined />,
  screen: <DesktopOutlined />,
  product: <ShoppingOutlined />,
  product_list: <ShoppingOutlined />,
  promotion: <GiftOutlined />,
  coupon: <GiftOutlined />,
  wishlist: <HeartOutlined />,
  cart: <ShoppingCartOutlined />,
  checkout: <ShoppingCartOutlined />,
  payment: <ShoppingCartOutlined />,
  order: <ShoppingOutlined className="event-good" />,
};

export function iconOfTold(name: string): ReactNode {
  if (name === 'product.searched') return <SearchOutlined />;
  if (name === 'person.identified') return <IdcardOutlined />;
  if (name === 'product.reviewed') return <StarOutlined />;
  return icons[name.split('.')[0] ?? ''] ?? <RocketOutlined />;
}

const wordOf = (value: unknown) =>
  typeof value === 'string' && value.trim() !== '' ? value : typeof value === 'number' ? String(value) : undefined;

/** What it was about: the name of the page or product, what was searched, the number of the order. */
function subjectOf(name: string, details: Details): string | undefined {
  const first = (...keys: string[]) => keys.map((key) => wordOf(details[key])).find((word) => word !== undefined);
  const noun = name.split('.')[0];
  if (name === 'product.searched') return first('query', 'search', 'keyword');
  if (noun === 'page' || noun === 'screen') return first('name', 'title', 'path', 'url');
  if (noun === 'order') return first('number', 'order_id', 'orderId');
  if (noun === 'coupon') return first('coupon_name', 'coupon', 'coupon_id');
  return first('name', 'product_name', 'title', 'sku', 'product_id');
}

/** Prices in Segment's specification are in the unit people name: 19.9, not 1990. */
function priceOf(details: Details, language: string): string | undefined {
  const amount = [details.total, details.revenue, details.value, details.price].map(Number).find((n) => n > 0);
  const currency = wordOf(details.currency);
  if (amount === undefined || currency === undefined || !/^[A-Za-z]{3}$/.test(currency)) return undefined;
  return new Intl.NumberFormat(language, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' }).format(
    amount,
  );
}

/** A sentence: its words if siyu has some, otherwise the name as it was told. */
export function useToldText(): (
  name: string,
  details: Details,
) => {
  text: string;
  more?: string | undefined;
  subject?: string | undefined;
} {
  const { t, i18n } = useTranslation();
  return (name, details) => {
    const event = textOr(`eventName.${name}`, name);
    const subject = subjectOf(name, details);
    return {
      text: subject === undefined ? event : t('told.named', { event, subject }),
      more: priceOf(details, i18n.language),
      subject,
    };
  };
}

const maxLetters = 300;

function written(value: unknown): string {
  if (value === null || value === undefined) return '–';
  const isList = Array.isArray(value) && value.every((item) => typeof item !== 'object');
  const text = isList ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.length > maxLetters ? `${text.slice(0, maxLetters)}…` : text;
}

/** Products of a cart or order as a line each; anything else as told. */
function PropertyValue({ value }: { value: unknown }) {
  const items = Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [];
  if (items.length === 0) return <>{written(value)}</>;
  return (
    <ul>
      {items.slice(0, 20).map((item: Details, place) => {
        const name = [item.name, item.sku, item.product_id].map(wordOf).find((word) => word !== undefined);
        const times = wordOf(item.quantity);
        return <li key={place}>{name === undefined ? written(item) : times ? `${name} × ${times}` : name}</li>;
      })}
      {items.length > 20 && <li className="muted">… {items.length}</li>}
    </ul>
  );
}

/** All that was told with an event, folded away. */
export function ToldProperties({ details, subject }: { details: Details; subject?: string | undefined }) {
  const { t } = useTranslation();
  const entries = Object.entries(details);
  const isSaid = entries.length === 1 && wordOf(entries[0]?.[1]) === subject;
  if (entries.length === 0 || isSaid) return null;
  return (
    <details className="told-properties">
      <summary>{t('told.properties', { n: entries.length })}</summary>
      <table>
        <tbody>
          {entries.map(([key, value]) => (
            <tr key={key}>
              <th scope="row" title={key} className="property-name">
                {textOr(`property.${key}`, key)}
              </th>
              <td className="property-value">
                <PropertyValue value={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
