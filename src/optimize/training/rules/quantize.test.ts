import { expect, test } from 'vitest';
import type { Value } from '../../../contracts/index.ts';
import { parseText } from '../../../model/graph/index.ts';
import { emitter, extend } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';
import { evaluate } from '../testing/differences.ts';

const vector = (...data: number[]): Value => ({ dtype: 'float32', dims: [data.length], data: Float32Array.from(data) });

/** Gradients of Σ w·dequantized. */
const gradients = async (
  text: string,
  by: readonly string[],
  feeds: Record<string, Value>,
): Promise<Record<string, number[]>> => {
  const model = parseText(text);
  const to = emitter(model);
  const found = differentiate(model, 'l', by, to);
  const all = extend(model, to);
  const outputs = [...found.values()].map(
    (name) => ({ name, type: { kind: 'tensor', dtype: 'float32', dims: null } }) as const,
  );
  const run = await evaluate({ ...all, graph: { ...all.graph, outputs } });
  const answers = await run(feeds);
  return Object.fromEntries(
    [...found].map(([name, gradient]) => [name, [...(answers[gradient]!.data as Float32Array)]]),
  );
};

const loss = 'p = Mul(d, w); l = ReduceSum(p) {keepdims: 0}; -> l: float32[]';

test.each(['', 'com.microsoft.'])(
  '%sQuantizeLinear and DequantizeLinear: straight through, and the learned step size',
  async (domain) => {
    const text = `x: float32[4]; w: float32[4]; s: float32[]; z = int8[] {0}; q = ${domain}QuantizeLinear(x, s, z); d = ${domain}DequantizeLinear(q, s, z); ${loss}`;
    const scale = { dtype: 'float32', dims: [], data: Float32Array.of(0.5) } as const;
    // Codes 1, -3 (from -2.6), and two that are clipped: 127 and -128.
    const answer = await gradients(text, ['x', 's'], {
      x: vector(0.6, -1.3, 99, -99),
      w: vector(1, 2, 3, 5),
      s: scale,
    });
    expect(answer['x']).toEqual([1, 2, 0, 0]);
    // LSQ, eq. 3: round(v) − v inside, the end of the range outside.
    const expected = 1 * (1 - 1.2) + 2 * (-3 + 2.6) + 3 * 127 + 5 * -128;
    expect(answer['s']![0]).toBeCloseTo(expected, 4);
  },
);

test('per channel, with zero points', async () => {
  const text = `x: float32[2, 2]; w: float32[2, 2]; s: float32[2]; z = uint8[2] {10, 0}; q = QuantizeLinear(x, s, z) {axis: 0}; d = DequantizeLinear(q, s, z) {axis: 0}; ${loss}`;
  const square = (...data: number[]): Value => ({ ...vector(...data), dims: [2, 2] });
  const answer = await gradients(text, ['x', 's'], {
    x: square(1.1, -60, 0.3, -1),
    w: square(1, 2, 3, 5),
    s: vector(1, 0.25),
  });
  // Row 0: code 1 (11 with its zero point), and below −10; row 1: code 1, and below 0.
  expect(answer['x']).toEqual([1, 0, 3, 0]);
  expect(answer['s']![0]).toBeCloseTo(1 * (1 - 1.1) + 2 * -10, 4);
  expect(answer['s']![1]).toBeCloseTo(3 * (1 - 1.2) + 0, 4);
});

test('weights that are stored as codes hand gradients to their scales alone', async () => {
  const text = `x: float32[2]; w: float32[2]; s: float32[]; c = int8[2] {3, -4}; d = DequantizeLinear(c, s); ${loss}`;
  const scale = { dtype: 'float32', dims: [], data: Float32Array.of(0.5) } as const;
  expect(await gradients(text, ['s', 'x'], { x: vector(1, 1), w: vector(2, 5), s: scale })).toEqual({ s: [6 - 20] });
});

test.each([
  ['MatMulInteger', 'q, s, z = DynamicQuantizeLinear(x); m = MatMulInteger(q, c, z); d = Cast(m) {to: 1}'],
  [
    'MatMulInteger',
    's = float32[] {1}; z = uint8[] {0}; q = QuantizeLinear(x, s, z); m = MatMulInteger(q, c); d = Cast(m) {to: 1}',
  ],
  [
    'has scales by blocks',
    's = float32[1, 2] {1, 1}; q = QuantizeLinear(x, s) {block_size: 2, axis: 0}; d = DequantizeLinear(q, s) {block_size: 2, axis: 0}',
  ],
])('names %s instead of taking codes for constants', (what, line) => {
  const model = parseText(
    `opset 21; x: float32[2, 2]; c = uint8[2, 2] {1, 2, 3, 4}; ${line}; l = ReduceSum(d) {keepdims: 0}; -> l: float32[]`,
  );
  expect(() => differentiate(model, 'l', ['x'], emitter(model))).toThrow(what);
});
