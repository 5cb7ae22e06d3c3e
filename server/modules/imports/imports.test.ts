import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Output } from '#contract';
import { listOrders } from '#contract/commerce';
import { listCustomers } from '#contract/customers';
import {
  cancelImport,
  deleteImport,
  getImport,
  getRejectedRows,
  importFields,
  previewImport,
  setImport,
  startImport,
  uploadImport,
} from '#contract/imports';
import { sql } from '#platform/db';
import { createTestApp, type TestApp } from '#testing';
import { createCollector } from './collect.ts';
import { suggestSettings } from './columns.ts';
import { examineFile, readRows, receiveFile } from './file.ts';

type Import = Output<typeof getImport>;
type Kind = Import['kind'];

/** 「订单号,下单时间,…」 in GB18030: what a spreadsheet in Chinese saves. */
const inGb18030 = (text: string) =>
  Buffer.concat([...text].map((letter) => gb18030.get(letter) ?? Buffer.from(letter)));
const gb18030 = new Map(
  Object.entries({
    订: 'b6a9',
    单: 'b5a5',
    号: 'bac5',
    下: 'cfc2',
    时: 'cab1',
    间: 'bce4',
    商: 'c9cc',
    品: 'c6b7',
    名: 'c3fb',
    称: 'b3c6',
    数: 'cafd',
    量: 'c1bf',
    价: 'bcdb',
    编: 'b1e0',
    码: 'c2eb',
    岩: 'd1d2',
    茶: 'b2e8',
    𠮷: '9534b039',
  }).map(([letter, hex]) => [letter, Buffer.from(hex, 'hex')] as const),
);

describe('a file', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-files-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write = (content: Buffer | string) => {
    const path = join(folder, 'file');
    writeFileSync(path, content);
    return path;
  };
  const lines = async (content: Buffer | string) => {
    const path = write(content);
    const rows: string[] = [];
    for await (const row of readRows(path, { isCompressed: false, encoding: 'utf-8', separator: ',' })) {
      rows.push(`${row.line} ${row.problem ?? row.cells.join('|')}`);
    }
    return rows;
  };

  it('shows its encoding, its separator and whether it is compressed', async () => {
    const text = '订单号;商品名称\n1;岩茶\n2;岩茶\n';
    expect(await examineFile(write(text))).toMatchObject({
      encoding: 'utf-8',
      separator: ';',
      columns: ['订单号', '商品名称'],
      rowCount: 2,
    });
    expect(await examineFile(write(`\ufeff${text}`))).toMatchObject({
      encoding: 'utf-8',
      columns: ['订单号', '商品名称'],
    });
    expect(await examineFile(write(inGb18030(text)))).toMatchObject({
      encoding: 'gb18030',
      columns: ['订单号', '商品名称'],
      sample: [
        ['1', '岩茶'],
        ['2', '岩茶'],
      ],
    });
    expect(await examineFile(write(gzipSync(inGb18030(text))))).toMatchObject({
      isCompressed: true,
      encoding: 'gb18030',
    });
    expect(await examineFile(write(Buffer.from(`\ufeff${text}`, 'utf16le')))).toMatchObject({
      encoding: 'utf-16le',
      columns: ['订单号', '商品名称'],
    });
    expect((await examineFile(write('a\tb,c\n1\t2,5\n'))).separator).toBe('\t');
  });

  it('of which only the end is Chinese is not taken for UTF-8', async () => {
    const start = Buffer.from(`a,b\n${'1,2\n'.repeat(200_000)}`);
    expect((await examineFile(write(Buffer.concat([start, inGb18030('3,岩茶\n')])))).encoding).toBe('gb18030');
  });

  it('that is no table is refused with what it is', async () => {
    const reasonOf = (content: Buffer | string) =>
      examineFile(write(content)).then(
        () => 'taken',
        (error: { details?: { reason?: string } }) => error.details?.reason,
      );
    expect(await reasonOf('')).toBe('empty');
    expect(await reasonOf('a,b\n')).toBe('no_rows');
    expect(await reasonOf(Buffer.from('PK\u0003\u0004rest'))).toBe('spreadsheet');
    expect(await reasonOf(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]))).toBe('not_text');
    expect(await reasonOf(Buffer.from('a,b\n1,\xff\xff\n', 'latin1'))).toBe('encoding');
    expect(await reasonOf(Buffer.from('a,b\n1,\u0000\n'))).toBe('not_text');
    expect(await reasonOf(gzipSync('a,b\n1,2\n'.repeat(1000)).subarray(0, 40))).toBe('gzip');
  });

  it('is read row by row, each with the line it begins on', async () => {
    expect(await lines('a,b\r\n1,"two\r\nlines"\r\n\r\n3,"say ""hi"""\r\n4,5,6\n7\n')).toEqual([
      '1 a|b',
      '2 1|two\r\nlines',
      '5 3|say "hi"',
      '6 4|5|6',
      '7 7',
    ]);
    expect(await lines('a,b\n1,6" pipe\n2,"x" y\n')).toEqual(['1 a|b', '2 1|6" pipe', '3 2|"x" y']);
  });

  it('in which a quote is never closed loses that row only', async () => {
    const rows = await lines(`a,b\n1,2\n"x,3\n${'4,5\n'.repeat(400_000)}`);
    expect(rows.slice(0, 4)).toEqual(['1 a|b', '2 1|2', '3 quote_not_closed', '4 4|5']);
    expect(rows).toHaveLength(400_003);
  });

  it('that is too large leaves nothing behind', async () => {
    const inside = join(folder, 'received');
    const body = Readable.from([Buffer.alloc(600), Buffer.alloc(600)]);
    await expect(receiveFile(inside, body, 1000)).rejects.toMatchObject({ code: 'body_too_large' });
    expect(readdirSync(inside)).toEqual([]);
  });
});

describe('an import', () => {
  let siyu: TestApp;
  beforeAll(async () => {
    siyu = await createTestApp();
    await siyu.startWorker();
  });
  afterAll(() => siyu.close());

  async function upload(kind: Kind, content: Buffer | string, name = 'file.csv') {
    const answer = await siyu.ask(siyu.owner, uploadImport, { kind, name }, Buffer.from(content as string));
    expect(answer.status, answer.raw.toString()).toBe(200);
    return answer.body;
  }

  async function untilEnded(id: number): Promise<Import> {
    for (const end = Date.now() + 40_000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 50))) {
      const run = await siyu.call(siyu.owner, getImport, { id });
      if (run.state !== 'running') return run;
    }
    throw new Error('the import did not end');
  }

  async function run(kind: Kind, content: Buffer | string, patch: Partial<Import['settings']> = {}) {
    const { id, settings } = await upload(kind, content);
    if (Object.keys(patch).length > 0)
      await siyu.call(siyu.owner, setImport, { id, settings: { ...settings, ...patch } });
    await siyu.call(siyu.owner, startImport, { id });
    return untilEnded(id);
  }

  const orders = [
    '订单号,下单时间,商品编码,商品名称,数量,单价,手机号',
    'I1,2026-11-01 10:00,tea,岩茶,2,99.5,13800000001',
    'I1,2026-11-01 10:00,cup,茶杯,1,30,13800000001',
    'I1,2026-11-01 10:00,cup,茶杯,1,30,13800000001',
    'I2,2026-02-30,tea,岩茶,1,99.5,',
    'I3,2026-11-02 10:00,tea,岩茶,1,99.5,,多一列',
    'I4,2026-11-02 10:00,tea',
    'R1,2026-11-03 10:00,cup,茶杯,-1,30,13800000001',
  ].join('\n');

  it('is previewed, runs, accounts for every row, and gives the rejected ones back', async () => {
    const { id, settings } = await upload('orders', orders);
    const preview = await siyu.call(siyu.owner, previewImport, { id });
    expect(preview).toMatchObject({
      looked: 7,
      accepted: 4,
      reasons: { date_invalid: 1, columns_too_many: 1, columns_too_few: 1 },
    });
    expect(preview.rows[0]?.understood).toMatchObject({
      number: 'I1',
      ordered_at: '2026-11-01T02:00:00.000Z',
      amountFen: '19900',
    });
    await siyu.call(siyu.owner, setImport, { id, settings: { ...settings, shop: '茶庄' } });
    await siyu.call(siyu.owner, startImport, { id });
    const done = await untilEnded(id);
    expect(done).toMatchObject({
      state: 'done',
      counts: {
        rows: 7,
        imported: 3,
        merged: 1,
        rejected: 3,
        facts: 2,
        money: { CNY: { soldFen: 22_900, refundedFen: 3000, mergedFen: 3000, rejectedFen: 9950 } },
      },
    });
    const { rows } = await siyu.call(siyu.owner, listOrders, { shop: '茶庄' });
    expect(rows.map((row) => [row.number, row.totalFen, row.refundedFen, row.lineCount])).toEqual([
      ['R1', 0, 3000, 0],
      ['I1', 22_900, 0, 2],
    ]);
    expect(rows[0]?.customer?.id).toBe(rows[1]?.customer?.id);
    const rejected = await siyu.ask(siyu.owner, getRejectedRows, { id });
    expect(rejected.raw.toString('utf8').replace('\ufeff', '').trim().split('\n')).toEqual([
      'line,reason,订单号,下单时间,商品编码,商品名称,数量,单价,手机号',
      '5,date_invalid: ordered_at,I2,2026-02-30,tea,岩茶,1,99.5,',
      '6,columns_too_many,I3,2026-11-02 10:00,tea,岩茶,1,99.5,,多一列',
      '7,columns_too_few,I4,2026-11-02 10:00,tea',
    ]);
    expect((await siyu.ask(siyu.owner, startImport, { id })).body).toMatchObject({ error: { code: 'import_started' } });
  });

  it('of the same file a second time changes nothing', async () => {
    const sums = async () => {
      const { rows } = await sql<{ sum: string }>`
        select concat_ws(' ', (select count(*) from shop_order), (select sum(xmin::text::bigint) from shop_order),
          (select sum(xmin::text::bigint) from order_line), (select sum(xmin::text::bigint) from refund), (select count(*) from event)) as sum
      `.execute(siyu.database.db);
      return rows[0]?.sum;
    };
    const before = await sums();
    const again = await run('orders', orders, { shop: '茶庄' });
    expect(again.counts).toMatchObject({ rows: 7, imported: 0, merged: 4, rejected: 3, facts: 0 });
    expect(await sums()).toBe(before);
  });

  it('that is cancelled can go on, and ends as if it had not been', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => `K${i},2026-11-01 10:00,tea,岩茶,1,1.00,`);
    const { id, settings } = await upload(
      'orders',
      ['订单号,下单时间,商品编码,商品名称,数量,单价,手机号', ...rows].join('\n'),
    );
    await siyu.call(siyu.owner, setImport, { id, settings: { ...settings, shop: '停' } });
    await siyu.call(siyu.owner, startImport, { id });
    await siyu.call(siyu.owner, cancelImport, { id });
    const stopped = await untilEnded(id);
    expect(stopped.state).toBe('cancelled');
    expect(stopped.counts.rows).toBeLessThan(30_000);
    await siyu.call(siyu.owner, startImport, { id });
    const done = await untilEnded(id);
    expect(done).toMatchObject({ state: 'done', counts: { rows: 30_000, imported: 30_000, merged: 0, rejected: 0 } });
    const { rows: sums } = await sql<{ n: number; fen: number }>`
      select count(*) as n, sum(total_fen)::bigint as fen from shop_order where shop = '停'
    `.execute(siyu.database.db);
    expect(sums[0]).toEqual({ n: 30_000, fen: 3_000_000 });
    await siyu.call(siyu.owner, deleteImport, { id });
    expect((await siyu.ask(siyu.owner, getImport, { id })).status).toBe(404);
  });

  it('brings in customers, their events and their tags', async () => {
    const people = await run('customers', '手机号,姓名,性别\n13900000001,王芳,女\n13900000002,李雷,男\n12,短,男\n');
    expect(people.counts).toMatchObject({ imported: 2, rejected: 1, reasons: { phone_invalid: 1 } });
    const { rows } = await siyu.call(siyu.owner, listCustomers, { search: '王芳' });
    expect(rows).toHaveLength(1);
    const visits = [
      'phone,event,time,page',
      '13900000001,Page Viewed,2026-11-01 10:00,/茶',
      '13900000001,Page Viewed,2026-11-01 10:00,/茶',
    ];
    const events = await run('events', visits.join('\n'));
    expect(events.counts).toMatchObject({ imported: 1, merged: 1, rejected: 0 });
    const tagFile = '手机号,标签\n13900000001,老客|爱茶\n13900000002,老客\n13999999999,老客\n13900000001,老客\n';
    const refused = await run('tags', tagFile);
    expect(refused.counts.reasons).toEqual({ tag_unknown: 3, customer_unknown: 1 });
    const tags = await run('tags', tagFile, { newTagGroup: '导入' });
    expect(tags.counts).toMatchObject({ imported: 2, merged: 1, rejected: 1, reasons: { customer_unknown: 1 } });
    const [wang] = (await siyu.call(siyu.owner, listCustomers, { search: '王芳' })).rows;
    expect(wang?.tags.map((tag) => tag.name).sort()).toEqual(['爱茶', '老客']);
  });

  it('is not started while its columns do not say enough', async () => {
    const { id } = await upload('orders', 'x,y\n1,2\n');
    const answer = await siyu.ask(siyu.owner, startImport, { id });
    expect(answer.body).toMatchObject({ error: { code: 'import_settings_invalid' } });
  });
});

const retail = join(import.meta.dirname, '..', '..', '..', '..', 'shared', 'data', 'online-retail.csv.gz');

describe.skipIf(!existsSync(retail))('the file of a gift retailer (skipped where ../shared is not there)', () => {
  it('is accounted for, row by row and pound by pound', async () => {
    const examined = await examineFile(retail);
    const settings = {
      ...suggestSettings('orders', importFields.orders, examined, { zone: 'Europe/London', attributes: new Map() }),
      currency: 'GBP',
    };
    const collector = createCollector({ kind: 'orders', settings, key: 'retail', toldAt: 0, attributes: new Map() });
    const sums = { rows: 0, taken: 0, merged: 0, rejected: 0, sold: 0, refunded: 0, mergedFen: 0, rejectedFen: 0 };
    const add = () => {
      const piece = collector.cut(sums.rows === examined.rowCount);
      for (const { taken, merged, money } of piece.units) {
        sums.taken += taken;
        sums.merged += merged;
        sums.sold += money?.soldFen ?? 0;
        sums.refunded += money?.refundedFen ?? 0;
        sums.mergedFen += money?.mergedFen ?? 0;
      }
      sums.rejected += piece.rejected.length;
      for (const { money } of piece.rejected) sums.rejectedFen += money?.amountFen ?? 0;
    };
    let place = -1;
    for await (const row of readRows(retail, examined)) {
      place++;
      if (place === 0) continue;
      sums.rows++;
      collector.add(row, place);
      if (place % 20_000 === 0) add();
    }
    add();
    expect(sums).toEqual({
      rows: 541_909,
      taken: 535_302,
      merged: 5268,
      rejected: 1339,
      sold: 1_063_104_874,
      refunded: 89_397_973,
      mergedFen: 2_174_098,
      rejectedFen: -1_106_206,
    });
  }, 120_000);
});
