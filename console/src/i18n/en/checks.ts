import type { Texts } from '~/i18n/texts';
import type { checks as zhCN } from '~/i18n/zh-CN/checks';

export const checks: Texts<typeof zhCN> = {
  check: {
    skipped: { finding: 'Can be checked only when the lines above are well.' },
    connection: {
      ok: { finding: 'The connection of corp {{corpId}} is filled in.' },
      missing: {
        finding: 'WeCom is not connected.',
        remedy: 'Open “WeCom connection” and fill in corp ID, AgentId and secret.',
      },
    },
    secret: {
      ok: { finding: 'WeCom accepts corp ID and secret.' },
      unreachable: {
        finding: 'WeCom cannot be reached: {{message}}',
        remedy: 'Check that the server reaches qyapi.weixin.qq.com, and that the API address is right.',
      },
    },
    trusted_ip: {
      ok: { finding: 'The server’s IP is trusted.' },
      refused: {
        finding: 'WeCom refuses calls from {{ip}}.',
        remedy:
          'Open the app in the admin console and add {{ip}} to “Trusted IP” (企业可信IP) at the bottom. It works after about a minute.',
      },
    },
    agent: {
      ok: { finding: 'The app “{{name}}” can be used.' },
      refused: {
        finding: 'WeCom does not accept this AgentId: {{message}}',
        remedy: 'Check that AgentId and secret belong to the same self-built app, and that the app is enabled.',
      },
    },
    api_permission: {
      ok: { finding: 'The customer contact API may be called.' },
      refused: {
        finding: 'The customer contact API may not be called: {{message}}',
        remedy:
          'In “Customers → Customer contact → API” (客户联系 → API) add this app to the apps that may call it (可调用接口的应用).',
      },
    },
    visible_range: {
      ok: { finding: 'Staff whom customers can add: {{count}}.' },
      empty: {
        finding: 'Customers can add nobody.',
        remedy:
          'Add staff both to the app’s visible range (可见范围) and to the range of use of customer contact (使用范围), and see that they have activated WeCom.',
      },
    },
    tags: {
      ok: { finding: 'WeCom’s tags can be read and written; there are {{count}}.' },
      refused: {
        finding: 'WeCom’s tags cannot be read: {{message}}',
        remedy: 'See that the app may call the API (可调用接口的应用). Until then tags are not mirrored.',
      },
    },
    mass: {
      ok: { finding: 'Mass messages can be created.' },
      refused: {
        finding: 'Mass messages are refused: {{message}}',
        remedy:
          'Under “Customers → Customer contact → API” (客户与上下游 → 客户联系 → API) add the app to those that may call it (可调用接口的应用), and allow mass messages under “Permissions” (权限配置). Until then none goes out.',
      },
    },
    moments: {
      ok: { finding: 'Moments can be created.' },
      off: {
        finding: 'Customer Moments are turned off for this corp.',
        remedy:
          'Turn them on under “Customer contact → Moments” (客户联系 → 朋友圈) and add the staff to their range of use.',
      },
      refused: {
        finding: 'Moments are refused: {{message}}',
        remedy:
          'Under “Customer contact → API” (客户联系 → API) add the app to those that may call it (可调用接口的应用), and turn customer Moments on.',
      },
    },
    app_messages: {
      ok: { finding: 'Staff can be sent messages by the app.' },
      closed: {
        finding: 'The app is disabled: staff get no notices.',
        remedy: 'Enable it under “App management” (应用管理) in the admin console.',
      },
      failed: {
        finding: 'Notices to staff that could not be sent in the last 24 hours: {{count}}. {{message}}',
        remedy: 'Make sure that these staff are in the app’s visible range (可见范围) and have activated WeCom.',
      },
    },
    oauth: {
      ok: { finding: 'The trusted domain is {{host}}: pages can tell who opens them.' },
      missing: {
        finding: 'The app has no trusted domain: pages cannot tell who opens them.',
        remedy:
          'On the app’s page, under “Web authorisation and JS-SDK” (网页授权及 JS-SDK), set {{host}} as the trusted domain and verify it.',
      },
      other: {
        finding:
          'The app’s trusted domain is {{trusted}} but siyu’s address is {{host}}: pages cannot tell who opens them.',
        remedy:
          'Change it to {{host}}, port included, under “Web authorisation and JS-SDK” (网页授权及 JS-SDK), or open siyu by {{trusted}}.',
      },
    },
    callback: {
      ok: { finding: 'Last event received: {{at}}.' },
      aes_key: {
        finding: 'There is no usable EncodingAESKey.',
        remedy:
          'Give the 43 characters in “WeCom connection”, or leave it empty to have one made, and paste it into WeCom.',
      },
      signature: {
        finding: 'The last callback had a wrong signature and was refused.',
        remedy:
          'The token in “WeCom connection” must equal the one under “Receive messages” (接收消息). Copy it again and save.',
      },
      malformed: {
        finding: 'The last callback could not be decrypted ({{reason}}).',
        remedy: 'EncodingAESKey and corp ID must be exactly those of the admin console.',
      },
      never: {
        finding: 'No event has ever come in.',
        remedy:
          'Under “Receive messages” (接收消息) give callback URL, token and EncodingAESKey, and save. The address must be reachable from the internet.',
      },
      quiet: {
        finding: 'No event for {{hours}} hours.',
        remedy:
          'If people were added in that time, see that the callback address is reachable from the internet, and run a reconciliation.',
      },
    },
    inbox: {
      ok: { finding: 'Events are understood in time; waiting: {{waiting}}.' },
      failed: { finding: 'Events that failed: {{count}}.', remedy: 'See why below, mend it, and try them again.' },
      late: {
        finding: 'Events waiting: {{waiting}}, the oldest for {{seconds}} s.',
        remedy:
          'If this lasts for minutes, see that a worker process runs, or add one. Welcomes are missed when events wait.',
      },
    },
    welcome: {
      ok: { finding: 'In the last 24 hours {{sent}} welcomes were sent and none was missed.' },
      missed: {
        finding: 'In the last 24 hours {{sent}} were sent, {{missed}} were not.',
        remedy: 'Mostly because: {{reason}}',
      },
      none: { finding: 'Nobody was added in the last 24 hours.' },
    },
  },
  remedy: {
    none: 'Nothing to do.',
    wait: 'This usually passes; it is tried again by itself.',
    reduce_parallelism: 'WeCom limits parallel calls; siyu slows down by itself.',
    check_network: 'Check that the server reaches WeCom.',
    check_base_url: 'Check the API address in “WeCom connection”.',
    update_tls: 'Update the server’s TLS.',
    check_corp_id: 'Check the corp ID, at the bottom of “My company” (我的企业).',
    check_secret: 'Check the secret: on the app’s page press “View” (查看), and save it again.',
    check_agent_id: 'Check the AgentId at the top of the app’s page.',
    use_app_secret: 'Use the secret of the self-built app, not that of contact sync or a system app.',
    add_trusted_ip: 'Add the server’s public IP to the app’s trusted IPs (企业可信IP).',
    trust_domain: 'Set the app’s trusted domain.',
    grant_api_permission: 'In “Customer contact → API” add the app to those that may call it (可调用接口的应用).',
    enable_app: 'Enable the app in the admin console.',
    enable_customer_contact: 'The staff member lacks customer contact. Add the person to its range of use (使用范围).',
    widen_visible_range: 'The staff member is outside the app’s visible range (可见范围). Widen it on the app’s page.',
    staff_not_activated: 'The staff member has not activated WeCom and must sign in once.',
    staff_not_verified: 'The staff member has not verified the real name in WeCom.',
    staff_inactive: 'The staff member has not signed in for long, or is disabled. Choose another one.',
    verify_corp: 'The corp is not verified. Do it in the admin console.',
    corp_unavailable: 'The corp is disabled or dissolved. Ask WeCom’s administrator.',
    raise_capacity: 'The corp’s limit of customers is reached. Raise it in the admin console.',
    buy_licence: 'API licences are missing. Buy them in the admin console.',
    bind_developer_account: 'A WeChat developer account of the same subject must be bound.',
    refresh_data: 'It no longer exists there. Run a reconciliation.',
    restart_paging: 'Reading was interrupted and starts again by itself.',
    ask_for_less: 'Too much at once; siyu splits it and tries again.',
    not_a_customer: 'This person is no longer a customer.',
    customer_has_not_consented: 'The customer has not consented.',
    owned_by_other_app: 'Another app made this, and only that app can change it.',
    name_taken: 'WeCom has one of this name. Choose another name.',
    limit_reached: 'WeCom’s limit is reached. Delete what is not used.',
    expired: 'It has expired.',
    upload_again: 'The attachment has expired. Upload it again.',
    fix_media: 'The attachment’s format or size does not fit. Replace it.',
    check_mini_program: 'Check AppID and path of the mini program, and that it is linked to WeCom.',
    check_url: 'Check the address of the link.',
    content_refused: 'WeCom does not accept this content. Change the text.',
    shorten_text: 'The text is too long. Shorten it.',
    report_bug: 'WeCom answered something unexpected. Give the technical text to an engineer.',
    no_staff: 'Nobody can answer now. Choose staff who are active and can be added.',
  },
};
