import { expect, test } from 'vitest';
import { lockStep, scoreOf } from './lock-step.ts';
import { deepWordBug } from './recipes/deep-word-bug.ts';
import { inputReduction } from './recipes/input-reduction.ts';
import { textBugger } from './recipes/text-bugger.ts';
import { search } from './search.ts';
import { attackItems, bag, item, setting, world, type Weights } from './testing/bag.ts';

const weights: Weights = { great: 2, nice: 1.5, film: 0.3, plot: 0.4, dull: -1, loved: 2, actors: 0.2 };
const items = ['great film', 'nice plot', 'loved the actors', 'dull', 'great film', '', 'the film'].map((text) =>
  item(text),
);

test('many searches side by side end as each does alone', async () => {
  for (const attack of [deepWordBug, textBugger, inputReduction]) {
    const together = await attackItems(attack, items, bag(weights, 0.1).model);
    const alone = [];
    for (const one of items) alone.push((await attackItems(attack, [one], bag(weights, 0.1).model))[0]);
    expect(together).toEqual(alone);
  }
});

test('what one search asked, no other asks again; rounds go out as one list', async () => {
  const { model, calls } = bag(weights);
  await attackItems(deepWordBug, [item('great film'), item('nice plot'), item('nice plot')], model);
  const all = calls.flat().map(({ text }) => text);
  expect(new Set(all).size).toBe(all.length);
  expect(calls[0]!.map(({ text }) => text)).toEqual(['great film', 'nice plot']);
  // Original, ranking, and one round for each of two words at most.
  expect(calls.length).toBeLessThanOrEqual(4);
});

test('the same text has its own score for each label', async () => {
  const outcomes = await attackItems(deepWordBug, [item('great film', 1), item('great film', 0)], bag(weights).model);
  expect(outcomes.map(({ state }) => state)).toEqual(['succeeded', 'skipped']);
  expect(outcomes[0]!.before.danger + outcomes[1]!.before.danger).toBeCloseTo(1, 6);
});

test('more texts than fit are asked in parts, with the same scores', async () => {
  const many = Array.from({ length: 5000 }, (_, at) => item(`great film ${at}`));
  const { model, calls } = bag(weights);
  const outcomes = await attackItems({ ...deepWordBug, limits: { leastLetters: 99 } }, many, model);
  expect(calls.map((some) => some.length)).toEqual([2048, 2048, 904]);
  expect(outcomes.every(({ state }) => state === 'failed')).toBe(true);
});

test('the danger stays exact where the answer is sure', () => {
  const { predicted, danger } = scoreOf(Float32Array.of(0, 60, 9, 9), 0, 2, 1);
  expect(predicted).toBe(1);
  expect(danger).toBeCloseTo(Math.exp(-60), 40);
  expect(danger).toBeGreaterThan(0);
  expect(scoreOf(Float32Array.of(0, 60, 9, 9), 1, 2, 1)).toEqual({ predicted: 0, danger: 0.5 });
});

test('stops when it is cancelled, says how far it is, and needs gradients for flips', async () => {
  const rounds: number[] = [];
  const { model } = bag(weights);
  await attackItems(deepWordBug, items, model, setting(), { onRound: (done) => rounds.push(done) });
  expect(rounds.at(-1)).toBe(items.length);
  expect(rounds).toEqual(rounds.toSorted((a, b) => a - b));
  const jobs = [{ label: 1, searching: search(deepWordBug, item('great'), setting()) }];
  await expect(lockStep(jobs, world(model, { signal: AbortSignal.abort() }))).rejects.toThrow();
  const flips = { ...deepWordBug, search: { kind: 'flips', width: 2 } } as const;
  await expect(attackItems(flips, [item('great')], model)).rejects.toThrow('needs gradients');
});

test('nothing to do is done at once', async () => {
  expect(await lockStep([], world(bag({}).model))).toEqual([]);
});
