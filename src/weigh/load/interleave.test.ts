import { afterAll, beforeAll, expect, test } from 'vitest';
import { stackText, workbench } from '../../runtime/testing/trial.ts';
import type { Workbench } from '../../runtime/testing/trial.ts';
import { againId, callsPerTurn, interleave } from './interleave.ts';

let bench: Workbench;
beforeAll(async () => {
  bench = await workbench();
});
afterAll(() => bench.remove());

const settings = {
  label: 'test',
  batchSize: 2,
  target: 0.5,
  minRounds: 8,
  maxRounds: 12,
  maxSeconds: 20,
  laps: 2,
  together: 2,
  turnMs: 1,
  minCalls: 0,
};

test('turns are long enough to be timed and not longer', () => {
  expect(callsPerTurn(0.1, 10)).toBe(50);
  expect(callsPerTurn(4, 10)).toBe(3);
  expect(callsPerTurn(400, 10)).toBe(1);
  expect(callsPerTurn(4, 10, 12)).toBe(12);
  expect(callsPerTurn(0.1, 10, 12)).toBe(50);
});

test('measures everybody beside the baseline and the baseline again, in groups; a broken candidate leaves', async () => {
  const baseline = await bench.subject('baseline', stackText(2));
  const candidates = [
    await bench.subject('one', stackText(1)),
    await bench.subject('other input', stackText(1, 32)),
    await bench.subject('three', stackText(3)),
  ];
  const trial = bench.trial(baseline, candidates);
  const seen: number[] = [];
  const context = bench.context({ progress: ({ done }) => seen.push(done) });
  const [first, second] = await interleave(trial, settings, context);
  expect(first!.candidates).toEqual(['one', 'other input']);
  expect([...first!.failed]).toMatchObject([['other input', { code: 'runtime/run' }]]);
  expect(new Set(first!.rounds.map(({ lap }) => lap))).toEqual(new Set([0, 1]));
  for (const { turns } of first!.rounds)
    expect([...turns.keys()].sort()).toEqual(['baseline', againId(trial), 'one'].sort());
  expect(second!.candidates).toEqual(['three']);
  expect(second!.warmUps.get('three')).toHaveLength(2);
  expect(second!.rounds[0]!.turns.get('three')!.samples.every((ms) => ms > 0)).toBe(true);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
});

test('a baseline that cannot run ends it, and so does cancelling', async () => {
  const broken = await bench.subject('baseline', stackText(1, 32));
  await expect(interleave(bench.trial(broken, []), settings, bench.context())).rejects.toMatchObject({
    code: 'runtime/run',
  });
  const controller = new AbortController();
  const good = await bench.subject('baseline', stackText(1));
  const context = bench.context({ signal: controller.signal, progress: () => controller.abort(new Error('stop')) });
  await expect(interleave(bench.trial(good, []), settings, context)).rejects.toThrow('stop');
});
