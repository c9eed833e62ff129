import { expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import { samplesUnder } from '../../../statistics/index.ts';
import { about, byMetric, drivenWorld } from '../testing/driven.ts';
import { allowedOver, peak, peaksOf } from './peak.ts';

const options = parseOptions(peak.id, peak.options, { runs: 2, minQueries: 150, percentile: 0.9 });

test('how many may miss the limit follows the early-stopping table, or the plain percentile below it', () => {
  expect(allowedOver(459, 0.99)).toEqual({ over: 0, confident: true });
  expect(allowedOver(661, 0.99)).toEqual({ over: 0, confident: true });
  expect(allowedOver(662, 0.99)).toEqual({ over: 1, confident: true });
  expect(allowedOver(2_010, 0.99)).toEqual({ over: 10, confident: true });
  expect(allowedOver(43, 0.9)).toEqual({ over: 4, confident: false });
  expect(allowedOver(1, 0.9)).toEqual({ over: 0, confident: false });
  expect(samplesUnder(10, 0.99) + 10).toBe(2_010);
});

test('a version twice as fast takes more than twice the rate within the same limit', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(8, 'b')), [world.subject('half', about(4, 'h'))]);
  const outcomes = await peak.evaluate(trial, options, world.context());
  const [baseline, half] = ['baseline', 'half'].map((id) => byMetric(outcomes.get(id))['peak-rate']!);
  // One worker at 8 ms can do 122 a second, never waiting less than the limit; at a p90 of 20 ms some 60 to 90.
  expect(baseline!.value).toBeGreaterThan(40);
  expect(baseline!.value).toBeLessThan(110);
  expect(half!.versus!.value).toBeGreaterThan(1.9);
  // A search ends between two rates, at most 5 % apart: no interval is narrower.
  expect(half!.high / half!.low).toBeGreaterThan(1.02);
  expect(half!.versus!.high / half!.versus!.low).toBeGreaterThan(1.02);
  expect(half!.caveat).toMatch(/90 % of requests within 20\.0 ms/);
  expect(baseline!.versus!.method).toMatch(/^A\/A/);
  const [peaks] = [await peaksOf(trial, options, world.context())];
  expect(await peaksOf(trial, options, world.context())).toBe(peaks);
});

test('a version that misses the limit on its own has no rate, and the search ends', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(4, 'b')), [world.subject('late', about(30, 'l'))]);
  const outcomes = await peak.evaluate(trial, options, world.context());
  const late = byMetric(outcomes.get('late'))['peak-rate']!;
  expect(late.value).toBe(0.5);
  expect(late.caveat).toMatch(/in 2 of 2 searches no rate that was tried met the limit: the number is an upper bound/);
});
