import { afterAll, beforeAll, expect, test } from 'vitest';
import { dayMs } from '#sandbox/clock';
import type { Bench } from '#sandbox/testing';
import { png, startBench } from '#sandbox/testing';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.stop());

const download = (mediaId: string, headers: Record<string, string> = {}) =>
  fetch(`${bench.sandbox.url}/cgi-bin/media/get?access_token=${bench.token}&media_id=${mediaId}`, { headers });

test('an upload answers with an empty errmsg and its time as text, and gives the same bytes back', async () => {
  const reply = await bench.upload('image', png, '茶.png');
  expect(reply).toMatchObject({ errcode: 0, errmsg: '', type: 'image' });
  expect(reply.created_at).toBe(String(Math.floor(bench.sandbox.now() / 1000)));
  const file = await download(reply.media_id);
  expect(file.headers.get('content-type')).toBe('image/png');
  expect(Buffer.from(await file.arrayBuffer())).toEqual(png);
  const part = await download(reply.media_id, { range: 'bytes=1-3' });
  expect(part.status).toBe(206);
  expect(await part.text()).toBe('PNG');
});

test('what is no picture, too small, empty or of an unknown type is refused', async () => {
  expect((await bench.upload('image', Buffer.from('hello world'))).errcode).toBe(40004);
  expect((await bench.upload('voice', Buffer.from('hello world'))).errcode).toBe(301017);
  expect((await bench.upload('file', Buffer.from('hi'))).errcode).toBe(40006);
  expect((await bench.upload('file', Buffer.alloc(0))).errcode).toBe(44001);
  expect((await bench.upload('poster', png)).errcode).toBe(40005);
  expect((await bench.upload('image', Buffer.concat([png, Buffer.alloc(10 * 1024 * 1024)]))).errcode).toBe(45001);
  expect((await bench.post('media/upload?type=image', {})).errcode).not.toBe(0);
});

test('a media_id lives three simulated days', async () => {
  const { media_id } = await bench.upload('file', Buffer.from('a price list'), 'a.txt');
  expect(await (await download('unknown')).json()).toMatchObject({ errcode: 40007 });
  await bench.sandbox.step(bench.sandbox.now() + 3 * dayMs + 1000);
  expect(await (await download(media_id)).json()).toMatchObject({ errcode: 40145 });
});
