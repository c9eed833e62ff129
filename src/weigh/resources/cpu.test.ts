import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { latency } from '../load/latency.ts';
import { cpu } from './cpu.ts';

test('CPU time per request comes from the same rounds as latency, and less work costs less of it', async () => {
  const bench = await workbench();
  try {
    const baseline = await bench.subject('baseline', stackText(80));
    let opened = 0;
    const counted = { ...baseline, open: () => (opened++, baseline.open()) };
    const trial = bench.trial(counted, [await bench.subject('quarter', stackText(20))], { batchSize: 8 });
    const options = parseOptions(cpu.id, cpu.options, { minRounds: 6, maxRounds: 6, laps: 1 });
    await latency.evaluate(trial, options, bench.context());
    const outcomes = await cpu.evaluate(trial, options, bench.context());
    // The baseline and its twin, once.
    expect(opened).toBe(2);
    const quarter = outcomes.get('quarter')!;
    if (quarter.kind !== 'measured') throw new Error(quarter.message);
    expect(quarter.measurements[0]).toMatchObject({ metric: 'cpu-per-request', unit: 'cpu-ms/request' });
    expect(quarter.measurements[0]!.value).toBeGreaterThan(0);
    expect(quarter.measurements[0]!.versus!.value).toBeLessThan(0.9);
  } finally {
    await bench.remove();
  }
});
