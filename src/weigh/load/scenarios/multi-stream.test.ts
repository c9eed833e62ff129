import { expect, test } from 'vitest';
import { parseOptions } from '../../../contracts/index.ts';
import { about, byMetric, drivenWorld } from '../testing/driven.ts';
import { multiStream, rowsPerCall } from './multi-stream.ts';

test('a query is done with its last call; calls hold as many samples as production', async () => {
  expect([1, 2, 3, 6, 8, 32].map(rowsPerCall)).toEqual([1, 2, 2, 4, 8, 8]);
  const options = parseOptions(multiStream.id, multiStream.options, {
    runs: 2,
    laps: 1,
    seconds: 0.05,
    minQueries: 80,
  });
  for (const [batchSize, calls] of [
    [1, 8],
    [4, 2],
  ] as const) {
    const world = drivenWorld();
    const trial = world.trial(world.subject('baseline', about(3, 'b')), [], { batchSize });
    const found = byMetric((await multiStream.evaluate(trial, options, world.context())).get('baseline'));
    expect(found['multi-stream-p90']!.value).toBeGreaterThan(3 * calls);
    expect(found['multi-stream-p90']!.value).toBeLessThan(3 * calls * 1.06);
  }
});
