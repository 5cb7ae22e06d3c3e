import { gramsOf, normalizeForSearch } from '#customers';

/** A million believable customers of one brand over two years, always the same ones. */

export const staffCount = 50;
export const codeCount = 200;
export const tagCount = 60;

const permanentCodes = 40;
const periods = 20;
const dayMs = 86_400_000;
const historyMs = 730 * dayMs;

const surnames = [
  ...'王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤',
];
const commonGiven = [
  ...'芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰梅红玲建国文辉力鹏飞宇浩轩子涵梓萱欣怡思雨佳琪诗雅婷雪倩颖慧琳瑶晨阳博俊宁志伟东海波峰斌凯旭亮健春燕云莉珍凤洁琴素晓彤可馨悦妍若曦依诺嘉懿沐宸奕辰皓天瑞泽睿哲铭恒一凡乐安然心语桐芸薇菲蕾岚月朵妮露珊',
];
const rareGiven = Array.from({ length: 1200 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 37) % 20000)));
const nicknames =
  '阳光 微风 小 阿 老 一只 快乐的 向日葵 星辰 大海 追梦人 猫 鱼 桃子 柠檬 咖啡 岁月静好 Linda Kevin Lucy Tony Amy Jack Coco Momo'.split(
    ' ',
  );
export const shops =
  '南京路 淮海路 徐家汇 五角场 陆家嘴 静安寺 虹桥 春熙路 太古里 天府 观前街 湖滨 武林 三里屯 国贸 五道口 解放碑 观音桥 天河城 北京路'.split(
    ' ',
  );
const notes = '老客 会员 敏感肌 带孩子 喜欢红茶 生日五月 要发票 投诉过'.split(' ');

/** mulberry32: small, fast, the same everywhere. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Follow {
  readonly staffId: number;
  readonly state: 'active' | 'left_by_customer' | 'removed_by_staff';
  readonly addedAt: number;
  readonly endedAt: number | null;
  readonly remark: string;
}

export interface Customer {
  readonly id: number;
  readonly name: string;
  readonly addedAt: number;
  readonly codeId: number | null;
  readonly externalUserid: string;
  readonly unionid: string;
  readonly phone: string | undefined;
  readonly follows: readonly Follow[];
  readonly tagIds: readonly number[];
  readonly searchText: string;
  readonly searchGrams: readonly string[];
}

/** Share of customers who carry each tag: five on a fifth of all, the last ones on a hundred. Tag 60: see `tagsOf`. */
function tagShare(tagId: number, customers: number): number {
  if (tagId <= 5) return 0.2;
  if (tagId <= 15) return 0.08;
  if (tagId <= 35) return 0.05;
  if (tagId <= 50) return 0.01;
  return 100 / customers;
}

/** Customers in the order in which they came; ids follow the time. */
export function* populate(count: number, now: number): Generator<Customer> {
  const random = createRandom(20261121);
  const pick = <T>(list: readonly T[], skew = 1) => list[Math.floor(list.length * random() ** skew)] as T;
  const given = () => (random() < 0.85 ? pick(commonGiven, 1.5) : pick(rareGiven));

  function nameOf(): string {
    const kind = random();
    if (kind < 0.25) return pick(surnames, 2) + given();
    if (kind < 0.85) return pick(surnames, 2) + given() + given();
    const digits = random() < 0.3 ? String(Math.floor(random() * 1000)) : '';
    return `${pick(nicknames)}${pick(nicknames)}${digits}${random() < 0.2 ? '🌸' : ''}`;
  }

  /** A third comes by no code, half by lasting codes of very different sizes, the rest by codes of a season. */
  function codeOf(id: number): number | null {
    const kind = random();
    if (kind < 0.3) return null;
    if (kind < 0.8) return 1 + Math.floor(permanentCodes * random() ** 3);
    const period = Math.floor(((id - 1) / count) * periods);
    const each = (codeCount - permanentCodes) / periods;
    return permanentCodes + 1 + period * each + Math.floor(each * random() ** 2);
  }

  function followsOf(name: string, addedAt: number): Follow[] {
    const howMany = random() < 0.25 ? (random() < 0.2 ? 3 : 2) : 1;
    const staffIds = new Set<number>();
    while (staffIds.size < howMany) staffIds.add(1 + Math.floor(staffCount * random() ** 1.5));
    return [...staffIds].map((staffId, i) => {
      const from = i === 0 ? addedAt : Math.min(now - 1000, addedAt + Math.floor(random() * 60 * dayMs));
      const end = from + Math.floor(random() ** 2 * 300 * dayMs);
      const isOver = random() < 0.25 && end < now;
      const kind = random();
      const remark =
        kind < 0.55 ? `${pick(shops)}-${name}` : kind < 0.65 ? `${name} ${pick(notes)}` : kind < 0.9 ? name : '';
      return {
        staffId,
        state: isOver ? (random() < 0.7 ? 'left_by_customer' : 'removed_by_staff') : 'active',
        addedAt: from,
        endedAt: isOver ? end : null,
        remark: [...remark].slice(0, 20).join(''),
      };
    });
  }

  /** The last tag is one that only early customers have: it is found in one corner of the list. */
  function tagsOf(id: number): number[] {
    const tagIds: number[] = [];
    for (let tagId = 1; tagId < tagCount; tagId++) if (random() < tagShare(tagId, count)) tagIds.push(tagId);
    if (id < count * 0.05 && random() < 0.2) tagIds.push(tagCount);
    return tagIds;
  }

  for (let id = 1; id <= count; id++) {
    const name = nameOf();
    const addedAt = Math.floor((now - historyMs + historyMs * (id / count) ** 0.75 - 3_600_000) / 1000) * 1000;
    const follows = followsOf(name, addedAt);
    const remarks = [...new Set(follows.map((follow) => follow.remark).filter((remark) => remark !== ''))].sort();
    const searchText = normalizeForSearch([name, ...remarks].join(' '));
    const unique = `${Math.floor(random() * 2 ** 32).toString(36)}${id.toString(36).padStart(6, '0')}`;
    yield {
      id,
      name,
      addedAt,
      codeId: codeOf(id),
      externalUserid: `wm${unique.padEnd(30, 'A')}`,
      unionid: `o6${unique.padEnd(26, 'b')}`,
      // A multiplier that shares no factor with 10⁹: no two customers have one number.
      phone:
        random() < 0.2 ? `1${3 + (id % 7)}${String((id * 617_280_019) % 1_000_000_000).padStart(9, '0')}` : undefined,
      follows,
      tagIds: tagsOf(id),
      searchText,
      searchGrams: gramsOf(searchText),
    };
  }
}
