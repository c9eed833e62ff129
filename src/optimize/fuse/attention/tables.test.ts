import { expect, test } from 'vitest';
import { viewOf } from '../../testing/attention.ts';
import { context, model, run } from '../../testing/quantized.ts';
import { repeats, tablesOf } from './tables.ts';

const view = viewOf(
  model(`a: float32[B, 4, 2]; other: float32[B, 4, 2]; ids: int64[B, S]; one = int64[1] {1}; last = int64[1] {-1}
    halves = float32[2, 4] {1.0, 2.0, 1.0, 2.0, 3.0, 4.0, 3.0, 4.0}; pairs = float32[2, 4] {1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0}
    both = Concat(a, a) {axis: -1}; c = Cos(both); u = Unsqueeze(c, one); mixed = Concat(a, other) {axis: -1}
    line = Concat(a, a) {axis: 1}; g = Gather(halves, ids); turned = Transpose(both) {perm: [0, 2, 1]}
    b1 = Unsqueeze(a, last); b2 = Unsqueeze(a, last); side = Concat(b1, b2) {axis: -1}; back = int64[3] {0, 0, 4}
    beside = Reshape(side, back); strong = float32[] {2.0}; m = Mul(u, strong)
    above = Concat(a, a) {axis: 1}; over = Transpose(above) {perm: [0, 2, 1]}; aside = Transpose(above) {perm: [2, 1, 0]}
    -> over: float32[B, 2, T], aside: float32[2, T, B], m: float32[B, 1, S, 4], mixed: float32[B, S, 4], line: float32[B, T, 2], g: float32[B, S, 4], turned: float32[B, 4, S], beside: float32[B, S, 4]`),
);

test.each([
  ['halves', 'halves', true],
  ['pairs', 'halves', false],
  ['both', 'halves', true],
  ['m', 'halves', true],
  ['g', 'halves', true],
  ['mixed', 'halves', false],
  ['line', 'halves', false],
  ['turned', 'halves', false],
  ['a', 'halves', false],
  ['over', 'halves', true],
  ['aside', 'halves', false],
  ['pairs', 'pairs', true],
  ['halves', 'pairs', false],
  ['beside', 'pairs', true],
  ['both', 'pairs', false],
] as const)('%s holds everything twice by %s: %s', async (name, spread, expected) => {
  expect(await repeats(view, name, spread, await context())).toBe(expected);
});

test('tables of each sequence have a line for every position', async () => {
  const subject = model(
    'cos: float32[B, 1, S, 4]; sin: float32[B, 1, S, 4]; y = Add(cos, sin); -> y: float32[B, 1, S, 4]',
  );
  const made = viewOf(subject);
  const { cos, positions } = tablesOf(made, 'cos', 'sin', 2, 'halves');
  const add = made.draft.producer('y');
  if (!add) return expect.fail('no node');
  made.draft.replace(add, [{ op: 'Gather', inputs: [cos, positions], outputs: ['y'] }], 'a test');
  const { model: after } = made.draft.done();
  const open = { ...after, graph: { ...after.graph, outputs: [{ name: 'y', type: null }] } };
  const numbers = Float32Array.from({ length: 24 }, (_, i) => i);
  const value = { dtype: 'float32', dims: [2, 1, 3, 4], data: numbers } as const;
  const { y } = await run(await context(), open, { cos: value, sin: value });
  expect(y?.dims).toEqual([2, 3, 2]);
  expect([...(y?.data ?? [])]).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21]);
});
