import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { throughput, throughputSessions } from './throughput.ts';

test('requests per second count every request of a batch and pair with the baseline', async () => {
  const bench = await workbench();
  try {
    const trial = bench.trial(await bench.subject('baseline', stackText(60)), [
      await bench.subject('third', stackText(20)),
    ]);
    const options = parseOptions(throughput.id, throughput.options, {
      batchSize: 16,
      minRounds: 6,
      maxRounds: 6,
      laps: 1,
    });
    const outcomes = await throughput.evaluate(trial, options, bench.context());
    const third = outcomes.get('third')!;
    if (third.kind !== 'measured') throw new Error(third.message);
    const [measurement] = third.measurements;
    expect(measurement).toMatchObject({ metric: 'throughput', unit: 'requests/s' });
    expect(measurement!.versus!.value).toBeGreaterThan(1.2);
    const { sessions, batchSize, metric } = await throughputSessions(trial, options, bench.context());
    expect(batchSize).toBe(16);
    const [round] = sessions[0]!.group.rounds;
    const turn = round!.turns.get('third')!;
    expect(metric.convert!(metric.read(turn))).toBeCloseTo((16 * 1000 * turn.samples.length) / turn.turnMs);
  } finally {
    await bench.remove();
  }
});
