import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { timedRounds, timingOptions } from './timing.ts';

test('the same question on the same trial is measured once; another batch size is another question', async () => {
  const bench = await workbench();
  try {
    const trial = bench.trial(await bench.subject('baseline', stackText(1)), []);
    const options = parseOptions('test', timingOptions, { minRounds: 6, maxRounds: 6, laps: 1 });
    const first = timedRounds(trial, options, 1, 'a', bench.context());
    expect(timedRounds(trial, options, 1, 'b', bench.context())).toBe(first);
    const other = timedRounds(trial, options, 2, 'a', bench.context());
    expect(other).not.toBe(first);
    expect((await first)[0]!.rounds).toHaveLength(6);
    expect((await other)[0]!.rounds).toHaveLength(6);
  } finally {
    await bench.remove();
  }
});

test('a failed measurement is tried again', async () => {
  const bench = await workbench();
  try {
    const trial = bench.trial(await bench.subject('baseline', stackText(1, 32)), []);
    const options = parseOptions('test', timingOptions, { minRounds: 6, maxRounds: 6, laps: 1 });
    const first = timedRounds(trial, options, 1, 'a', bench.context());
    await expect(first).rejects.toMatchObject({ code: 'runtime/run' });
    const second = timedRounds(trial, options, 1, 'a', bench.context());
    expect(second).not.toBe(first);
    await expect(second).rejects.toMatchObject({ code: 'runtime/run' });
  } finally {
    await bench.remove();
  }
});
