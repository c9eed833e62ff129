import { describe, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { codeColumns, codeSpan, columnExtremes, spanExtremes } from './column-codes.ts';

const random = (count: number, label: string): Float32Array => {
  const stream = seeded(1, label);
  return Float32Array.from({ length: count }, () => stream.normal());
};

/** Adding and subtracting 1.5 · 2^23 with every result a float32, as the operator's definition divides and rounds. */
const nearest = (value: number, scale: number): number => {
  const steps = Math.fround(value / Math.fround(scale));
  const floor = Math.floor(steps);
  const rest = steps - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
};

describe.each([
  [1, 4],
  [9, 1],
  [50, 3],
  [3, 5],
  [40, 7],
  [70, 1000],
  [2, 70_001],
])('%i rows of %i columns', (rows, columns) => {
  const values = random(rows * columns, `${rows} ${columns}`);
  const { low, high } = columnExtremes(values, columns);

  test('ranges are those of each column, zero included', () => {
    for (let column = 0; column < columns; column++) {
      const own = Array.from({ length: rows }, (_, row) => values[row * columns + column]!);
      if (low[column] !== Math.min(0, ...own) || high[column] !== Math.max(0, ...own))
        throw new Error(`column ${column}: ${low[column]} to ${high[column]}`);
    }
  });

  test.each([
    ['int8', -127, 127],
    ['int8, 7 bits', -64, 64],
    ['uint8', 0, 255],
  ])('%s: every code is the nearest', (what, least, most) => {
    const signed = what.startsWith('int8');
    // Some values are cut.
    const scales = Float32Array.from(low, (one, at) => (high[at]! - one) / (most - least) / 1.1 || 1);
    const zeroPoints = signed
      ? new Int8Array(columns)
      : Uint8Array.from(low, (one, at) => Math.min(255, -one / scales[at]!));
    const codes = signed ? new Int8Array(values.length) : new Uint8Array(values.length);
    codeColumns(values, columns, { scales, zeroPoints, least, most }, codes);
    for (const [at, code] of codes.entries()) {
      const column = at % columns;
      const expected = Math.min(most, Math.max(least, nearest(values[at]!, scales[column]!) + zeroPoints[column]!));
      if (code !== expected) throw new Error(`value ${at}: ${code}, not ${expected}`);
    }
  });
});

test('ties go to the even code, whatever the zero point', () => {
  const values = Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 3, 300);
  const scales = new Float32Array(8).fill(1);
  const codes = new Uint8Array(8);
  codeColumns(values, 8, { scales, zeroPoints: new Uint8Array(8).fill(7), least: 0, most: 255 }, codes);
  expect([...codes]).toEqual([7, 9, 9, 7, 5, 5, 10, 255]);
});

test.each([0, 3, 1024, 5000])('a span of %i values has one range and one scale', (count) => {
  const values = random(count, 'span');
  const seen = spanExtremes(values);
  expect(seen).toEqual({ low: Math.min(0, ...values), high: Math.max(0, ...values) });
  const codes = new Int8Array(count);
  codeSpan(values, { scale: 0.01, zeroPoint: -3, least: -128, most: 127 }, codes);
  const expected = Array.from(values, (value) => Math.min(127, Math.max(-128, nearest(value, 0.01) - 3)));
  expect([...codes]).toEqual(expected);
});
