import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { decompose } from '../decompose.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';
import { decompositionError, operatorsOf } from '../testing/same.ts';

const f = 'float32';
const ids = (dims: readonly number[], ...data: number[]): Value => ({
  dtype: 'int32',
  dims,
  data: Int32Array.from(data),
});
const x3 = [2, 3, 4];

test.each<[string, string, Record<string, number[]>]>([
  ['y = com.microsoft.SkipLayerNormalization(x, s, g, b)', 'y: float32[2, 3, 4]', { x: x3, s: x3, g: [4], b: [4] }],
  [
    'y, _, _, z = com.microsoft.SkipLayerNormalization(x, s, g, b, c) {epsilon: 0.01}',
    'y: float32[2, 3, 4], z: float32[2, 3, 4]',
    { x: x3, s: [3, 4], g: [4], b: [4], c: [4] },
  ],
  ['y = com.microsoft.SkipLayerNormalization(x, s, g)', 'y: float32[2, 3, 4]', { x: x3, s: x3, g: [4] }],
  [
    'y, _, _, z = com.microsoft.SkipSimplifiedLayerNormalization(x, s, g) {epsilon: 0.01}',
    'y: float32[2, 3, 4], z: float32[2, 3, 4]',
    { x: x3, s: x3, g: [4] },
  ],
])('%s', async (line, outputs, shapes) => {
  const inputs = Object.entries(shapes).map(([name, dims]) => `${name}: ${f}[${dims.join()}]`);
  for (const opset of [13, 18]) {
    const text = `opset ${opset}; ${inputs.join('; ')}; ${line}; -> ${outputs}`;
    expect(await decompositionError(text, shapes)).toBeLessThan(2e-5);
    expect(await gradientError({ text, shapes })).toBeLessThan(5e-4);
  }
});

test('EmbedLayerNormalization, with segments, positions and the lengths of its mask', async () => {
  const tables = { w: [4, 3], p: [4, 3], k: [2, 3], g: [3], b: [3] };
  const inputs = Object.entries(tables).map(([name, dims]) => `${name}: ${f}[${dims.join()}]`);
  const given = {
    i: ids([2, 3], 1, 3, 1, 0, 2, 2),
    t: ids([2, 3], 0, 0, 1, 1, 1, 0),
    m: ids([2, 3], 1, 1, 1, 1, 0, 0),
  };
  const head = `${inputs.join('; ')}; i: int32[2, 3]; t: int32[2, 3]; m: int32[2, 3];`;
  const forms = [
    ['y, n = com.microsoft.EmbedLayerNormalization(i, t, w, p, k, g, b, m)', 'y: float32[2, 3, 3], n: int32[2]'],
    [
      'y, n, e = com.microsoft.EmbedLayerNormalization(i, _, w, p, _, g, b)',
      'y: float32[2, 3, 3], e: float32[2, 3, 3]',
    ],
    [
      'o = int32[2, 3] {3, 3, 2, 0, 1, 0}; y, n = com.microsoft.EmbedLayerNormalization(i, t, w, p, k, g, b, _, o)',
      'y: float32[2, 3, 3]',
    ],
  ];
  for (const [line, outputs] of forms) {
    const text = `${head} ${line}; -> ${outputs}`;
    expect(await decompositionError(text, tables, given), line).toBeLessThan(2e-5);
    const by = line!.includes('_, w') ? ['w', 'p', 'g', 'b'] : ['w', 'p', 'k', 'g', 'b'];
    const floats = text.replace(', n: int32[2]', '');
    expect(await gradientError({ text: floats, shapes: tables, values: given, by }), line).toBeLessThan(5e-4);
  }
});

test.each<[string, number, Record<string, number[]>]>([
  ['InstanceNormalization(x, g, b)', 13, { x: [2, 3, 4], g: [3], b: [3] }],
  ['InstanceNormalization(x, g, b) {epsilon: 0.1}', 22, { x: [2, 3, 2, 2], g: [3], b: [3] }],
  ['GroupNormalization(x, g, b) {num_groups: 2}', 18, { x: [2, 4, 3], g: [2], b: [2] }],
  ['GroupNormalization(x, g, b) {num_groups: 2, epsilon: 0.1}', 21, { x: [2, 4, 2, 2], g: [4], b: [4] }],
  ['LpNormalization(x)', 13, { x: [3, 4] }],
  ['LpNormalization(x) {axis: 0, p: 1}', 22, { x: [3, 4] }],
  ['MeanVarianceNormalization(x) {axes: [0, 2]}', 13, { x: [2, 3, 2] }],
])('%s in opset %s', async (call, opset, shapes) => {
  const inputs = Object.entries(shapes).map(([name, dims]) => `${name}: ${f}[${dims.join()}]`);
  const text = `opset ${opset}; ${inputs.join('; ')}; y = ${call}; -> y: ${f}[${shapes['x']!.join()}]`;
  // Away from 0, where the length in absolute values bends.
  const x = (random: () => number): number => {
    const one = random();
    return one + Math.sign(one) * 0.2;
  };
  expect(await decompositionError(text, shapes)).toBeLessThan(2e-5);
  expect(await gradientError({ text, shapes, values: { x } })).toBeLessThan(5e-4);
});

test('statistics that only the fused operator gives out keep it whole, and have no gradient', () => {
  const model = parseText(
    `x: ${f}[2, 4]; g: ${f}[4]; y, m = com.microsoft.SkipLayerNormalization(x, x, g) as "skip"; s = ReduceSum(m) {keepdims: 0}; -> y: ${f}[2, 4], s: ${f}[]`,
  );
  expect(operatorsOf(decompose(model))).toContain('com.microsoft.SkipLayerNormalization');
  expect(() => differentiate(model, 's', ['x'], emitter(model))).toThrow(
    'skip (SkipLayerNormalization) has a loss that depends on',
  );
});
