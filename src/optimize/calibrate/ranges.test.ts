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

/** Kullback-Leibler divergence of a window, as it is defined: one bin after the other. */
const defined = (counts: Float64Array, from: number, to: number, levels: number): number => {
  const sum = (a: number, b: number): number => counts.slice(a, b).reduce((all, one) => all + one, 0);
  const real = Array.from(counts.subarray(from, to));
  real[0]! += sum(0, from);
  real[real.length - 1]! += sum(to, counts.length);
  const filled = real.filter((one) => one > 0).length;
  const given = (1e-4 * (real.length - filled)) / filled;
  if (sum(from, to) === 0 || given >= 1) return Infinity;
  const edges = Array.from({ length: levels + 1 }, (_, level) => Math.floor((level * real.length) / levels));
  const seenThrough = real.map((one, bin) => {
    const level = edges.findIndex((_, at) => bin < edges[at + 1]!);
    const [a, b] = [edges[level]!, edges[level + 1]!];
    const holders = real.slice(a, b).filter((other) => other > 0).length;
    return one > 0 ? Math.max(sum(from + a, from + b) / holders - given, 1e-4) : 1e-4;
  });
  const p = real.map((one) => (one > 0 ? one - given : 1e-4));
  const [ps, qs] = [p, seenThrough].map((list) => list.reduce((all, one) => all + one, 0)) as [number, number];
  return p.reduce((all, one, bin) => all + (one / ps) * Math.log(one / ps / (seenThrough[bin]! / qs)), 0);
};

test('entropy takes the window that its definition takes', () => {
  const random = seeded(8, 'windows');
  for (let round = 0; round < 20; round++) {
    const stream = histogram(512);
    const width = 0.02 + random.next();
    const values = Array.from({ length: 3000 }, () => random.normal() * width + (random.next() < 0.01 ? 3 : 0));
    stream.add({ dtype: 'float32', dims: [values.length], data: Float32Array.from(values) });
    const found = stream.result();
    const { counts, limit } = found;
    const rest = counts.slice();
    rest[256] = Math.min(counts[256]!, Math.max(counts[255]!, counts[257]!));
    const lost = (reach: number): number => defined(rest, 256 - reach, 256 + reach, 128);
    const reaches: number[] = [];
    for (let reach = 64; reach < 256; reach += Math.max(1, reach >> 6)) reaches.push(reach);
    reaches.push(256);
    const least = Math.min(...reaches.map(lost));
    const { high, low } = entropyRange(found);
    const chosen = reaches.find((reach) => high <= (reach * limit) / 256 && low >= (-reach * limit) / 256)!;
    expect(lost(chosen)).toBeCloseTo(least, 9);
  }
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
