import { expect, test } from 'vitest';
import { viewOf } from '../../testing/attention.ts';
import { context, model } from '../../testing/quantized.ts';
import { numbersOf, scalarOf } from './scalars.ts';

test.each([
  ['a constant', 'c = float32[] {0.5}', 0.5],
  ['one number in a shape', 'c = float32[1, 1] {0.25}', 0.25],
  ['the root of a width', 's = Shape(x); i = int64[] {1}; w = Gather(s, i); f = Cast(w) {to: 1}; c = Sqrt(f)', 4],
  ['a quotient', 'u = float32[] {1.0}; w = float32[] {16.0}; r = Sqrt(w); c = Div(u, r)', 0.25],
  ['several numbers', 'c = float32[2] {1.0, 1.0}', null],
  ['something computed', 'c = ReduceSum(x)', null],
  ['an open size', 's = Shape(x); i = int64[] {0}; w = Gather(s, i); c = Cast(w) {to: 1}', null],
])('%s', async (_name, text, expected) => {
  const { draft, sizes } = viewOf(model(`x: float32[B, 16]; ${text}; y = Mul(x, c); -> y: float32[B, 16]`));
  expect(await scalarOf('c', draft, sizes, await context())).toBe(expected);
});

test('strings are no numbers', async () => {
  const strings = { dtype: 'string', dims: [], data: { kind: 'strings', values: [new Uint8Array(1)] } } as const;
  expect(await numbersOf(strings, await context())).toBeNull();
});
