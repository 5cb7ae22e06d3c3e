// The brand of the demo: what an operator would have set up by hand, made through the same API.
import type { Call } from '#contract';
import { type createCode, createFolder, setDefaultWelcome } from '#contract/acquisition';
import { createAttribute, createTag, createTagGroup, listTags } from '#contract/customers';
import { listDepartments, listStaff } from '#contract/organization';
import { makeCodes, type SandboxProcess, type Session } from './processes.ts';

/** How much of the stream of people each code gets, and who comes by it. */
export interface DemoPlace {
  readonly name: string;
  readonly url: string;
  readonly weight: number;
  readonly kinds?: Readonly<Record<string, number>>;
}

const everyDay = [1, 2, 3, 4, 5, 6, 7];
const allDay = { weekdays: everyDay, fromMinute: 0, toMinute: 1440 };

/** People who come for a gift and people who come for the tea are not the same people. */
const faithful = { loyal: 45, curious: 30, silent: 20, easily_annoyed: 5 };
const mixed = { loyal: 15, curious: 35, silent: 25, bargain_only: 15, easily_annoyed: 10 };
const hunters = { bargain_only: 65, curious: 15, silent: 15, easily_annoyed: 5 };

/** Sets the brand up and says where people can come in. */
export async function setUpBrand(session: Session, sandbox: SandboxProcess): Promise<DemoPlace[]> {
  const tagOf = await makeTags(session);
  await session.call(createAttribute, { key: 'birthday', name: '生日', kind: 'date' });
  await session.call(createAttribute, { key: 'city', name: '城市', kind: 'text' });
  await session.call(createAttribute, {
    key: 'taste',
    name: '口味',
    kind: 'choice',
    choices: ['绿茶', '乌龙', '红茶', '花茶'],
  });
  await session.call(setDefaultWelcome, {
    isOn: true,
    message: { text: '{{customer_name}}，你好！我是山间茶事的{{staff_name}}，泡茶选茶随时问我。', attachments: [] },
  });

  const { rows: departments } = await session.call(listDepartments, {});
  const shops = departments.filter((department) => department.name.endsWith('店'));
  const shopFolder = (await session.call(createFolder, { name: '门店' })).id;
  const onlineFolder = (await session.call(createFolder, { name: '线上与活动' })).id;
  const staffOf = async (department: number) =>
    (await session.call(listStaff, { department, canFollow: true })).rows.map((member) => member.id);

  const plans: { draft: Call<typeof createCode>; weight: number; kinds: Readonly<Record<string, number>> }[] = [];
  for (const shop of shops) {
    const staffIds = await staffOf(shop.id);
    const [leader = 0, ...others] = staffIds;
    const draft: Call<typeof createCode> = {
      name: `${shop.name}·收银台`,
      folderId: shopFolder,
      source: 'shop',
      entry: 'landing',
      rotation: [
        { staffIds, weekdays: [1, 2, 3, 4, 5], fromMinute: 9 * 60, toMinute: 21 * 60 },
        { staffIds: others.length > 0 ? others : staffIds, weekdays: [6, 7], fromMinute: 0, toMinute: 1440 },
      ],
      backupStaffIds: [leader],
      dailyLimit: 30,
      tagIds: [tagOf('门店客户')],
      remarkPrefix: `${shop.name.slice(2, 4)}-`,
      hook: { kind: 'service', text: '会员茶单与免费试饮' },
      welcome: {
        kind: 'own',
        message: {
          text: '{{customer_name}}，欢迎来到山间茶事！我是{{staff_name}}。\n为你准备了{{hook}}，下次到店报名字就好。',
          attachments: [
            {
              kind: 'link',
              title: '本季茶单',
              description: '明前龙井、凤凰单丛、武夷岩茶',
              url: 'https://example.com/menu',
            },
          ],
        },
      },
    };
    plans.push({ draft, weight: 10, kinds: faithful });
  }
  const everybody = (await session.call(listStaff, { canFollow: true })).rows.map((member) => member.id);
  const online = [
    { name: '春茶节·现场海报', source: 'event', hook: '新茶试饮装一份', weight: 14, kinds: mixed, tag: '活动客户' },
    { name: '公众号·节气文章', source: 'article', hook: '节气喝茶日历', weight: 12, kinds: mixed, tag: '内容客户' },
    { name: '朋友圈广告·9.9体验装', source: 'ad', hook: '9.9元体验装', weight: 18, kinds: hunters, tag: '广告客户' },
    { name: '异业·独立书店联名', source: 'partner', hook: '联名书签与茶包', weight: 7, kinds: mixed, tag: '异业客户' },
    { name: '包装卡·开盒有礼', source: 'packaging', hook: '复购券', weight: 11, kinds: faithful, tag: '老客复购' },
    { name: '员工名片·专属顾问', source: 'staff', hook: '', weight: 5, kinds: faithful, tag: '老客复购' },
  ] as const;
  for (const [i, plan] of online.entries()) {
    const draft: Call<typeof createCode> = {
      name: plan.name,
      folderId: onlineFolder,
      source: plan.source,
      entry: plan.source === 'packaging' || plan.source === 'event' ? 'landing' : 'direct',
      rotation: [
        { ...allDay, staffIds: everybody.filter((_, place) => place % online.length === i || place % 3 === 0) },
      ],
      skipVerify: plan.source !== 'staff',
      tagIds: [tagOf(plan.tag)],
      hook: plan.hook === '' ? { kind: 'none', text: '' } : { kind: 'gift', text: plan.hook },
      welcome:
        plan.hook === ''
          ? { kind: 'default' }
          : {
              kind: 'own',
              message: {
                text: '{{customer_name}}你好，我是{{staff_name}}，{{hook}}已为你留好，回复「1」领取。',
                attachments: [],
              },
            },
    };
    plans.push({ draft, weight: plan.weight, kinds: plan.kinds });
  }
  const codes = await makeCodes(
    session,
    sandbox,
    plans.map((plan) => plan.draft),
  );
  return plans.map((plan, i) => ({
    name: plan.draft.name,
    url: codes[i]?.scanUrl ?? '',
    weight: plan.weight,
    kinds: plan.kinds,
  }));
}

async function makeTags(session: Session): Promise<(name: string) => number> {
  await session.call(createTagGroup, {
    name: '来源',
    kind: 'wecom',
    tags: ['门店客户', '活动客户', '内容客户', '广告客户', '异业客户', '老客复购'],
  });
  const { id: groupId } = await session.call(createTagGroup, { name: '运营标记', kind: 'internal', tags: ['待回访'] });
  await session.call(createTag, { groupId, name: '会员日邀请' });
  const { groups } = await session.call(listTags, {});
  const ids = new Map(groups.flatMap((group) => group.tags.map((tag) => [tag.name, tag.id])));
  return (name) => ids.get(name) ?? fail(`no tag ${name}`);
}

function fail(text: string): never {
  throw new Error(text);
}
