import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  archiveContent,
  createContent,
  createContentFolder,
  createMaterial,
  deleteContentFolder,
  findGaps,
  getContent,
  getContentVersion,
  getMaterial,
  listContentFolders,
  listContents,
  listContentUses,
  listMaterials,
  listMaterialUses,
  previewContent,
  replaceMaterial,
  updateContent,
  updateMaterial,
} from '#contract/content';
import { listLinks } from '#contract/links';
import { listAudit } from '#contract/organization';
import { copyScript, createScript, deleteScript, listScripts, updateScript } from '#contract/scripts';
import { createSealer } from '#platform/seal';
import { createTestApp, type Person, seedWorld, type TestApp, type World } from '#testing';
import { renderMessages } from './render.ts';
import { listMaterialsWaiting } from './uses.ts';
import { currentVersion } from './versions.ts';

let siyu: TestApp;
let world: World;
let adviser: Person;
const png = Buffer.from('89504e470d0a1a0a0000000d494844520000000100000001', 'hex');

beforeAll(async () => {
  siyu = await createTestApp();
  world = await seedWorld(siyu);
  adviser = await siyu.signIn('adviser', world.staff.li);
});

afterAll(() => siyu?.close());

const draft = (name: string, text = '你好，{{ customer.name }}') => ({
  name,
  category: 'care' as const,
  wordings: { wecom: { text, attachments: [] } },
});

describe('a content', () => {
  it('keeps every version: other words make a new one, another name does not', async () => {
    const { id, versionId } = await siyu.call(siyu.owner, createContent, draft('生日祝福'));
    const renamed = await siyu.call(siyu.owner, updateContent, { id, versionId, ...draft('生日问候') });
    expect(renamed.versionId).toBe(versionId);
    const changed = await siyu.call(siyu.owner, updateContent, { id, versionId, ...draft('生日问候', '生日快乐') });
    expect(changed.versionId).not.toBe(versionId);
    const content = await siyu.call(siyu.owner, getContent, { id });
    expect(content).toMatchObject({ name: '生日问候', versionNumber: 2, wordings: { wecom: { text: '生日快乐' } } });
    expect(content.versions.map((version) => version.number)).toEqual([2, 1]);
    const first = await siyu.call(siyu.owner, getContentVersion, { id, number: 1 });
    expect(first.wordings.wecom?.text).toBe('你好，{{ customer.name }}');
    const again = await siyu.ask(siyu.owner, updateContent, { id, versionId, ...draft('生日问候', '晚了') });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'content_changed' } } });
    const { rows } = await siyu.call(siyu.owner, listAudit, { subjectKind: 'content' });
    expect(rows.slice(0, 3).map((row) => row.action)).toEqual([
      'content.updated',
      'content.updated',
      'content.created',
    ]);
  });

  it('with all its wordings is the same when it is saved unchanged', async () => {
    const wordings = {
      task: { words: '打个电话' },
      email: { subject: '主题', preheader: '', markdown: '正文' },
      wecom: {
        text: '看 https://shop.test/x',
        attachments: [{ kind: 'link' as const, title: '新品', description: '', url: 'https://shop.test/x' }],
      },
      sms: { templateCode: 'SMS_1', templateText: '您好', params: [] },
    };
    const whole = {
      name: '全渠道',
      category: 'content' as const,
      wordings,
      trackedUrls: ['https://shop.test/x', 'https://shop.test/absent'],
    };
    const { id, versionId } = await siyu.call(siyu.owner, createContent, whole);
    const content = await siyu.call(siyu.owner, getContent, { id });
    expect(content.trackedUrls).toEqual(['https://shop.test/x']);
    expect(await siyu.call(siyu.owner, updateContent, { id, versionId, ...whole })).toEqual({ versionId });
    const links = await siyu.call(siyu.owner, listLinks, { search: 'shop.test/x' });
    expect(links.rows).toMatchObject([{ title: 'shop.test/x', opens: 0, people: 0 }]);
  });

  it('that cannot be said is refused at the field and the line', async () => {
    const answer = await siyu.ask(siyu.owner, createContent, draft('坏', '一\n{{ customer.nam }}'));
    expect(answer).toMatchObject({
      status: 400,
      body: {
        error: {
          code: 'input_invalid',
          fields: [
            { path: 'wordings.wecom.text', problem: 'template_unknown_variable', values: { row: 2, column: 4 } },
          ],
        },
      },
    });
  });

  it('is found by any two characters of its name or words, and by where it has words', async () => {
    await siyu.call(siyu.owner, createContent, draft('龙井上新', '明前龙井到店'));
    const found = async (input: object) =>
      (await siyu.call(siyu.owner, listContents, input as never)).rows.map((row) => row.name);
    expect(await found({ search: '井上' })).toEqual(['龙井上新']);
    expect(await found({ search: '明前' })).toEqual(['龙井上新']);
    expect(await found({ search: '新龙' })).toEqual([]);
    expect(await found({ wording: 'sms' })).toEqual(['全渠道']);
    expect(await found({ search: '井上', category: 'promotion' })).toEqual([]);
  });

  it('that is archived is used no more, and comes back when its name is still free', async () => {
    const { id, versionId } = await siyu.call(siyu.owner, createContent, draft('旧'));
    await siyu.call(siyu.owner, archiveContent, { id, isArchived: true });
    await expect(currentVersion(siyu.ctx, id)).rejects.toMatchObject({ code: 'content_archived' });
    const edit = await siyu.ask(siyu.owner, updateContent, { id, versionId, ...draft('旧', '新') });
    expect(edit.body).toMatchObject({ error: { code: 'content_archived' } });
    await siyu.call(siyu.owner, createContent, draft('旧'));
    const restored = await siyu.ask(siyu.owner, archiveContent, { id, isArchived: false });
    expect(restored.body).toMatchObject({ error: { code: 'content_name_taken' } });
  });

  it('lies in a folder; without the folder it lies in none', async () => {
    const { id: folderId } = await siyu.call(siyu.owner, createContentFolder, { kind: 'content', name: '中秋' });
    const { id: other } = await siyu.call(siyu.owner, createContentFolder, { kind: 'script', name: '中秋' });
    const { id } = await siyu.call(siyu.owner, createContent, { ...draft('中秋'), folderId });
    const wrong = await siyu.ask(siyu.owner, createContent, { ...draft('端午'), folderId: other });
    expect(wrong.body).toMatchObject({ error: { code: 'folder_unknown' } });
    const folders = await siyu.call(siyu.owner, listContentFolders, { kind: 'content' });
    expect(folders.rows).toContainEqual({ id: folderId, name: '中秋', count: 1 });
    await siyu.call(siyu.owner, deleteContentFolder, { id: folderId });
    expect((await siyu.call(siyu.owner, getContent, { id })).folder).toBeNull();
    expect(await siyu.call(siyu.owner, listContentUses, { id })).toEqual({ uses: [] });
  });
});

describe('a preview', () => {
  it('shows what somebody would get, and marks what is missing', async () => {
    const shown = await siyu.call(siyu.owner, previewContent, {
      kind: 'wecom',
      wordings: {
        wecom: {
          text: '{{ customer.name }}，{{ customer.attributes.city }}，{{ staff.name }}，https://a.test/x',
          attachments: [],
        },
      },
      trackedUrls: ['https://a.test/x'],
      customerId: world.customers.ofLi,
    });
    expect(shown.message).toMatchObject({ text: '王小芳，{{ customer.attributes.city }}，李娜，http://siyu.test/l/…' });
    expect(shown.missing).toEqual(['customer.attributes.city']);
    expect(shown.problems).toEqual([]);
  });

  it('of a draft that is wrong says what is wrong', async () => {
    const shown = await siyu.call(siyu.owner, previewContent, {
      kind: 'task',
      wordings: { task: { words: '{{ customer.name | nope }}' } },
    });
    expect(shown.problems).toMatchObject([{ path: 'wordings.task.words', problem: 'template_unknown_filter' }]);
  });

  it('is for an adviser of his own customers only', async () => {
    const input = { kind: 'task' as const, wordings: { task: { words: '{{ customer.name }}' } } };
    const own = await siyu.call(adviser, previewContent, { ...input, customerId: world.customers.ofLi });
    expect(own.message).toEqual({ kind: 'task', words: '王小芳' });
    const other = await siyu.ask(adviser, previewContent, { ...input, customerId: world.customers.ofWang });
    expect(other.status).toBe(404);
  });

  it('for many tells which of them would miss what', async () => {
    const { id } = await siyu.call(siyu.owner, createContent, {
      ...draft('缺口', '{{ customer.last_order.product }}'),
      name: '缺口',
    });
    const gaps = await siyu.call(siyu.owner, findGaps, { id, wording: 'wecom' });
    expect(gaps).toMatchObject({ looked: 3, silent: 2, isAll: true });
    expect(gaps.gaps).toMatchObject([{ variable: 'customer.last_order.product', count: 2 }]);
    expect(gaps.gaps[0]?.customers.map((customer) => customer.name).sort()).toEqual(['周周', '陈晨']);
    const unknown = await siyu.ask(siyu.owner, findGaps, { id, wording: 'wecom', segment: 9_999_999 });
    expect(unknown.body).toMatchObject({ error: { code: 'segment_unknown' } });
  });
});

describe('a file', () => {
  it('that is replaced is another wherever it is carried, and stays what it was in what was sent', async () => {
    const first = (await siyu.ask(siyu.owner, createMaterial, { name: '海报.png' }, png)).body;
    const { id, versionId } = await siyu.call(siyu.owner, createContent, {
      name: '带图',
      category: 'content',
      wordings: { wecom: { text: '看图', attachments: [{ kind: 'image', materialId: first.id }] } },
    });
    const second = (await siyu.ask(siyu.owner, replaceMaterial, { id: first.id, name: '新海报.png' }, png)).body;
    const third = (await siyu.ask(siyu.owner, replaceMaterial, { id: second.id, name: '更新海报.png' }, png)).body;
    const request = {
      versionId,
      customerId: null,
      staffId: null,
      touchId: null,
      kind: 'campaign',
      sourceId: 1,
    } as const;
    const links = { publicUrl: 'https://s.test', sealer: createSealer('x'.repeat(32)) };
    const [rendered] = await renderMessages(siyu.ctx, 'wecom_mass', [request], links);
    expect(rendered).toMatchObject({ message: { attachments: [{ kind: 'image', materialId: third.id }] } });
    const { rows } = await siyu.call(siyu.owner, listMaterials, { search: '海报' });
    expect(rows.map((row) => row.id)).toEqual([third.id]);
    expect((await siyu.ask(siyu.owner, getMaterial, { id: first.id })).raw).toEqual(png);
    const uses = await siyu.call(siyu.owner, listMaterialUses, { id: third.id });
    expect(uses.uses).toEqual([{ kind: 'content', id, name: '带图' }]);
    const again = await siyu.ask(siyu.owner, replaceMaterial, { id: first.id, name: 'x.png' }, png);
    expect(again.body).toMatchObject({ error: { code: 'material_replaced', details: { materialId: third.id } } });
    const text = await siyu.ask(
      siyu.owner,
      replaceMaterial,
      { id: third.id, name: 'x.txt' },
      Buffer.from('no picture'),
    );
    expect(text.body).toMatchObject({ error: { code: 'material_type_unsupported' } });
  });

  it('is among those that wait while a pack with it does, as the one that took its place', async () => {
    const { body: poster } = await siyu.ask(siyu.owner, createMaterial, { name: '等.png' }, png);
    await siyu.database.pool.query(
      `insert into touch_pack (channel, kind, message, state, customer_count, created_at, expires_at)
       select 'wecom_mass', 'campaign', $1, state, 1, now(), now() from unnest(array['planned', 'done']) as state`,
      [JSON.stringify({ kind: 'wecom', text: '', attachments: [{ kind: 'image', materialId: poster.id }] })],
    );
    expect(await listMaterialsWaiting(siyu.ctx)).toEqual([poster.id]);
    const { body: newer } = await siyu.ask(siyu.owner, replaceMaterial, { id: poster.id, name: '新.png' }, png);
    expect(await listMaterialsWaiting(siyu.ctx)).toEqual([newer.id]);
  });

  it('is renamed and archived', async () => {
    const { body } = await siyu.ask(siyu.owner, createMaterial, { name: '旧名.png' }, png);
    await siyu.call(siyu.owner, updateMaterial, { id: body.id, name: '新名.png', folderId: null, isArchived: true });
    expect((await siyu.call(siyu.owner, listMaterials, { search: '名.png' })).rows).toEqual([]);
    const archived = await siyu.call(siyu.owner, listMaterials, { archived: true });
    expect(archived.rows).toMatchObject([{ name: '新名.png', isArchived: true }]);
  });
});

describe('a script', () => {
  it('is found by Chinese characters, filled for a customer of the adviser, and counted when it is taken', async () => {
    const { id } = await siyu.call(siyu.owner, createScript, {
      title: '催付',
      words: '{{ customer.name }}您好，订单还没付款，{{ staff.name }}',
    });
    await siyu.call(siyu.owner, createScript, { title: '价格', words: '价格如下' });
    const copy = await siyu.call(adviser, copyScript, { id, customerId: world.customers.ofLi });
    expect(copy).toEqual({ words: '王小芳您好，订单还没付款，李娜', missing: [] });
    const other = await siyu.ask(adviser, copyScript, { id, customerId: world.customers.ofWang });
    expect(other.status).toBe(404);
    expect(await siyu.call(adviser, copyScript, { id })).toMatchObject({ missing: ['customer.name'] });
    const { rows } = await siyu.call(adviser, listScripts, {});
    expect(rows.slice(0, 2).map((row) => [row.title, row.copyCount])).toEqual([
      ['催付', 2],
      ['价格', 0],
    ]);
    const found = await siyu.call(adviser, listScripts, { search: '没付' });
    expect(found.rows.map((row) => row.title)).toEqual(['催付']);
    await siyu.call(siyu.owner, updateScript, { id, title: '催付款', words: '请付款' });
    expect((await siyu.call(adviser, listScripts, { search: '没付' })).rows).toEqual([]);
    await siyu.call(siyu.owner, deleteScript, { id });
    expect((await siyu.ask(adviser, copyScript, { id })).status).toBe(404);
  });

  it('that cannot be filled is refused', async () => {
    const answer = await siyu.ask(siyu.owner, createScript, { title: '坏', words: '{% for x in y %}' });
    expect(answer.body).toMatchObject({ error: { fields: [{ path: 'words', problem: 'template_unknown_tag' }] } });
  });
});
