import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError } from '../testing/differences.ts';
import { decompositionError } from '../testing/same.ts';

const f = 'float32';
/** All rows count. */
const whole = (batch: number, rows: number): Record<string, Value> => ({
  l: { dtype: 'int32', dims: [batch], data: new Int32Array(batch).fill(rows - 1) },
  t: { dtype: 'int32', dims: [], data: Int32Array.of(rows) },
});
const counts = 'l: int32[B]; t: int32[]';
// ONNX Runtime rotates heads of a multiple of 16.
const row = (of: (angle: number) => number): string =>
  [0, 1].flatMap((place) => [1, 2, 3, 4, 5, 6, 7, 8].map((i) => of(place / i).toFixed(4))).join();
const angles = `c = ${f}[2, 8] {${row(Math.cos)}}; s = ${f}[2, 8] {${row(Math.sin)}}`;
const heads = 'num_heads: 2, kv_num_heads: 1';
const apart = { q: [2, 3, 16], k: [2, 3, 8], v: [2, 3, 8] };

test.each<[string, Record<string, number[]>, string]>([
  ['apart', apart, `y = com.microsoft.GroupQueryAttention(q, k, v, _, _, l, t) {${heads}}`],
  [
    'packed, with a scale',
    { q: [2, 3, 32] },
    `y = com.microsoft.GroupQueryAttention(q, _, _, _, _, l, t) {${heads}, scale: 0.2}`,
  ],
  [
    'rotated',
    { q: [1, 2, 32], k: [1, 2, 16], v: [1, 2, 16] },
    `${angles}; y = com.microsoft.GroupQueryAttention(q, k, v, _, _, l, t, c, s) {${heads}, do_rotary: 1}`,
  ],
])('GroupQueryAttention, %s', async (_, shapes, line) => {
  const inputs = Object.entries(shapes).map(([name, dims]) => `${name}: ${f}[${dims.join()}]`);
  const [batch, rows, width] = shapes['q'] as [number, number, number];
  const text = `${inputs.join('; ')}; ${counts}; ${line}; -> y: ${f}[${batch}, ${rows}, ${line.includes('_, _, _, _') ? width / 2 : width}]`;
  const given = whole(batch, rows);
  expect(await decompositionError(text, shapes, given)).toBeLessThan(2e-5);
  expect(await gradientError({ text, shapes, values: given })).toBeLessThan(4e-4);
});

test.each([
  ['goes on behind a past', 'q, k, v, p, p, l, t', ''],
  ['looks through a window', 'q, k, v, _, _, l, t', ', local_window_size: 2'],
])('refuses what %s', (what, inputs, attributes) => {
  const model = parseText(
    `q: ${f}[2, 3, 16]; k: ${f}[2, 3, 8]; v: ${f}[2, 3, 8]; p: ${f}[2, 1, P, 8]; ${counts}; y = com.microsoft.GroupQueryAttention(${inputs}) {${heads}${attributes}}; z = ReduceSum(y) {keepdims: 0}; -> z: ${f}[]`,
  );
  expect(() => differentiate(model, 'z', ['q'], emitter(model))).toThrow(what);
});
