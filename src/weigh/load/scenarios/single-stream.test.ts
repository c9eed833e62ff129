import { expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import { about, byMetric, drivenWorld } from '../testing/driven.ts';
import { singleStream } from './single-stream.ts';

test('reports the percentiles that the number of requests supports', async () => {
  const world = drivenWorld();
  const trial = world.trial(world.subject('baseline', about(4, 'b')), [world.subject('half', about(2, 'h'))]);
  const of = (minQueries: number) =>
    parseOptions(singleStream.id, singleStream.options, { runs: 2, laps: 1, seconds: 0.05, minQueries });
  const few = await singleStream.evaluate(trial, of(80), world.context());
  expect(byMetric(few.get('half'))['single-stream-p90']!.value).toBeGreaterThan(0);
  expect(byMetric(few.get('half'))['single-stream-p99']!.value).toBeNaN();
  const half = byMetric((await singleStream.evaluate(trial, of(700), world.context())).get('half'));
  expect(half['single-stream-p99']!.value).toBeGreaterThan(2.05);
  expect(half['single-stream-p99']!.value).toBeLessThanOrEqual(2.1);
  expect(half['single-stream-p90']!.versus!.value).toBeCloseTo(0.5, 1);
});
