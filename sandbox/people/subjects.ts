/** What a message is about, told from its words alone: people cannot see what the sender meant by it. */
export type Subject = 'offer' | 'content' | 'care' | 'plain';

/**
 * The rule: whoever names a price advantage makes an offer, whatever else is said; else good wishes and questions
 * about how things are count as care; else something to read, or a link to it, is content; the rest is plain.
 */
const signs: readonly [Subject, RegExp][] = [
  [
    'offer',
    /优惠|折扣|[\d一二三四五六七八九]折|券|满减|立减|特价|秒杀|限时|包邮|促销|半价|买一送|福利价|抢购|\bsale\b|% ?off|discount|coupon|\bdeal\b|voucher/i,
  ],
  [
    'care',
    /生日|节日|快乐|安康|祝|近况|收到(?:了|货)|到货了吗|签收|感觉(?:如何|怎么样)|还(?:好|满意|喜欢|习惯)吗|喝得|体验如何|感谢|谢谢您|注意(?:保暖|身体|休息)|天气|好久不见|想念|happy birthday|thank you|how (?:is|was|are|do)|arrived|take care|miss you/i,
  ],
  [
    'content',
    /教程|攻略|故事|知识|怎么泡|如何泡|冲泡|节气|文章|指南|科普|茶谱|茶单|产地|制茶|新茶|直播|课|https?:\/\/|\bguide\b|\bstory\b|\btips\b|how to|brew/i,
  ],
];

export function subjectOf(words: string): Subject {
  return signs.find(([, pattern]) => pattern.test(words))?.[0] ?? 'plain';
}
