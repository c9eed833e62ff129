import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { throughput } from '../load/throughput.ts';
import { costPerMillion, requests } from './requests.ts';

const price = { perHour: 0.72, currency: 'EUR', cores: 4 };

test('one core of four at 100 requests a second for 10,000 seconds', () => {
  expect(costPerMillion(price, 1, 100)).toBeCloseTo((0.72 / 3600 / 4) * 10_000);
  expect(costPerMillion(price, 4, 400)).toBeCloseTo(costPerMillion(price, 1, 100));
});

test('the cost follows the measured throughput, the cores and the price, and says what it assumes', async () => {
  const bench = await workbench();
  try {
    const text = stackText(40);
    const trial = bench.trial(
      await bench.subject('baseline', text),
      [await bench.subject('two threads', text, { intraOpThreads: 2 })],
      { price },
    );
    const options = parseOptions(requests.id, requests.options, { minRounds: 7, maxRounds: 7, laps: 1 });
    const speeds = await throughput.evaluate(trial, options, bench.context());
    const costs = await requests.evaluate(trial, options, bench.context());
    for (const [id, cores] of [
      ['baseline', 1],
      ['two threads', 2],
    ] as const) {
      const [speed, cost] = [speeds.get(id)!, costs.get(id)!];
      if (speed.kind !== 'measured' || cost.kind !== 'measured') throw new Error('not measured');
      // With an odd number of rounds a median of rates is the rate of the median.
      expect(cost.measurements[0]!.value / costPerMillion(price, cores, speed.measurements[0]!.value)).toBeCloseTo(
        1,
        1,
      );
      expect(cost.measurements[0]!.caveat).toMatch(/estimate: EUR 0\.72 an hour for 4 cores/);
      if (id === 'baseline') continue;
      const ratio = cost.measurements[0]!.versus!;
      expect(ratio.value * speed.measurements[0]!.versus!.value).toBeCloseTo(2, 0);
      expect(ratio.low).toBeLessThanOrEqual(ratio.value);
      expect(ratio.high).toBeGreaterThanOrEqual(ratio.value);
    }
    await expect(requests.evaluate({ ...trial, price: null }, options, bench.context())).rejects.toMatchObject({
      code: 'cost/no-price',
    });
  } finally {
    await bench.remove();
  }
});
