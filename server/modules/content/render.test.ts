import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Wordings } from '#contract/content';
import { inTransaction } from '#platform/ctx';
import { createSealer } from '#platform/seal';
import { createTestApp, seedWorld, type TestApp, type World } from '#testing';
import { decodeLinkCode } from './link-codes.ts';
import { ensureLinks } from './lookups.ts';
import { type RenderRequest, renderMessages, renderWords } from './render.ts';
import { currentVersion, isSameForAll, requireVersion } from './versions.ts';

const links = { publicUrl: 'https://s.test', sealer: createSealer('a secret of at least thirty-two characters') };
const shopUrl = 'https://shop.test/new';

let siyu: TestApp;
let world: World;

beforeAll(async () => {
  siyu = await createTestApp();
  world = await seedWorld(siyu);
});

afterAll(() => siyu?.close());

async function makeVersion(name: string, wordings: Wordings, trackedUrls: string[] = []): Promise<number> {
  const { rows } = await siyu.database.pool.query<{ id: number }>(
    `with c as (
       insert into content (name, category, search_text, search_grams, created_at, updated_at)
       values ($1, 'content', '', '{}', now(), now()) returning id
     )
     insert into content_version (content_id, number, wordings, tracked_urls, created_by, created_at)
     select id, 1, $2, $3, '', now() from c returning id`,
    [name, JSON.stringify(wordings), trackedUrls],
  );
  const id = rows[0]?.id ?? 0;
  await siyu.database.pool.query('update content set version_id = $1 where name = $2', [id, name]);
  await inTransaction(siyu.ctx, (ctx) => ensureLinks(ctx, trackedUrls));
  return id;
}

const request = (more: Partial<RenderRequest> = {}): RenderRequest => ({
  customerId: world.customers.ofLi,
  staffId: world.staff.li,
  touchId: null,
  kind: 'campaign',
  sourceId: 5,
  ...more,
});

describe('messages', () => {
  it('are filled for many people at once, in the order in which they were asked for', async () => {
    const versionId = await makeVersion('问候', {
      wecom: {
        text: '{{ customer.name }}，我是{{ staff.name }}。{{ customer.attributes.city }}{{ customer.last_order.product }}',
        attachments: [],
      },
    });
    const whom = [
      request(),
      request({ customerId: world.customers.ofWang, staffId: world.staff.wang }),
      request({ customerId: null }),
      request({ customerId: 9_999_999 }),
    ];
    const rendered = await renderMessages(
      siyu.ctx,
      'wecom_mass',
      whom.map((one) => ({ ...one, versionId })),
      links,
    );
    expect(rendered.map((one) => ('message' in one && one.message.kind === 'wecom' ? one.message.text : one))).toEqual([
      '王小芳，我是李娜。岩茶',
      '陈晨，我是王强。',
      '我是李娜。',
      '我是李娜。',
    ]);
    expect(rendered.map((one) => ('missing' in one ? one.missing : []))).toEqual([
      ['customer.attributes.city'],
      ['customer.attributes.city', 'customer.last_order.product'],
      ['customer.name', 'customer.attributes.city', 'customer.last_order.product'],
      ['customer.name', 'customer.attributes.city', 'customer.last_order.product'],
    ]);
  });

  it('that say nothing, or not on this channel, are a problem and no message', async () => {
    const versionId = await makeVersion('空', { wecom: { text: '{{ customer.attributes.city }}', attachments: [] } });
    const [silent] = await renderMessages(siyu.ctx, 'wecom_mass', [{ ...request(), versionId }], links);
    expect(silent).toEqual({ problem: 'nothing_to_say' });
    const [mail] = await renderMessages(siyu.ctx, 'email', [{ ...request(), versionId }], links);
    expect(mail).toEqual({ problem: 'content_missing' });
    const [gone] = await renderMessages(siyu.ctx, 'email', [{ ...request(), versionId: 9_999_999 }], links);
    expect(gone).toEqual({ problem: 'content_missing' });
  });

  it('carry tracked links: personal ones with a touch, shared ones without', async () => {
    const versionId = await makeVersion(
      '链接',
      {
        wecom: {
          text: `看看 ${shopUrl}`,
          attachments: [{ kind: 'link', title: '新品', description: '', url: shopUrl }],
        },
        sms: {
          templateCode: 'SMS_1',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: this is how providers write parameters
          templateText: '见 https://s.test/l/${code}',
          params: [{ name: 'code', text: shopUrl, isLinkCode: true }],
        },
      },
      [shopUrl],
    );
    const [shared, personal] = await renderMessages(
      siyu.ctx,
      'wecom_mass',
      [
        { ...request(), versionId },
        { ...request({ touchId: 77 }), versionId },
      ],
      links,
    );
    const codeIn = (one: typeof shared) => {
      if (!one || !('message' in one) || one.message.kind !== 'wecom') throw new Error('no message');
      const [attachment] = one.message.attachments;
      const code = one.message.text.split('/l/')[1] ?? '';
      expect(attachment).toMatchObject({ url: `https://s.test/l/${code}` });
      return decodeLinkCode(links.sealer, code);
    };
    expect(codeIn(shared)).toMatchObject({ kind: 'campaign', sourceId: 5, staffId: world.staff.li, person: undefined });
    expect(codeIn(personal)).toMatchObject({ person: { customerId: world.customers.ofLi, touchId: 77 } });
    const [sms] = await renderMessages(siyu.ctx, 'sms', [{ ...request({ touchId: 78 }), versionId }], links);
    if (!sms || !('message' in sms) || sms.message.kind !== 'sms') throw new Error('no SMS');
    expect(decodeLinkCode(links.sealer, sms.message.params.code ?? '')).toMatchObject({ person: { touchId: 78 } });
    expect(sms.message.preview).toBe(`见 https://s.test/l/${sms.message.params.code}`);
  });

  it('are the same for all where no customer is in them', async () => {
    const versionId = await makeVersion('同', {
      wecom: { text: '我是{{ staff.name }}', attachments: [] },
      task: { words: '{% if customer.name %}你好{% endif %}' },
    });
    const version = await requireVersion(siyu.ctx, versionId);
    expect(isSameForAll(version, 'wecom_mass')).toBe(true);
    expect(isSameForAll(version, 'staff_task')).toBe(false);
    expect(isSameForAll(version, 'email')).toBe(true);
    expect(await currentVersion(siyu.ctx, version.contentId)).toEqual(version);
    await siyu.database.pool.query('update content set archived_at = now() where id = $1', [version.contentId]);
    await expect(currentVersion(siyu.ctx, version.contentId)).rejects.toMatchObject({ code: 'content_archived' });
    await expect(requireVersion(siyu.ctx, 9_999_999)).rejects.toMatchObject({ code: 'content_unknown' });
  });
});

describe('a welcome', () => {
  it('knows its code, and what is told of the customer before the database knows it', async () => {
    const rendered = await renderWords(
      siyu.ctx,
      { text: '{{customer_name}}，欢迎来{{code_name}}！{{hook}}', attachments: [] },
      request({ customerId: null, kind: 'welcome', sourceId: world.codeId }),
      links,
      { 'customer.name': '{{ staff.name }}' },
    );
    expect(rendered).toEqual({
      message: { kind: 'wecom', text: '{{ staff.name }}，欢迎来南京路店！', attachments: [] },
      missing: ['code.hook'],
    });
  });
});
