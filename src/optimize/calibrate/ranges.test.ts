import { describe, expect, test } from 'vitest';
import { seeded } from '../../statistics/index.ts';
import { histogram, type Histogram } from './histogram.ts';
import {
  bestRange,
  entropyRange,
  minMaxRange,
  mseRange,
  parametersOf,
  percentileRange,
  quantizationError,
} from './ranges.ts';

const seen = (...numbers: number[]): Histogram => {
  const stream = histogram();
  stream.add({ dtype: 'float32', dims: [numbers.length], data: Float32Array.from(numbers) });
  return stream.result();
};
const normals = (count: number): number[] => {
  const random = seeded(3, 'ranges');
  return Array.from({ length: count }, () => random.normal());
};
const outlier = seen(...normals(100_000), 50);

describe('parameters', () => {
  test('zero is a code, halves go to even, the scale is float32', () => {
    expect(parametersOf({ low: -1, high: 2 }, 'uint8')).toEqual({
      type: 'uint8',
      scale: Math.fround(3 / 255),
      zeroPoint: 85,
    });
    expect(parametersOf({ low: 1, high: 3 }, 'uint8')).toMatchObject({ scale: Math.fround(3 / 255), zeroPoint: 0 });
    expect(parametersOf({ low: -3, high: -1 }, 'uint8')).toMatchObject({ scale: Math.fround(3 / 255), zeroPoint: 255 });
    // 255 / 2 = 127.5 and 253 / 2 = 126.5: both to the even neighbor.
    expect(parametersOf({ low: -127.5, high: 127.5 }, 'uint8').zeroPoint).toBe(128);
    expect(parametersOf({ low: -126.5, high: 128.5 }, 'uint8').zeroPoint).toBe(126);
    expect(parametersOf({ low: -1, high: 2 }, 'int8')).toEqual({
      type: 'int8',
      scale: Math.fround(4 / 254),
      zeroPoint: 0,
    });
    expect(parametersOf({ low: 0, high: 2 }, 'int8', false)).toEqual({
      type: 'int8',
      scale: Math.fround(2 / 255),
      zeroPoint: -128,
    });
  });

  test.each(['uint8', 'int8'] as const)('a range of nothing gets scale 1: %s', (type) => {
    for (const high of [0, 1e-45, Number.NaN])
      expect(parametersOf({ low: 0, high }, type)).toEqual({ type, scale: 1, zeroPoint: 0 });
  });
});

describe('normal values and one outlier at 50', () => {
  test('min-max keeps the outlier', () => {
    expect(minMaxRange(outlier).high).toBe(50);
  });

  test('percentiles cut each tail by half of the rest', () => {
    // Normal quantiles of 0.9995 and 0.99995.
    expect(percentileRange(outlier, 99.9).high).toBeCloseTo(3.29, 1);
    expect(percentileRange(outlier, 99.9).low).toBeCloseTo(-3.29, 1);
    expect(percentileRange(outlier, 99.99).high).toBeCloseTo(3.89, 0);
    // One value in 100,001 is more than half of 0.001 %.
    expect(percentileRange(outlier, 99.999).high).toBe(50);
  });

  test('entropy clips where the reference implementation does', () => {
    // ONNX Runtime's calibrator with 8,192 bins and 128 levels: 4.797 on such values.
    const { low, high } = entropyRange(outlier);
    expect(high).toBeGreaterThan(4.2);
    expect(high).toBeLessThan(5.4);
    expect(low).toBeGreaterThanOrEqual(outlier.low);
  });

  test('entropy with few bins has little to choose from', () => {
    const high = (bins: number): number => {
      const stream = histogram(bins);
      const numbers = Float32Array.from([...normals(100_000), 50]);
      stream.add({ dtype: 'float32', dims: [numbers.length], data: numbers });
      return entropyRange(stream.result()).high;
    };
    // As many bins as levels leave one window, all. The reference implementation cuts fractions of counts off and clips at 6.74 with 2,048 bins.
    expect(high(128)).toBe(50);
    expect(high(2048)).toBeGreaterThan(3.3);
    expect(high(2048)).toBeLessThan(6.74);
  });

  test('the least squared error lies between clipping all and nothing', () => {
    const error = (range: { low: number; high: number }) => quantizationError(outlier, parametersOf(range, 'uint8'));
    const mse = mseRange(outlier, 'uint8');
    // d/dc of (50 − c)² + N (c + 4.4)² / (255² · 12) is 0 at c = 43.8; the grid has steps of 5 %.
    expect(Math.abs(mse.high / 43.8 - 1)).toBeLessThan(0.05);
    expect(error(mse)).toBeLessThan(error(minMaxRange(outlier)));
    expect(error(mse)).toBeLessThan(error(percentileRange(outlier, 99.9)));
    expect(error(bestRange(outlier, 'uint8'))).toBeLessThanOrEqual(error(mse));
  });
});

test('the error that is told is the error that happens', () => {
  const numbers = normals(5000);
  const stream = seen(...numbers);
  const { scale, zeroPoint } = parametersOf({ low: -2, high: 2 }, 'uint8');
  let sum = 0;
  for (const one of numbers) {
    const code = Math.min(255, Math.max(0, Math.round(one / scale) + zeroPoint));
    sum += (one - (code - zeroPoint) * scale) ** 2;
  }
  expect(quantizationError(stream, { type: 'uint8', scale, zeroPoint })).toBeCloseTo(sum / 5000, 4);
});

test('values above zero keep all codes for themselves', () => {
  const stream = seen(...normals(20_000).map(Math.abs));
  for (const range of [entropyRange(stream), percentileRange(stream, 99.9), mseRange(stream, 'uint8')])
    expect(parametersOf(range, 'uint8').zeroPoint).toBe(0);
});

test('zeros by the thousand, as Relu makes them, do not narrow the range of entropy', () => {
  const rest = normals(4000).map(Math.abs);
  const plain = entropyRange(seen(...rest)).high;
  expect(plain).toBeGreaterThan(2);
  expect(entropyRange(seen(...rest, ...rest.map(() => 0))).high).toBeCloseTo(plain, 1);
});

test.each([
  ['nothing', seen()],
  ['zeros', seen(0, 0, 0)],
  ['a constant', seen(3, 3, 3)],
  ['strange values', seen(Number.NaN, Number.POSITIVE_INFINITY)],
] as const)('%s gives finite parameters by every method', (_, stream) => {
  const ranges = [
    minMaxRange(stream),
    percentileRange(stream, 99.9),
    entropyRange(stream),
    mseRange(stream, 'uint8'),
    bestRange(stream, 'int8'),
  ];
  for (const range of ranges)
    for (const type of ['uint8', 'int8'] as const) {
      const { scale, zeroPoint } = parametersOf(range, type);
      expect(scale).toBeGreaterThan(0);
      expect(Number.isInteger(zeroPoint)).toBe(true);
    }
});
