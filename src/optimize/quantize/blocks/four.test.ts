import { describe, expect, test } from 'vitest';
import { transposed } from '../../algebra/matrix.ts';
import { quantizeFourColumns, quantizeFourRows, type FourColumns } from './four.ts';
import { packColumns, packRows } from './pack.ts';
import { roundBlocks } from './rtn.ts';
import { decoded, normals } from './testing/matrices.ts';
import type { BlockScheme } from './types.ts';

const squares = (weight: Float32Array, back: Float32Array, importance: (at: number) => number = () => 1): number =>
  weight.reduce((sum, value, at) => sum + importance(at) * (value - back[at]!) ** 2, 0);
const make = (
  weight: Float32Array,
  columns: number,
  more: Pick<FourColumns, 'scheme' | 'method'> & Partial<FourColumns>,
) => quantizeFourColumns({ weight, columns, byColumn: false, importance: null, packed: false, ...more });

describe.each([2, 4, 8] as const)('%i bits', (bits) => {
  test.each([
    ['k-quant', true],
    ['k-quant', false],
    ['hqq', false],
  ] as const)(
    '%s, symmetric %s: never above round to nearest in a block, far below on the whole',
    (method, symmetric) => {
      const scheme: BlockScheme = { bits, blockSize: 32, symmetric };
      const importance = normals(32, 'importance').map((one) => one * one);
      const weight = normals(32 * 40, 'weight');
      const weigh = (at: number): number => importance[Math.floor(at / 40)]!;
      const made = decoded(make(weight, 40, { scheme, method, importance }), 40, scheme);
      const nearest = decoded(roundBlocks(weight, 40, scheme), 40, scheme);
      for (let column = 0; column < 40; column++) {
        const own = (at: number): number => (at % 40 === column ? weigh(at) : 0);
        expect(squares(weight, made, own)).toBeLessThanOrEqual(squares(weight, nearest, own) * 1.00001);
      }
      expect(squares(weight, made, weigh) / squares(weight, nearest, weigh)).toBeLessThan(bits === 8 ? 0.99 : 0.9);
    },
  );

  test.each([1, 3, 4, 6, 13])('%i columns: each way of lying in memory gives the same, and packing it', (columns) => {
    const scheme: BlockScheme = { bits, blockSize: 16, symmetric: false };
    const rows = 43;
    const weight = normals(rows * columns, `lie ${columns}`);
    const plain = make(weight, columns, { scheme, method: 'hqq' });
    expect(make(transposed(weight, rows, columns), columns, { scheme, method: 'hqq', byColumn: true })).toEqual(plain);
    expect(make(weight, columns, { scheme, method: 'hqq', packed: true })).toEqual({
      ...plain,
      codes: packColumns(plain.codes, plain.zeros, columns, scheme),
    });
    // A column does not depend on those beside it.
    const last = weight.filter((_, at) => at % columns === columns - 1);
    const alone = make(last, 1, { scheme, method: 'hqq' });
    expect(alone.scales).toEqual(plain.scales.filter((_, at) => at % columns === columns - 1));
    expect(alone.codes).toEqual(plain.codes.filter((_, at) => at % columns === columns - 1));
  });
});

test.each([
  ['zeros', () => 0],
  ['one value', () => 0.25],
  ['one negative value', () => -3],
  ['far from zero', (i: number) => 5 + i / 100],
  ['very small', (i: number) => (i % 5) * 1e-30],
  ['below all normal numbers', (i: number) => (i % 5) * 1e-42],
  ['very large', (i: number) => (i % 7) * 4e37],
])('%s: no worse than round to nearest, and finite', (_, value) => {
  const weight = Float32Array.from({ length: 16 }, (__, i) => value(i));
  for (const method of ['k-quant', 'hqq'] as const) {
    const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: false };
    const made = make(weight, 1, { scheme, method });
    const back = decoded(made, 1, scheme);
    expect(back.every(Number.isFinite)).toBe(true);
    expect(squares(weight, back)).toBeLessThanOrEqual(
      squares(weight, decoded(roundBlocks(weight, 1, scheme), 1, scheme)) * 1.00001,
    );
    if (weight.every((one) => Math.abs(one) < 1e-38)) expect([...made.scales, ...made.zeros]).toEqual([0, 8]);
  }
});

test('importance of any size, and of none', () => {
  const scheme: BlockScheme = { bits: 4, blockSize: 16, symmetric: true };
  const weight = normals(16, 'outlier');
  weight[3] = 40;
  const importance = new Float32Array(16).fill(1);
  importance[3] = 0;
  const of = (by: number) =>
    make(weight, 1, { scheme, method: 'k-quant', importance: importance.map((one) => one * by) });
  const errors = (back: Float32Array): number => squares(weight, back, (at) => importance[at]!);
  expect(errors(decoded(of(1), 1, scheme))).toBeLessThan(
    errors(decoded(roundBlocks(weight, 1, scheme), 1, scheme)) / 2,
  );
  for (const by of [1e-30, 1e30]) expect(of(by)).toEqual(of(1));
  expect(of(0)).toEqual(roundBlocks(weight, 1, scheme));
});

describe.each([4, 8] as const)('rows of %i bits', (bits) => {
  test.each([
    [64, 32, 9],
    [12, 16, 2],
    [40, 16, 33],
  ])('rows of %i in blocks of %i: what columns of the turned table get', (width, blockSize, rows) => {
    const scheme: BlockScheme = { bits, blockSize, symmetric: false };
    const values = normals(rows * width, `rows ${width}`);
    const made = quantizeFourRows({ values, width, scheme, halfScales: false });
    const one = new Float32Array(width).fill(1);
    const turned = make(values, rows, { scheme, method: 'k-quant', byColumn: true, importance: one });
    expect(made.scales).toEqual(transposed(turned.scales, turned.scales.length / rows, rows));
    expect(made.codes).toEqual(
      packRows(Uint8Array.from(transposed(Float32Array.from(turned.codes), width, rows)), width, bits),
    );
  });
});
