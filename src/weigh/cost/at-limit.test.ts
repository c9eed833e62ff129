import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { about, byMetric, drivenWorld } from '../load/testing/driven.ts';
import { peak } from '../load/scenarios/peak.ts';
import { costAtLimit } from './at-limit.ts';
import { hoursPerMonth } from './lines.ts';

const options = parseOptions(costAtLimit.id, costAtLimit.options, { runs: 3, minQueries: 120, percentile: 0.9 });
const price = {
  perHour: 0.36,
  currency: 'EUR',
  cores: 2,
  other: [
    { name: 'review', perMonth: 50 },
    { name: 'optimization', once: 100 },
  ],
};

test('the cost follows the rate within the limit, with whole processes, idle time, other lines and the break-even', async () => {
  const world = drivenWorld();
  const traffic = { latencyLimitMs: 20, requestsPerSecond: 200, requestsPerMonth: 20 * hoursPerMonth * 3600 };
  const trial = world.trial(
    world.subject('baseline', about(8, 'b')),
    [world.subject('half', about(4, 'h')), world.subject('slow', about(10, 's'))],
    { price, traffic },
  );
  const rates = await peak.evaluate(trial, options, world.context());
  const outcomes = await costAtLimit.evaluate(trial, options, world.context());
  const [baseline, half, slow] = ['baseline', 'half', 'slow'].map((id) => byMetric(outcomes.get(id)));
  const rate = byMetric(rates.get('half'))['peak-rate']!.value;
  // The searches were made once: the same rates are behind both.
  const perMillion = half!['cost-at-limit']!;
  expect(perMillion.value).toBeCloseTo((1e6 * 0.36 * 0.5) / 3600 / rate, 6);
  expect(perMillion.versus!.value).toBeLessThan(0.55);
  const instances = Math.ceil(200 / rate);
  const month = half!['cost-per-month']!;
  expect(month.low).toBeLessThanOrEqual(instances * 0.18 * hoursPerMonth + 50);
  expect(month.high).toBeGreaterThanOrEqual(instances * 0.18 * hoursPerMonth + 50);
  expect(month.bill).toMatchObject([
    { name: 'machine, at work', once: false },
    { name: 'machine, idle', once: false },
    { name: 'review', amount: 50, once: false },
    { name: 'optimization', amount: 100, once: true },
  ]);
  const monthly = month.bill!.reduce((sum, { amount, once }) => (once ? sum : sum + amount), 0);
  expect(monthly).toBeGreaterThanOrEqual(month.low);
  expect(monthly).toBeLessThanOrEqual(month.high);
  expect(half!['idle-share']!.value).toBeGreaterThan(0.85);
  expect(half!['break-even']!.value).toBeGreaterThan(1e6);
  expect(half!['break-even']!.caveat).toMatch(/^100 EUR paid once/);
  expect(baseline!['break-even']).toBeUndefined();
  expect(slow!['break-even']).toBeUndefined();
  await expect(costAtLimit.evaluate({ ...trial, price: null }, options, world.context())).rejects.toMatchObject({
    code: 'cost/no-price',
  });
});
