import { expect, test } from 'vitest';
import { defaultSessionOptions, parseOptions, type Session, type Subject } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { byMetric } from '../load/testing/driven.ts';
import { meanSlope, memoryPhases } from './memory-phases.ts';

test('slopes of several processes are averaged, their errors with them', () => {
  expect(meanSlope([{ value: 1, low: 0, high: 2 }])).toEqual({ value: 1, low: 0, high: 2 });
  const two = meanSlope([
    { value: 1, low: -2, high: 4 },
    { value: 3, low: -1, high: 7 },
  ]);
  expect(two.value).toBe(2);
  expect(two.high - two.value).toBeCloseTo(2.5);
});

test.skipIf(process.platform !== 'linux')(
  'a real process has private and shared memory and does not leak',
  async () => {
    const bench = await workbench();
    try {
      const trial = bench.trial(await bench.subject('baseline', stackText(3)), [
        await bench.subject('other', stackText(2)),
      ]);
      const options = parseOptions(memoryPhases.id, memoryPhases.options, { processes: 1, runs: 300 });
      const outcomes = await memoryPhases.evaluate(trial, options, bench.context());
      const found = byMetric(outcomes.get('other'));
      expect(found['memory-private']!.value).toBeGreaterThan(10e6);
      expect(found['memory-shared']!.value).toBeGreaterThan(1e6);
      expect(found['memory-load-peak']!.versus!.value).toBeCloseTo(1, 0);
      expect(found['memory-run-peak']!.value).toBeLessThan(2 * found['memory-load-peak']!.value);
      expect(found['memory-leak']).toMatchObject({ samples: 300, unit: 'bytes' });
    } finally {
      await bench.remove();
    }
  },
);

/** A version inside this process that holds on to 20 kB with every call. */
const leaking = (): Subject => {
  const held: Buffer[] = [];
  const session = {
    run: () => {
      held.push(Buffer.alloc(20_000, held.length));
      return Promise.resolve({ outputs: {}, durationMs: 1, cpuMs: 1 });
    },
    usage: () =>
      Promise.resolve({ rssBytes: 0, peakRssBytes: 1, cpuMs: 0, involuntaryContextSwitches: 0, pid: process.pid }),
    close: () => Promise.resolve(),
  } as unknown as Session;
  return {
    id: 'baseline',
    digest: '',
    sessionOptions: defaultSessionOptions,
    files: [],
    open: () => Promise.resolve(session),
  };
};

test.skipIf(process.platform !== 'linux')(
  'a leak of 20 kB a run is 20 MB over 1,000 runs, surely above nothing',
  async () => {
    const bench = await workbench();
    await bench.remove();
    const options = parseOptions(memoryPhases.id, memoryPhases.options, { processes: 1, runs: 2_000 });
    const outcomes = await memoryPhases.evaluate(bench.trial(leaking(), []), options, bench.context());
    const leak = byMetric(outcomes.get('baseline'))['memory-leak']!;
    expect(leak.low).toBeGreaterThan(0);
    expect(leak.value).toBeGreaterThan(14e6);
    expect(leak.value).toBeLessThan(30e6);
  },
);

test('where the division cannot be read it is a coded error', async () => {
  const bench = await workbench();
  await bench.remove();
  const { open } = leaking();
  const blind = {
    ...leaking(),
    open: async () => ({
      ...(await open()),
      usage: async () => ({ ...(await (await open()).usage()), pid: undefined }),
    }),
  };
  const options = parseOptions(memoryPhases.id, memoryPhases.options, { processes: 1, runs: 20 });
  await expect(memoryPhases.evaluate(bench.trial(blind, []), options, bench.context())).rejects.toMatchObject({
    code: 'resources/unreadable',
  });
});
