import type { TFunction } from 'i18next';
import type { z } from 'zod';
import type { sourceKind } from '#contract/web';

/** Code to paste, for each way to tell siyu what happens. */

export type Way = 'browser' | 'analytics' | 'node' | 'curl' | 'mini';

/** The likeliest way first. */
export const waysOfKind: Readonly<Record<z.output<typeof sourceKind>, readonly Way[]>> = {
  website: ['browser', 'analytics', 'node', 'curl'],
  app: ['curl', 'node'],
  mini_program: ['mini', 'node', 'curl'],
  server: ['node', 'curl'],
  shop: ['node', 'curl'],
};

export function snippetOf(way: Way, address: string, key: string, t: TFunction): string {
  return builders[way]({ address, key, t });
}

interface Parts {
  readonly address: string;
  readonly key: string;
  readonly t: TFunction;
}

const person = (t: TFunction) =>
  `{ name: '${t('dataSource.sample.name')}', phone: '13800000001', city: '${t('dataSource.sample.city')}' }`;
const viewed = (t: TFunction) =>
  `{ sku: 'TEA-250', name: '${t('dataSource.sample.product')}', price: 168, currency: 'CNY' }`;

const builders: Readonly<Record<Way, (parts: Parts) => string>> = {
  browser: ({ address, key, t }) => `<script>
  window.siyu = (function () {
    var address = '${address}/v1/';
    var newId = function () { return Date.now().toString(36) + Math.random().toString(36).slice(2); };
    // ${t('dataSource.comment.anonymous')}
    var visitor = localStorage.siyuVisitor || (localStorage.siyuVisitor = newId());
    function tell(call, message) {
      var body = Object.assign({
        writeKey: '${key}',
        messageId: newId(),
        anonymousId: visitor,
        userId: localStorage.siyuUser,
        context: { page: { url: location.href, title: document.title, referrer: document.referrer } },
      }, message);
      // ${t('dataSource.comment.plain')}
      fetch(address + call, {
        method: 'POST',
        keepalive: true,
        headers: { 'content-type': 'text/plain' },
        body: JSON.stringify(body),
      }).catch(function () {});
    }
    return {
      page: function (name) { tell('page', { name: name }); },
      track: function (event, properties) { tell('track', { event: event, properties: properties }); },
      identify: function (userId, traits) {
        localStorage.siyuUser = userId;
        tell('identify', { userId: userId, traits: traits });
      },
    };
  })();
  siyu.page();
</script>

<script>
  // ${t('dataSource.comment.afterSignIn')}
  siyu.identify('user-1001', ${person(t)});
  // ${t('dataSource.comment.happened')}
  siyu.track('Product Viewed', ${viewed(t)});
</script>`,

  analytics: ({ address, key, t }) => {
    const { host, protocol } = new URL(address);
    return `import { AnalyticsBrowser } from '@segment/analytics-next';

const analytics = AnalyticsBrowser.load({
  writeKey: '${key}',
  cdnSettings: {
    integrations: {
      'Segment.io': { apiKey: '${key}', apiHost: '${host}/v1', protocol: '${protocol.replace(':', '')}' },
    },
  },
});

analytics.page();
// ${t('dataSource.comment.afterSignIn')}
analytics.identify('user-1001', ${person(t)});
// ${t('dataSource.comment.happened')}
analytics.track('Product Viewed', ${viewed(t)});`;
  },

  node: ({ address, key, t }) => `import { Analytics } from '@segment/analytics-node';

const analytics = new Analytics({
  writeKey: '${key}',
  host: '${address}',
  path: '/v1/batch',
});

analytics.identify({
  userId: 'user-1001',
  traits: ${person(t)},
});
analytics.track({
  userId: 'user-1001',
  event: 'Order Completed',
  properties: { order_id: '20260001', total: 168, currency: 'CNY' },
});

// ${t('dataSource.comment.beforeExit')}
await analytics.closeAndFlush();`,

  curl: ({ address, key, t }) => `curl -u '${key}:' ${address}/v1/identify \\
  -H 'content-type: application/json' \\
  -d '{"userId":"user-1001","traits":{"name":"${t('dataSource.sample.name')}","phone":"13800000001"}}'

curl -u '${key}:' ${address}/v1/track \\
  -H 'content-type: application/json' \\
  -d '{"userId":"user-1001","event":"Product Viewed","properties":{"sku":"TEA-250","name":"${t('dataSource.sample.product')}"}}'`,

  mini: ({ address, key, t }) => `// utils/siyu.js
const newId = () => Date.now().toString(36) + Math.random().toString(36).slice(2);
// ${t('dataSource.comment.anonymous')}
let visitor = wx.getStorageSync('siyuVisitor');
if (!visitor) wx.setStorageSync('siyuVisitor', (visitor = newId()));

function tell(call, message) {
  wx.request({
    url: '${address}/v1/' + call,
    method: 'POST',
    header: { 'content-type': 'application/json' },
    data: {
      writeKey: '${key}',
      messageId: newId(),
      anonymousId: visitor,
      userId: wx.getStorageSync('siyuUser') || undefined,
      ...message,
    },
  });
}

module.exports = {
  screen: (name) => tell('screen', { name }),
  track: (event, properties) => tell('track', { event, properties }),
  identify(userId, traits) {
    wx.setStorageSync('siyuUser', userId);
    tell('identify', { userId, traits });
  },
};

// pages/product/product.js
const siyu = require('../../utils/siyu');
Page({
  onShow() {
    siyu.screen('product');
    // ${t('dataSource.comment.happened')}
    siyu.track('Product Viewed', ${viewed(t)});
  },
});`,
};
