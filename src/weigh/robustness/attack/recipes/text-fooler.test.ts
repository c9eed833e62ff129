import { expect, test } from 'vitest';
import { seeded } from '../../../../statistics/index.ts';
import { attackItems, bag, item, setting } from '../testing/bag.ts';
import { textFooler } from './text-fooler.ts';

test('takes the fifty nearest words', () => {
  const many = Array.from({ length: 80 }, (_, at) => `word${at}`);
  expect(textFooler.candidates({ word: 'x', random: seeded(1, 'x'), neighbors: () => many })).toEqual(
    many.slice(0, 50),
  );
});

test('puts near words for the words that matter, in the second text of a pair only', async () => {
  const neighbors = (word: string): readonly string[] => (word === 'great' ? ['good', 'mighty'] : []);
  const { model } = bag({ great: 2, good: 1, mighty: -1, film: -0.5 });
  const how = setting({ neighbors });
  const [single, pair] = await attackItems(
    textFooler,
    [item('great film'), item('great film', 1, 'great sets')],
    model,
    how,
  );
  expect(single).toMatchObject({ state: 'succeeded', text: { text: 'mighty film' }, queries: 1 + 2 + 2 });
  expect(pair).toMatchObject({ state: 'failed', queries: 1 + 2 + 2 });
});

test('says that it needs neighbors', () => {
  expect(textFooler.needs).toBe('neighbors');
});
