import { describe, expect, test } from 'vitest';
import type { Feeds, Model } from '../../../contracts/index.ts';
import { edit } from '../../../model/graph/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { context, model, normal, operators, relativeError, run } from '../../testing/quantized.ts';
import { withWorkers } from '../../workers/index.ts';
import { batchesOf, quantizeCalibrated, type CalibratedSettings } from './calibrated.ts';
import { correlatedRows } from './testing/matrices.ts';
import { unitsOf } from './targets.ts';

const settings: CalibratedSettings = {
  scheme: { bits: 4, blockSize: 32, symmetric: true },
  form: 'nbits',
  accuracyLevel: 1,
  method: 'gptq',
  scaling: false,
  propagation: true,
  actOrder: true,
  damping: 0.01,
};

const k = 96;
/** One draw of the mixing for all batches: rows of one distribution. */
const rows = correlatedRows(600, k, { rank: 40, own: 0.1, spread: 0.8 }, seeded(5, 'calibrated'));
const batch = (from: number, to: number): Feeds => ({
  x: { dtype: 'float32', dims: [to - from, k], data: rows.slice(from * k, to * k) },
});
const feeds = async function* (): AsyncIterable<Feeds> {
  for (let from = 0; from < 500; from += 100) yield batch(from, from + 100);
};
const network = (): Model =>
  model(
    `x: float32[N, ${k}]; g = float32[${k}]{...}; q = float32[${k}, 64]{...}; p = float32[${k}, 32]{...}; o = float32[64, 48]{...}
     h = LayerNormalization(x, g) {axis: -1}; a = MatMul(h, q) as "q"; b = MatMul(h, p) as "p"; r = Relu(a); c = MatMul(r, o) as "o"
     -> b: float32[N, 32], c: float32[N, 48]`,
  );

const quantized = async (before: Model, own: Partial<CalibratedSettings>, calibration = feeds) => {
  const world = await context(calibration);
  const draft = edit(before);
  await withWorkers(world, (workers) =>
    quantizeCalibrated(draft, unitsOf(draft, []), { ...settings, ...own }, workers, world),
  );
  const done = draft.done();
  const test = batch(500, 600);
  const [expected, actual] = [await run(world, before, test), await run(world, done.model, test)];
  return {
    ...done,
    errors: ['b', 'c'].map((name) => (expected[name] ? relativeError(expected[name], actual[name]!) : 0)),
  };
};

describe('on rows that were not seen', () => {
  test('GPTQ, AWQ and both lose less than what they start from', async () => {
    const nearest = await quantized(network(), { scaling: false, propagation: false });
    const gptq = await quantized(network(), {});
    const awq = await quantized(network(), { scaling: true, propagation: false });
    const both = await quantized(network(), { scaling: true });
    expect(gptq.errors[0]! / nearest.errors[0]!).toBeLessThan(0.75);
    expect(awq.errors[0]! / nearest.errors[0]!).toBeLessThan(1);
    expect(both.errors[0]! / nearest.errors[0]!).toBeLessThan(0.75);
    for (const { changes, skipped } of [gptq, awq, both]) {
      expect(changes.filter(({ what }) => what.startsWith('MatMul'))).toHaveLength(3);
      expect(skipped).toEqual([]);
    }
    expect(operators(gptq.model)).toEqual({ LayerNormalization: 1, MatMulNBits: 3, Relu: 1 });
    // q and p share one scale, folded into the normalization; that of o went through Relu into q.
    expect(operators(awq.model)).toEqual({ LayerNormalization: 1, MatMulNBits: 3, Relu: 1 });
    expect(awq.changes.some(({ what }) => what.includes('takes in the scales'))).toBe(true);
  });

  test('AWQ in front of which nothing can take the scales gets a Mul, one for all consumers', async () => {
    const before = model(
      `x: float32[N, ${k}]; q = float32[${k}, 64]{...}; p = float32[${k}, 32]{...}; a = MatMul(x, q); b = MatMul(x, p); c = Tanh(a)
       -> b: float32[N, 32], c: float32[N, 64]`,
    );
    const { model: after, errors } = await quantized(before, { scaling: true, propagation: false });
    expect(operators(after)).toEqual({ MatMulNBits: 2, Mul: 1, Tanh: 1 });
    const nearest = await quantized(before, { scaling: false, propagation: false });
    expect(errors[0]! / nearest.errors[0]!).toBeLessThan(0.95);
  });
});

test('a weight that two inputs share is quantized once, for both', async () => {
  const before = model(
    `x: float32[N, ${k}]; w = float32[${k}, ${k}]{...}; s = MatMul(x, w); t = Tanh(s); b = MatMul(t, w); c = Neg(b); -> b: float32[N, ${k}], c: float32[N, ${k}]`,
  );
  for (const scaling of [true, false]) {
    const { model: after, errors } = await quantized(before, { scaling });
    expect(after.graph.nodes.filter(({ op }) => op === 'MatMulNBits').map(({ inputs }) => inputs[1])).toEqual([
      'w_q4',
      'w_q4',
    ]);
    expect(errors[0]).toBeLessThan(0.15);
  }
});

describe('reasons', () => {
  test('bad weights and bad inputs leave their layers, and only theirs', async () => {
    const bad = normal([k, 32], 'p');
    new Float32Array((bad.data as { bytes: Uint8Array }).bytes.buffer)[7] = Number.NaN;
    const before = network();
    const broken = {
      ...before,
      graph: { ...before.graph, initializers: new Map(before.graph.initializers).set('p', bad) },
    };
    for (const scaling of [true, false]) {
      const { skipped, changes } = await quantized(broken, { scaling });
      expect(skipped).toEqual([{ reason: 'the weight p holds NaN or infinity', nodes: ['p'] }]);
      expect(changes.flatMap(({ nodes }) => nodes)).toEqual(expect.arrayContaining(['q', 'o']));
    }
    const strange = async function* (): AsyncIterable<Feeds> {
      yield { x: { dtype: 'float32', dims: [1, k], data: new Float32Array(k).fill(Number.POSITIVE_INFINITY) } };
    };
    for (const own of [{ scaling: true, propagation: false }, {}]) {
      const { skipped } = await quantized(network(), own, strange);
      expect(skipped.map(({ nodes }) => nodes[0]).toSorted()).toEqual(['o', 'p', 'q']);
      for (const { reason } of skipped) expect(reason).toBe('its input holds NaN or infinity on the calibration data');
    }
  });

  test('inputs that are wider than memory allows', async () => {
    const before = model('x: float32[N, 20000]; w = float32[20000, 1]{...}; b = MatMul(x, w)');
    const world = await context(feeds);
    const draft = edit(before);
    await withWorkers(world, (workers) => quantizeCalibrated(draft, unitsOf(draft, []), settings, workers, world));
    expect(draft.done().skipped[0]!.reason).toMatch(/^its inner size 20000 is above 16384/);
  });

  test('no rows is a coded error', async () => {
    await expect(quantized(network(), {}, async function* () {})).rejects.toMatchObject({
      code: 'optimize/calibration',
    });
  });
});

test('batches stay within the budget; what is larger stands alone', () => {
  expect(batchesOf([1, 2, 3, 9, 1, 1], (one) => one, 5)).toEqual([[1, 2], [3], [9], [1, 1]]);
  expect(batchesOf([], () => 1, 5)).toEqual([]);
});
