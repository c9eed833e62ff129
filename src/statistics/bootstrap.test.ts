import { expect, test } from 'vitest';
import { blockLengthOf, bootstrap, bootstrapMean, bootstrapMedian } from './bootstrap.ts';
import { median } from './quantiles.ts';
import { seeded } from './random.ts';

const normals = (n: number, label: string, shift = 0) => {
  const random = seeded(5, label);
  return Float64Array.from({ length: n }, () => random.normal() + shift);
};

test('the interval of a mean agrees with its standard error', () => {
  const values = normals(400, 'mean');
  const { low, high } = bootstrapMean(values, { confidence: 0.95, random: seeded(1, 'b'), replicates: 4000 });
  expect(high - low).toBeGreaterThan(2 * 1.96 * 0.05 * 0.85);
  expect(high - low).toBeLessThan(2 * 1.96 * 0.05 * 1.15);
});

test('weights and the fast path agree', () => {
  const values = normals(100, 'paths');
  const fast = bootstrapMean(values, { confidence: 0.9, random: seeded(1, 'x'), replicates: 3000 });
  const slow = bootstrap(100, (weights) => values.reduce((sum, value, i) => sum + value * weights[i]!, 0) / 100, {
    confidence: 0.9,
    random: seeded(2, 'x'),
    replicates: 3000,
  });
  expect(slow.low).toBeCloseTo(fast.low, 1);
  expect(slow.high).toBeCloseTo(fast.high, 1);
});

test('clusters are drawn whole: repeating every item tenfold does not narrow the interval', () => {
  const values = normals(60, 'clusters');
  const repeated = Float64Array.from({ length: 600 }, (_, i) => values[i % 60]!);
  const clusters = Int32Array.from({ length: 600 }, (_, i) => i % 60);
  const width = (result: { low: number; high: number }) => result.high - result.low;
  const plain = width(bootstrapMean(values, { confidence: 0.95, random: seeded(1, 'c'), replicates: 2000 }));
  const naive = width(bootstrapMean(repeated, { confidence: 0.95, random: seeded(1, 'c'), replicates: 2000 }));
  const clustered = width(
    bootstrapMean(repeated, { confidence: 0.95, random: seeded(1, 'c'), replicates: 2000, clusters }),
  );
  expect(naive).toBeLessThan(plain * 0.5);
  expect(clustered / plain).toBeGreaterThan(0.85);
  expect(clustered / plain).toBeLessThan(1.15);
});

test('intervals of medians cover the truth at their level', () => {
  let covered = 0;
  const runs = 300;
  for (let run = 0; run < runs; run++) {
    const { low, high } = bootstrapMedian(normals(60, `cover ${run}`, 1), {
      confidence: 0.95,
      random: seeded(run, 'median'),
      replicates: 400,
      blockLength: 1,
    });
    if (low <= 1 && 1 <= high) covered++;
  }
  expect(covered / runs).toBeGreaterThan(0.9);
  expect(covered / runs).toBeLessThan(0.99);
});

test('correlated rounds get longer blocks and wider intervals', () => {
  const random = seeded(4, 'walk');
  let state = 0;
  const walk = Float64Array.from({ length: 200 }, () => (state = 0.9 * state + random.normal()));
  expect(blockLengthOf(walk)).toBeGreaterThan(5);
  expect(blockLengthOf(normals(200, 'white'))).toBe(1);
  const width = (blockLength: number) => {
    const { low, high } = bootstrapMedian(walk, {
      confidence: 0.95,
      random: seeded(1, 'w'),
      replicates: 1000,
      blockLength,
    });
    return high - low;
  };
  expect(width(blockLengthOf(walk))).toBeGreaterThan(width(1) * 1.3);
});

test('the median of drawn rounds is what sorting the draw gives', () => {
  for (const n of [1, 2, 7, 8, 61]) {
    const values = normals(n, `rank ${n}`);
    const drawn = bootstrapMedian(values, { confidence: 0.9, random: seeded(n, 'r'), replicates: 50, blockLength: 1 });
    const again = seeded(n, 'r');
    const slow = Float64Array.from({ length: 50 }, () =>
      median(Float64Array.from({ length: n }, () => values[again.integer(n)]!)),
    ).sort();
    expect([...drawn.replicates]).toEqual([...slow].map((value) => expect.closeTo(value, 14)));
  }
});

test('one burst does not hide that neighbors are alike', () => {
  const random = seeded(8, 'bursts');
  let state = 0;
  const calm = Float64Array.from({ length: 200 }, () => (state = 0.7 * state + random.normal()));
  const bursts = calm.map((value, i) => (i % 23 === 0 ? value + 200 : value));
  expect(blockLengthOf(calm)).toBeGreaterThan(5);
  expect(blockLengthOf(bursts)).toBeGreaterThan(5);
});

test('a block is never longer than half of the rounds', () => {
  const options = { confidence: 0.95, random: seeded(1, 'short'), replicates: 200, blockLength: 100 };
  for (const n of [1, 2, 3, 5]) {
    const { low, high } = bootstrapMedian(normals(n, `short ${n}`), options);
    expect(Number.isFinite(low) && Number.isFinite(high)).toBe(true);
  }
});
