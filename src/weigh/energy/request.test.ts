import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { about, byMetric, drivenWorld } from '../load/testing/driven.ts';
import type { Meter } from './meter.ts';
import { energyRequest, metered } from './request.ts';

test('an estimate is CPU time times watts with its uncertainty; CO₂ follows; the ratio assumes nothing', async () => {
  const bench = await workbench();
  try {
    const trial = bench.trial(
      await bench.subject('baseline', stackText(40)),
      [await bench.subject('quarter', stackText(10))],
      { batchSize: 8 },
    );
    const given = { minRounds: 6, maxRounds: 6, laps: 1, wattsPerThread: 10, gridIntensity: 360, uncertainty: 0.2 };
    const options = parseOptions(energyRequest.id, energyRequest.options, given);
    const outcomes = await energyRequest.evaluate(trial, options, bench.context());
    const { energy, co2 } = byMetric(outcomes.get('baseline'));
    expect(energy!.value).toBeGreaterThan(0);
    expect(energy!.low).toBeLessThanOrEqual(0.8 * energy!.value);
    expect(energy!.high).toBeGreaterThanOrEqual(1.2 * energy!.value);
    expect(co2!.value).toBeCloseTo(energy!.value * 100, 6);
    expect(co2!.caveat).toMatch(/^estimate: 360 g of CO₂ per kWh; /);
    if (!energy!.caveat!.includes('measured by'))
      expect(energy!.caveat).toMatch(/estimate: .*10 W per busy thread as stated, ± 20 %/);
    const quarter = byMetric(outcomes.get('quarter'));
    expect(quarter['energy']!.versus!.value).toBeLessThan(0.9);
    expect(quarter['co2']!.versus).toEqual(quarter['energy']!.versus);
  } finally {
    await bench.remove();
  }
});

test('with a meter joules are shared by the requests of a run', async () => {
  const world = drivenWorld();
  const context = world.context();
  // 5 W for as long as a run lasts.
  const meter: Meter = {
    source: 'a test',
    begin: () => {
      const start = context.now();
      return () => ((context.now() - start) / 1000) * 5;
    },
  };
  const trial = world.trial(world.subject('baseline', about(4, 'b')), [world.subject('half', about(2, 'h'))]);
  const options = parseOptions(energyRequest.id, energyRequest.options, { maxSeconds: 2, laps: 1 });
  const outcomes = await metered(trial, meter, options, context);
  const half = byMetric(outcomes.get('half'));
  expect(half['energy']!.value).toBeCloseTo(0.0102, 3);
  expect(half['energy']!.versus!.value).toBeCloseTo(0.5, 1);
  expect(half['energy']!.caveat).toMatch(/measured by a test/);
});
