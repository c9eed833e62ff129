import { expect, test } from 'vitest';
import { attackAll, attackVersion, only, openVersion, replay, textOf } from './campaign.ts';
import { deepWordBug } from './recipes/deep-word-bug.ts';
import { inputReduction } from './recipes/input-reduction.ts';
import { bag, bagContext, bagTrial, item, rows, setting, world } from './testing/bag.ts';

const vocabulary = ['great', 'film', 'dull', 'nice'];
const weights = { great: 2, film: -0.5, dull: -2, nice: 1 };
const texts = ['great film', 'nice dull great', 'great'];

test('a version whose answers do not depend on their batch is asked in large ones', async () => {
  const trial = bagTrial(vocabulary, [{ id: 'baseline', weights }], rows(texts));
  const opened = await openVersion(trial.baseline, trial, [0, 1, 2], bagContext());
  expect(opened.dependent).toBe(false);
  expect([...(await opened.model([{ text: 'great dull' }, { text: 'film' }]))]).toEqual([0, 0, 0, -0.5]);
  await opened.close();
});

test('a version whose answers depend on their batch is asked in batches of production’s size', async () => {
  const trial = bagTrial(
    vocabulary,
    [{ id: 'baseline', weights, leak: 0.25 }],
    rows(['great film', 'nice dull', 'dull great']),
  );
  const opened = await openVersion(trial.baseline, trial, [0, 1, 2], bagContext());
  expect(opened.dependent).toBe(true);
  // One at a time: nothing leaks.
  expect([...(await opened.model([{ text: 'great' }, { text: 'film' }]))]).toEqual([0, 2, 0, -0.5]);
});

test('a version with a tokenizer of its own reads with it', async () => {
  const versions = [
    { id: 'baseline', weights },
    { id: 'trimmed', weights, vocabulary: ['great'] },
  ];
  const trial = bagTrial(vocabulary, versions, rows(texts));
  const opened = await openVersion(trial.candidates[0]!, trial, [0], bagContext());
  expect([...(await opened.model([{ text: 'great dull' }]))]).toEqual([0, 2]);
});

test('every attack meets every item', async () => {
  const items = [item('great film'), item('dull film')];
  const finds = await attackAll([deepWordBug, inputReduction], items, setting(), world(bag(weights).model));
  expect([...finds].map(([id, outcomes]) => [id, outcomes.map(({ state }) => state)])).toEqual([
    ['deepwordbug', ['succeeded', 'skipped']],
    ['input-reduction', ['reduced', 'skipped']],
  ]);
  const lines: string[] = [];
  const trial = bagTrial(vocabulary, [{ id: 'baseline', weights }], rows(texts));
  const opened = await openVersion(trial.baseline, trial, [0], bagContext());
  const context = bagContext({ progress: ({ label, done, total }) => lines.push(`${label} ${done}/${total}`) });
  const again = await attackVersion(opened, [deepWordBug], items, setting(), null, 2, 'baseline', context);
  expect(again.get('deepwordbug')).toEqual(finds.get('deepwordbug'));
  expect(lines.at(-1)).toBe('attacking baseline 2/2');
});

test('replays only what succeeded, and says what breaks', async () => {
  const items = [item('great film'), item('great'), item('film')];
  const finds = await attackAll([deepWordBug], items, setting(), world(bag({ great: 2, film: -0.5 }, 0.1).model));
  expect(finds.get('deepwordbug')!.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'skipped']);
  let asked = 0;
  const trial = bagTrial(vocabulary, [{ id: 'sturdy', weights: {}, bias: 1 }], rows(texts));
  const counting = {
    ...trial,
    ask: (...all: Parameters<typeof trial.ask>) => {
      asked += all[1].length;
      return trial.ask(...all);
    },
  };
  expect(await replay(finds, items, trial.baseline, counting)).toEqual(
    new Map([['deepwordbug', [false, false, false]]]),
  );
  expect(asked).toBe(1);
  const weak = bagTrial(vocabulary, [{ id: 'weak', weights, bias: -0.1 }], rows(texts));
  expect(await replay(finds, items, weak.baseline, weak)).toEqual(new Map([['deepwordbug', [true, false, false]]]));
  expect(
    only(finds, [2, 0])
      .get('deepwordbug')!
      .map(({ state }) => state),
  ).toEqual(['skipped', 'succeeded']);
});

test('an example without a pair has none', () => {
  const base = { id: '', label: null, groups: {} };
  expect(textOf({ ...base, text: 'a' })).toEqual({ text: 'a' });
  expect(textOf({ ...base, text: 'a', pair: 'b' })).toEqual({ text: 'a', pair: 'b' });
});
