import { expect, test } from 'vitest';
import type { Value } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { bertDropout, dropoutOffsets, offsetsInput, poolFor, residualDropout, withDropout } from './dropout.ts';
import { encoderModel, initialWeights } from './encoder.ts';
import { evaluate } from './testing/differences.ts';

const model = parseText('x: float32[N, 50]; y = Neg(x); z = Neg(y); -> z: float32[N, 50]');
const x: Value = { dtype: 'float32', dims: [40, 50], data: new Float32Array(2000).fill(1) };

test('drops the stated share, keeps the mean, and follows the offsets', async () => {
  const dropped = withDropout(model, 0.25, 8000, seeded(1, 'pool'), ({ outputs }) => outputs[0] === 'y');
  expect(dropped.places).toBe(1);
  const run = await evaluate(dropped.model);
  const at = async (offset: number): Promise<Float32Array> => {
    const feeds = { x, [offsetsInput]: { dtype: 'int64', dims: [1], data: BigInt64Array.of(BigInt(offset)) } as const };
    return (await run(feeds))['z']!.data as Float32Array;
  };
  const values = await at(0);
  expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  const share = values.filter((one) => one === 0).length / values.length;
  expect(share).toBeGreaterThan(0.21);
  expect(share).toBeLessThan(0.29);
  expect(await at(0)).toEqual(values);
  expect(await at(100)).toEqual(new Float32Array([...values.slice(100), ...(await at(2000)).slice(0, 100)]));
});

test('offsets leave room for the largest value and follow the stream', () => {
  const dropped = withDropout(model, 0.5, 100, seeded(1, 'pool'), () => true);
  const offsets = dropoutOffsets(dropped, seeded(1, 'step'))[offsetsInput]!;
  expect(offsets.dims).toEqual([2]);
  for (const one of offsets.data as BigInt64Array) expect(one < 50n).toBe(true);
  expect(dropoutOffsets(dropped, seeded(1, 'step'))[offsetsInput]).toEqual(offsets);
});

test('a rate of 0 changes nothing', () => {
  const dropped = withDropout(model, 0, 100, seeded(1, 'pool'), () => true);
  expect(dropped.model).toBe(model);
  expect(dropoutOffsets(dropped, seeded(1, 'step'))).toEqual({});
});

test('an encoder drops at its embeddings, its output layers and the pooled value', () => {
  const architecture = { layers: 3, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
  const encoder = encoderModel(architecture, initialWeights(architecture, seeded(1, 'w')));
  const { places } = withDropout(encoder, 0.1, 100, seeded(1, 'pool'), bertDropout(encoder));
  expect(places).toBe(1 + 2 * 3 + 1);
});

const block = parseText(
  `x: float32[N, S, 4]; a = float32[4, 4]{...}; b = float32[4]{...}
   p = MatMul(x, a); q = Add(b, p); r = Add(q, x); s = MatMul(r, a); t = Add(s, b); u = Tanh(t); -> u: float32[N, S, 4]`,
  { tensors: { a: tensor('float32', [4, 4], new Float32Array(16)), b: tensor('float32', [4], new Float32Array(4)) } },
);

test('any exporter’s residual sums are found by their form, and the pool fits them', () => {
  const where = residualDropout(block);
  expect(block.graph.nodes.filter(where).map(({ outputs }) => outputs[0])).toEqual(['q', 'u']);
  expect(poolFor(block, where, 8, 10)).toBe(2 * 8 * 10 * 4);
  const unknown = parseText('x: float32[N, M]; y = Tanh(x); -> y: float32[N, M]');
  expect(poolFor(unknown, residualDropout(unknown), 8, 10)).toBeNull();
  const architecture = { layers: 3, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
  const encoder = encoderModel(architecture, initialWeights(architecture, seeded(1, 'w')));
  const [ours, theirs] = [residualDropout(encoder), bertDropout(encoder)];
  expect(encoder.graph.nodes.filter(ours)).toEqual(encoder.graph.nodes.filter(theirs));
});
