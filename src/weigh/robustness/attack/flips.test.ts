import { expect, test } from 'vitest';
import { flipProposer } from './flips.ts';
import { hotFlip } from './recipes/hot-flip.ts';
import { attackItems, bag, bagGradients, bagTask, item, type Weights } from './testing/bag.ts';
import { split } from './text.ts';

const weights: Weights = { great: 3, nice: 2, film: 0.5, dull: -1, awful: -4, table: 0 };
const vocabulary = Object.keys(weights);
const request = (text: string, places: readonly number[], most = 3, label = 1) => {
  const parts = split({ text });
  return { split: parts, words: parts.words, label, places, most };
};
const proposer = (more = {}) =>
  flipProposer(bagGradients(vocabulary, weights), bagTask(vocabulary), { neighbors: null, cosine: -1, ...more });

test('proposes the flips of the largest gain, (E[b] − E[a])·gradient, over all places', async () => {
  const [flips] = await proposer()([request('Nice film', [0, 1])]);
  // Gains are proportional to the fall of the sum: nice→awful 6, film→awful 4.5, nice→dull 3.
  expect(flips).toEqual([
    { at: 0, word: 'Awful' },
    { at: 1, word: 'awful' },
    { at: 0, word: 'Dull' },
  ]);
});

test('no flip lowers the loss, no word becomes itself, and places that may not change stay', async () => {
  const [flips] = await proposer()([request('awful nice', [1], 9, 0)]);
  expect(flips).toEqual([{ at: 1, word: 'great' }]);
});

test('words that are not one token of the vocabulary are left alone', async () => {
  const [flips] = await proposer()([request('unheard nice', [0, 1], 1)]);
  expect(flips).toEqual([{ at: 1, word: 'awful' }]);
  expect((await proposer()([request('unheard', [0])]))[0]).toEqual([]);
});

test('holds to the neighbors of a file, and to a cosine', async () => {
  const near = (word: string) => (word === 'nice' ? ['dull', 'missing'] : []);
  expect((await proposer({ neighbors: near })([request('nice film', [0, 1])]))[0]).toEqual([{ at: 0, word: 'dull' }]);
  // (2, 1) against (0.5, 1), (0, 1), (−1, 1), (−4, 1): cosines 0.8, 0.45, −0.32, −0.76.
  expect((await proposer({ cosine: 0.7 })([request('nice', [0])]))[0]).toEqual([{ at: 0, word: 'film' }]);
});

test('the second text of a pair is found behind the first', async () => {
  const parts = split({ text: 'table', pair: 'nice film' });
  const [flips] = await proposer()([{ split: parts, words: parts.words, label: 1, places: [1], most: 1 }]);
  expect(flips).toEqual([{ at: 1, word: 'awful' }]);
});

test('each text is looked at once', async () => {
  let asked = 0;
  const words = bagGradients(vocabulary, weights);
  const counting = {
    ...words,
    gradients: (some: Parameters<typeof words.gradients>[0]) => {
      asked += some.length;
      return words.gradients(some);
    },
  };
  const propose = flipProposer(counting, bagTask(vocabulary), { neighbors: null, cosine: -1 });
  await propose([request('nice film', [0, 1]), request('nice film', [0, 1])]);
  await propose([request('nice film', [0, 1]), request('film', [0])]);
  expect(asked).toBe(2);
});

test('the attack needs few queries, and its proposals hold for a version with other weights', async () => {
  const propose = proposer();
  const [own] = await attackItems(hotFlip, [item('great nice film')], bag(weights).model, undefined, { propose });
  // 1 original and 10 proposals, one of which is enough: great → awful leaves −1.5.
  expect(own).toMatchObject({ state: 'succeeded', text: { text: 'awful nice film' }, changed: 1, queries: 11 });
  const sturdy = bag({ ...weights, awful: -1, great: 1 }).model;
  const [other] = await attackItems(hotFlip, [item('great nice film')], sturdy, undefined, { propose });
  expect(other!.state).toBe('succeeded');
  expect(other!.changed).toBe(2);
});
