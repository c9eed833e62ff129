import { expect, test } from 'vitest';
import { edit, editEach } from '../model/graph/index.ts';
import { soleUnits } from './sole-units.ts';
import { model } from './testing/quantized.ts';

const found = (text: string, exclude: readonly string[] = []): { names: string[]; reasons: string[] } => {
  const draft = edit(model(text));
  const names = soleUnits(draft, exclude).map(({ linear }) => linear.weightName);
  return { names, reasons: draft.done().skipped.map(({ reason }) => reason) };
};

const start = 'x: float32[N, 8]; w = float32[8, 8]{...}';

test('weights that nothing else uses, once however many nodes multiply by them', () => {
  expect(found(`${start}; h = MatMul(x, w); y = MatMul(h, w)`)).toEqual({ names: ['w'], reasons: [] });
  expect(found(`${start}; y = MatMul(x, w)`, ['y']).reasons).toEqual(['excluded by the exclude option']);
});

test.each([
  ['h = MatMul(x, w); u = Neg(w); y = Add(h, u)', /^its weight is also used by u/],
  ['h = MatMul(x, w); y = Gemm(h, w) {transB: 1}', /^its weight is also used by/],
  ['y = Gemm(x, w, w)', 'its weight is used twice by the same node'],
  ['c = float32[8, 8]{...}; h = MatMul(c, w); y = Add(h, x)', /^both operands are constants/],
  ['h = MatMul(x, w); y = Relu(h); -> y: float32[N, 8], w: float32[8, 8]', 'its weight is an output of the model'],
])('%s', (text, reason) => {
  const { names, reasons } = found(`${start}; ${text}`);
  expect(names).toEqual([]);
  expect(reasons[0]).toMatch(reason);
});

test('bodies are left alone, and so are weights that they use', async () => {
  const body = `flag: bool[]; ${start}; v = float32[8, 8]{...}; h = MatMul(x, w)
    y = If(flag) {then_branch: graph "a" {
        p = MatMul(h, w)
        -> p: float32[N, 8] }, else_branch: graph "b" {
        q = MatMul(h, v)
        -> q: float32[N, 8] }}
    -> y: float32[N, 8]`;
  const names: string[] = [];
  const { skipped } = await editEach(model(body), (draft) => {
    names.push(...soleUnits(draft, []).map(({ linear }) => linear.weightName));
  });
  expect(names).toEqual([]);
  expect(skipped.map(({ reason }) => reason).toSorted()).toEqual([
    'it is inside a body of If, Loop or Scan',
    'it is inside a body of If, Loop or Scan',
    'its weight is also used inside a body of If, Loop or Scan',
  ]);
});
