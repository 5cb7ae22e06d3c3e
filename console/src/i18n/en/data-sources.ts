import type { Texts } from '~/i18n/texts';
import type { dataSources as zhCN } from '~/i18n/zh-CN/data-sources';

export const dataSources: Texts<typeof zhCN> = {
  dataSource: {
    one: 'Data source',
    subtitle:
      'Website, mini program, app and servers tell siyu what happens. Works with Segment’s HTTP API and client libraries.',
    docs: 'API documentation',
    new: 'Add a source',
    create: 'Add',
    added: 'Added. Now connect it',
    none: 'No data sources yet',
    noneHint:
      'With one, what people look at on the website, put into the cart in the mini program or order in the shop stands on their timeline, and one person’s WeChat, phone and website account become one customer.',
    nameHint: 'Which system it is, for instance “Website” or “Mini program shop”.',
    kindTitle: 'Kind',
    kind: { website: 'Website', app: 'App', mini_program: 'Mini program', server: 'Server', shop: 'Shop system' },
    kindHint: {
      website: 'website, web shop, H5 pages',
      app: 'iOS or Android app',
      mini_program: 'shop, membership or campaign in WeChat',
      server: 'back office, membership system, CRM',
      shop: 'where orders and products are kept',
    },
    key: 'Write key',
    keyHint:
      'It can write, not read. In a web page or mini program everybody can see it, so do not take what it says about who somebody is for a sign-in.',
    showKey: 'Show',
    hideKey: 'Hide',
    address: 'Address',
    lastTold: 'Last heard',
    stateTitle: 'State',
    on: 'Listening',
    off: 'Off',
    turnOn: 'Turn on',
    turnOff: 'Turn off',
    turnOffOf: 'Turn “{{name}}” off?',
    turnOffHint:
      'Within a second its data is refused, and what is told meanwhile is not made up for, unless the client tries again. It can be turned on at any time.',
    turnedOn: 'Turned on',
    turnedOff: 'Turned off',
    isOff: 'This source is off: its data is refused',
    newKey: 'New key',
    newKeyOf: 'Give “{{name}}” a new write key?',
    newKeyHint:
      'The old key stops at once: pages and programs that still use it are refused until they have the new one.',
    newKeyDone: 'Done. Put the new key into your system',
    renameOf: 'Rename “{{name}}”',
    install: 'Connect',
    way: { browser: 'Web page', analytics: 'analytics.js', node: 'Node.js', curl: 'curl', mini: 'Mini program' },
    wayHint: {
      browser:
        'Paste it before </head> of each page; no library is needed. Call identify after sign-in: what was seen before then counts for this customer.',
      analytics: 'You use Segment’s analytics.js already? Point it at siyu; the rest of your code stays.',
      node: 'Segment’s library for Node as it is. Libraries for other languages are pointed here the same way.',
      curl: 'Any language can send an HTTP request. Try it in a terminal; it shows below at once.',
      mini: 'A file for your mini program. First add the address below as a request domain in the WeChat console (开发管理 → 服务器域名).',
    },
    wayUnionid:
      'The unionid is what best joins people of the mini program with WeCom contacts. Your server gets it with code2Session, and should be the one to tell it with identify.',
    comment: {
      anonymous: 'a visitor gets an anonymous id on the first visit',
      plain: 'text/plain needs no CORS preflight; keepalive lets it finish when the page is left',
      afterSignIn: 'after sign-in or sign-up',
      happened: 'what happens',
      beforeExit: 'send what is left before the program ends',
    },
    sample: { name: 'Wang Fang', city: 'Shanghai', product: 'Longjing tea 250 g' },
    live: 'Arriving now',
    liveDefinition:
      'The latest 20 calls, kept in the memory of this server process to see while connecting that they arrive: gone after a restart, and with several processes each knows only its own.',
    liveNone: 'Nothing has arrived yet',
    liveNoneHint: 'Paste the code, or try the curl call in a terminal. It shows here at once.',
    identified: 'Told who this person is',
    toCustomer: 'Customer',
    onItsWay: 'on its way…',
    receivedLate: 'happened {{time}}',
  },
};
