import { expect, onTestFinished, test } from 'vitest';
import type { Context, Feeds } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { fromCalibration, fromLearning } from './material.ts';
import { toyContext, toyLearning, toyRows } from './testing/toy.ts';
import { tokenFeeds } from '../testing/token-feeds.ts';

const contextWith = (changes: Partial<Context>, signal?: AbortSignal): Context => {
  const { context, remove } = toyContext({ learning: null, originalLearning: null, ...changes }, signal);
  onTestFinished(remove);
  return context;
};
const inputs = (count: number) =>
  async function* calibration(): AsyncGenerator<Feeds> {
    for (let i = 0; i < count; i++) yield await Promise.resolve(tokenFeeds([[2, 6 + i, 3]]));
  };

test('every training row once, in batches; validation rows judge', () => {
  const learning = toyLearning({ train: toyRows(20, 'train', () => null) });
  const material = fromLearning(contextWith({ learning, originalLearning: learning }), 8)!;
  expect(material).toMatchObject({ count: 3, alike: true, source: '20 examples' });
  const batches = material.batches(seeded(1, 'epoch')).map((one) => one());
  expect(batches.map(({ examples }) => examples).sort()).toEqual([4, 8, 8]);
  expect(batches.reduce((sum, { tokens }) => sum + tokens, 0)).toBe(
    Array.from({ length: 20 }, (_, row) => learning.train.length(row)).reduce((a, b) => a + b),
  );
  for (const { own, original } of batches) expect(own).toEqual(original);
  expect(material.judged.map((one) => one().examples)).toEqual(Array.from({ length: 8 }, () => 8));
});

test('rows that the original reads another way', () => {
  const other = toyLearning({ train: toyRows(192, 'other', () => null), digest: 'other' });
  const material = fromLearning(contextWith({ learning: toyLearning(), originalLearning: other }), 8)!;
  expect(material.alike).toBe(false);
  const [one] = material.batches(seeded(1, 'epoch'));
  expect(one!().own).not.toEqual(one!().original);
});

test('calibration batches: every fifth judges; few do both', async () => {
  const many = (await fromCalibration(contextWith({ calibration: inputs(11) })))!;
  expect([many.count, many.judged.length]).toEqual([9, 2]);
  const few = (await fromCalibration(contextWith({ calibration: inputs(3) })))!;
  expect([few.count, few.judged.length]).toEqual([3, 3]);
  expect(few.digest).not.toBe(many.digest);
  const [first] = few.batches(seeded(1, 'epoch'));
  expect(first!()).toMatchObject({ examples: 1 });
});

test('nothing to learn from', async () => {
  expect(fromLearning(contextWith({}), 8)).toBeNull();
  expect(await fromCalibration(contextWith({}))).toBeNull();
  const stopped = fromCalibration(contextWith({ calibration: inputs(3) }, AbortSignal.abort()));
  await expect(stopped).rejects.toMatchObject({ code: 'engine/cancelled' });
});
