import type { Texts } from '~/i18n/texts';
import type { home as zhCN } from '~/i18n/zh-CN/home';

export const home: Texts<typeof zhCN> = {
  home: {
    lastDays: '{{n}} days',
    period: '{{from}} to {{to}}',
    follows: 'Follows: {{n}}',
    customersChart: 'Added, lost and all customers by day',
    sources: 'Where new customers came from',
    sourcesDefinition:
      'People who first became customers in the period, by their first source. The dark part is still here.',
    codes: 'Channel codes',
    codesDefinition: 'New customers in the period by channel code. The dark part is still here.',
    addedAndHere: '{{added}} · {{rate}} still here',
    nobodyInPeriod: 'No new customers in this period.',
    noCodes: 'Nobody came through a channel code in this period.',
    retention: 'Retention of new customers',
    retentionDefinition:
      'Grouped by the week they were added: of those at least n days old, the share that still had a staff member on day n.',
    week: 'Week added',
    day: 'Day {{n}}',
    kept: '{{kept}} of {{eligible}} still here',
    staff: 'Staff',
    welcomes: 'Welcome messages',
    welcomesDefinition: 'WeCom allows 20 seconds to send a welcome. After that it is lost and counted as missed.',
    welcomeRate: 'sent in time',
    toTouches: 'Touches',
    welcome: {
      sent: 'Sent',
      missed: 'Missed',
      failed: 'Failed',
      median: 'Median time',
      p99: '99% took no longer than',
    },
  },
  figureChange: {
    nothingBefore: 'None in the period before',
    same: 'Same as the period before',
    toBefore: 'to the period before',
  },
  figure: {
    linkOpens: {
      name: 'Opens',
      definition: 'In the chosen time, one for each visit; robots and previews do not count.',
    },
    linkPeople: { name: 'People', definition: 'Known customers who opened it in the chosen time.' },
    linkKnown: { name: 'Recognised', definition: 'Share of the opens of which it is known whose they are.' },
    linkOpensEver: { name: 'Opens ever', definition: 'Since the link was made.' },
    customersNow: {
      name: 'Customers now',
      definition: 'People whom at least one staff member has now. A person with several staff counts once.',
    },
    added: { name: 'Added', definition: 'People who became customers for the first time in the period.' },
    lost: {
      name: 'Lost',
      definition: 'People whose last follow ended in the period and whom no staff member has now.',
    },
    net: { name: 'Net', definition: 'Added less lost.' },
    leaveRate: {
      name: 'Lost to added',
      definition: 'People lost in the period divided by people added. Above 100% the number of customers shrinks.',
    },
    staffCustomers: { name: 'Customers now', definition: 'Customers this staff member has now.' },
    replyRate: {
      name: 'Reply rate',
      definition: 'Share of chats begun by customers that were answered the same day, from WeCom’s daily figures.',
    },
    replyMinutes: {
      name: 'First reply',
      definition: 'Average time from a customer’s first message to the first answer, from WeCom’s daily figures.',
    },
    chats: {
      name: 'Chats',
      definition: 'Chats in which the staff member wrote. All chats of this person, not only from this code.',
    },
    scans: {
      name: 'Scans',
      definition:
        'Times the landing page was opened. Direct codes are opened by WeCom, so their scans cannot be counted.',
    },
    adds: {
      name: 'Adds',
      definition: 'Times staff were added through this code. One person who adds two staff counts twice.',
    },
    addedToday: { name: 'Today', definition: 'Adds through this code today.' },
    newCustomers: { name: 'New customers', definition: 'Adds by people not known before.' },
    stillHere: { name: 'Still here', definition: 'Follows made through this code that still hold.' },
    codeLost: { name: 'Lost', definition: 'Follows made through this code that have ended.' },
    welcomesSent: { name: 'Welcomes sent', definition: 'Welcome messages that WeCom accepted.' },
  },
  firstSteps: {
    title: 'Begin here',
    intro: 'After three steps you see who came, from where, and what became of them.',
    connect: 'Connect WeCom',
    connectHint: 'Give the corp ID, app and secret, follow the steps in the admin console, then run the self-check.',
    code: 'Make the first channel code',
    codeHint: 'Choose source and staff and write a welcome, with the phone preview beside it.',
    scan: 'Scan it',
    scanHint: 'Add the staff member with WeChat: the welcome comes within seconds, and the customer shows up here.',
    showCode: 'Show the QR code',
  },
};
