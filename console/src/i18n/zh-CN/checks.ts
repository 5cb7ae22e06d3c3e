/** Findings of the self-check, and what can be done about a failed call to WeCom. */
export const checks = {
  check: {
    skipped: { finding: '要先处理好前面的项目才能检查。' },
    connection: {
      ok: { finding: '已填写企业 {{corpId}} 的连接信息。' },
      missing: { finding: '还没有连接企业微信。', remedy: '打开「企业微信连接」，填写企业 ID、AgentId 和 Secret。' },
    },
    secret: {
      ok: { finding: '企业微信接受了企业 ID 与 Secret。' },
      unreachable: {
        finding: '连不上企业微信：{{message}}',
        remedy: '检查服务器能否访问 qyapi.weixin.qq.com，以及「接口地址」是否正确。',
      },
    },
    trusted_ip: {
      ok: { finding: '服务器的 IP 已被信任。' },
      refused: {
        finding: '企业微信拒绝了来自 {{ip}} 的调用。',
        remedy: '在管理后台打开这个应用，在页面底部「企业可信 IP」中加入 {{ip}}，约一分钟后生效。',
      },
    },
    agent: {
      ok: { finding: '应用「{{name}}」可以使用。' },
      refused: {
        finding: '企业微信不认这个 AgentId：{{message}}',
        remedy: '核对 AgentId 与 Secret 属于同一个自建应用，并确认应用已启用。',
      },
    },
    api_permission: {
      ok: { finding: '可以调用客户联系接口。' },
      refused: {
        finding: '不能调用客户联系接口：{{message}}',
        remedy: '在管理后台「客户与上下游 → 客户联系 → API」中，把这个应用加入「可调用接口的应用」。',
      },
    },
    visible_range: {
      ok: { finding: '{{count}} 位员工可以被客户添加。' },
      empty: {
        finding: '没有一位员工可以被客户添加。',
        remedy: '把员工同时加入应用的「可见范围」和客户联系的「使用范围」，并确认他们已激活企业微信。',
      },
    },
    tags: {
      ok: { finding: '可以读写企业微信标签，现有 {{count}} 个。' },
      refused: {
        finding: '不能读取企业微信标签：{{message}}',
        remedy: '确认应用在「可调用接口的应用」中。在此之前标签不会同步。',
      },
    },
    mass: {
      ok: { finding: '可以创建群发任务。' },
      refused: {
        finding: '不能使用群发接口：{{message}}',
        remedy:
          '在「客户与上下游 → 客户联系 → API」中把应用加入「可调用接口的应用」，并在「权限配置」中允许群发消息。在此之前群发不会发出。',
      },
    },
    moments: {
      ok: { finding: '可以创建朋友圈任务。' },
      off: {
        finding: '企业没有开启客户朋友圈。',
        remedy: '在「客户与上下游 → 客户联系 → 朋友圈」中开启，并把员工加入使用范围。',
      },
      refused: {
        finding: '不能使用朋友圈接口：{{message}}',
        remedy: '在「客户与上下游 → 客户联系 → API」中把应用加入「可调用接口的应用」，并开启客户朋友圈。',
      },
    },
    app_messages: {
      ok: { finding: '可以给员工发送应用消息。' },
      closed: { finding: '应用已停用，员工收不到提醒。', remedy: '在管理后台「应用管理」中启用这个应用。' },
      failed: {
        finding: '最近 24 小时有 {{count}} 条给员工的提醒没有发出：{{message}}',
        remedy: '确认收不到提醒的员工在应用的「可见范围」内，并已激活企业微信。',
      },
    },
    oauth: {
      ok: { finding: '可信域名是 {{host}}，页面可以识别员工与客户。' },
      missing: {
        finding: '应用没有设置可信域名，页面不能识别是谁打开的。',
        remedy: '在应用详情页「网页授权及 JS-SDK」中把 {{host}} 设为可信域名，并完成域名校验。',
      },
      other: {
        finding: '应用的可信域名是 {{trusted}}，而本系统的地址是 {{host}}，页面不能识别是谁打开的。',
        remedy: '在应用详情页「网页授权及 JS-SDK」中改为 {{host}}（包括端口），或者通过 {{trusted}} 访问本系统。',
      },
    },
    callback: {
      ok: { finding: '最近一次收到事件：{{at}}。' },
      aes_key: {
        finding: '没有可用的 EncodingAESKey。',
        remedy: '在「企业微信连接」中填写 43 位的 EncodingAESKey，或留空自动生成，再填回企业微信。',
      },
      signature: {
        finding: '最近一次回调的签名不对，已拒绝。',
        remedy: '「企业微信连接」中的 Token 与管理后台「接收消息」中的 Token 必须相同。重新复制后保存。',
      },
      malformed: {
        finding: '最近一次回调无法解密（{{reason}}）。',
        remedy: '核对 EncodingAESKey 与企业 ID 和管理后台完全一致。',
      },
      never: {
        finding: '还没有收到过任何事件。',
        remedy: '在应用的「接收消息」中填写回调 URL、Token 和 EncodingAESKey 并保存；这个地址必须能从公网访问。',
      },
      quiet: {
        finding: '已有 {{hours}} 小时没有收到事件。',
        remedy: '如果这段时间有人添加过员工，请检查回调地址能否从公网访问，并运行一次对账补齐。',
      },
    },
    inbox: {
      ok: { finding: '事件处理及时，{{waiting}} 个在等待。' },
      failed: { finding: '{{count}} 个事件没能处理。', remedy: '在下方查看原因，处理后点「重试失败的事件」。' },
      late: {
        finding: '有 {{waiting}} 个事件在等待，最久 {{seconds}} 秒。',
        remedy: '若持续超过几分钟，请确认 worker 进程在运行，或增加 worker。等待过久会错过欢迎语。',
      },
    },
    welcome: {
      ok: { finding: '最近 24 小时发出 {{sent}} 条欢迎语，没有错过。' },
      missed: {
        finding: '最近 24 小时发出 {{sent}} 条，{{missed}} 条没有发出。',
        remedy: '最常见的原因：{{reason}}',
      },
      none: { finding: '最近 24 小时没有人添加。' },
    },
  },
  remedy: {
    none: '无需处理。',
    wait: '通常会自行恢复，系统会自动重试。',
    reduce_parallelism: '企业微信限制了并发，系统会自动放慢。',
    check_network: '检查服务器能否访问企业微信。',
    check_base_url: '检查「企业微信连接」中的接口地址。',
    update_tls: '更新服务器的 TLS 版本。',
    check_corp_id: '核对企业 ID：管理后台「我的企业」页面底部。',
    check_secret: '核对 Secret：自建应用详情页，点「查看」重新获取后保存。',
    check_agent_id: '核对 AgentId：自建应用详情页顶部。',
    use_app_secret: '请填写自建应用的 Secret，不是通讯录同步或系统应用的 Secret。',
    add_trusted_ip: '在自建应用的「企业可信 IP」中加入服务器的公网 IP。',
    trust_domain: '在自建应用中设置可信域名。',
    grant_api_permission: '在「客户联系 → API」中把应用加入「可调用接口的应用」。',
    enable_app: '在管理后台启用这个应用。',
    enable_customer_contact: '员工没有开通客户联系。在「客户联系 → 使用范围」中加入这位员工。',
    widen_visible_range: '员工不在应用的可见范围内。在应用详情页扩大「可见范围」。',
    staff_not_activated: '员工还没有激活企业微信。请他先登录一次。',
    staff_not_verified: '员工还没有实名认证。请他在企业微信中完成认证。',
    staff_inactive: '员工长期未登录或被禁用。请换一位员工，或让他重新登录。',
    verify_corp: '企业还没有认证。请在管理后台完成企业认证。',
    corp_unavailable: '企业已停用或解散。请联系企业微信管理员。',
    raise_capacity: '已到企业的客户数量上限。请在管理后台扩容。',
    buy_licence: '接口许可不足。请在管理后台购买。',
    bind_developer_account: '需要绑定同主体的微信开放平台账号。',
    refresh_data: '对方已不存在。运行一次对账即可更新。',
    restart_paging: '列表读取中断，系统会重新读取。',
    ask_for_less: '一次请求的内容太多，系统会拆小重试。',
    not_a_customer: '对方已经不是客户。',
    customer_has_not_consented: '客户没有同意，不能读取或发送。',
    owned_by_other_app: '这是另一个应用创建的，只能由它修改。',
    name_taken: '企业微信中已有同名的内容。请换一个名称。',
    limit_reached: '已到企业微信的数量上限。请先删除不用的。',
    expired: '已过期。',
    upload_again: '附件已失效。请重新上传。',
    fix_media: '附件的格式或大小不符合要求。请更换后重试。',
    check_mini_program: '检查小程序的 AppID 与路径，并确认它已关联到企业微信。',
    check_url: '检查链接地址是否正确。',
    content_refused: '企业微信不接受这段内容。请修改文字后重试。',
    shorten_text: '文字太长。请缩短后重试。',
    report_bug: '企业微信返回了意外的结果。请把下面的技术信息交给工程师。',
    no_staff: '现在没有可以接待的员工。请在设置中选择已激活、可被添加的员工。',
  },
};
