import type { z } from 'zod';
import type { sourceKind } from '#contract/web';

type Kind = z.output<typeof sourceKind>;

const kind: Record<Kind, string> = {
  website: '网站',
  app: 'App',
  mini_program: '微信小程序',
  server: '服务器',
  shop: '店铺系统',
};

const kindHint: Record<Kind, string> = {
  website: '官网、商城网页、H5',
  app: 'iOS、Android 应用',
  mini_program: '商城、会员、活动小程序',
  server: '后台、会员系统、CRM',
  shop: '订单与商品所在的系统',
};

export const dataSources = {
  dataSource: {
    one: '数据源',
    subtitle: '让网站、小程序、App 和后台把发生的事告诉 siyu，与 Segment 兼容。',
    docs: '接口说明',
    new: '添加数据源',
    create: '添加',
    added: '已添加，可以开始接入了',
    none: '还没有数据源',
    noneHint:
      '添加之后，网站上看了什么、小程序里加购了什么、系统里下了什么单，都会出现在客户的时间线上；同一个人的微信、手机号和网站账号会合成一位客户。',
    nameHint: '写明是哪个系统，例如「官网」「小程序商城」。',
    kindTitle: '类型',
    kind,
    kindHint,
    key: '写入密钥',
    keyHint: '只能写入、不能读取。放进网页和小程序后任何人都能看到，所以只凭它写入的身份不要当作登录凭证。',
    showKey: '显示',
    hideKey: '隐藏',
    address: '接口地址',
    lastTold: '最近收到',
    stateTitle: '状态',
    on: '接收中',
    off: '已停用',
    turnOn: '启用',
    turnOff: '停用',
    turnOffOf: '停用「{{name}}」？',
    turnOffHint: '一秒内开始拒绝它的数据，停用期间的数据不会补上（客户端自己重试的除外）。随时可以恢复。',
    turnedOn: '已启用',
    turnedOff: '已停用',
    isOff: '这个数据源已停用，发来的数据会被拒绝',
    newKey: '更换密钥',
    newKeyOf: '更换「{{name}}」的写入密钥？',
    newKeyHint: '旧密钥马上失效，还在用旧密钥的网页和程序发来的数据都会被拒绝，直到换上新密钥。',
    newKeyDone: '已更换，请在你的系统里换上新密钥',
    renameOf: '重命名「{{name}}」',
    install: '接入',
    way: { browser: '网页', analytics: 'analytics.js', node: 'Node.js', curl: 'curl', mini: '微信小程序' },
    wayHint: {
      browser: '贴在每个页面 </head> 之前，不需要任何库。登录后调用 identify，之前的浏览会归到这位客户名下。',
      analytics: '已经在用 Segment 的 analytics.js？把它指向 siyu 即可，其余代码不用改。',
      node: 'Segment 的 Node 库，原样可用。其他语言的库同样把 host 指向 siyu。',
      curl: '任何语言都能发一个 HTTP 请求。在终端里试一下，下方马上能看到。',
      mini: '放进小程序的工具文件。请先在微信公众平台「开发管理 → 服务器域名」里把下面的地址加为 request 合法域名。',
    },
    wayUnionid:
      'unionid 最能把小程序里的人与企业微信客户对上。它由你的服务器用 code2Session 取得，建议由服务器用 identify 告诉 siyu。',
    comment: {
      anonymous: '访客第一次来时起一个匿名编号',
      plain: 'text/plain 不需要跨域预检；keepalive 让离开页面时也能发完',
      afterSignIn: '登录或注册之后',
      happened: '发生的事',
      beforeExit: '程序结束前发完',
    },
    sample: { name: '王芳', city: '上海', product: '明前龙井 250g' },
    live: '实时收到',
    liveDefinition:
      '最近 20 条，只记在当前服务进程的内存里，用来在接入时看是否收到：服务重启后清空，有多个进程时每个进程只知道自己收到的。',
    liveNone: '还没有收到数据',
    liveNoneHint: '把接入的代码贴好，或者复制 curl 到终端里试一次，收到后马上出现在这里。',
    identified: '告知了这个人的资料',
    toCustomer: '查看客户',
    onItsWay: '处理中…',
    receivedLate: '发生于 {{time}}',
  },
};
