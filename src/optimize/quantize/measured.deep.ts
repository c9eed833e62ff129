import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Feeds, Model, Technique, Value } from '../../contracts/index.ts';
import { encode } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { readMachine, saturatesU8S8 } from '../../runtime/index.ts';
import { seeded } from '../../statistics/index.ts';
import { optimizedBy } from '../testing/kernels.ts';
import { context, input, model, relativeError } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/index.ts';
import { blockwise } from './blockwise.ts';
import { dynamic } from './dynamic.ts';
import { float16 } from './float16.ts';
import { float16Storage } from './float16-storage.ts';
import { staticInt8 } from './static/static.ts';

const say = (text: string): void => void process.stderr.write(`${text}\n`);

/** ‖y − y′‖ / ‖y‖ and max |y − y′| of one output after a technique. */
const after = async (technique: Technique, raw: Record<string, unknown>, before: Model, feeds: Feeds) => {
  const world = await context(async function* calibration() {
    yield feeds;
  });
  const { model: made, config } = await technique.apply(
    before,
    parseOptions(technique.id, technique.options, raw),
    world,
  );
  const answer = async (one: Model, settings = {}): Promise<Value> => {
    const session = await world.open(one, { config: settings });
    const { outputs } = await session.run(feeds);
    await session.close();
    return Object.values(outputs)[0]!;
  };
  const [a, b] = [await answer(before), await answer(made, config)];
  const [x, y] = [a, b].map(({ data }) => data as Float32Array) as [Float32Array, Float32Array];
  return {
    made,
    relative: relativeError(a, b),
    largest: x.reduce((most, value, at) => Math.max(most, Math.abs(value - y[at]!)), 0),
    reach: x.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  };
};

const saturating = saturatesU8S8((await readMachine()).instructionSets);

/** Relative errors of one product of normal numbers. Measured elsewhere with ONNX Runtime 1.30 on a CPU whose sums saturate. */
const products: readonly [Technique, Record<string, unknown>, number, number][] = [
  [dynamic, {}, 0.014, 0.015],
  [dynamic, { perChannel: true }, 0.015, 0.039],
  [dynamic, { perChannel: true, bits: '7' }, 0.017, 0.019],
  [dynamic, { exact: true }, 0.009, 0.015],
  [dynamic, { perChannel: true, exact: true }, 0.009, 0.013],
  [dynamic, { weightType: 'uint8' }, 0.011, 0.015],
  // Static ranges of what is measured here: no worse than dynamic ones.
  [staticInt8, { bits: '8' }, 0.014, 0.02],
  [blockwise, { method: 'rtn', blockSize: '32', accuracyLevel: 0 }, 0.08, 0.08],
  [blockwise, { method: 'rtn', blockSize: '32' }, 0.08, 0.08],
  [blockwise, { method: 'rtn', blockSize: '128' }, 0.1, 0.1],
  [blockwise, { method: 'rtn', bits: '8', blockSize: '32', accuracyLevel: 0 }, 0.005, 0.005],
  // At level 4 the inputs are rounded too: 8 bits of both.
  [blockwise, { method: 'rtn', bits: '8', blockSize: '32' }, 0.007, 0.008],
  [blockwise, { method: 'rtn', bits: '8', blockSize: '128' }, 0.005, 0.009],
  [float16, { maxError: 1 }, 0.0003, 0.0004],
];

describe('errors of one product of normal numbers', () => {
  test.each([
    [768, 768],
    [384, 1536],
  ])('K = %i, N = %i', async (k, n) => {
    const before = model(`x: float32[N, ${k}]; w = float32[${k}, ${n}]{...}; y = MatMul(x, w); -> y: float32[N, ${n}]`);
    const feeds = { x: input([64, k], 'rows') };
    for (const [technique, raw, low, high] of products) {
      const { relative } = await after(technique, raw, before, feeds);
      say(`${k} × ${n} ${technique.id} ${JSON.stringify(raw)}: ${relative.toFixed(4)} (${low} to ${high})`);
      if (saturating || raw['perChannel'] !== true) {
        expect.soft(relative, JSON.stringify(raw)).toBeLessThan(1.2 * high + 0.0005);
        expect.soft(relative, JSON.stringify(raw)).toBeGreaterThan(0.6 * low);
      }
    }
  });
});

test.each(
  [
    [768, 768],
    [128, 64],
    [96, 40],
  ].flatMap(([k, n]) => [16, 32, 64].map((block) => [k!, n!, block] as const)),
)('4-bit weights of %i × %i in blocks of %i: both forms give the same', async (k, n, block) => {
  const before = model(`x: float32[N, ${k}]; w = float32[${k}, ${n}]{...}; y = MatMul(x, w); -> y: float32[N, ${n}]`);
  const feeds = { x: input([5, k], 'rows') };
  const raw = { method: 'rtn', blockSize: String(block), accuracyLevel: 0 };
  const world = await context();
  const results: Value[] = [];
  for (const form of ['nbits', 'qdq']) {
    const { made } = await after(blockwise, { ...raw, form }, before, feeds);
    // Weights stay what the codes say: without its optimizations the runtime multiplies by them as they are.
    const session = await world.open(made, { graphOptimization: form === 'qdq' ? 'disabled' : 'all' });
    results.push((await session.run(feeds)).outputs['y']!);
    await session.close();
  }
  expect(relativeError(results[0]!, results[1]!)).toBeLessThan(1e-5);
});

test('six layers of width 384 stored in float16: half the file, answers within a few thousandths', async () => {
  const shape = { layers: 6, width: 384, heads: 12, ffn: 1536, vocabulary: 5000, positions: 128, labels: 384 };
  const before = encoderModel(shape, initialWeights(shape, seeded(1, 'stored')));
  const random = seeded(1, 'tokens');
  const ids = BigInt64Array.from({ length: 128 }, () => BigInt(1 + random.integer(4999)));
  const feeds: Feeds = Object.fromEntries(
    before.graph.inputs.map(({ name }) => [
      name,
      {
        dtype: 'int64',
        dims: [2, 64],
        data: /mask/.test(name) ? ids.map(() => 1n) : /type/.test(name) ? ids.map(() => 0n) : ids,
      },
    ]),
  );
  const { made, largest, reach } = await after(float16Storage, {}, before, feeds);
  const [whole, half] = [(await encode(before)).length, (await encode(made)).length];
  say(
    `float16 storage: ${(half / whole).toFixed(3)} of the bytes, largest difference ${largest.toExponential(2)} on |y| ≤ ${reach.toFixed(2)}`,
  );
  expect(half / whole).toBeLessThan(0.505);
  expect(largest / reach).toBeLessThan((2 * 1.8e-3) / 4);
});

test('int8 weights alone become weights in blocks of 32 at level 4', async () => {
  const weight = tensor(
    'int8',
    [768, 768],
    Int8Array.from({ length: 768 * 768 }, (_, i) => ((i * 37) % 255) - 127),
  );
  const { nodes } = (
    await optimizedBy(
      model(
        'opset 21; x: float32[N, 768]; s = float32[] {0.01}; w = int8[768, 768]{...}; d = DequantizeLinear(w, s); y = MatMul(x, d); -> y: float32[N, 768]',
        { w: weight },
      ),
    )
  ).model.graph;
  expect(nodes.map(({ op }) => op)).toEqual(['MatMulNBits']);
  expect(nodes[0]!.attributes).toMatchObject({
    bits: { value: 8n },
    block_size: { value: 32n },
    accuracy_level: { value: 4n },
  });
});

test.each([8, 24, 512])('blocks of %i are refused by the runtime, not computed wrong', async (block) => {
  const blocks = Math.ceil(96 / block);
  const subject = model(
    `x: float32[N, 96]; b = uint8[16, ${blocks}, ${block / 2}]{...}; s = float32[16, ${blocks}]{...}; y = com.microsoft.MatMulNBits(x, b, s) {K: 96, N: 16, bits: 4, block_size: ${block}}; -> y: float32[N, 16]`,
    { b: tensor('uint8', [16, blocks, block / 2], new Uint8Array(16 * blocks * (block / 2)).fill(0x7a)) },
  );
  const world = await context();
  await expect(
    (async () => {
      const session = await world.open(subject);
      await session.run({ x: input([2, 96], 'rows') }).finally(() => session.close());
    })(),
  ).rejects.toMatchObject({ code: expect.stringMatching(/^(runtime|session)/) });
});
