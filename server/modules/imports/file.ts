import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import type { encodings, separators } from '#contract/imports';
import { AppError } from '#platform/errors';
import { randomKey } from '#platform/ids';

/** Files of rows: received and read as streams, so that their size costs no memory. */

export type Encoding = (typeof encodings)[number];
export type Separator = (typeof separators)[number];

export interface StoredFile {
  /** Name under the folder of imports. */
  readonly file: string;
  readonly hash: string;
  readonly sizeBytes: number;
}

/** Writes what comes in to a file of its own. Refuses what is larger than `limitBytes` and leaves nothing of it. */
export async function receiveFile(folder: string, body: Readable, limitBytes: number): Promise<StoredFile> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = randomKey(20);
  const path = join(folder, file);
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      hash.update(chunk);
      if (sizeBytes > limitBytes) done(new AppError('body_too_large'));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(body, measure, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
  return { file, hash: hash.digest('hex'), sizeBytes };
}

export interface Examined {
  readonly isCompressed: boolean;
  readonly encoding: Encoding;
  readonly separator: Separator;
  /** Lines after the first: nearly the rows. */
  readonly rowCount: number;
  readonly columns: string[];
  readonly sample: string[][];
}

const unreadable = (reason: string) => new AppError('import_file_unreadable', { details: { reason } });

/**
 * Reads the whole file once to find out how it is written. UTF-8 shows itself: text of another encoding is hardly ever valid
 * UTF-8. What is not is GB18030, as spreadsheets in Chinese save it, and must be valid as that: nothing is ever half understood.
 */
export async function examineFile(path: string): Promise<Examined> {
  const start = readStart(path);
  const isCompressed = start[0] === 0x1f && start[1] === 0x8b;
  if (start.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) throw unreadable('spreadsheet');
  if (start.length === 0) throw unreadable('empty');
  const isUtf16 = !isCompressed && start[0] === 0xff && start[1] === 0xfe;
  let lines: number | undefined;
  let encoding: Encoding = 'utf-16le';
  for (encoding of isUtf16 ? (['utf-16le'] as const) : (['utf-8', 'gb18030'] as const)) {
    lines = await countLines(path, isCompressed, encoding);
    if (lines !== undefined) break;
  }
  if (lines === undefined) throw unreadable('encoding');
  const separator = await guessSeparator(path, isCompressed, encoding);
  const sample: string[][] = [];
  let columns: string[] = [];
  for await (const row of readRows(path, { isCompressed, encoding, separator })) {
    if (row.line === 1) columns = row.cells.map((cell) => cell.trim().slice(0, 100));
    else if (row.problem === undefined) sample.push([...row.cells]);
    if (sample.length >= 200) break;
  }
  if (columns.length > 300) throw unreadable('too_many_columns');
  if (sample.length === 0) throw unreadable('no_rows');
  return { isCompressed, encoding, separator, rowCount: Math.max(sample.length, lines - 1), columns, sample };
}

function readStart(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(16);
    return bytes.subarray(0, readSync(file, bytes));
  } finally {
    closeSync(file);
  }
}

function openBytes(path: string, isCompressed: boolean): Readable {
  const bytes = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (!isCompressed) return bytes;
  const plain = createGunzip({ chunkSize: 256 * 1024 });
  bytes.on('error', (error) => plain.destroy(error));
  plain.on('close', () => bytes.destroy());
  return bytes.pipe(plain);
}

/** Undefined when the bytes are not of this encoding. */
async function countLines(path: string, isCompressed: boolean, encoding: Encoding): Promise<number | undefined> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let lines = 0;
  let last = '\n';
  try {
    for await (const chunk of openBytes(path, isCompressed)) {
      const text = decoder.decode(chunk as Buffer, { stream: true });
      // No text holds NUL: these are pictures, or a program's own format.
      if (text.includes('\u0000')) throw unreadable('not_text');
      for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) lines++;
      last = text.at(-1) ?? last;
    }
    decoder.decode();
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && error.code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return undefined;
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_')) throw unreadable('gzip');
    throw error;
  }
  return last === '\n' ? lines : lines + 1;
}

/** The sign that parts the first lines into the same number of columns, more than one. */
async function guessSeparator(path: string, isCompressed: boolean, encoding: Encoding): Promise<Separator> {
  const scores: { separator: Separator; score: number }[] = [];
  for (const separator of ['\t', ';', '|', ','] as const) {
    const widths: number[] = [];
    for await (const row of readRows(path, { isCompressed, encoding, separator })) {
      widths.push(row.cells.length);
      if (widths.length >= 20) break;
    }
    const [width = 1] = widths;
    const same = widths.filter((other) => other === width).length / Math.max(1, widths.length);
    scores.push({ separator, score: width > 1 ? same * 1000 + width : 0 });
  }
  return scores.reduce((a, b) => (b.score > a.score ? b : a)).separator;
}

export interface FileForm {
  readonly isCompressed: boolean;
  readonly encoding: Encoding;
  readonly separator: Separator;
}

export interface FileRow {
  /** Where it begins, counted from 1 as an editor counts. */
  readonly line: number;
  readonly cells: readonly string[];
  /** Set for a row that cannot be read as cells. */
  readonly problem?: 'quote_not_closed';
}

/** A quoted text may hold line breaks, but not a whole file: where a quote is never closed, the next line is a row again. */
const longestRow = 1_000_000;

/** All rows, the first of which names the columns; empty lines are passed over. */
export async function* readRows(path: string, form: FileForm): AsyncGenerator<FileRow> {
  // After a quote that is not closed reading begins again behind its line.
  for (let skip = 0; ; ) {
    let last = skip;
    let doubles = 0;
    const source = openBytes(path, form.isCompressed);
    const parser = parse({
      delimiter: form.separator,
      bom: true,
      info: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      max_record_size: longestRow,
    });
    const stages: (Readable | NodeJS.ReadWriteStream)[] = [source];
    if (form.encoding !== 'utf-8') stages.push(createDecoder(form.encoding));
    if (skip > 0) stages.push(skipLines(skip));
    // Whatever breaks, breaks the parser, whose reader hears of it.
    const flowing = pipeline([...stages, parser] as never).catch(() => {});
    try {
      for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
        // The parser counts a line break of two signs inside quotes as two.
        doubles += record.reduce((sum, cell) => sum + (cell.includes('\r\n') ? cell.split('\r\n').length - 1 : 0), 0);
        const height = record.reduce((sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0);
        last = skip + info.lines - doubles;
        yield { line: last - height, cells: record };
      }
      return;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'CSV_QUOTE_NOT_CLOSED' && code !== 'CSV_MAX_RECORD_SIZE') throw error;
      yield { line: last + 1, cells: [], problem: 'quote_not_closed' };
      skip = last + 1;
    } finally {
      parser.destroy();
      source.destroy();
      await flowing;
    }
  }
}

function createDecoder(encoding: Encoding): Transform {
  const decoder = new TextDecoder(encoding);
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      done(null, Buffer.from(decoder.decode(chunk, { stream: true }), 'utf8'));
    },
    flush(done) {
      done(null, Buffer.from(decoder.decode(), 'utf8'));
    },
  });
}

function skipLines(count: number): Transform {
  let left = count;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      let from = 0;
      while (left > 0) {
        const end = chunk.indexOf(10, from);
        if (end < 0) return done();
        from = end + 1;
        left--;
      }
      done(null, from === 0 ? chunk : chunk.subarray(from));
    },
  });
}
