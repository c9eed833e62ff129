import { expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import { about, byMetric, drivenWorld } from '../testing/driven.ts';
import { offline } from './offline.ts';

test('counts samples, not calls, until the last answer', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(8, 'b')), [world.subject('half', about(4, 'h'))], {
    batchSize: 4,
  });
  const options = parseOptions(offline.id, offline.options, { runs: 3, seconds: 0.5 });
  const outcomes = await offline.evaluate(trial, options, world.context());
  const [baseline, half] = ['baseline', 'half'].map((id) => byMetric(outcomes.get(id))['offline-throughput']!);
  expect(baseline!.value).toBeGreaterThan(470);
  expect(baseline!.value).toBeLessThan(500);
  expect(half!.versus!.value).toBeCloseTo(2, 1);
});
