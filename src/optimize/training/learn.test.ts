import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Context, Model, Random, Tensor, Value } from '../../contracts/index.ts';
import { createContext } from '../../engine/run/context.ts';
import { parseText } from '../../model/graph/index.ts';
import { readTensorSync, tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { learn, type LearnResult, type LearnSettings, type Lesson } from './learn.ts';

const world = async (more: { signal?: AbortSignal; log?: Context['log']; progress?: Context['progress'] } = {}) => {
  const folder = await mkdtemp(join(tmpdir(), 'steelyard-learn-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return { folder, context: createContext({ seed: 5, workFolder: folder, ...more }) };
};
const numbers = (of: ReadonlyMap<string, Tensor>, name: string): number[] => [
  ...new Float32Array(readTensorSync(of.get(name)!).slice().buffer),
];

/** loss = mean((x·w + b − y)²): a matrix that decays and a bias that does not. */
const start: ReadonlyMap<string, Tensor> = new Map([
  ['w', tensor('float32', [2, 1], Float32Array.of(0.5, -0.25))],
  ['b', tensor('float32', [1], Float32Array.of(0.1))],
]);
const regression: Model = parseText(
  `x: float32[N, 2]; y: float32[N, 1]; w = float32[2, 1]{...}; b = float32[1]{...};
   m = MatMul(x, w); s = Add(m, b); d = Sub(s, y); e = Mul(d, d); loss = ReduceMean(e) {keepdims: 0};
   a = Abs(d); off = ReduceMean(a) {keepdims: 0}; -> loss: float32[], off: float32[]`,
  { tensors: Object.fromEntries(start) },
);
const matrix = (rows: readonly (readonly number[])[]): Value => ({
  dtype: 'float32',
  dims: [rows.length, rows[0]!.length],
  data: Float32Array.from(rows.flat()),
});
const points = Array.from({ length: 24 }, (_, i) => {
  const random = seeded(2, `point ${i}`);
  const x = [random.normal(), random.normal()];
  return { x, y: 3 * x[0]! - 2 * x[1]! + 1 };
});
const lessonOf = (some: typeof points): Lesson => ({
  feeds: { x: matrix(some.map(({ x }) => x)), y: matrix(some.map(({ y }) => [y])) },
  examples: some.length,
  tokens: some.length,
});
const lessons = (size: number) =>
  function* (_: number, random: Random): Generator<Lesson> {
    const order = random.shuffle(points);
    for (let at = 0; at < order.length; at += size) yield lessonOf(order.slice(at, at + size));
  };
const settings: LearnSettings = {
  objective: regression,
  trainable: start,
  epochs: 3,
  stepsPerEpoch: 3,
  lessons: lessons(8),
  judge: async (weights) => -Math.abs(numbers(weights, 'b')[0]! - 1),
  learningRate: 0.1,
  warmUp: 0.25,
  schedule: 'linear',
  weightDecay: 0.1,
  clip: 2,
  accumulate: 1,
  averaging: null,
  patience: 10,
  threads: 1,
  seconds: null,
  checkpointFolder: null,
  key: 'regression',
};

/** The same in plain double precision. Sources: Loshchilov and Hutter 2019, algorithm 2; Pascanu et al. 2013, algorithm 1. */
const reference = ({ epochs, warmUp, learningRate, weightDecay, clip, averaging }: LearnSettings) => {
  const value = [0.5, -0.25, Math.fround(0.1)];
  const [first, second, mean] = [[0, 0, 0], [0, 0, 0], [...value]];
  const total = epochs * 3;
  const rising = Math.round(total * warmUp);
  let t = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = seeded(5, `epoch ${epoch}`).shuffle(points);
    for (let at = 0; at < order.length; at += 8) {
      const some = order.slice(at, at + 8);
      const gradient = [0, 0, 0];
      for (const { x, y } of some) {
        const off = (2 * (x[0]! * value[0]! + x[1]! * value[1]! + value[2]! - y)) / some.length;
        for (const [i, factor] of [x[0]!, x[1]!, 1].entries()) gradient[i]! += off * factor;
      }
      t++;
      const scale = Math.min(1, clip / (Math.hypot(...gradient) + 1e-6));
      const rate = learningRate * Math.min(t / rising, 1 - Math.max(0, t - rising) / (total - rising));
      const keep = averaging === null ? 0 : Math.min(averaging, (1 + t) / (10 + t));
      for (const i of [0, 1, 2]) {
        const g = gradient[i]! * scale;
        first[i] = 0.9 * first[i]! + 0.1 * g;
        second[i] = 0.999 * second[i]! + 0.001 * g * g;
        const step = first[i]! / (1 - 0.9 ** t) / (Math.sqrt(second[i]! / (1 - 0.999 ** t)) + 1e-8);
        value[i] = value[i]! - rate * step - (i < 2 ? rate * weightDecay * value[i]! : 0);
        mean[i] = keep * mean[i]! + (1 - keep) * value[i]!;
      }
    }
  }
  return averaging === null ? value : mean;
};
const flat = ({ weights }: Pick<LearnResult, 'weights'>): number[] => [
  ...numbers(weights, 'w'),
  ...numbers(weights, 'b'),
];
const last = (judge: LearnSettings['judge'] = settings.judge): LearnSettings['judge'] => {
  // Each epoch is better than the one before: the last is answered.
  let calls = 0;
  return async (weights) => (await judge(weights), calls++);
};
const near = (got: readonly number[], expected: readonly number[]): void => {
  expect(got).toHaveLength(expected.length);
  for (const [i, x] of expected.entries()) expect(got[i]).toBeCloseTo(x, 5);
};

test('nine steps are those of the algorithms in double precision', async () => {
  const { context } = await world();
  const result = await learn({ ...settings, judge: last() }, context);
  near(flat(result), reference(settings));
  expect(result.history.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  expect(result.history[2]!.loss).toBeLessThan(result.history[0]!.loss);
  expect(result.history[2]!.reported['off']).toBeGreaterThan(0);
  expect(result.history[2]!.learningRate).toBe(0);
  expect(result.stopped).toBe('epochs');
});

test('averaged weights are judged and answered', async () => {
  const { context } = await world();
  const averaged = { ...settings, averaging: 0.9, judge: last() };
  near(flat(await learn(averaged, context)), reference(averaged));
});

test('gradients of several lessons, also of different size, make the step of one large lesson', async () => {
  const { context } = await world();
  const uneven = function* (_: number, random: Random): Generator<Lesson> {
    const order = random.shuffle(points);
    for (const [from, to] of [
      [0, 5],
      [5, 8],
      [8, 9],
      [9, 16],
      [16, 24],
    ] as const)
      yield lessonOf(order.slice(from, to));
  };
  // The last group is cut short by the end of the epoch.
  const result = await learn({ ...settings, judge: last(), lessons: uneven, accumulate: 2, stepsPerEpoch: 5 }, context);
  near(flat(result), reference(settings));
});

const interrupted = { ...settings, averaging: 0.9, accumulate: 2, lessons: lessons(3), stepsPerEpoch: 8 };

test('interrupted inside an epoch, it goes on from the last step to the same weights, bit for bit', async () => {
  const { folder, context } = await world();
  const whole = await learn({ ...interrupted, judge: last() }, context);
  const checkpointFolder = join(folder, 'checkpoint');
  const broken = function* (epoch: number, random: Random): Generator<Lesson> {
    let at = 0;
    for (const lesson of interrupted.lessons(epoch, random)) {
      if (epoch === 1 && at++ === 5) throw new Error('the light goes out');
      yield lesson;
    }
  };
  const kept = { ...interrupted, checkpointFolder, checkpointSeconds: 0, judge: last() };
  await expect(learn({ ...kept, lessons: broken }, context)).rejects.toThrow('the light goes out');
  const starts: string[] = [];
  const again = createContext({
    seed: 5,
    workFolder: folder,
    progress: ({ label, done }) => void starts.push(`${label}: ${done}`),
  });
  const result = await learn(kept, again);
  // Four lessons of the second epoch were done in whole steps.
  expect(starts[0]).toBe('training, epoch 2 of 3: 6');
  expect(flat(result)).toEqual(flat(whole));
  expect(result.history.map(({ loss, reported, learningRate }) => ({ loss, reported, learningRate }))).toEqual(
    whole.history.map(({ loss, reported, learningRate }) => ({ loss, reported, learningRate })),
  );
  // Done: nothing is left to do. With other settings it starts anew.
  starts.length = 0;
  expect(flat(await learn(kept, again))).toEqual(flat(whole));
  expect(starts).toEqual([]);
  await learn({ ...kept, weightDecay: 0, judge: last() }, again);
  expect(starts[0]).toBe('training, epoch 1 of 3: 2');
});

test('the start is judged too where asked, and kept when no epoch is better', async () => {
  const { context } = await world();
  let calls = 0;
  const worse = { ...settings, judgeStart: true, patience: 0, judge: async () => 1 - calls++ };
  const result = await learn(worse, context);
  expect(result).toMatchObject({ bestEpoch: 0, score: 1, stopped: 'patience' });
  expect(result.history).toHaveLength(1);
  near(flat(result), [0.5, -0.25, Math.fround(0.1)]);
});

test('weights that are not listed stay, and those without influence come back as they were', async () => {
  const { context } = await world();
  const spare = tensor('float32', [1], Float32Array.of(7));
  const objective: Model = {
    ...regression,
    graph: { ...regression.graph, initializers: new Map([...regression.graph.initializers, ['spare', spare]]) },
  };
  const some = new Map([
    ['b', start.get('b')!],
    ['spare', spare],
  ]);
  const { weights } = await learn({ ...settings, objective, trainable: some, judge: last() }, context);
  expect([...weights.keys()]).toEqual(['b', 'spare']);
  expect(numbers(weights, 'spare')).toEqual([7]);
  expect(numbers(weights, 'b')).not.toEqual([Math.fround(0.1)]);
});

test('a loss that is no number stops it, says where, and keeps the checkpoint', async () => {
  const { folder, context } = await world();
  const poisoned = function* (epoch: number, random: Random): Generator<Lesson> {
    let at = 0;
    for (const lesson of settings.lessons(epoch, random) as Iterable<Lesson>)
      yield epoch === 1 && at++ === 1
        ? { ...lesson, feeds: { ...lesson.feeds, y: matrix(Array.from({ length: 8 }, () => [Number.NaN])) } }
        : lesson;
  };
  const kept = { ...settings, lessons: poisoned, judge: last(), checkpointFolder: join(folder, 'checkpoint') };
  const fails = { code: 'training/not-finite', message: expect.stringContaining('in epoch 2, step 5') };
  await expect(learn(kept, context)).rejects.toMatchObject(fails);
  const labels: string[] = [];
  const again = createContext({ seed: 5, workFolder: folder, progress: ({ label }) => void labels.push(label) });
  await expect(learn(kept, again)).rejects.toMatchObject(fails);
  expect(new Set(labels)).toEqual(new Set(['training, epoch 2 of 3']));
});

test('out of memory in the training process: a code that says where, and a checkpoint to go on from', async () => {
  const { folder, context } = await world();
  const objective = parseText(
    `x: float32[N, 2]; y: float32[N, 1]; n: int64[1]; w = float32[2, 1]{...}; b = float32[1]{...};
     m = MatMul(x, w); s = Add(m, b); d = Sub(s, y); e = Mul(d, d); z = ConstantOfShape(n); o = ReduceMean(z) {keepdims: 0};
     f = Add(e, o); loss = ReduceMean(f) {keepdims: 0}; -> loss: float32[]`,
    { tensors: Object.fromEntries(start) },
  );
  const sized = (large: bigint) =>
    function* (epoch: number, random: Random): Generator<Lesson> {
      for (const lesson of settings.lessons(epoch, random) as Iterable<Lesson>) {
        const n = { dtype: 'int64', dims: [1], data: BigInt64Array.of(epoch === 2 ? large : 1n) } as const;
        yield { ...lesson, feeds: { ...lesson.feeds, n } };
      }
    };
  const kept = { ...settings, objective, judge: last(), checkpointFolder: join(folder, 'checkpoint') };
  await expect(learn({ ...kept, lessons: sized(1n << 50n) }, context)).rejects.toMatchObject({
    code: 'runtime/memory',
    message: expect.stringContaining('in epoch 3, step 7'),
    hint: expect.stringContaining('the last checkpoint is kept'),
  });
  const epochs: number[] = [];
  const result = await learn({ ...kept, lessons: sized(1n), onEpoch: ({ epoch }) => epochs.push(epoch) }, context);
  expect(epochs).toEqual([3]);
  expect(result.history).toHaveLength(3);
});

test('time: too little for a step is an error, and a run that does not fit is planned anew and cut', async () => {
  const said: string[] = [];
  const { context } = await world({ log: (_, message) => void said.push(message) });
  for (const seconds of [0, 1e-6])
    await expect(learn({ ...settings, seconds }, context)).rejects.toMatchObject({ code: 'training/budget' });
  const endless = { ...settings, epochs: 1e6, patience: 1e6, seconds: 1, judge: last() };
  const result = await learn(endless, context);
  expect(result.stopped).toBe('seconds');
  expect(said.join()).toMatch(/the time allows about \d+ of 3000000 training steps/);
});

test('stops when it is cancelled', async () => {
  const aborter = new AbortController();
  const { context } = await world({ signal: aborter.signal });
  const stopped = learn({ ...settings, epochs: 1000, onEpoch: () => aborter.abort() }, context);
  await expect(stopped).rejects.toMatchObject({ code: 'engine/cancelled' });
});

test.each<[string, string, Partial<LearnSettings>]>([
  ['training/settings', '0 epochs', { epochs: 0 }],
  ['training/settings', '0.5 accumulate', { accumulate: 0.5 }],
  ['training/settings', 'a learning rate of NaN', { learningRate: Number.NaN }],
  ['training/settings', 'a warm-up of 2', { warmUp: 2 }],
  ['training/settings', 'a weight decay of -1', { weightDecay: -1 }],
  ['training/settings', 'clipping at 0', { clip: 0 }],
  ['training/settings', 'averaging of 1', { averaging: 1 }],
  ['training/settings', 'no weight to train', { trainable: new Map() }],
  ['training/weights', 'the model has no weight "v"', { trainable: new Map([['v', start.get('b')!]]) }],
  [
    'training/weights',
    'holds infinite values',
    { trainable: new Map([['b', tensor('float32', [1], Float32Array.of(NaN))]]) },
  ],
  ['training/data', 'epoch 1 has no lesson', { lessons: () => [] }],
  ['training/not-finite', 'the validation score', { judge: async () => Number.NaN }],
])('%s: %s', async (code, message, changes) => {
  const { context } = await world();
  await expect(learn({ ...settings, ...changes }, context)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});
