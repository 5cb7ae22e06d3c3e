import type { z } from 'zod';
import { type importFields, type importKind, importSettings } from '#contract/imports';
import { guessDateForm } from './dates.ts';

export type ImportKind = z.output<typeof importKind>;
export type ImportSettings = z.output<typeof importSettings>;
export type Field = (typeof importFields)[ImportKind][number];

/** Names under which columns are met, in small letters without blanks and signs. The first field that fits has the column. */
const names: Readonly<Record<Field, readonly string[]>> = {
  number: [
    '订单号',
    '订单编号',
    '订单id',
    '单号',
    '主订单编号',
    '订单编码',
    '交易号',
    '发票号',
    'orderno',
    'ordernumber',
    'orderid',
    'order',
    'invoiceno',
    'invoice',
    'invoiceid',
    'number',
    'ordersn',
    'tradeno',
  ],
  ordered_at: [
    '下单时间',
    '订单时间',
    '订单创建时间',
    '创建时间',
    '下单日期',
    '订单日期',
    '购买时间',
    '交易时间',
    '日期',
    '时间',
    'orderdate',
    'orderedat',
    'ordertime',
    'invoicedate',
    'createdat',
    'createtime',
    'purchasedate',
    'date',
    'time',
    'timestamp',
  ],
  sku: [
    'sku',
    '商品编码',
    '商品编号',
    '商家编码',
    '货号',
    '商品id',
    '规格编码',
    '条码',
    'stockcode',
    'productid',
    'productcode',
    'itemid',
    'itemcode',
    'skuid',
    'skucode',
    'barcode',
  ],
  product_name: [
    '商品名称',
    '商品名',
    '商品',
    '商品标题',
    '宝贝标题',
    '品名',
    'productname',
    'product',
    'description',
    'itemname',
    'item',
    'title',
  ],
  category: ['类目', '分类', '商品分类', '品类', '商品类目', 'category', 'productcategory', 'department'],
  quantity: ['数量', '购买数量', '商品数量', '件数', '宝贝总数量', 'quantity', 'qty', 'count', 'units'],
  unit_price: ['单价', '商品单价', '价格', '商品价格', '售价', 'unitprice', 'price', 'itemprice'],
  amount: [
    '金额',
    '小计',
    '商品金额',
    '行金额',
    '实付',
    '成交金额',
    'amount',
    'linetotal',
    'lineamount',
    'subtotal',
    'sales',
  ],
  order_total: [
    '订单金额',
    '实付金额',
    '支付金额',
    '总金额',
    '应付金额',
    '买家实际支付金额',
    '订单实付金额',
    '合计',
    'ordertotal',
    'total',
    'totalamount',
    'totalprice',
    'paidamount',
    'grandtotal',
  ],
  refunded_amount: ['退款金额', '已退款金额', 'refundamount', 'refundedamount', 'refunded'],
  currency: ['币种', '货币', 'currency', 'currencycode'],
  status: ['订单状态', '状态', '交易状态', 'status', 'orderstatus', 'state'],
  paid_at: ['付款时间', '支付时间', '订单付款时间', 'paidat', 'paytime', 'paymentdate', 'paymenttime'],
  updated_at: ['更新时间', '修改时间', '最后修改时间', 'updatedat', 'updatetime', 'modifiedat', 'lastmodified'],
  line_key: [
    '子订单编号',
    '子订单号',
    '明细编号',
    '明细id',
    'lineid',
    'lineno',
    'linekey',
    'suborderid',
    'orderlineid',
  ],
  shop: ['店铺', '店铺名称', '门店', '渠道店铺', 'shop', 'store', 'shopname', 'storename'],
  shop_user: [
    '会员号',
    '会员id',
    '会员编号',
    '客户编号',
    '客户id',
    '顾客编号',
    '用户id',
    '买家会员名',
    '买家昵称',
    '会员卡号',
    'customerid',
    'customerno',
    'customer',
    'buyerid',
    'memberid',
    'shopuser',
    'shopuserid',
    'buyernick',
  ],
  phone: [
    '手机',
    '手机号',
    '手机号码',
    '电话',
    '联系电话',
    '收货人手机',
    '联系手机',
    '买家手机',
    'phone',
    'mobile',
    'phonenumber',
    'tel',
    'mobilephone',
  ],
  email: ['邮箱', '电子邮件', '电子邮箱', 'email', 'emailaddress', 'mail'],
  wecom: ['externaluserid', '外部联系人id', '企业微信id'],
  unionid: ['unionid'],
  openid: ['openid'],
  user: ['userid', 'uid', '账号'],
  anonymous: ['anonymousid', 'deviceid', '设备id'],
  name: ['姓名', '名称', '客户姓名', '会员姓名', '昵称', '客户名称', 'name', 'fullname', 'nickname', 'customername'],
  gender: ['性别', 'gender', 'sex'],
  event: ['事件', '事件名', '事件名称', '行为', 'event', 'eventname', 'action', 'eventtype'],
  occurred_at: [
    '发生时间',
    '时间',
    '事件时间',
    '日期',
    'occurredat',
    'timestamp',
    'time',
    'eventtime',
    'date',
    'datetime',
    'createdat',
  ],
  message_id: ['事件id', '消息id', 'messageid', 'eventid'],
  tags: ['标签', '标签名', '标签名称', '客户标签', 'tags', 'tag', 'tagname', 'labels', 'label'],
};

const plain = (name: string) => name.toLowerCase().replace(/[\s_\-./()（）【】[\]"'#:：*]/g, '');

/** Columns that no field takes: kept with the thing itself where it can hold them. */
const otherwise: Readonly<Record<ImportKind, (column: string) => string>> = {
  orders: () => 'ignore',
  customers: () => 'ignore',
  events: (column) => `property:${nameOf(column)}`,
  tags: () => 'ignore',
};

const nameOf = (column: string) =>
  column
    .trim()
    .replace(/[\s:]+/g, '_')
    .slice(0, 60) || 'column';

/** What the columns probably mean, by their names. `attributes`: the customer attributes that are defined, key by name. */
export function suggestColumns(
  kind: ImportKind,
  columns: readonly string[],
  fields: readonly Field[],
  attributes: ReadonlyMap<string, string>,
): string[] {
  const taken = new Set<string>();
  const meanings = columns.map((): string | undefined => undefined);
  // Better names first: '订单金额' is the total also when a column '金额' stands before it.
  for (const field of fields) {
    const known = names[field];
    let found = -1;
    let rank = known.length;
    columns.forEach((column, i) => {
      const place = known.indexOf(plain(column));
      if (meanings[i] === undefined && place >= 0 && place < rank) [found, rank] = [i, place];
    });
    if (found >= 0 && !taken.has(field)) {
      meanings[found] = field;
      taken.add(field);
    }
  }
  return columns.map((column, i) => {
    const meaning = meanings[i];
    if (meaning !== undefined) return meaning;
    const key = kind === 'customers' ? attributes.get(plain(column)) : undefined;
    if (key !== undefined && !taken.has(`attribute:${key}`)) {
      taken.add(`attribute:${key}`);
      return `attribute:${key}`;
    }
    if (
      kind === 'orders' &&
      ['country', '国家', 'province', '省份', 'city', '城市', 'channel', '渠道'].includes(plain(column))
    ) {
      return `detail:${nameOf(column).replace(/\W/g, '') || plain(column)}`;
    }
    return otherwise[kind](column);
  });
}

/** SKUs that many shops use for money that is no product, and those of the customary file of invoices. */
const commonServiceSkus = ['POST', 'POSTAGE', 'SHIPPING', 'DISCOUNT', '运费', '邮费', '优惠', '手续费'];
const invoiceServiceSkus = ['POST', 'DOT', 'C2', 'D', 'M', 'm', 'S', 'B', 'PADS', 'CRUK', 'BANK CHARGES', 'AMAZONFEE'];

/** Settings to begin with, from the names of the columns and the first rows. */
export function suggestSettings(
  kind: ImportKind,
  fields: readonly Field[],
  file: {
    encoding: ImportSettings['encoding'];
    separator: ImportSettings['separator'];
    columns: readonly string[];
    sample: readonly (readonly string[])[];
  },
  given: { zone: string; attributes: ReadonlyMap<string, string> },
): ImportSettings {
  const columns = suggestColumns(kind, file.columns, fields, given.attributes);
  const valuesOf = (meaning: string) => {
    const place = columns.indexOf(meaning);
    return place < 0 ? [] : file.sample.map((cells) => cells[place] ?? '');
  };
  const dates = ['ordered_at', 'occurred_at', 'updated_at', 'paid_at'].flatMap(valuesOf);
  const amounts = ['unit_price', 'amount', 'order_total'].flatMap(valuesOf);
  // The customary file of invoices: entries of the books begin with A.
  const isInvoices = file.columns.some((column) => plain(column) === 'invoiceno');
  return importSettings.parse({
    encoding: file.encoding,
    separator: file.separator,
    columns,
    zone: given.zone,
    dateForm: guessDateForm(dates).form,
    decimalComma:
      amounts.some((text) => /\d,\d{1,2}$/.test(text.trim())) &&
      !amounts.some((text) => /\.\d{1,2}$/.test(text.trim())),
    serviceSkus: kind !== 'orders' ? [] : isInvoices ? invoiceServiceSkus : commonServiceSkus,
    bookingPrefix: kind === 'orders' && isInvoices ? 'A' : '',
  });
}

export interface Finding {
  readonly kind: 'error' | 'warning';
  readonly problem: string;
  readonly field: string;
}

const accounts: readonly string[] = ['shop_user', 'phone', 'email', 'wecom', 'unionid', 'openid', 'user', 'anonymous'];

/** What is missing or doubtful about the settings. With an error an import cannot be started. */
export function findProblems(
  kind: ImportKind,
  fields: readonly string[],
  settings: ImportSettings,
  file: { columns: readonly string[]; sample: readonly (readonly string[])[] },
  attributeKeys: ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = [];
  const error = (problem: string, field: string) => findings.push({ kind: 'error', problem, field });
  const has = (field: string) => settings.columns.includes(field);
  if (settings.columns.length !== file.columns.length) error('columns_differ', 'columns');
  for (const meaning of new Set(settings.columns)) {
    if (meaning === 'ignore') continue;
    if (settings.columns.filter((other) => other === meaning).length > 1) error('column_twice', meaning);
    const [group, key = ''] = meaning.split(':');
    const isKnown =
      group === 'attribute'
        ? kind === 'customers' && attributeKeys.has(key)
        : group === 'property'
          ? kind === 'events'
          : group === 'detail'
            ? kind === 'orders' && /^[A-Za-z][A-Za-z0-9_]{0,39}$/.test(key)
            : fields.includes(meaning);
    if (!isKnown) error('meaning_unknown', meaning);
  }
  const needsPerson = kind === 'customers' || kind === 'tags';
  if (!accounts.some(has))
    findings.push({ kind: needsPerson ? 'error' : 'warning', problem: 'nobody_named', field: 'phone' });
  if (kind === 'orders') {
    for (const field of ['number', 'ordered_at']) if (!has(field)) error('missing', field);
    if (!has('amount') && !has('order_total') && !has('unit_price')) error('missing', 'amount');
    if (has('unit_price') && !has('quantity') && !has('amount') && !has('order_total')) error('missing', 'quantity');
    if (has('product_name') && !has('sku'))
      findings.push({ kind: 'warning', problem: 'name_without_sku', field: 'sku' });
  }
  if (kind === 'events') {
    if (!has('occurred_at')) error('missing', 'occurred_at');
    if (!has('event') && settings.event === '') error('missing', 'event');
  }
  if (kind === 'tags' && !has('tags')) error('missing', 'tags');
  if (kind === 'customers' && settings.columns.every((meaning) => meaning === 'ignore' || accounts.includes(meaning))) {
    findings.push({ kind: 'warning', problem: 'only_accounts', field: 'name' });
  }
  if (!isZone(settings.zone)) error('zone_unknown', 'zone');
  const dated = settings.columns.findIndex((meaning) => meaning === 'ordered_at' || meaning === 'occurred_at');
  const guess = guessDateForm(file.sample.map((cells) => cells[dated] ?? ''));
  if (dated >= 0 && guess.isAmbiguous && (settings.dateForm === 'mdy' || settings.dateForm === 'dmy')) {
    findings.push({ kind: 'warning', problem: 'dates_ambiguous', field: 'dateForm' });
  }
  return findings;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
