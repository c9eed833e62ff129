import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DataSource } from '../contracts/index.ts';
import { readExamples, type ReadOptions, type ReadResult } from './examples.ts';
import { limits } from './limits.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-data-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
const read = async (
  name: string,
  content: string | Uint8Array,
  columns: Partial<DataSource['columns']> = {},
  options: Partial<ReadOptions> & { limit?: number } = {},
): Promise<ReadResult> => {
  const own = join(folder, String(files++));
  await mkdir(own);
  await writeFile(join(own, name), content);
  const { limit, ...rest } = options;
  const source: DataSource = {
    path: name,
    columns: { groups: [], ...columns },
    ...(limit === undefined ? {} : { limit }),
  };
  return readExamples(source, own, { taskKind: 'text-classification', ...rest });
};
const fixture = async (name: string): Promise<Record<string, Record<string, string> & string>> =>
  JSON.parse(await readFile(join(dirname(fileURLToPath(import.meta.url)), 'fixtures', name), 'utf8')) as never;

const rows = [
  { text: 'where is my order', label: 'status', style: 'casual' },
  { text: 'a "quoted", text\nwith a line break', label: 'other', style: 'formal' },
  { text: 'naïve 東京 😀', label: 'status', style: '' },
];
const jsonl = rows.map((row) => JSON.stringify(row)).join('\n');
const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
const csv = `text,label,style\r\n${rows.map((row) => [row.text, row.label, row.style].map(quote).join(',')).join('\r\n')}\r\n`;

describe('the same examples from every format', () => {
  test('JSONL and CSV agree, also in their digest, with and without byte order mark', async () => {
    const map = { groups: ['style'] };
    const one = await read('a.jsonl', jsonl, map);
    expect(one.examples).toEqual([
      { id: '1', text: 'where is my order', label: 'status', groups: { style: 'casual' } },
      { id: '2', text: 'a "quoted", text\nwith a line break', label: 'other', groups: { style: 'formal' } },
      { id: '3', text: 'naïve 東京 😀', label: 'status', groups: { style: '(none)' } },
    ]);
    expect(one.rows).toBe(3);
    for (const [name, content] of [
      ['a.csv', csv],
      ['a.csv', `\uFEFF${csv}`],
      ['a.jsonl', `\uFEFF${jsonl}\n\n`],
      ['unnamed', jsonl],
    ] as const) {
      const other = await read(name, content, map);
      expect(other.examples).toEqual(one.examples);
      expect(other.digest).toBe(one.digest);
    }
  });

  test('CSV with semicolons or tabs, where the header has no comma', async () => {
    const { examples } = await read('a.csv', 'text;label\n"a; b";x\nc, d;y\n');
    expect(examples.map(({ text, label }) => [text, label])).toEqual([
      ['a; b', 'x'],
      ['c, d', 'y'],
    ]);
    expect((await read('a.csv', 'text\tlabel\n"a\tb"\tx\n')).examples[0]!.text).toBe('a\tb');
  });

  test('TSV fields are taken as they are', async () => {
    const { examples, warnings } = await read('a.tsv', 'text\tlabel\n"quoted"\ta\nit\'s "half\tb\n');
    expect(examples.map(({ text }) => text)).toEqual(['"quoted"', 'it\'s "half']);
    expect(warnings.join()).toContain('TSV has no quoting');
  });

  test('Parquet in every usual packing, over several row groups', async () => {
    const { files: packed } = (await fixture('parquet.json')) as unknown as { files: Record<string, string> };
    for (const [codec, base64] of Object.entries(packed)) {
      const bytes = new Uint8Array(Buffer.from(base64, 'base64'));
      await expect(read('a.parquet', bytes, { text: 'text' }), codec).rejects.toMatchObject({
        code: 'data/value',
        message: expect.stringContaining('row 4'),
      });
      const columns = { label: 'label', tensors: { x: 'vec' }, groups: ['style'] };
      const { examples } = await read('a.parquet', bytes, columns, { taskKind: 'tensor-classification' });
      expect(
        examples.map(({ label, groups }) => [label, groups['style']]),
        codec,
      ).toEqual([
        ['0', 'a'],
        ['1', 'b'],
        ['1', 'a'],
        ['0', 'b'],
      ]);
      expect(examples[3]!.tensors!['x']).toMatchObject({ dims: [2], data: Float64Array.of(7, 8) });
    }
  });

  test('npz and JSONL of arrays', async () => {
    const { npz } = (await fixture('numpy.json')) as unknown as { npz: string };
    const one = await read(
      'a.npz',
      new Uint8Array(Buffer.from(npz, 'base64')),
      { tensors: { input: 'x' } },
      { taskKind: 'tensor-classification' },
    );
    expect(one.examples.map(({ label }) => label)).toEqual(['a', 'b', 'a']);
    expect(one.examples[1]!.tensors).toEqual({ input: { dtype: 'float32', dims: [2], data: Float32Array.of(2, 3) } });
    const lines = '{"x":[[1,2],[3,4]],"label":"a"}\n{"x":[[5,6],[7,8]],"label":"b"}';
    const two = await read('a.jsonl', lines, {}, { taskKind: 'tensor-classification' });
    expect(two.examples[1]!.tensors!['x']).toEqual({
      dtype: 'float64',
      dims: [2, 2],
      data: Float64Array.of(5, 6, 7, 8),
    });
    expect(two.warnings.join()).toContain('x taken as model input');
  });
});

describe('columns', () => {
  test('guesses only what is certain, and says so', async () => {
    const { examples, warnings } = await read('a.csv', 'idx,Sentence,intent\n1,hello,greet\n');
    expect(examples[0]).toMatchObject({ text: 'hello', label: 'greet' });
    expect(warnings.slice(0, 2).join()).toMatch(/"Sentence" taken as the text.*"intent" taken as the label/s);
    const pair = await read('a.csv', 'premise,hypothesis,label\na,b,neutral\n');
    expect(pair.examples[0]).toMatchObject({ text: 'a', pair: 'b' });
  });

  test.each([
    [
      'a named column that is not there',
      'text,label\na,b\n',
      { label: 'intent' },
      /column "intent" \(label\) not found; the file has: text, label/,
    ],
    ['another spelling', 'Text,label\na,b\n', { text: 'text' }, /did you mean "Text"/],
    ['two candidates', 'text,sentence,label\na,b,c\n', {}, /which column is the text/],
    ['no text column', 'foo,label\na,b\n', {}, /no column with the text; the file has: foo, label/],
    ['no label column', 'text,foo\na,b\n', {}, /no column with the right answers/],
    ['a missing group', 'text,label\na,b\n', { groups: ['style'] }, /"style" \(group\) not found/],
    ['a missing id', 'text,label\na,b\n', { id: 'key' }, /"key" \(id\) not found/],
  ])('refuses %s', async (_, content, columns, message) => {
    await expect(read('a.csv', content, columns)).rejects.toMatchObject({
      code: 'data/column',
      message: expect.stringMatching(message),
    });
  });

  test('calibration data needs neither labels nor groups', async () => {
    const { examples } = await read(
      'a.csv',
      'text\nhello\n',
      { label: 'intent', groups: ['style'] },
      { labelled: false },
    );
    expect(examples[0]).toEqual({ id: '1', text: 'hello', label: null, groups: {} });
  });
});

describe('limit', () => {
  const many = (order: (lines: string[]) => string[]): string =>
    order(
      Array.from({ length: 500 }, (_, at) => JSON.stringify({ text: `text ${at}`, label: at % 2 === 0 ? 'a' : 'b' })),
    ).join('\n');
  const textsOf = async (content: string, seed: number): Promise<(string | undefined)[]> =>
    (await read('a.jsonl', content, {}, { limit: 40, seed })).examples.map(({ text }) => text);

  test('takes the same rows for a seed in any row order, and others for another seed', async () => {
    const one = await textsOf(
      many((lines) => lines),
      3,
    );
    const two = await textsOf(
      many((lines) => lines.toReversed()),
      3,
    );
    expect(one).toHaveLength(40);
    expect(two.toSorted()).toEqual(one.toSorted());
    expect(
      await textsOf(
        many((lines) => lines),
        4,
      ),
    ).not.toEqual(one);
    const { rows: counted } = await read(
      'a.jsonl',
      many((lines) => lines),
      {},
      { limit: 40 },
    );
    expect(counted).toBe(500);
  });
});

describe('bad data ends in a coded error', () => {
  const utf16 = (text: string, mark: boolean): Uint8Array =>
    Buffer.concat([mark ? Buffer.from([0xff, 0xfe]) : Buffer.alloc(0), Buffer.from(text, 'utf16le')]);
  const cases: readonly (readonly [string, string, string | Uint8Array, string, RegExp])[] = [
    ['an empty file', 'a.csv', '', 'data/empty', /empty/],
    ['a header alone', 'a.csv', 'text,label\n', 'data/empty', /no rows/],
    ['empty lines alone', 'a.jsonl', '\n\n', 'data/empty', /no rows/],
    ['UTF-16', 'a.csv', utf16('text,label\na,b\n', true), 'data/encoding', /UTF-16/],
    ['UTF-16 without a mark', 'a.csv', utf16('text,label\nhello,world\n', false), 'data/encoding', /UTF-16/],
    ['Latin-1', 'a.csv', Buffer.from('text,label\ncafé,b\n', 'latin1'), 'data/encoding', /Latin-1/],
    ['a binary file', 'a.csv', Uint8Array.from({ length: 300 }, (_, at) => (at * 7) % 256), 'data/binary', /binary/],
    ['gzip', 'a.jsonl', Uint8Array.of(0x1f, 0x8b, 8, 0, 0), 'data/binary', /gzip/],
    ['a spreadsheet', 'a.csv', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0), 'data/binary', /zip archive/],
    ['a text file called Parquet', 'a.parquet', 'text,label\n', 'data/format', /does not begin like one/],
    ['a truncated Parquet', 'a.parquet', Buffer.from('PAR1abcdefgh'), 'data/parquet', /cannot be read/],
    ['a JSON array', 'a.json', '[{"text": "a"}]', 'data/format', /JSON array/],
    ['broken JSON', 'a.jsonl', '{"text":"a","label":"b"}\n{"text":', 'data/row', /a\.jsonl:2: not valid JSON/],
    ['a line that is no object', 'a.jsonl', '{"text":"a","label":"b"}\n7', 'data/row', /:2: expected a JSON object/],
    ['too many fields', 'a.csv', 'text,label\na,b,c\n', 'data/row', /a\.csv:2: 3 fields, the header has 2/],
    ['too few fields', 'a.tsv', 'text\tlabel\na\n', 'data/row', /a\.tsv:2: 1 fields/],
    ['a stray quote', 'a.csv', 'text,label\n"a"b,c\n', 'data/row', /a\.csv:2/],
    ['an open quote', 'a.csv', 'text,label\n"a,b\n', 'data/row', /a\.csv/],
    ['a column twice', 'a.csv', 'text,text,label\na,b,c\n', 'data/header', /"text" is there twice/],
    [
      'a missing label',
      'a.csv',
      'text,label\na,b\nc,\nd,\n',
      'data/label-missing',
      /2 rows have no right answer.*row 2/,
    ],
    [
      'a text that is none',
      'a.jsonl',
      '{"text":["a"],"label":"b"}',
      'data/value',
      /a list or an object, expected text/,
    ],
    ['a label that is a list', 'a.jsonl', '{"text":"a","label":["b"]}', 'data/value', /expected a short name/],
  ];
  test.each(cases)('%s', async (_, name, content, code, message) => {
    await expect(read(name, content)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('a million columns, and a line that never ends', async () => {
    const wide = `${Array.from({ length: 1_000_000 }, (_, at) => `c${at}`).join(',')}\n`;
    await expect(read('a.csv', wide)).rejects.toMatchObject({ code: 'data/columns' });
    await expect(read('a.tsv', wide.replaceAll(',', '\t'))).rejects.toMatchObject({ code: 'data/columns' });
    const long = `text,label\n"${'x'.repeat(limits.csvRowChars + 10)}`;
    await expect(read('a.csv', long)).rejects.toMatchObject({ code: 'data/row-too-long' });
    await expect(read('a.jsonl', `{"text":"${'x'.repeat(limits.rowChars + 10)}`)).rejects.toMatchObject({
      code: 'data/row-too-long',
    });
    await expect(
      read('a.jsonl', JSON.stringify({ text: 'x'.repeat(limits.textChars + 1), label: 'a' })),
    ).rejects.toMatchObject({ code: 'data/row-too-long' });
  });

  test('the same id twice, a file that is not there, a folder', async () => {
    await expect(read('a.csv', 'id,text,label\n1,a,b\n1,c,d\n', { id: 'id' })).rejects.toMatchObject({
      code: 'data/duplicate-id',
      message: expect.stringContaining('rows 1 and 2'),
    });
    const source = { path: 'nowhere.csv', columns: { groups: [] } };
    await expect(readExamples(source, folder, { taskKind: 'text-classification' })).rejects.toMatchObject({
      code: 'data/missing',
    });
    await expect(
      readExamples({ ...source, path: '.' }, folder, { taskKind: 'text-classification' }),
    ).rejects.toMatchObject({ code: 'data/missing' });
  });

  test.each([
    ['ragged lists', '{"x":[[1],[2,3]],"label":"a"}'],
    ['text in a list', '{"x":["a"],"label":"a"}'],
    ['lists in lists in lists', `{"x":${'['.repeat(40)}1${']'.repeat(40)},"label":"a"}`],
  ])('%s', async (_, line) => {
    await expect(read('a.jsonl', line, {}, { taskKind: 'tensor-classification' })).rejects.toMatchObject({
      code: 'data/array',
    });
  });
});

test('warns about one class and repeated texts', async () => {
  const { warnings } = await read('a.csv', 'text,label\nHello,b\nhello ,b\nc,b\n');
  expect(warnings.join('\n')).toMatch(/all 3 rows have the label "b"/);
  expect(warnings.join('\n')).toMatch(/1 of 3 rows repeat/);
});

test('a column called __proto__ is a column', async () => {
  const { examples } = await read('a.csv', '__proto__,text,label\nx,a,b\n', { groups: ['__proto__'] });
  expect(examples[0]).toMatchObject({ text: 'a', label: 'b' });
  expect(({} as Record<string, unknown>)['text']).toBeUndefined();
});
