import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Dim, Example, Scenario, TaskId, ValueInfo } from '../../contracts/index.ts';
import { createTask, type TaskFiles } from './create.ts';

const input = (name: string, dims: readonly Dim[] = ['batch', 'tokens']): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype: 'int64', dims },
});
const signature = {
  inputs: [input('input_ids')],
  outputs: [{ name: 'logits', type: { kind: 'tensor', dtype: 'float32', dims: ['batch', 2] } } as ValueInfo],
};
const config = { id2label: { '0': 'no', '1': 'yes' }, max_position_embeddings: 8 };
const text: Example = {
  id: '1',
  text: 'where is my order I want to cancel please the refund',
  label: null,
  groups: {},
};

let folder: string;
let files: TaskFiles;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-task-'));
  const golden = JSON.parse(
    await readFile(join(dirname(fileURLToPath(import.meta.url)), 'fixtures', 'small-golden.json'), 'utf8'),
  ) as { wordPiece: { tokenizer: unknown } };
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(golden.wordPiece.tokenizer));
  await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify({ model_max_length: 10 }));
  files = {
    config,
    sidecar: null,
    tokenizerPath: join(folder, 'tokenizer.json'),
    tokenizerConfigPath: join(folder, 'tokenizer_config.json'),
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const lengthOf = async (wanted: { maxLength?: number }, some: Partial<TaskFiles>): Promise<number> =>
  (await createTask({ id: 'text-classification', ...wanted }, { ...files, ...some }, signature)).encode([text]).tokens;

test('the maximum length is the smallest that anyone states', async () => {
  expect(await lengthOf({}, {})).toBe(8);
  expect(await lengthOf({ maxLength: 5 }, {})).toBe(5);
  expect(await lengthOf({}, { sidecar: { 'max-length': 6 } })).toBe(6);
  const roberta = { ...config, model_type: 'xlm-roberta', pad_token_id: 1, max_position_embeddings: 9 };
  expect(await lengthOf({}, { config: roberta })).toBe(7);
  const open = { id2label: config.id2label };
  expect(await lengthOf({}, { config: open })).toBe(10);
  expect(await lengthOf({}, { config: open, tokenizerConfigPath: null })).toBe(13);
});

test('labels come from the scenario, then the sidecar, then config.json', async () => {
  const labels = async (wanted: readonly string[] | undefined, sidecar: unknown) =>
    (
      await createTask(
        { id: 'text-classification', ...(wanted === undefined ? {} : { labels: wanted }) },
        { ...files, sidecar },
        signature,
      )
    ).labels;
  expect(await labels(undefined, null)).toEqual(['no', 'yes']);
  expect(await labels(undefined, { labels: ['nein', 'ja'] })).toEqual(['nein', 'ja']);
  expect(await labels(['non', 'oui'], { labels: ['nein', 'ja'] })).toEqual(['non', 'oui']);
});

test.each<[string, Parameters<typeof createTask>[0], Partial<TaskFiles>, string]>([
  ['too many labels', { id: 'text-classification', labels: ['a', 'b', 'c'] }, {}, 'task/head'],
  ['one label', { id: 'text-classification', labels: ['a'] }, {}, 'task/labels'],
  ['no tokenizer', { id: 'text-classification' }, { tokenizerPath: null }, 'task/tokenizer'],
  ['an output that is not there', { id: 'text-classification', output: 'scores' }, {}, 'task/output'],
  ['a sidecar with a strange key', { id: 'text-classification' }, { sidecar: { lable: 1 } }, 'task/sidecar'],
])('refuses %s', async (_, wanted, some, code) => {
  await expect(createTask(wanted, { ...files, ...some }, signature)).rejects.toMatchObject({ code });
});

test('makes every kind of task from the same files', async () => {
  const scores = (name: string, dims: readonly Dim[]): ValueInfo => ({
    name,
    type: { kind: 'tensor', dtype: 'float32', dims },
  });
  const texts = [input('input_ids')];
  const of = async (
    id: TaskId,
    outputs: readonly ValueInfo[],
    inputs = texts,
    more: Partial<Scenario['task']> = {},
  ) => {
    const {
      answers = 'classes',
      labels,
      output,
    } = await createTask({ id, ...more }, { ...files, root: folder }, { inputs, outputs });
    return [answers, labels.length, output ?? null];
  };
  const one = [scores('y', ['N', 1])];
  const two = [scores('y', ['N', 2])];
  expect(await of('multi-label', two)).toEqual(['labels', 2, null]);
  expect(await of('token-classification', [scores('y', ['N', 'T', 2])])).toEqual(['tags', 2, null]);
  expect(await of('question-answering', [scores('start', ['N', 'T']), scores('end', ['N', 'T'])])).toEqual([
    'span',
    0,
    null,
  ]);
  expect(await of('text-regression', one)).toEqual(['number', 0, null]);
  expect(await of('tensor-regression', one, [scores('x', ['N', 4])])).toEqual(['number', 0, null]);
  expect(await of('sentence-similarity', [scores('h', ['N', 'T', 8])])).toEqual(['number', 0, null]);
  expect(await of('retrieval', [scores('h', ['N', 'T', 8])])).toEqual(['vector', 0, null]);
  expect(await of('tensor-to-tensor', two, [scores('x', ['N', 4])])).toEqual(['tensor', 0, null]);
  // Nothing learns from the rows of single choices.
  expect(await of('multiple-choice', one, texts, { labels: ['A', 'B'] })).toEqual(['classes', 2, null]);
  await expect(of('image-classification', two, [scores('x', ['N', 3, 8, 8])])).rejects.toMatchObject({
    code: 'task/preprocessor',
  });
  await writeFile(join(folder, 'preprocessor_config.json'), '{}');
  expect(await of('image-classification', two, [scores('x', ['N', 3, 8, 8])])).toEqual(['classes', 2, 'y']);
  await expect(of('text-regression', two)).rejects.toMatchObject({ code: 'task/head' });
  await expect(
    createTask({ id: 'retrieval' }, { ...files, tokenizerPath: null }, { inputs: texts, outputs: one }),
  ).rejects.toMatchObject({ code: 'task/tokenizer' });
});
