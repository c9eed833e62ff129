import { expect, test } from 'vitest';
import { edit } from '../../model/graph/index.ts';
import type { Anatomy } from '../anatomy/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { context, model, run } from '../testing/quantized.ts';
import { foldAt, foldInto } from './layers-fold.ts';

const anatomy = { width: 2, blocks: [] } as unknown as Anatomy;
const found = {
  affine: () => ({ scale: Float64Array.of(2, -1), shift: Float64Array.of(0.5, 3) }),
  step: () => Float64Array.of(1, 1),
};

test.each([
  ['an operator', 'n = LayerNormalization(x, g, b) {axis: -1}', 'n'],
  ['spelled out', 'm0 = ReduceMean(x) {axes: [-1]}; d = Sub(x, m0); m = Mul(g, d); n = Add(b, m)', 'n'],
])('scale and shift go into a normalization: %s', async (_, text, value) => {
  const subject = model(
    `x: float32[N, 2]; g = float32[2] {1.5, 2.0}; b = float32[2] {0.1, 0.2}; ${text}; y = Identity(n)\n-> y: float32[N, 2]`,
  );
  const world = await context();
  const fold = foldAt(viewOf(subject), anatomy, value)!;
  const draft = edit(subject);
  const replaced = new Map<string, string>();
  await foldInto(draft, fold, found, world, replaced);
  expect([...replaced.values()].toSorted()).toEqual(['b', 'g']);
  const feeds = { x: { dtype: 'float32' as const, dims: [2, 2], data: Float32Array.of(1, 2, 3, -1) } };
  const [before, after] = [await run(world, subject, feeds), await run(world, draft.done().model, feeds)];
  const [y, z] = [before['y']!.data as Float32Array, after['y']!.data as Float32Array];
  y.forEach((one, i) => expect(z[i]).toBeCloseTo(one * [2, -1][i % 2]! + [0.5, 3][i % 2]!, 4));
});

test('nothing to fold into', () => {
  const subject = model('x: float32[N, 2]; n = Relu(x); y = Identity(n)');
  expect(foldAt(viewOf(subject), anatomy, 'n')).toBeNull();
  expect(foldAt(viewOf(subject), anatomy, 'x')).toBeNull();
});
