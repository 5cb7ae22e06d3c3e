import type { Random } from './random.ts';
import type { Corp, Department, Family, Staff, State } from './store.ts';
import { families } from './store.ts';

const shops = ['上海静安店', '上海徐汇店', '杭州湖滨店', '成都太古里店'];

const firstStaff: [userid: string, name: string, position: string, department: number][] = [
  ['linxiaoyu', '林晓雨', '店长', 2],
  ['chenjiaqi', '陈佳琪', '顾问', 2],
  ['wangzihan', '王梓涵', '顾问', 2],
  ['zhaomingyuan', '赵明远', '店长', 3],
  ['sunyating', '孙雅婷', '顾问', 3],
  ['zhouhaoran', '周浩然', '顾问', 3],
  ['wusiqi', '吴思琪', '店长', 4],
  ['xuruoxi', '徐若曦', '顾问', 4],
  ['huyifan', '胡一帆', '顾问', 4],
  ['gaoyuxuan', '高雨萱', '店长', 5],
  ['liangjunjie', '梁俊杰', '顾问', 5],
  ['songweiwei', '宋微微', '客服', 6],
];

const surnames = [...'李王张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高'];
const givenNames = [
  '思远',
  '雨桐',
  '子墨',
  '欣怡',
  '浩宇',
  '诗涵',
  '俊熙',
  '梦瑶',
  '嘉懿',
  '若溪',
  '天佑',
  '晓彤',
  '文博',
  '静姝',
];
const nickHeads = ['爱喝茶的', '早起的', '慢慢来', '山里的', '小', '阿', '江南', '橘色', '周末', '不加糖的'];
const nickTails = ['小鹿', '豆豆', '月亮', '阿宁', '小满', '可可', '海盐', '青柠', '老周', '栗子', 'Momo', 'Cici'];

/** A brand whose departments are its shops, with a few default tags made in the console. */
export function seedState(seed: Random, staffCount: number, at: number): State {
  const corp: Corp = {
    corpId: `ww${seed.hex(16)}`,
    name: '山间茶事',
    secret: seed.id(43),
    contactSecret: seed.id(43),
    agentId: 1000002,
    appName: '私域助手',
    token: seed.letters(24),
    // The last of 43 characters carries two unused bits: only every fourth letter decodes without loss.
    encodingAesKey: seed.letters(42) + seed.pick([...'AEIMQUYcgkosw048']),
    callback: null,
    trustedIps: null,
    permissions: Object.fromEntries(families.map((family) => [family, true])) as Record<Family, boolean>,
    visibleUserids: null,
    unionidBound: true,
    massRule: 'monthly',
    trustedDomain: null,
  };
  const state: State = {
    corp,
    seq: 0,
    departments: new Map(),
    staff: new Map(),
    people: new Map(),
    edges: new Map(),
    edgesOf: new Map(),
    requests: new Map(),
    welcomes: new Map(),
    messages: new Map(),
    ways: new Map(),
    scans: new Map(),
    tagGroups: new Map(),
    tags: new Map(),
    groups: new Map(),
    media: new Map(),
    figures: new Map(),
    tokens: new Map(),
    due: [],
    places: [],
    population: null,
    unsent: [],
    oauthCodes: new Map(),
    tickets: new Map(),
    massTasks: new Map(),
    massSends: new Map(),
    groupMessages: new Map(),
    moments: new Map(),
    momentJobs: new Map(),
    momentsSeen: new Map(),
    appMessages: new Map(),
    appSends: { day: 0, count: 0 },
    appRepeats: new Map(),
    impressions: new Map(),
    shop: [],
  };
  const addDepartment = (department: Department) => state.departments.set(department.id, department);
  addDepartment({ id: 1, name: corp.name, parentId: 0, order: 100000000, leaders: [] });
  for (const [index, name] of [...shops, '客服中心'].entries()) {
    addDepartment({ id: index + 2, name, parentId: 1, order: 100000000 - (index + 1) * 1000, leaders: [] });
  }
  for (let index = 0; index < staffCount; index++) {
    const staff = makeSeedStaff(seed, index);
    state.staff.set(staff.userid, staff);
    const department = state.departments.get(staff.departments[0] ?? 1);
    if (staff.position === '店长') department?.leaders.push(staff.userid);
  }
  const groupId = `et${seed.id(30)}`;
  state.tagGroups.set(groupId, {
    id: groupId,
    name: '客户等级',
    createdAt: at,
    order: 0,
    deleted: false,
    creator: 'console',
  });
  for (const [index, name] of ['核心', '重要', '一般'].entries()) {
    const id = `et${seed.id(30)}`;
    state.tags.set(id, { id, groupId, name, createdAt: at, order: 3 - index, deleted: false, creator: 'console' });
  }
  return state;
}

function makeSeedStaff(seed: Random, index: number): Staff {
  const known = firstStaff[index];
  const base = { status: 1, licensed: true, consoleWelcome: false } as const;
  if (known) {
    const [userid, name, position, department] = known;
    return { ...base, userid, name, position, departments: [department] };
  }
  const number = String(index + 1).padStart(3, '0');
  const name = seed.pick(surnames) + seed.pick(givenNames);
  return { ...base, userid: `staff${number}`, name, position: '顾问', departments: [2 + (index % 4)] };
}

/** A WeChat nickname: sometimes a real name, more often not. */
export function nickname(random: Random): string {
  if (random.chance(0.4)) return random.pick(surnames) + random.pick(givenNames);
  return random.pick(nickHeads) + random.pick(nickTails);
}
