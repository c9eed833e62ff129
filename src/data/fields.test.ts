import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DataSource, Example, TaskId } from '../contracts/index.ts';
import { digestExamples, contentKey } from './canonical.ts';
import { readExamples } from './examples.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-fields-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
const read = async (
  taskKind: TaskId,
  rows: readonly unknown[] | string,
  columns: Partial<DataSource['columns']> = {},
  labelled = true,
): Promise<readonly Example[]> => {
  const name = `${files++}.${typeof rows === 'string' ? 'csv' : 'jsonl'}`;
  await writeFile(
    join(folder, name),
    typeof rows === 'string' ? rows : rows.map((row) => JSON.stringify(row)).join('\n'),
  );
  return (await readExamples({ path: name, columns: { groups: [], ...columns } }, folder, { taskKind, labelled }))
    .examples;
};

test('words and tags, as lists or as text', async () => {
  const wanted = { words: ['Ada', 'sings'], gold: ['B-PER', 'O'], label: null };
  expect(await read('token-classification', [{ tokens: ['Ada', 'sings'], ner_tags: ['B-PER', 'O'] }])).toMatchObject([
    wanted,
  ]);
  expect(await read('token-classification', 'words,tags\nAda sings,B-PER O\n')).toMatchObject([wanted]);
  expect(await read('token-classification', 'words,tags\n"[""Ada"", ""sings""]",B-PER O\n')).toMatchObject([wanted]);
  await expect(read('token-classification', [{ tokens: ['Ada'], tags: [1] }])).rejects.toThrowError(/1 is no text/);
});

test('questions as SQuAD writes them; an empty list says that there is no answer', async () => {
  const rows = [
    { question: 'Who?', context: 'Ada sings.', answers: { text: ['Ada'], answer_start: [0] } },
    { question: 'Where?', context: 'Ada sings.', answers: { text: [], answer_start: [] } },
    { question: 'What?', context: 'Ada sings.', answers: 'sings' },
  ];
  expect(await read('question-answering', rows)).toMatchObject([
    { text: 'Who?', pair: 'Ada sings.', gold: ['Ada'] },
    { gold: [] },
    { gold: ['sings'] },
  ]);
});

test('choices in one column or in several; the last ones may be missing', async () => {
  expect(await read('multiple-choice', [{ text: 'a', choices: ['x', 'y'], label: 1 }])).toMatchObject([
    { choices: ['x', 'y'], label: '1' },
  ]);
  expect(await read('multiple-choice', 'text,choice1,choice2,label\na,x,y,0\nb,z,,0\n')).toMatchObject([
    { choices: ['x', 'y'] },
    { choices: ['z'] },
  ]);
  expect(
    await read('multiple-choice', [{ premise: 'a', one: 'x', two: 'y', label: 0 }], {
      text: 'premise',
      choices: ['two', 'one'],
    }),
  ).toMatchObject([{ text: 'a', choices: ['y', 'x'] }]);
});

test('numbers, sets of labels, relevant documents', async () => {
  expect(await read('sentence-similarity', [{ sentence1: 'a', sentence2: 'b', score: '4.5' }])).toMatchObject([
    { text: 'a', pair: 'b', gold: 4.5 },
  ]);
  expect(await read('tensor-regression', [{ x: [1, 2], target: -1 }])).toMatchObject([
    { gold: -1, tensors: { x: { dims: [2] } } },
  ]);
  expect(await read('multi-label', 'text,labels\na,x|y\nb,x\n')).toMatchObject([{ gold: ['x', 'y'] }, { gold: ['x'] }]);
  expect(
    await read('retrieval', [
      { query: 'a', relevant: ['d1', 2] },
      { query: 'b', relevant: { d1: 3 } },
    ]),
  ).toMatchObject([{ gold: { d1: 1, 2: 1 } }, { gold: { d1: 3 } }]);
  await expect(read('text-regression', [{ text: 'a', score: 'much' }])).rejects.toThrowError(/"much" is no number/);
  await expect(read('text-regression', [{ text: 'a', score: null }])).rejects.toMatchObject({
    code: 'data/label-missing',
  });
});

test('reference outputs stand beside the inputs', async () => {
  const [example] = await read('tensor-to-tensor', [{ x: [1, 2], wanted: [3] }], { reference: { y: 'wanted' } });
  expect(example).toMatchObject({ tensors: { x: { dims: [2] } }, gold: { outputs: { y: { dims: [1] } } } });
  expect(await read('tensor-to-tensor', [{ x: [1, 2] }])).toMatchObject([{ label: null }]);
});

test('pictures as files, bytes or pixels', async () => {
  await writeFile(join(folder, 'a.png'), Uint8Array.of(1, 2, 3));
  const of = (image: unknown) => read('image-classification', [{ image, label: 'x' }]);
  expect(await of('a.png')).toMatchObject([{ image: { kind: 'file', path: join(folder, 'a.png') }, label: 'x' }]);
  const [bytes] = await of('data:image/png;base64,AQID');
  expect(bytes!.image).toMatchObject({
    kind: 'bytes',
    bytes: Uint8Array.of(1, 2, 3),
    digest: (await of('a.png'))[0]!.image!.digest,
  });
  expect(
    await of([
      [1, 2],
      [3, 4],
    ]),
  ).toMatchObject([{ image: { kind: 'pixels', pixels: { dims: [2, 2], dtype: 'uint8' } } }]);
  await expect(of('nowhere.png')).rejects.toThrowError(/there is no file/);
  await expect(of([[1, 256]])).rejects.toThrowError(/the pixel 256/);
  await expect(of([1, 2])).rejects.toThrowError(/shape \[2\]/);
  await expect(of('')).rejects.toMatchObject({ code: 'data/image' });
});

test('what a task lacks is named with its role', async () => {
  const lacks = (task: TaskId, row: object, role: RegExp) =>
    expect(read(task, [row])).rejects.toMatchObject({
      code: 'data/column',
      hint: expect.stringMatching(role) as string,
    });
  await lacks('token-classification', { tags: ['O'] }, /tokens:/);
  await lacks('question-answering', { question: 'a', answers: ['a'] }, /context:/);
  await lacks('multiple-choice', { text: 'a', label: 1 }, /choices:/);
  await lacks('image-classification', { label: 1 }, /image:/);
  await lacks('sentence-similarity', { text: 'a', score: 1 }, /pair:/);
  await lacks('retrieval', { query: 'a' }, /relevant:/);
});

test('digests of texts and tensors stay what they were; everything else counts', () => {
  const before: Example[] = [
    { id: '1', text: 'Hello', pair: 'x', label: 'a', groups: { g: '1' } },
    { id: '2', tensors: { x: { dtype: 'float32', dims: [2], data: Float32Array.of(1, 2) } }, label: null, groups: {} },
  ];
  expect(digestExamples(before)).toBe('sha256:342b1e9e0d8241522a6634c7074d9d2000a41b9ef82e6c6956ae3f6de7196d97');
  expect(contentKey(before[0]!)).toBe('["hello","x"]');
  const plain: Example = { id: '1', label: null, groups: {} };
  const all: Example[] = [
    plain,
    { ...plain, words: ['a'] },
    { ...plain, words: ['b'] },
    { ...plain, choices: ['a'] },
    { ...plain, document: true },
    { ...plain, image: { kind: 'file', path: 'x', digest: 'd' } },
  ];
  expect(new Set(all.map(contentKey)).size).toBe(all.length);
  const golds = [...all, { ...plain, gold: 1 }, { ...plain, gold: ['a'] }, { ...plain, gold: { a: 1 } }];
  expect(new Set(golds.map((example) => digestExamples([example]))).size).toBe(golds.length);
  expect(contentKey({ ...plain, words: ['A'] })).toBe(contentKey({ ...plain, words: ['a'] }));
});
