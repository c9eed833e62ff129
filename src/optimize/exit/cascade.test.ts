import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, Feeds, Learning, Model, Value } from '../../contracts/index.ts';
import { checkModel, decode, encode } from '../../model/onnx/index.ts';
import { halfToFloats, tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { blockwise } from '../quantize/blockwise.ts';
import { dynamic } from '../quantize/dynamic.ts';
import { context, model, normal, relativeError, run } from '../testing/quantized.ts';
import { allOperators } from '../testing/kernels.ts';
import { cascade } from './cascade.ts';
import { classifier, learningOf, tokenRows, vectorRows } from './testing/rows.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(cascade.id, cascade.options, { risk: 0.05, ...raw });

const large = (): Model =>
  model(
    `x: float32[N, 8]; w = float32[8, 3]{...}; v = float32[8, 16]{...}; u = float32[16, 3]{...}; b = float32[3] {0.1, 0.0, -0.1}
     lin = MatMul(x, w); h0 = MatMul(x, v); h = Tanh(h0); f = Gemm(h, u, b); y = Add(lin, f)
     -> y: float32[N, 3]`,
    { w: normal([8, 3], 'w'), v: normal([8, 16], 'v', 0.5), u: normal([16, 3], 'u', 1) },
  );
/** Like the original without its non-linear part: mostly right where it is sure. */
const small = (): Model =>
  model('x: float32[N, 8]; w = float32[8, 3]{...}; y = MatMul(x, w); -> y: float32[N, 3]', {
    w: normal([8, 3], 'w'),
  });

const learning = (label: number | null | ((row: Float32Array) => number) = null, count = 400): Learning =>
  learningOf(
    vectorRows(4, 8, () => null, 'train'),
    vectorRows(count, 8, typeof label === 'function' ? label : () => label),
    3,
    'y',
  );

const world = async (original: Model | null, rows: Learning | null, signal?: AbortSignal): Promise<Context> => ({
  ...(await context(null, signal)),
  original,
  learning: rows,
});

const feedsOf = (count: number, label = 'feeds'): Feeds => {
  const random = seeded(9, label);
  return {
    x: { dtype: 'float32', dims: [count, 8], data: Float32Array.from({ length: count * 8 }, () => random.normal()) },
  };
};

const withThreshold = (subject: Model, value: number): Model => ({
  ...subject,
  graph: {
    ...subject.graph,
    initializers: new Map(subject.graph.initializers).set(
      'cascade_threshold',
      tensor('float32', [], Float32Array.of(value)),
    ),
  },
});

const thresholdOf = (subject: Model): number => {
  const data = subject.graph.initializers.get('cascade_threshold')!.data as { bytes: Uint8Array };
  return new Float32Array(data.bytes.slice().buffer)[0]!;
};

const rowOf = (value: Value, row: number): number[] => {
  const width = value.dims[1]!;
  return [...(value.data as Float32Array).subarray(row * width, (row + 1) * width)];
};

const surest = (scores: readonly number[]): number => {
  const most = Math.max(...scores);
  return 1 / scores.reduce((sum, one) => sum + Math.exp(one - most), 0);
};

const expectRows = (actual: Value, early: Value, late: Value, threshold: number): number => {
  let sent = 0;
  expect(actual.dims).toEqual(early.dims);
  for (let row = 0; row < actual.dims[0]!; row++) {
    const goes = surest(rowOf(early, row)) < threshold;
    if (goes) sent++;
    rowOf(goes ? late : early, row).forEach((one, i) => expect(rowOf(actual, row)[i]).toBeCloseTo(one, 4));
  }
  return sent;
};

test('answers sure rows as the small model does and the others as the original, in batches of 1 and 8', async () => {
  const here = await world(large(), learning());
  const { model: made, changes, skipped } = await cascade.apply(small(), options(), here);
  expect(skipped).toEqual([]);
  expect(checkModel(made)).toEqual([]);
  expect(changes.at(-1)!.what).toMatch(
    /^threshold 0\.\d+: [\d.]+ % of 400 validation rows go on to the original; rows answered differently: [\d.]+ %, at most [\d.]+ % with 95 % confidence$/,
  );
  const threshold = thresholdOf(made);
  let sent = 0;
  for (const count of [1, 8, 40]) {
    const feeds = feedsOf(count, `batch ${count}`);
    const [actual, early, late] = await Promise.all([made, small(), large()].map((one) => run(here, one, feeds)));
    sent += expectRows(actual!['y']!, early!['y']!, late!['y']!, threshold);
  }
  expect(sent).toBeGreaterThan(3);
  expect(sent).toBeLessThan(45);
  // What the threshold was chosen for holds on other rows.
  const feeds = feedsOf(2000, 'fresh');
  const [actual, late] = await Promise.all([made, large()].map((one) => run(here, one, feeds)));
  let differ = 0;
  for (let row = 0; row < 2000; row++) {
    const [a, b] = [rowOf(actual!['y']!, row), rowOf(late!['y']!, row)];
    if (a.indexOf(Math.max(...a)) !== b.indexOf(Math.max(...b))) differ++;
  }
  expect(differ / 2000).toBeLessThan(0.05);
});

test.each(['probability', 'margin', 'entropy'])('all sure, none sure and reloaded: %s', async (measure) => {
  const here = await world(large(), learning());
  const { model: made } = await cascade.apply(small(), options({ measure, risk: 0.1 }), here);
  const feeds = feedsOf(8);
  const one = feedsOf(1);
  const [early, late] = await Promise.all([small(), large()].map((subject) => run(here, subject, feeds)));
  const all = decode(await encode(withThreshold(made, -1)));
  const none = decode(await encode(withThreshold(made, 2)));
  expect(relativeError(early!['y']!, (await run(here, all, feeds))['y']!)).toBe(0);
  expect(relativeError(late!['y']!, (await run(here, none, feeds))['y']!)).toBeLessThan(1e-5);
  expect((await run(here, all, one))['y']!.dims).toEqual([1, 3]);
  expect(relativeError((await run(here, large(), one))['y']!, (await run(here, none, one))['y']!)).toBeLessThan(1e-5);
});

test('rows that the small model cannot judge go to the original', async () => {
  const here = await world(large(), learning());
  const { model: made } = await cascade.apply(small(), options(), here);
  const x: Value = { dtype: 'float32', dims: [2, 8], data: new Float32Array(16).fill(Number.NaN, 0, 8) };
  const [actual, late] = await Promise.all([withThreshold(made, -1), large()].map((one) => run(here, one, { x })));
  expect(rowOf(actual!['y']!, 0)).toEqual(rowOf(late!['y']!, 0));
});

test('text of any length: inputs are gathered row by row', async () => {
  const [student, teacher] = [classifier(1, 'a'), classifier(2, 'b')];
  const output = teacher.graph.outputs[0]!.name;
  const rows = tokenRows(60, 40, () => null);
  const here = await world(teacher, learningOf(rows, rows, 3, output));
  const { model: made, skipped } = await cascade.apply(student, options({ risk: 0.1, confidence: 0.5 }), here);
  expect(skipped).toEqual([]);
  for (const picked of [[0], [1, 2, 3, 4, 5, 6, 7, 8]]) {
    const feeds = rows.feeds(picked);
    const none = await run(here, withThreshold(made, 2), feeds);
    expect(relativeError((await run(here, teacher, feeds))[output]!, none[output]!)).toBeLessThan(1e-5);
  }
  // Quantized afterwards: both models, the body too.
  const int8 = await dynamic.apply(made, parseOptions(dynamic.id, dynamic.options, { minValues: 1 }), here);
  expect(allOperators(int8.model)['MatMul'] ?? 0).toBeLessThan(allOperators(made)['MatMul']!);
  const feeds = rows.feeds([3, 4, 5]);
  const both = await Promise.all([made, int8.model].map((one) => run(here, withThreshold(one, 2), feeds)));
  expect(relativeError(both[0]![output]!, both[1]![output]!)).toBeLessThan(0.1);
});

test('a quantized small model shares the weights that it kept with the original', async () => {
  const here = await world(large(), learning());
  const { graph, ...rest } = large();
  const mine: Model = {
    ...rest,
    graph: { ...graph, initializers: new Map(graph.initializers).set('u', normal([16, 3], 'other', 0.4)) },
  };
  const { model: made } = await cascade.apply(mine, options(), here);
  const inner = made.graph.nodes.find(({ op }) => op === 'If')!.attributes['then_branch']!;
  // Only u differs.
  expect([...(inner as { value: Model['graph'] }).value.initializers.keys()]).toEqual(['original/u']);
});

test('few-bit weights in front of the original that they were made from', async () => {
  const here = await world(large(), learning());
  const bits = parseOptions(blockwise.id, blockwise.options, { bits: '2', blockSize: '16', accuracyLevel: 1 });
  const current = (await blockwise.apply(large(), bits, here)).model;
  const { model: made, skipped } = await cascade.apply(current, options({ risk: 0.1 }), here);
  expect(skipped).toEqual([]);
  const feeds = feedsOf(8);
  const [all, none, early, late] = await Promise.all(
    [withThreshold(made, -1), withThreshold(made, 2), current, large()].map(
      async (one) => (await run(here, one, feeds))['y']!,
    ),
  );
  expect(relativeError(early!, all!)).toBe(0);
  expect(relativeError(late!, none!)).toBeLessThan(1e-5);
});

test('scores of another type: the answer has the type of the current model', async () => {
  const here = await world(large(), learning());
  const half = model(
    'x: float32[N, 8]; w = float32[8, 3]{...}; f = MatMul(x, w); y = Cast(f) {to: 10}; -> y: float16[N, 3]',
    { w: normal([8, 3], 'w') },
  );
  const { model: made, skipped } = await cascade.apply(half, options(), here);
  expect(skipped).toEqual([]);
  const feeds = feedsOf(8);
  const actual = (await run(here, withThreshold(made, 2), feeds))['y']!;
  expect(actual.dtype).toBe('float16');
  const floats: Value = { ...actual, dtype: 'float32', data: halfToFloats(actual.data as Uint16Array) };
  expect(relativeError((await run(here, large(), feeds))['y']!, floats)).toBeLessThan(1e-3);
});

test('labels: only what the original gets right can be lost', async () => {
  // A label that neither model ever answers right costs nothing, so the small model alone keeps the risk; answers count all the same.
  const never = learning(() => 7);
  const first = await cascade.apply(small(), options(), await world(large(), never));
  expect(first.skipped[0]!.reason).toMatch(/^the current model alone keeps the risk/);
  const second = await cascade.apply(small(), options({ judge: 'answers' }), await world(large(), never));
  expect(second.changes.at(-1)!.what).toContain('answered differently');
});

const bad: readonly (readonly [string, () => Promise<readonly [Model, Context]>, RegExp, Record<string, unknown>?])[] =
  [
    ['no original', async () => [small(), await world(null, learning())], /there is no original model/],
    ['no examples', async () => [small(), await world(large(), null)], /validation rows and there are none/],
    ['the same model', async () => [large(), await world(large(), learning())], /the current model is the original/],
    [
      'too few rows',
      async () => [small(), await world(large(), learning(null, 40))],
      /takes 59 validation rows at least, and there are 40/,
    ],
    [
      'a worse original',
      async () => [
        large(),
        await world(
          small(),
          learning((x) => answer(x)),
        ),
      ],
      /nothing to gain from asking it/,
    ],
    [
      'nothing to trust',
      async () => [
        model('x: float32[N, 8]; w = float32[8, 3]{...}; y = MatMul(x, w); -> y: float32[N, 3]', {
          w: normal([8, 3], 'zz'),
        }),
        await world(large(), learning()),
      ],
      /of the rows could be answered early|no threshold keeps/,
    ],
    [
      'other classes',
      async () => [
        model('x: float32[N, 8]; w = float32[8, 4]{...}; y = MatMul(x, w); -> y: float32[N, 4]'),
        await world(large(), learning()),
      ],
      /the current model has 4 classes and the original 3/,
    ],
    [
      'another input',
      async () => [
        model('z: float32[N, 8]; w = float32[8, 3]{...}; y = MatMul(z, w); -> y: float32[N, 3]'),
        await world(large(), learning()),
      ],
      /the original needs the input x/,
    ],
    [
      'another output',
      async () => [
        model('x: float32[N, 8]; w = float32[8, 3]{...}; q = MatMul(x, w); -> q: float32[N, 3]'),
        await world(large(), learning()),
      ],
      /the current model has no output y/,
    ],
    [
      'more outputs in the original',
      async () => [
        small(),
        await world(
          model(
            'x: float32[N, 8]; w = float32[8, 3]{...}; y = MatMul(x, w); z = Neg(y); -> y: float32[N, 3], z: float32[N, 3]',
          ),
          learning(),
        ),
      ],
      /other outputs \(z\)/,
    ],
    [
      'rows that depend on each other',
      async () => [
        small(),
        await world(
          model(
            'x: float32[N, 8]; w = float32[8, 3]{...}; m = ReduceMean(x) {axes: [0]}; c = Sub(x, m); y = MatMul(c, w); -> y: float32[N, 3]',
            { w: normal([8, 3], 'w') },
          ),
          learning(),
        ),
      ],
      /without the other rows of its batch/,
      { risk: 0.05, leastKept: 0 },
    ],
  ];

/** What the larger model answers, computed here. */
const answer = (() => {
  const floats = (name: string): Float32Array =>
    new Float32Array((large().graph.initializers.get(name)!.data as { bytes: Uint8Array }).bytes.slice().buffer);
  const [w, v, u, b] = ['w', 'v', 'u', 'b'].map(floats) as [Float32Array, Float32Array, Float32Array, Float32Array];
  return (x: Float32Array): number => {
    const scores = [0, 1, 2].map((c) => {
      let sum = b[c]!;
      for (let i = 0; i < 8; i++) sum += x[i]! * w[i * 3 + c]!;
      for (let j = 0; j < 16; j++) {
        let h = 0;
        for (let i = 0; i < 8; i++) h += x[i]! * v[i * 16 + j]!;
        sum += Math.tanh(h) * u[j * 3 + c]!;
      }
      return sum;
    });
    return scores.indexOf(Math.max(...scores));
  };
})();

test.each(bad.map(([name, make, reason, raw = {}]) => ({ name, make, reason, raw })))(
  '$name: refuses with a reason',
  async ({ make, reason, raw }) => {
    const [subject, here] = await make();
    const result = await cascade.apply(subject, options(raw), here);
    expect(result.changes).toEqual([]);
    expect(result.model).toBe(subject);
    expect(result.skipped[0]!.reason).toMatch(reason);
  },
);

test('a rewritten tokenizer: the same ids would mean other words', async () => {
  const text = (rows: number) =>
    model(
      `ids: int64[N, S]; t = float32[${rows}, 4]{...}; w = float32[4, 3]{...}; e = Gather(t, ids); p = ReduceMean(e) {axes: [1], keepdims: 0}; y = MatMul(p, w); -> y: float32[N, 3]`,
    );
  const rows = tokenRows(20, 10, () => null);
  const result = await cascade.apply(text(10), options(), await world(text(30), learningOf(rows, rows, 3, 'y')));
  expect(result.skipped[0]!.reason).toMatch(/knows 10 tokens in ids and the original 30: .* remap/);
  expect(cascade.check(model('x: float32[N]; y = Neg(x); z = Abs(x)'), options())!.reason).toContain('more outputs');
});
