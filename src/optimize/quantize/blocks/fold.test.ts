import { describe, expect, test } from 'vitest';
import type { Feeds } from '../../../contracts/index.ts';
import { edit } from '../../../model/graph/index.ts';
import { context, input, model, relativeError, run } from '../../testing/quantized.ts';
import { emitFactors } from './emit.ts';
import { applyFold, foldOf } from './fold.ts';
import { unitsOf } from './targets.ts';

const factors = Float32Array.from({ length: 8 }, (_, i) => 2 ** ((i % 5) - 2));
const head = 'x: float32[N, 8]; w = float32[8, 4]{...}; g = float32[8]{...}; b = float32[8]{...}; c = float32[] {0.5}';

/** Fold the factors into the maker of `h` and take them out of the weight of the product that uses it: the answers must not change. */
const check = async (body: string, more = ''): Promise<boolean> => {
  const world = await context();
  const before = model(`${head}; ${more} ${body}; y = MatMul(h, w) as "last"`);
  const inverse = factors.map((one) => 1 / one);
  const draft = edit(before);
  const units = unitsOf(draft, []);
  const last = units.find((unit) => unit.linear.weightName === 'w')!;
  const byNode = new Map(units.map((unit) => [unit.linear.node, unit]));
  const fold = foldOf(draft, 'h', 8, new Set([last.linear.node]), (node) => byNode.get(node));
  if (fold === null) return false;
  await applyFold(draft, fold, factors, world);
  for (const unit of fold.units) emitFactors(draft, unit, factors);
  // The inverse by hand, in front of the last product.
  const undone = draft.addInitializer('undo', {
    dtype: 'float32',
    dims: [8],
    data: { kind: 'inline', bytes: new Uint8Array(inverse.buffer) },
  });
  draft.replace(
    last.linear.node,
    [
      { op: 'Mul', inputs: ['h', undone], outputs: ['h_undone'] },
      { op: 'MatMul', inputs: ['h_undone', 'w'], outputs: ['y'] },
    ],
    'undo',
  );
  const feeds: Feeds = { x: input([5, 8], 'x') };
  const after = draft.done().model;
  expect(relativeError((await run(world, before, feeds))['y']!, (await run(world, after, feeds))['y']!)).toBeLessThan(
    1e-5,
  );
  return true;
};

describe('folds into', () => {
  test.each([
    ['a LayerNormalization', 'h = LayerNormalization(x, g, b) {axis: -1}', ''],
    ['one without beta', 'h = LayerNormalization(x, g) {axis: -1}', ''],
    ['a product with a constant', 'h = Mul(g, x)', ''],
    ['a product with a scalar', 'h = Mul(x, c)', ''],
    ['a sum behind a product', 'm = Mul(x, g); h = Add(b, m)', ''],
    ['Relu behind a product', 'm = Mul(x, g); h = Relu(m)', ''],
    ['a gate: one factor of a product', 's = Sigmoid(x); m = Mul(x, g); h = Mul(s, m)', ''],
    ['a linear layer', 'h = MatMul(x, v)', 'v = float32[8, 8]{...};'],
    ['a linear layer with bias', 'h = Gemm(x, v, b)', 'v = float32[8, 8]{...};'],
    [
      'a linear layer behind a bias and Relu',
      'm = MatMul(x, v); a = Add(m, b); h = Relu(a)',
      'v = float32[8, 8]{...};',
    ],
  ])('%s', async (_, body, more) => expect(await check(body, more)).toBe(true));
});

describe('does not fold', () => {
  test.each([
    ['a graph input', 'h = Identity(x)', ''],
    ['Gelu: not linear', 'm = Mul(x, g); h = Erf(m)', ''],
    ['a value that others use too', 'h = Mul(x, g); other = Neg(h)', ''],
    ['a value whose source others use too', 'm = Mul(x, g); h = Relu(m); other = Neg(m)', ''],
    ['a sum with a computed value', 's = Sigmoid(x); h = Add(s, x)', ''],
    [
      'a linear layer whose weight another uses',
      'h = MatMul(x, v); n = Neg(x); other = MatMul(n, v)',
      'v = float32[8, 8]{...};',
    ],
  ])('%s', async (_, body, more) => expect(await check(body, more)).toBe(false));

  test('a graph output', () => {
    const draft = edit(model(`${head}; h = Mul(x, g); y = MatMul(h, w); -> h: float32[N, 8], y: float32[N, 4]`));
    const [unit] = unitsOf(draft, []);
    expect(foldOf(draft, 'h', 8, new Set([unit!.linear.node]), () => undefined)).toBeNull();
  });
});
