import { expect, test } from 'vitest';
import { parseText } from '../../../model/graph/index.ts';
import { emitter } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { gradientError, type Check } from '../testing/differences.ts';

const f = 'float64';

test.each<[string, Check['shapes'], number[]]>([
  [`x: ${f}[2, 3]; p = int64[4] {1, 0, 0, 2}; r = Pad(x, p)`, { x: [2, 3] }, [13, 18]],
  [`x: ${f}[4, 3]; p = int64[4] {-1, 1, 0, -1}; r = Pad(x, p)`, { x: [4, 3] }, [13, 21]],
  [`x: ${f}[2, 4]; p = int64[4] {1, 2, 0, 1}; r = Pad(x, p) {mode: "reflect"}`, { x: [2, 4] }, [13, 18]],
  [`x: ${f}[2, 3]; p = int64[4] {1, 2, 0, 1}; r = Pad(x, p) {mode: "edge"}`, { x: [2, 3] }, [13, 18]],
  [`x: ${f}[2, 3]; p = int64[2] {1, 2}; a = int64[1] {1}; r = Pad(x, p, _, a)`, { x: [2, 3] }, [18]],
  [`x: ${f}[1, 8, 1, 2]; r = DepthToSpace(x) {blocksize: 2}`, { x: [1, 8, 1, 2] }, [13]],
  [`x: ${f}[1, 8, 1, 2]; r = DepthToSpace(x) {blocksize: 2, mode: "CRD"}`, { x: [1, 8, 1, 2] }, [13]],
  [`x: ${f}[1, 2, 2, 4]; r = SpaceToDepth(x) {blocksize: 2}`, { x: [1, 2, 2, 4] }, [13]],
  [`x: ${f}[2, 3, 3]; r = Trilu(x) {upper: 0}`, { x: [2, 3, 3] }, [14]],
  [`x: ${f}[2, 3, 4]; k = int64[] {1}; r = Trilu(x, k)`, { x: [2, 3, 4] }, [18]],
])('%s', async (line, shapes, opsets) => {
  const rank = Object.values(shapes)[0]!.length;
  const text = `${line}; y = Mul(r, r); -> y: ${f}[${Array.from({ length: rank }, () => '?').join()}]`;
  for (const opset of opsets) expect(await gradientError({ text, shapes, opset }), String(opset)).toBeLessThan(1e-6);
});

test('ReverseSequence', async () => {
  const text = `x: float32[4, 2, 2]; l = int64[2] {3, 2}; r = ReverseSequence(x, l) {time_axis: 0, batch_axis: 1}; y = Mul(r, r); -> y: float32[4, 2, 2]`;
  expect(await gradientError({ text, shapes: { x: [4, 2, 2] } })).toBeLessThan(3e-4);
});

const scales = 's = float32[4] {1, 1, 2, 1.5}';
const sizes = 's = int64[4] {1, 2, 5, 3}';
test.each([
  [`${scales}; r = Resize(x, _, s)`, '[1, 2, 6, 6]'],
  [
    `${scales}; r = Resize(x, _, s) {coordinate_transformation_mode: "asymmetric", nearest_mode: "floor"}`,
    '[1, 2, 6, 6]',
  ],
  [`${sizes}; r = Resize(x, _, _, s)`, '[1, 2, 5, 3]'],
  [`${scales}; r = Resize(x, _, s) {mode: "linear"}`, '[1, 2, 6, 6]'],
  [
    `${sizes}; r = Resize(x, _, _, s) {mode: "linear", coordinate_transformation_mode: "align_corners"}`,
    '[1, 2, 5, 3]',
  ],
  [
    `${sizes}; r = Resize(x, _, _, s) {mode: "linear", coordinate_transformation_mode: "pytorch_half_pixel"}`,
    '[1, 2, 5, 3]',
  ],
  [`${scales}; r = Resize(x, _, s) {mode: "cubic", cubic_coeff_a: -0.75}`, '[1, 2, 6, 6]'],
])('%s', async (line, y) => {
  const text = `x: float32[1, 2, 3, 4]; ${line}; y = Mul(r, r); -> y: float32${y}`;
  for (const opset of [13, 19])
    expect(await gradientError({ text, shapes: { x: [1, 2, 3, 4] }, opset })).toBeLessThan(3e-4);
});

test.each([
  ['has a trainable filling', 'p = int64[2] {1, 1}; r = Pad(x, p, c)'],
  [
    'crops while it resizes',
    'p = float32[2] {0, 1}; s = float32[1] {2}; r = Resize(x, p, s) {coordinate_transformation_mode: "tf_crop_and_resize"}',
  ],
])('refuses what %s', (what, line) => {
  const model = parseText(`x: float32[3]; c: float32[]; ${line}; y = ReduceSum(r) {keepdims: 0}; -> y: float32[]`);
  expect(() => differentiate(model, 'y', ['x', 'c'], emitter(model))).toThrow(what);
});
