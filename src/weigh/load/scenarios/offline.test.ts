import { expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import { about, byMetric, drivenWorld } from '../testing/driven.ts';
import { offline } from './offline.ts';

test('a version with batches of its own works the pile off in them, and samples are counted', async () => {
  const world = drivenWorld();
  const plain = world.subject('baseline', about(8, 'b'));
  // 8 ms a call for one sample or four.
  const batched = {
    ...world.subject('fours', about(8, 'f')),
    sessionOptions: { ...plain.sessionOptions, batchSize: 4 },
  };
  const trial = world.trial(plain, [batched]);
  const options = parseOptions(offline.id, offline.options, { runs: 3, seconds: 0.5 });
  const outcomes = await offline.evaluate(trial, options, world.context());
  const found = byMetric(outcomes.get('fours'))['offline-throughput']!;
  expect(found.versus!.value).toBeCloseTo(4, 0);
  expect(found.caveat).not.toContain('load/');
  expect(byMetric(outcomes.get('baseline'))['offline-throughput']!.value).toBeGreaterThan(115);
});

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
