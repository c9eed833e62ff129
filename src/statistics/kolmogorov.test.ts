import { expect, test } from 'vitest';
import { kolmogorovTails } from './golden.ts';
import { kolmogorovOne, kolmogorovTail, kolmogorovTwo } from './kolmogorov.ts';
import { seeded } from './random.ts';

test.each(kolmogorovTails)('tail beyond %f', (x, expected) => {
  expect(kolmogorovTail(x)).toBeCloseTo(expected, 12);
});

// Golden values: scipy 1.17.1, kstest, ks_2samp(method="exact").
const a = [0.1, 0.35, 0.42, 0.5, 0.77, 0.81, 0.93, 0.05, 0.61, 0.66];

test('one sample: exact statistic, p close to the exact one where it matters', () => {
  const { statistic, p } = kolmogorovOne(a, (x) => x);
  expect(statistic).toBeCloseTo(0.15, 14);
  expect(Math.abs(p - 0.9539652700000001)).toBeLessThan(0.023);
  // scipy kstwo.sf(0.45, 10).
  const late = kolmogorovOne([0.55, 0.56, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.45], (x) => x);
  expect(late.statistic).toBeCloseTo(0.45, 12);
  expect(Math.abs(late.p - 0.022891810311717498)).toBeLessThan(0.003);
});

test('two samples, with and without ties', () => {
  const b = [0.2, 0.4, 1.3, 0.9, 0.7, 1.1, 0.3];
  expect(kolmogorovTwo(a, b).statistic).toBeCloseTo(0.32857142857142857, 14);
  expect(kolmogorovTwo(a, b).p).toBeCloseTo(0.6260798025503908, 12);
  expect(kolmogorovTwo(b, a).p).toBeCloseTo(0.6260798025503908, 12);
  expect(kolmogorovTwo([1, 2, 2, 3, 4], [2, 3, 5, 6, 6, 7]).p).toBeCloseTo(0.10822510822510821, 12);
});

test('many samples go over to the limit', () => {
  const one = Array.from({ length: 2100 }, (_, i) => ((i * 37) % 101) / 101);
  const two = Array.from({ length: 2000 }, (_, i) => (((i * 53) % 97) / 97) ** 1.1);
  const { statistic, p } = kolmogorovTwo(one, two);
  expect(statistic).toBeCloseTo(0.0463095238095238, 12);
  // Exact: 0.023718.
  expect(p).toBeCloseTo(0.0237, 3);
});

test('false alarms stay at the level', () => {
  const runs = 600;
  let [alone, together] = [0, 0];
  for (let run = 0; run < runs; run++) {
    const random = seeded(run, 'kolmogorov');
    const draw = (n: number) => Array.from({ length: n }, () => random.next());
    if (kolmogorovOne(draw(30), (x) => x).p <= 0.05) alone++;
    if (kolmogorovTwo(draw(25), draw(35)).p <= 0.05) together++;
  }
  const most = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / runs);
  expect(alone / runs).toBeLessThan(most);
  expect(together / runs).toBeLessThan(most);
});

test('nothing to compare, nothing claimed; all equal, no distance', () => {
  expect(kolmogorovOne([], (x) => x)).toEqual({ statistic: 0, p: 1 });
  expect(kolmogorovTwo([], [1])).toEqual({ statistic: 0, p: 1 });
  expect(kolmogorovTwo([1, 1], [1, 1, 1])).toEqual({ statistic: 0, p: 1 });
  expect(kolmogorovTwo([1, 2, 3, 4], [11, 12, 13, 14]).statistic).toBe(1);
  // Both orders of 4 and 4 that are wholly apart, out of 70.
  expect(kolmogorovTwo([1, 2, 3, 4], [11, 12, 13, 14]).p).toBeCloseTo(2 / 70, 12);
});
