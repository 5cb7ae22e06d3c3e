import { describe, expect, it } from 'vitest';
import { signCall } from './signature.ts';

describe('a signature', () => {
  it('is that of the example in Alibaba Cloud’s document', () => {
    const { query, headers } = signCall(
      {
        host: 'ecs.cn-shanghai.aliyuncs.com',
        path: '/',
        action: 'RunInstances',
        version: '2014-05-26',
        query: { RegionId: 'cn-shanghai', ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd' },
        at: new Date('2023-10-26T10:22:32Z'),
        nonce: '3156853299f313e23d1673dc12e1703d',
      },
      { id: 'YourAccessKeyId', secret: 'YourAccessKeySecret' },
    );
    expect(query).toBe('ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai');
    expect(headers.authorization).toBe(
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    );
  });

  it('encodes as RFC 3986 says', () => {
    const call = { host: 'h', path: '/', action: 'A', version: 'V', at: new Date(0), nonce: 'n' };
    const { query } = signCall({ ...call, query: { b: "a b*c~d/e!'()", a: '山间' } }, { id: 'i', secret: 's' });
    expect(query).toBe('a=%E5%B1%B1%E9%97%B4&b=a%20b%2Ac~d%2Fe%21%27%28%29');
  });
});
