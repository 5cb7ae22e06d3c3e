import type { z } from 'zod';
import type { mailProblem } from '#contract/email';
import type { relayProblem } from '#contract/relay';
import type { smsProblem } from '#contract/sms';

interface Problem {
  readonly finding: string;
  /** What can be done about it. */
  readonly remedy: string;
}

const mail: Record<z.output<typeof mailProblem>, Problem> = {
  name_unknown: { finding: '找不到这台发信服务器的域名。', remedy: '检查主机名的拼写，以及这台机器的 DNS。' },
  connection_refused: {
    finding: '发信服务器拒绝了连接。',
    remedy: '检查端口：SSL 通常是 465，STARTTLS 通常是 587。云服务器往往禁用 25 端口。',
  },
  timed_out: {
    finding: '发信服务器没有回应。',
    remedy: '检查端口和防火墙。云服务器往往禁用 25 端口，请改用 465 或 587。',
  },
  connection_broken: {
    finding: '连接在发出邮件之前断开了。',
    remedy: '稍后再试；一直如此请检查端口与加密方式是否匹配。',
  },
  certificate: {
    finding: '发信服务器的证书不可信。',
    remedy: '主机名要与证书一致，用服务商给的域名而不是 IP；自建服务器请换一张有效的证书。',
  },
  tls_refused: { finding: '加密没有谈成。', remedy: '检查加密方式：465 端口选 SSL，587 端口选 STARTTLS。' },
  login_refused: {
    finding: '用户名或密码不对，服务器不让登录。',
    remedy: '很多邮箱要用「授权码」或「客户端专用密码」，不是网页登录的密码，并且要先开启 SMTP。',
  },
  sender_refused: {
    finding: '服务器不接受这个发件地址。',
    remedy: '发件地址一般要与登录的账号相同，或是服务商后台验证过的地址。',
  },
  address_refused: { finding: '收件地址不存在或不能收信。', remedy: '检查收件地址。' },
  policy_refused: {
    finding: '对方按规则拒收了。',
    remedy: '检查域名的 SPF、DKIM 和 DMARC，以及服务商后台的发信限制。',
  },
  message_refused: { finding: '服务器不接受这封邮件的内容。', remedy: '看下面服务器的原话，修改内容后再试。' },
  message_too_large: { finding: '邮件太大。', remedy: '缩短正文。' },
  server_busy: { finding: '服务器要求稍后再发。', remedy: '不用处理，系统会自动再试。经常出现请降低每日上限。' },
  server_refused: { finding: '服务器拒绝服务。', remedy: '看下面服务器的原话；这台机器的 IP 可能被列入了黑名单。' },
  no_answer: { finding: '邮件已交出，没有收到回答。', remedy: '可能已经送达，系统不会自动重发。' },
  secret_unreadable: { finding: '服务器的密钥变了，保存的密码读不出来。', remedy: '在设置里重新填写密码。' },
};

const sms: Record<z.output<typeof smsProblem>, Problem> = {
  key_unknown: { finding: '阿里云不认识这个 AccessKey ID。', remedy: '在 RAM 控制台核对，确认它没有被停用或删除。' },
  key_wrong: {
    finding: 'AccessKey Secret 不对。',
    remedy: '在设置里重新填写 Secret。它只在创建时显示一次，忘了就新建一个。',
  },
  clock_wrong: { finding: '这台机器的时间与阿里云相差超过 15 分钟。', remedy: '请工程师打开时间同步。' },
  permission_missing: {
    finding: '这个 AccessKey 没有短信权限。',
    remedy: '在 RAM 控制台给它的用户加上 AliyunDysmsFullAccess。',
  },
  source_refused: { finding: '阿里云不接受这台机器所在地区的调用。', remedy: '国内短信只能从中国内地的 IP 调用。' },
  account_suspended: { finding: '短信服务未开通、欠费或被停用。', remedy: '登录阿里云短信服务控制台，开通或充值。' },
  sign_name_refused: {
    finding: '签名没有审核通过，或不能用于这类短信。',
    remedy: '在短信服务控制台核对签名，一字不差，不带【】。',
  },
  template_refused: {
    finding: '模板不存在、没有审核通过，或不能用于这类短信。',
    remedy: '在短信服务控制台核对模板 CODE。',
  },
  parameters_refused: {
    finding: '模板变量不对。',
    remedy: '每个变量都要有值，不超过 35 个字，不能带网址；链接请把域名写进模板，只把短码作变量。',
  },
  content_refused: {
    finding: '短信内容不被接受。',
    remedy: '去掉违禁词、表情和繁体字；推广短信结尾要有「拒收请回复R」。',
  },
  number_invalid: { finding: '手机号不对。', remedy: '检查号码：中国内地 11 位手机号。' },
  number_out_of_service: { finding: '号码停机、空号或暂时不能接收。', remedy: '不用处理。' },
  person_refused: { finding: '对方已退订，或在黑名单里。', remedy: '系统已撤回这位客户对短信推广的同意。' },
  limit_minute: { finding: '这个号码一分钟内的短信已到上限。', remedy: '不用处理，系统会自动再试。' },
  limit_hour: { finding: '这个号码一小时内的短信已到上限。', remedy: '不用处理，系统会自动再试。' },
  limit_day: { finding: '这个号码 24 小时内的短信已到上限。', remedy: '明天再发。上限可在短信服务控制台调整。' },
  limit_total: {
    finding: '账号的日或月发送总量已到上限。',
    remedy: '在短信服务控制台「安全设置」里调高发送总量阈值。',
  },
  provider_busy: { finding: '阿里云繁忙。', remedy: '不用处理，系统会自动再试。' },
  endpoint_wrong: {
    finding: '接口地址上不是阿里云短信服务。',
    remedy: '检查设置里的接口地址，一般是 https://dysmsapi.aliyuncs.com。',
  },
  unreachable: { finding: '连不上阿里云。', remedy: '检查服务器能否访问 dysmsapi.aliyuncs.com。' },
  no_answer: { finding: '请求已发出，没有收到回答。', remedy: '可能已经送达，系统会查询回执，不会自动重发。' },
  secret_unreadable: { finding: '服务器的密钥变了，保存的 Secret 读不出来。', remedy: '在设置里重新填写 Secret。' },
  other: { finding: '阿里云返回了意外的结果。', remedy: '看下面阿里云的原话。' },
};

const relay: Record<z.output<typeof relayProblem>, Problem> = {
  refused: { finding: '接收方拒绝了。', remedy: '看下面接收方的原话。' },
  busy: { finding: '接收方要求稍后再发。', remedy: '不用处理，系统会自动再试。' },
  failed: { finding: '接收方出错了，不知道它有没有发出。', remedy: '查看接收方的日志。系统不会自动重发。' },
  gone: { finding: '接收方回复 410：不再接收。', remedy: '换一个地址，或停用这个渠道。' },
  redirected: { finding: '接收方要求跳转。', remedy: '把地址改成最终的网址。' },
  timed_out: { finding: '15 秒内没有答复。', remedy: '请接收方先回复 202，再慢慢发送。' },
  connection_refused: { finding: '连不上：那个端口没有程序在听。', remedy: '检查地址与端口，确认接收方在运行。' },
  connection_broken: { finding: '连接中断，没有收到答复。', remedy: '查看接收方的日志。系统不会自动重发。' },
  name_unknown: { finding: '找不到这个域名。', remedy: '检查拼写与 DNS。' },
  certificate: { finding: 'HTTPS 握手失败。', remedy: '检查接收方的证书。' },
  address_private: { finding: '这个地址在内网。', remedy: '要发往内网，请工程师设置 SIYU_WEBHOOK_PRIVATE=allow。' },
  url_refused: { finding: '这个网址不能使用。', remedy: '须是 https，且不含用户名和密码。' },
  secret_unreadable: { finding: '服务器的密钥变了，签名密钥读不出来。', remedy: '更换签名密钥。' },
};

export const channels = {
  mailProblem: mail,
  smsProblem: sms,
  relayProblem: relay,
  channel: {
    subtitle: '触达客户的每一条路：怎样连接、现在好不好、上次为什么没成功。',
    state: {
      unset: '未设置',
      off: '已停用',
      untried: '未试过',
      ok: '正常',
      failing: '出错',
    },
    lastSuccess: '最近成功',
    lastFailure: '最近失败',
    settings: '设置',
    setUp: '开始设置',
    check: '检查',
    test: '发送测试',
    checkOk: '检查通过',
    testOk: '对方已收下',
    testUnknown: '不知道有没有送达',
    theirWords: '对方的原话：{{message}}',
    isEnabled: '启用',
    isEnabledHint: '停用后，要走这个渠道的触达会等着，过期就不再发。',
    unchanged: '留空保持不变',
    wecom: {
      title: '企业微信',
      text: '欢迎语、群发、朋友圈和员工任务都走这里。',
      connection: '连接设置',
    },
    email: {
      title: '邮件',
      text: '用你自己的发信服务器（SMTP）发邮件，带一键退订。',
      server: '发信服务器',
      sender: '发件人',
      today: '今天已发',
      todayOf: '{{n}} / {{limit}}',
      host: '主机',
      hostHint: '例如腾讯企业邮 smtp.exmail.qq.com，阿里云邮件推送 smtpdm.aliyun.com。',
      port: '端口',
      security: '加密',
      securityKind: { tls: 'SSL（465）', starttls: 'STARTTLS（587）', none: '不加密' },
      plainHint: '密码和邮件会明文传输，只用于本机或可信的内网。',
      user: '用户名',
      userHint: '一般是完整的邮箱地址；服务器不要求登录时留空。',
      password: '密码或授权码',
      senderName: '发件人名称',
      senderNameHint: '收件人看到的品牌名。',
      senderAddress: '发件地址',
      replyTo: '回复地址',
      replyToHint: '客户回信到这里；留空就是发件地址。',
      dailyLimit: '每日上限',
      dailyLimitHint: '不超过服务商给你的额度；留空不限。',
      marksPromotions: '推广邮件的标题前加「（广告）」',
      marksPromotionsHint: '《互联网电子邮件服务管理办法》要求商业广告邮件这样标注。',
      testTo: '发送到',
      testHint: '发一封测试邮件，看看客户收到的样子。',
    },
    sms: {
      title: '短信',
      text: '通过阿里云短信服务，用审核过的签名和模板发送。',
      signName: '签名',
      unreported: '等待回执',
      keyIdHint: '建议新建一个只有短信权限的 RAM 用户。',
      keySecretHint: '创建时只显示一次。保存后不再显示。',
      signNameHint: '审核通过的签名，一字不差，不带【】。',
      endpoint: '接口地址',
      endpointHint: '一般不用改。本地沙盒填它给出的地址。',
      phone: '手机号',
      templateCode: '模板 CODE',
      params: '模板变量',
      paramName: '变量名',
      paramValue: '值',
      addParam: '添加变量',
      testHint: '测试短信与正式短信一样计费。',
    },
    relay: {
      title: '自有发送渠道',
      text: '把触达签名后交给你自己的系统去发：App 推送、外呼、任何渠道。',
      url: '地址',
      urlHint: '接收方回复 2xx 就算收下，并应按 webhook-id 去重。',
      description: '用途',
      descriptionHint: '例如「App 推送」。',
      secret: '签名密钥',
      secretMadeAt: '{{time}} 生成',
      rotate: '更换密钥',
      rotateTitle: '更换签名密钥？',
      rotateHint: '旧密钥立即失效，接收方换好之前会验证失败。',
      made: '签名密钥',
    },
  },
};
