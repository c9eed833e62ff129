import { expect, test } from 'vitest';
import { viewOf } from '../../testing/attention.ts';
import { context, model } from '../../testing/quantized.ts';
import { causalityOf } from './causal.ts';

const base = `x: float32[B, S, 4]; mask: bool[B, 1, 1, S]; zero = int64[] {0}; one = int64[] {1}; rows = int64[3] {0, 1, 3}
  columns = int64[3] {0, 1, 2}; nought = float32[] {0.0}; lowest = float32[] {-3.4028235e38}; yes = bool[] {1}; no = bool[] {0}
  s = Shape(x); n = Gather(s, one); r = Range(zero, n, one); i = Unsqueeze(r, rows); j = Unsqueeze(r, columns)`;

test.each([
  ['seen = LessOrEqual(j, i); v = Where(seen, nought, lowest)', { pure: true }],
  ['seen = GreaterOrEqual(i, j); v = Where(seen, nought, lowest)', { pure: true }],
  ['late = Greater(j, i); v = Where(late, lowest, nought)', { pure: true }],
  ['late = Less(i, j); seen = Not(late); v = Where(seen, nought, lowest)', { pure: true }],
  ['a = LessOrEqual(j, i); seen = And(yes, a); v = Where(seen, nought, lowest)', { pure: true }],
  ['a = LessOrEqual(j, i); seen = And(a, mask); v = Where(seen, nought, lowest)', { pure: false }],
  ['a = LessOrEqual(j, i); seen = And(no, a); v = Where(seen, nought, lowest)', { pure: false }],
  ['a = LessOrEqual(j, i); seen = Or(a, mask); v = Where(seen, nought, lowest)', null],
  ['seen = LessOrEqual(i, j); v = Where(seen, nought, lowest)', null],
  ['seen = LessOrEqual(j, i); v = Where(seen, lowest, nought)', null],
  ['seen = LessOrEqual(j, i); v = Where(seen, nought, nought)', null],
  ['late = Less(j, i); v = Where(late, lowest, nought)', null],
  ['v = Where(mask, nought, lowest)', null],
])('%s', async (text, expected) => {
  const view = viewOf(model(`${base}; ${text}; y = Add(v, nought); -> y: float32[A, 1, C, S]`));
  const found = await causalityOf(view, [{ kind: 'value', name: 'v' }], 'S', await context());
  if (expected === null) expect(found).toBeNull();
  else expect(found).toMatchObject({ ...expected, rows: 'S' });
});

test('one row alone has nothing after it', async () => {
  const view = viewOf(model(`${base}; y = Relu(x); -> y: float32[B, S, 4]`));
  const world = await context();
  expect(await causalityOf(view, [], 1, world)).toMatchObject({ pure: true });
  expect(await causalityOf(view, [{ kind: 'value', name: 'x' }], 1, world)).toMatchObject({ pure: false });
  expect(await causalityOf(view, [], 'S', world)).toBeNull();
});
