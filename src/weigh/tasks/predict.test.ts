import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Example, Progress, Session } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { parseText } from '../../model/graph/index.ts';
import { createTask } from './create.ts';
import { argmax, predict } from './predict.ts';
import { sentenceSimilarity } from './similarity.ts';
import { exampleOf, resultOf, textInputs, tokenizerOf } from './testing/text.ts';

let folder: string;
const seen: Progress[] = [];
const contextOf = (signal?: AbortSignal) =>
  createContext({
    seed: 1,
    workFolder: folder,
    progress: (one) => seen.push(one),
    ...(signal === undefined ? {} : { signal }),
  });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steelyard-predict-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const withSession = async <T>(text: string, use: (session: Session) => Promise<T>): Promise<T> => {
  const session = await contextOf().open(parseText(text));
  try {
    return await use(session);
  } finally {
    await session.close();
  }
};
const files = { config: null, sidecar: { labels: ['small', 'large'] }, tokenizerPath: null, tokenizerConfigPath: null };
const example = (id: string, ...numbers: number[]): Example => ({
  id,
  tensors: { x: { dtype: 'float64', dims: [numbers.length], data: Float64Array.from(numbers) } },
  label: null,
  groups: {},
});
// Scores of a row: 0 and its sum.
const sums =
  'axes = int64[1] {1}; zero = float32[1, 1] {0.0}; s = ReduceSum(x, axes) {keepdims: 1}; z = Mul(s, zero); y = Concat(z, s) {axis: 1}';

test('the next call is made while one is under way, no more; one that fails is told once', async () => {
  await withSession(`x: float32[N, T]; ${sums}; -> y: float32[N, 2]`, async (session) => {
    const task = await createTask({ id: 'tensor-classification' }, files, session);
    let [calls, under, most] = [0, 0, 0];
    const watched = (broken: number): Session => ({
      inputs: session.inputs,
      outputs: session.outputs,
      startMs: 0,
      loadMs: 0,
      read: (names) => session.read(names),
      usage: () => session.usage(),
      close: () => session.close(),
      run: async (feeds, options) => {
        const call = calls++;
        most = Math.max(most, ++under);
        try {
          if (call >= broken) throw new Error(`call ${call}`);
          return await session.run(feeds, options);
        } finally {
          under--;
        }
      },
    });
    const examples = Array.from({ length: 8 }, (_, n) => example(String(n), n % 2 === 0 ? 1 : -1));
    const options = { batchSize: 1, context: contextOf() };
    const found = await predict(task, watched(99), examples, options);
    expect([...found.predicted]).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
    expect([calls, most]).toEqual([8, 2]);
    calls = 0;
    await expect(predict(task, watched(3), examples, options)).rejects.toThrow('call 3');
    expect(calls).toBe(5);
  });
});

test('answers come in the order of the examples, whatever shares a call', async () => {
  const examples = [
    example('a', 1, 1),
    example('b', -1),
    example('c', 2, 2, 2),
    example('d', 5),
    example('e', -3, 1),
    example('f', 7),
  ];
  await withSession(`x: float32[N, T]; ${sums}; -> y: float32[N, 2]`, async (session) => {
    const task = await createTask({ id: 'tensor-classification' }, files, session);
    const one = await predict(task, session, examples, { batchSize: 1, context: contextOf() });
    const many = await predict(task, session, examples, { batchSize: 100, context: contextOf(), label: 'baseline' });
    expect([...one.predicted]).toEqual([1, 0, 1, 1, 0, 1]);
    expect(Array.from(one.scores, (score) => score + 0)).toEqual([0, 2, 0, -1, 0, 6, 0, 5, 0, -2, 0, 7]);
    expect(many).toEqual(one);
    expect(seen.at(-1)).toMatchObject({ done: 6, total: 6, detail: 'baseline' });
  });
});

test('a model with a fixed batch gets full batches; the surplus is dropped', async () => {
  const examples = [1, -1, 2, -2, 3].map((number) => example(String(number), number, 0));
  await withSession(`x: float32[2, 2]; ${sums}; -> y: float32[2, 2]`, async (session) => {
    const task = await createTask({ id: 'tensor-classification' }, files, session);
    const { predicted } = await predict(task, session, examples, { batchSize: 32, context: contextOf() });
    expect([...predicted]).toEqual([1, 0, 1, 0, 1]);
  });
});

test('scores that are no numbers end in a coded error', async () => {
  await withSession(
    `x: float32[N, T]; ${sums.replace('y = Concat', 'l = Log(s); y = Concat').replace('Concat(z, s)', 'Concat(z, l)')}; -> y: float32[N, 2]`,
    async (session) => {
      const task = await createTask({ id: 'tensor-classification' }, files, session);
      await expect(
        predict(task, session, [example('a', -1)], { batchSize: 1, context: contextOf() }),
      ).rejects.toMatchObject({ code: 'task/not-finite' });
    },
  );
});

test('stops when it is cancelled', async () => {
  await withSession(`x: float32[N, T]; ${sums}; -> y: float32[N, 2]`, async (session) => {
    const task = await createTask({ id: 'tensor-classification' }, files, session);
    await expect(
      predict(task, session, [example('a', 1)], { batchSize: 1, context: contextOf(AbortSignal.abort()) }),
    ).rejects.toThrow();
  });
});

test('the first of equal scores wins', () => {
  expect(argmax([9, 1, 3, 3], 1, 3)).toBe(1);
});

const embedded = (batch: number | 'N'): Pick<Session, 'inputs' | 'run'> & { calls: number[][] } => {
  const calls: number[][] = [];
  return {
    calls,
    inputs: [{ name: 'input_ids', type: { kind: 'tensor', dtype: 'int64', dims: [batch, 'T'] } }],
    // A text's vector: how many tokens it has, and its second token.
    run: ({ input_ids: ids }) => {
      const [rows, width] = ids!.dims as [number, number];
      calls.push([rows, width]);
      const data = Array.from({ length: rows }, (_, row) => [
        width,
        Number((ids!.data as BigInt64Array)[row * width + 1]),
      ]);
      return Promise.resolve(resultOf({ h: [[rows, 2], data.flat()] }));
    },
  };
};

test('the parts of an example may be in different calls; texts of one length share them', async () => {
  const examples = [
    exampleOf({ id: '1', text: 'order', pair: 'my card' }),
    exampleOf({ id: '2', text: 'my box', pair: 'order' }),
    exampleOf({ id: '3', text: 'card', pair: 'box' }),
  ];
  const parts = { tokenizer: tokenizerOf('wordPiece'), inputs: textInputs().slice(0, 1), output: 'h', maxLength: 8 };
  const task = sentenceSimilarity(parts, { similarity: 'dot' });
  const session = embedded('N');
  const found = await predict(task, session as unknown as Session, examples, { batchSize: 3, context: contextOf() });
  expect(session.calls).toEqual([
    [3, 3],
    [1, 3],
    [2, 4],
  ]);
  // 3·4 + 8·13; 4·3 + 13·8; 3·3 + 9·27.
  expect(found).toEqual({
    labels: [],
    predicted: new Int32Array(),
    scores: Float32Array.of(116, 116, 252),
    sizes: Int32Array.of(1, 1, 1),
    truncated: 0,
  });
  const fixed = embedded(2);
  expect(await predict(task, fixed as unknown as Session, examples, { batchSize: 1, context: contextOf() })).toEqual(
    found,
  );
  expect(fixed.calls).toEqual([
    [2, 3],
    [2, 3],
    [2, 4],
  ]);
});

test('an example counts once as cut, however many of its parts are', async () => {
  const parts = { tokenizer: tokenizerOf('wordPiece'), inputs: textInputs().slice(0, 1), output: 'h', maxLength: 3 };
  const examples = [exampleOf({ text: 'my card', pair: 'my box' }), exampleOf({ id: '2', text: 'card', pair: 'box' })];
  const found = await predict(sentenceSimilarity(parts), embedded('N') as unknown as Session, examples, {
    batchSize: 8,
    context: contextOf(),
  });
  expect(found.truncated).toBe(1);
});
