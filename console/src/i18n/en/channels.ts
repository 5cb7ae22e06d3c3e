import type { Texts } from '~/i18n/texts';
import type { channels as zhCN } from '~/i18n/zh-CN/channels';

export const channels: Texts<typeof zhCN> = {
  mailProblem: {
    name_unknown: {
      finding: 'Nobody knows the name of this mail server.',
      remedy: 'Check the spelling of the host, and this machine’s DNS.',
    },
    connection_refused: {
      finding: 'The mail server refused the connection.',
      remedy: 'Check the port: usually 465 with SSL, 587 with STARTTLS. Cloud servers often block port 25.',
    },
    timed_out: {
      finding: 'The mail server did not answer.',
      remedy: 'Check port and firewall. Cloud servers often block port 25; use 465 or 587.',
    },
    connection_broken: {
      finding: 'The connection broke before the mail went out.',
      remedy: 'Try again later; if it stays so, check that port and security belong together.',
    },
    certificate: {
      finding: 'The mail server’s certificate is not trusted.',
      remedy:
        'The host must match the certificate: use the provider’s name, not an IP address. Give your own server a valid one.',
    },
    tls_refused: {
      finding: 'No encryption could be agreed on.',
      remedy: 'Check the security: SSL on port 465, STARTTLS on port 587.',
    },
    login_refused: {
      finding: 'The server does not accept user or password.',
      remedy: 'Many providers want an app password instead of the one for their website, and SMTP turned on first.',
    },
    sender_refused: {
      finding: 'The server does not accept this sender.',
      remedy: 'The sender’s address usually has to be the account’s own, or one that the provider has verified.',
    },
    address_refused: {
      finding: 'The recipient does not exist or takes no mail.',
      remedy: 'Check the recipient’s address.',
    },
    policy_refused: {
      finding: 'Refused by a rule of the other side.',
      remedy: 'Check SPF, DKIM and DMARC of the domain, and the provider’s limits.',
    },
    message_refused: {
      finding: 'The server does not accept what the mail says.',
      remedy: 'Read the server’s words below, change the text and try again.',
    },
    message_too_large: { finding: 'The mail is too large.', remedy: 'Shorten the text.' },
    server_busy: {
      finding: 'The server asks to try later.',
      remedy: 'Nothing to do: it is tried again. If it happens often, lower the daily limit.',
    },
    server_refused: {
      finding: 'The server refuses to serve us.',
      remedy: 'Read its words below; this machine’s IP address may be on a block list.',
    },
    no_answer: {
      finding: 'The mail was handed over, and no answer came.',
      remedy: 'It may have arrived; it is not sent again by itself.',
    },
    secret_unreadable: {
      finding: 'The server’s secret has changed; the stored password cannot be read.',
      remedy: 'Enter the password again.',
    },
  },
  smsProblem: {
    key_unknown: {
      finding: 'Alibaba Cloud does not know this AccessKey ID.',
      remedy: 'Check in the RAM console that it is neither disabled nor deleted.',
    },
    key_wrong: {
      finding: 'The AccessKey Secret is wrong.',
      remedy: 'Enter the secret again. It is shown once, when it is made; if it is lost, make a new one.',
    },
    clock_wrong: {
      finding: 'This machine’s clock differs from Alibaba Cloud’s by more than 15 minutes.',
      remedy: 'Have time synchronisation turned on.',
    },
    permission_missing: {
      finding: 'This AccessKey may not send text messages.',
      remedy: 'In the RAM console give its user AliyunDysmsFullAccess.',
    },
    source_refused: {
      finding: 'Alibaba Cloud takes no calls from where this machine is.',
      remedy: 'Domestic messages can be sent from IP addresses of mainland China only.',
    },
    account_suspended: {
      finding: 'The SMS service is not activated, out of money, or suspended.',
      remedy: 'Sign in to the SMS console; activate it or top it up.',
    },
    sign_name_refused: {
      finding: 'The sign name is not approved, or not for this kind of message.',
      remedy: 'Compare it with the SMS console, letter by letter, without 【】.',
    },
    template_refused: {
      finding: 'The template does not exist, is not approved, or not for this kind of message.',
      remedy: 'Compare the template code with the SMS console.',
    },
    parameters_refused: {
      finding: 'The template’s variables are wrong.',
      remedy:
        'Each needs a value of at most 35 characters and no address: put the domain into the template and only the short code into the variable.',
    },
    content_refused: {
      finding: 'The text is not accepted.',
      remedy: 'No forbidden words, emoji or traditional characters; promotions end with 拒收请回复R.',
    },
    number_invalid: { finding: 'The phone number is wrong.', remedy: 'Eleven digits, mainland China.' },
    number_out_of_service: { finding: 'The number cannot be reached at present.', remedy: 'Nothing to do.' },
    person_refused: {
      finding: 'The person has unsubscribed or is on a block list.',
      remedy: 'The consent to promotions by SMS has been withdrawn.',
    },
    limit_minute: {
      finding: 'The number’s limit of a minute is reached.',
      remedy: 'Nothing to do: it is tried again.',
    },
    limit_hour: { finding: 'The number’s limit of an hour is reached.', remedy: 'Nothing to do: it is tried again.' },
    limit_day: {
      finding: 'The number’s limit of 24 hours is reached.',
      remedy: 'Send tomorrow. The limit can be changed in the SMS console.',
    },
    limit_total: {
      finding: 'The account’s limit of a day or month is reached.',
      remedy: 'Raise it in the SMS console under security settings.',
    },
    provider_busy: { finding: 'Alibaba Cloud is busy.', remedy: 'Nothing to do: it is tried again.' },
    endpoint_wrong: {
      finding: 'At this endpoint there is no Alibaba Cloud SMS.',
      remedy: 'Check the endpoint; usually it is https://dysmsapi.aliyuncs.com.',
    },
    unreachable: {
      finding: 'Alibaba Cloud cannot be reached.',
      remedy: 'Check that the server can reach dysmsapi.aliyuncs.com.',
    },
    no_answer: {
      finding: 'The request went out, and no answer came.',
      remedy: 'It may have arrived: the report will tell. It is not sent again by itself.',
    },
    secret_unreadable: {
      finding: 'The server’s secret has changed; the stored one cannot be read.',
      remedy: 'Enter the AccessKey Secret again.',
    },
    other: { finding: 'Alibaba Cloud gave an unexpected answer.', remedy: 'Read its words below.' },
  },
  relayProblem: {
    refused: { finding: 'The receiver refused it.', remedy: 'Read its words below.' },
    busy: { finding: 'The receiver asks to try later.', remedy: 'Nothing to do: it is tried again.' },
    failed: {
      finding: 'The receiver failed; whether it has sent is not known.',
      remedy: 'Look into its log. It is not sent again by itself.',
    },
    gone: { finding: 'The receiver answered 410: no more.', remedy: 'Give another address, or turn this channel off.' },
    redirected: { finding: 'The receiver redirects.', remedy: 'Give the final address.' },
    timed_out: { finding: 'No answer within 15 seconds.', remedy: 'Let the receiver answer 202 first and send then.' },
    connection_refused: {
      finding: 'Nobody listens on that port.',
      remedy: 'Check address and port, and that the receiver runs.',
    },
    connection_broken: {
      finding: 'The connection broke before an answer.',
      remedy: 'Look into the receiver’s log. It is not sent again by itself.',
    },
    name_unknown: { finding: 'Nobody knows this domain.', remedy: 'Check spelling and DNS.' },
    certificate: { finding: 'The HTTPS handshake failed.', remedy: 'Check the receiver’s certificate.' },
    address_private: {
      finding: 'The address is inside the house.',
      remedy: 'To send there, have SIYU_WEBHOOK_PRIVATE=allow set.',
    },
    url_refused: { finding: 'This address cannot be used.', remedy: 'It must be https, without user and password.' },
    secret_unreadable: {
      finding: 'The server’s secret has changed; the signing secret cannot be read.',
      remedy: 'Make a new signing secret.',
    },
  },
  channel: {
    subtitle: 'Every way to reach customers: how it is connected, whether it works, and why it last failed.',
    state: { unset: 'Not set up', off: 'Off', untried: 'Not tried yet', ok: 'Well', failing: 'Failing' },
    lastSuccess: 'Last success',
    lastFailure: 'Last failure',
    settings: 'Settings',
    setUp: 'Set up',
    check: 'Check',
    test: 'Send a test',
    checkOk: 'All is well',
    testOk: 'The other side took it',
    testUnknown: 'Whether it arrived is not known',
    theirWords: 'Their words: {{message}}',
    isEnabled: 'On',
    isEnabledHint: 'While it is off, touches by this channel wait, and are dropped when they expire.',
    unchanged: 'Leave empty to keep',
    wecom: {
      title: 'WeCom',
      text: 'Welcomes, mass messages, Moments and tasks for staff go this way.',
      connection: 'Connection',
    },
    email: {
      title: 'E-mail',
      text: 'By your own mail server (SMTP), with one-click unsubscribing.',
      server: 'Mail server',
      sender: 'Sender',
      today: 'Sent today',
      todayOf: '{{n}} / {{limit}}',
      host: 'Host',
      hostHint: 'For instance smtp.exmail.qq.com (Tencent), smtpdm.aliyun.com (Alibaba Cloud DirectMail).',
      port: 'Port',
      security: 'Security',
      securityKind: { tls: 'SSL (465)', starttls: 'STARTTLS (587)', none: 'None' },
      plainHint: 'Password and mails travel in the clear: only on this machine or in a trusted network.',
      user: 'User',
      userHint: 'Usually the whole address; empty when the server asks for no login.',
      password: 'Password',
      senderName: 'Sender’s name',
      senderNameHint: 'The brand, as readers see it.',
      senderAddress: 'Sender’s address',
      replyTo: 'Reply to',
      replyToHint: 'Where answers go; empty: the sender’s address.',
      dailyLimit: 'Mails a day',
      dailyLimitHint: 'At most what your provider allows; empty: no limit.',
      marksPromotions: 'Put （广告） before the subject of promotions',
      marksPromotionsHint: 'The law in mainland China asks for it in advertising mails.',
      testTo: 'To',
      testHint: 'Sends one mail, so that you see what customers get.',
    },
    sms: {
      title: 'SMS',
      text: 'By Alibaba Cloud SMS, with approved sign names and templates.',
      signName: 'Sign name',
      unreported: 'Reports to come',
      keyIdHint: 'Best of a RAM user that may send text messages and nothing else.',
      keySecretHint: 'Shown once, when it is made. Never shown again here.',
      signNameHint: 'As it was approved, letter by letter, without 【】.',
      endpoint: 'Endpoint',
      endpointHint: 'Usually stays. For the local sandbox, give its address.',
      phone: 'Phone number',
      templateCode: 'Template code',
      params: 'Variables',
      paramName: 'Name',
      paramValue: 'Value',
      addParam: 'Add a variable',
      testHint: 'A test is charged like any other message.',
    },
    relay: {
      title: 'Sender of your own',
      text: 'Touches are handed, signed, to a system of yours that sends them: app push, calls, anything.',
      url: 'Address',
      urlHint: 'Any 2xx means taken; a webhook-id should be taken once.',
      description: 'What for',
      descriptionHint: 'For instance “app push”.',
      secret: 'Signing secret',
      secretMadeAt: 'made {{time}}',
      rotate: 'New secret',
      rotateTitle: 'Make a new signing secret?',
      rotateHint: 'The old one stops at once; until the receiver has the new one, its checks fail.',
      made: 'Signing secret',
    },
  },
};
