import { expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { viewOf } from '../anatomy/walk.ts';
import { model } from '../testing/quantized.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { keptCount, targetsOf } from './structured-targets.ts';

test('an encoder has heads, neurons and a width', () => {
  const architecture = { layers: 2, width: 32, heads: 4, ffn: 64, vocabulary: 10, positions: 6, labels: 2 };
  const subject = encoderModel(architecture, initialWeights(architecture, seeded(1, 'targets')));
  const [view, anatomy] = [viewOf(subject), anatomyOf(subject) as Anatomy];
  const of = (kind: 'heads' | 'neurons' | 'width' | 'channels', exclude: string[] = []) =>
    targetsOf(view, anatomy, kind, exclude);
  expect(of('heads').found.map(({ group, multiple }) => [group.count, multiple])).toEqual([
    [4, 1],
    [4, 1],
  ]);
  expect(of('neurons').found.map(({ group, multiple, least }) => [group.count, multiple, least])).toEqual([
    [64, 8, 8],
    [64, 8, 8],
  ]);
  const [width] = of('width').found;
  expect(width?.group).toMatchObject({ count: 32, restated: true });
  expect(width?.nodes).toHaveLength(13);
  expect(of('channels')).toEqual({ found: [], missed: [] });
  expect(of('neurons', ['*layer.1*']).found).toHaveLength(1);
  expect(of('neurons', ['*layer.1*']).missed).toMatchObject([{ reason: 'excluded by the exclude option' }]);
});

test('a network without blocks has neurons between two layers, not across a residual sum', () => {
  const plain = model(
    'x: float32[N, 4]; w = float32[4, 16] {...}; v = float32[16, 3] {...}; h = MatMul(x, w); r = Relu(h); y = MatMul(r, v)',
  );
  expect(targetsOf(viewOf(plain), null, 'neurons', []).found).toHaveLength(1);
  const residual = model(
    'x: float32[N, 4]; w = float32[4, 8] {...}; u = float32[8, 8] {...}; v = float32[8, 3] {...}; h = MatMul(x, w); r = Relu(h); d = MatMul(r, u); s = Add(h, d); y = MatMul(s, v)',
  );
  expect(targetsOf(viewOf(residual), null, 'neurons', []).found).toEqual([]);
});

test('kept numbers are multiples, at least a few, at most all', () => {
  const large = { multiple: 8, least: 8 };
  expect([0.5, 0.01, 0.99, 1].map((share) => keptCount(100, share, large))).toEqual([48, 8, 96, 100]);
  expect(keptCount(4, 0.01, { multiple: 1, least: 1 })).toBe(1);
  expect(keptCount(5, 0.5, { multiple: 1, least: 5 })).toBe(5);
});
