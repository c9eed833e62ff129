import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  defaultSessionOptions,
  type Context,
  type Example,
  type Store,
  type Subject,
  type Task,
} from '../../contracts/index.ts';
import { digestExamples } from '../../data/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { openStore } from '../../records/index.ts';
import { readMachine } from '../../runtime/index.ts';
import { multiLabel } from '../../weigh/tasks/multi-label.ts';
import { questionAnswering } from '../../weigh/tasks/question-answering.ts';
import { textRegression } from '../../weigh/tasks/regression.ts';
import { tokenizerOf } from '../../weigh/tasks/testing/text.ts';
import { createContext } from '../run/context.ts';
import { rememberAnswers } from './predictions.ts';

let folder: string;
let store: Store;
let context: Context;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-answers-'));
  store = await openStore(join(folder, 'run'));
  context = createContext({ seed: 1, workFolder: folder });
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true, force: true });
});

/** A number for each of the tokenizer's 45 tokens. */
const table = (numberOf: (token: number) => number): string =>
  `float32[45, 1] {${Array.from({ length: 45 }, (_, token) => numberOf(token)).join(', ')}}`;
const subject = (id: string, text: string): Subject => ({
  id,
  digest: id,
  sessionOptions: defaultSessionOptions,
  files: [],
  open: () => context.open(parseText(text)),
});
const closed = (one: Subject): Subject => ({ ...one, open: () => Promise.reject(new Error('it was asked again')) });
const inputs = [{ name: 'input_ids', type: { kind: 'tensor', dtype: 'int64', dims: ['N', 'T'] } }] as const;
const parts = { tokenizer: tokenizerOf('wordPiece'), inputs, maxLength: 12 };
const example = (id: string, text: string, pair?: string): Example => ({
  id,
  text,
  ...(pair === undefined ? {} : { pair }),
  label: null,
  groups: {},
});

/** Asked once, then read from the store by another memory. */
const twice = async (task: Task, one: Subject, examples: readonly Example[]) => {
  const split = { name: 'evaluation', digest: digestExamples(examples), examples };
  const machine = await readMachine();
  const first = await rememberAnswers(task, store, machine, context, 2)(one, split);
  const again = await rememberAnswers(task, store, machine, context, 2)(closed(one), split);
  expect(again).toEqual(first);
  return again;
};

test('answers of several windows come back as they were given', async () => {
  // "order" (8) starts an answer best, "late" (26) ends one.
  const text = `input_ids: int64[N, T]; s = ${table((token) => (token === 8 ? 5 : 0))}; e = ${table((token) => (token === 26 ? 5 : 0))};
    axes = int64[1] {2}; a = Gather(s, input_ids); b = Gather(e, input_ids); start = Squeeze(a, axes); end = Squeeze(b, axes)
    -> start: float32[N, T], end: float32[N, T]`;
  const task = questionAnswering({ ...parts, outputs: ['start', 'end'] }, { docStride: 2 });
  const { answers, predicted, scores } = await twice(task, subject('reader', text), [
    example('1', 'where is it ?', 'please track my order it is late !'),
    example('2', 'where ?', 'order late'),
    example('3', 'where ?', 'my box my box my box my box my box my box order is late where is it'),
  ]);
  expect(answers).toMatchObject([
    { text: 'order it is late', score: 10 },
    { text: 'order late' },
    { text: 'order is late' },
  ]);
  expect([predicted.length, scores.length]).toEqual([0, 0]);
});

test('numbers and sets of labels too', async () => {
  const mean = `input_ids: int64[N, T]; t = ${table((token) => token)}; g = Gather(t, input_ids); y = ReduceMean(g) {axes: [1], keepdims: 0}\n-> y: float32[N, 1]`;
  const numbers = await twice(textRegression({ ...parts, output: 'y' }), subject('mean', mean), [
    example('1', 'order'),
    example('2', 'my card'),
  ]);
  // [CLS] 2, [SEP] 3; order 8; my 13, card 9.
  expect([...numbers.scores]).toEqual([Math.fround(13 / 3), Math.fround(27 / 4)]);
  expect([...numbers.sizes!]).toEqual([1, 1]);
  const two = `${mean.replace('\n-> y: float32[N, 1]', '')}; c = float32[1, 1] {5.0}; d = Sub(y, c); e = Neg(d); z = Concat(d, e) {axis: 1}\n-> z: float32[N, 2]`;
  const sets = await twice(multiLabel({ ...parts, labels: ['high', 'low'], output: 'z' }), subject('sets', two), [
    example('1', 'order'),
    example('2', 'my card'),
  ]);
  expect(sets.answers).toEqual([['low'], ['high']]);
  expect([...sets.scores].map((score) => Math.sign(score))).toEqual([-1, 1, 1, -1]);
});

test('a version with batches of its own size is asked in them: where answers depend on their neighbors, these are its own', async () => {
  // Every answer is the number of rows in its call.
  const counting = `input_ids: int64[N, T]; t = ${table((token) => token)}; g = Gather(t, input_ids); m = ReduceMean(g) {axes: [1], keepdims: 0};
    z = Sub(m, m); o = Cos(z); c = ReduceL1(o) {axes: [0], keepdims: 1}; y = Mul(o, c)\n-> y: float32[N, 1]`;
  const task = textRegression({ ...parts, output: 'y' });
  const examples = Array.from({ length: 6 }, (_, at) => example(String(at), 'order'));
  const usual = subject('counting', counting);
  const own = { ...usual, sessionOptions: { ...defaultSessionOptions, batchSize: 3 } };
  expect([...(await twice(task, usual, examples)).scores]).toEqual([2, 2, 2, 2, 2, 2]);
  expect([...(await twice(task, own, examples)).scores]).toEqual([3, 3, 3, 3, 3, 3]);
});
