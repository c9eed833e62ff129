import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { defaultSessionOptions, parseOptions, type Session, type Subject } from '../../contracts/index.ts';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import { byMetric } from '../load/testing/driven.ts';
import { meanSlope, memoryPhases, moreGrowth } from './memory-phases.ts';

test('slopes of several processes are averaged, their errors with them', () => {
  expect(meanSlope([{ value: 1, low: 0, high: 2 }])).toEqual({ value: 1, low: 0, high: 2 });
  const two = meanSlope([
    { value: 1, low: -2, high: 4 },
    { value: 3, low: -1, high: 7 },
  ]);
  expect(two.value).toBe(2);
  expect(two.high - two.value).toBeCloseTo(2.5);
});

test('growth is held against the original’s, both uncertain', () => {
  const { value, low, high, evidence } = moreGrowth(
    { value: 5, low: 2, high: 8 },
    { value: 1, low: -3, high: 5 },
    0.95,
  );
  expect(value).toBe(4_000);
  expect(high).toBeCloseTo(4_000 + 5_000);
  expect(low).toBeCloseTo(4_000 - 5_000);
  if (evidence.kind !== 'bootstrap') throw new Error(evidence.kind);
  expect(evidence.values[evidence.probabilities.indexOf(0.5)]).toBeCloseTo(4_000);
  expect(evidence.values[evidence.probabilities.indexOf(0.975)]).toBeCloseTo(9_000);
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
      expect(found['memory-leak']!.versus!.low).toBeLessThan(5e6);
    } finally {
      await bench.remove();
    }
  },
);

/** A version whose process holds on to 50 kB with every call. */
const leaking = (): Subject => {
  const program =
    "const held = []; process.on('message', () => { held.push(Buffer.alloc(50_000, 1)); process.send(1); }); process.on('disconnect', () => process.exit());";
  const open = (): Promise<Session> => {
    const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    return Promise.resolve({
      run: async () => {
        child.send(1);
        await once(child, 'message');
        return { outputs: {}, durationMs: 1, cpuMs: 1 };
      },
      usage: () =>
        Promise.resolve({ rssBytes: 0, peakRssBytes: 1, cpuMs: 0, involuntaryContextSwitches: 0, pid: child.pid }),
      close: async () => {
        child.kill('SIGKILL');
        await once(child, 'exit');
      },
    } as unknown as Session);
  };
  return { id: 'baseline', digest: '', sessionOptions: defaultSessionOptions, files: [], open };
};

test.skipIf(process.platform !== 'linux')(
  'a leak of 50 kB a run is 50 MB over 1,000 runs, surely above nothing',
  async () => {
    const bench = await workbench();
    await bench.remove();
    const options = parseOptions(memoryPhases.id, memoryPhases.options, { processes: 1, runs: 400 });
    const outcomes = await memoryPhases.evaluate(bench.trial(leaking(), []), options, bench.context());
    const leak = byMetric(outcomes.get('baseline'))['memory-leak']!;
    expect(leak.low).toBeGreaterThan(0);
    expect(leak.value).toBeGreaterThan(40e6);
    expect(leak.value).toBeLessThan(65e6);
  },
);

test('where the division cannot be read it is a coded error', async () => {
  const bench = await workbench();
  await bench.remove();
  const { open } = leaking();
  const blind = {
    ...leaking(),
    open: async () => {
      const session = await open();
      return { ...session, usage: async () => ({ ...(await session.usage()), pid: undefined }) };
    },
  };
  const options = parseOptions(memoryPhases.id, memoryPhases.options, { processes: 1, runs: 20 });
  await expect(memoryPhases.evaluate(bench.trial(blind, []), options, bench.context())).rejects.toMatchObject({
    code: 'resources/unreadable',
  });
});
