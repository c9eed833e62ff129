import { expect, test } from 'vitest';
import { attackItems, attackText, bag, dangerOf, item, setting, type Weights } from './testing/bag.ts';
import type { Attack } from './types.ts';

/** Any word may become one of these. */
const attack = (search: Attack['search'], by: Readonly<Record<string, readonly string[]>>, limits = {}): Attack => ({
  id: 'test',
  title: '',
  source: '',
  search,
  candidates: ({ word }) => by[word] ?? [],
  limits,
});
const greedy = { kind: 'greedy', ranking: 'delete' } as const;

const weights: Weights = { great: 3, nice: 2, film: 0.5, dull: -1, fine: 1, awful: -4, boring: -2 };
const by = { great: ['fine', 'dull'], nice: ['boring', 'fine'], film: ['movie'] };

test('replaces the most important word first, by its worst candidate, and stops at success', async () => {
  const { model, calls } = bag(weights);
  const [outcome] = await attackItems(attack(greedy, by), [item('great nice film')], model);
  // great 3 → dull −1 leaves 1.5; nice 2 → boring −2 leaves −2.5.
  expect(outcome).toMatchObject({ state: 'succeeded', text: { text: 'dull boring film' }, words: 3, changed: 2 });
  expect(outcome!.before).toEqual({ predicted: 1, danger: expect.closeTo(dangerOf(5.5), 6) as number });
  expect(outcome!.after).toEqual({ predicted: 0, danger: expect.closeTo(dangerOf(-2.5), 6) as number });
  // 1 original, 3 deletions, 2 for "great", 2 for "nice".
  expect(outcome!.queries).toBe(8);
  expect(calls.flat().map(({ text }) => text)).toEqual([
    'great nice film',
    'nice film',
    'great film',
    'great nice',
    'fine nice film',
    'dull nice film',
    'dull boring film',
    'dull fine film',
  ]);
});

test('keeps a candidate only if it raises the danger, and fails where none is left', async () => {
  const better = { great: ['great2'], nice: ['great'], film: ['great'] };
  const outcome = await attackText(attack(greedy, better), 'great nice film', { ...weights, great2: 3 });
  expect(outcome).toMatchObject({ state: 'failed', text: { text: 'great nice film' }, changed: 0 });
  expect(outcome.after).toEqual(outcome.before);
});

test('of successes takes the text that is the nearest to the original', async () => {
  const outcome = await attackText(attack(greedy, { great: ['terrifically', 'grean', 'greta'] }), 'great', {
    great: 1,
    terrifically: -9,
    grean: -1,
    greta: -2,
  });
  expect(outcome.text.text).toBe('grean');
});

test('skips what is answered wrongly before, after one query', async () => {
  const outcome = await attackText(attack(greedy, by), 'awful film', weights);
  expect(outcome).toMatchObject({ state: 'skipped', queries: 1, changed: 0, text: { text: 'awful film' } });
});

test.each(['', '?!', 'the and of it'])('a text without a word to change, "%s", fails after one query', async (text) => {
  const { model } = bag({}, 1);
  const [outcome] = await attackItems(attack(greedy, by), [item(text)], model);
  expect(outcome).toMatchObject({ state: 'failed', queries: 1, text: { text } });
});

test('a text of one word can be attacked', async () => {
  const outcome = await attackText(attack(greedy, by), 'great', weights);
  expect(outcome).toMatchObject({ state: 'succeeded', text: { text: 'dull' }, queries: 4, changed: 1, words: 1 });
});

test('stop words are never asked about', async () => {
  const { model, calls } = bag(weights);
  await attackItems(attack(greedy, { ...by, the: ['awful'] }), [item('the great film')], model);
  expect(calls.flat().every(({ text }) => /^the\b/i.test(text))).toBe(true);
});

test('no word changes twice, and no more words than allowed', async () => {
  const chain = { great: ['fine'], fine: ['awful'], nice: ['fine'], film: ['fine'] };
  const outcome = await attackText(attack(greedy, chain), 'great nice', weights);
  expect(outcome.state).toBe('failed');
  const one = await attackText(attack(greedy, by, { mostWords: 1 }), 'great nice film', weights);
  expect(one).toMatchObject({ state: 'failed', queries: 6 });
  const share = await attackText(attack(greedy, by), 'great nice film', weights, setting({ maxShare: 0.4 }));
  expect(share).toMatchObject({ state: 'failed', queries: 6 });
});

test('texts farther from the original than allowed are no candidates', async () => {
  const far = await attackText(attack(greedy, by, { mostEdits: 3 }), 'great', weights);
  expect(far).toMatchObject({ state: 'failed', queries: 2 });
});

test('of pairs, a recipe for the second text leaves the first alone', async () => {
  const { model } = bag(weights);
  const one = attack(greedy, { great: ['awful'], nice: ['awful'] }, { pairOnly: true });
  const [recipe] = await attackItems(one, [item('great', 1, 'nice')], model);
  expect(recipe!.text).toEqual({ text: 'great', pair: 'awful' });
  const [asked] = await attackItems(one, [item('great', 1, 'nice')], model, setting({ column: 'text' }));
  expect(asked!.text).toEqual({ text: 'awful', pair: 'nice' });
});

test('a limit of queries ends the attack exactly there', async () => {
  for (const most of [1, 3, 5, 7]) {
    const { model, calls } = bag(weights);
    const [outcome] = await attackItems(
      attack(greedy, by),
      [item('great nice film')],
      model,
      setting({ maxQueries: most }),
    );
    expect(outcome).toMatchObject({ state: most === 7 ? 'succeeded' : 'failed', queries: most });
    expect(calls.flat()).toHaveLength(most);
  }
});

test('saliency weighs each word’s importance with the gain of its best swap', async () => {
  // "great" matters most but cannot be swapped for anything bad; "nice" can.
  const swaps = { great: ['superb'], nice: ['awful'] };
  const { model, calls } = bag({ great: 3, superb: 2.9, nice: 1, awful: -4 });
  const [outcome] = await attackItems(
    attack({ kind: 'greedy', ranking: 'saliency' }, swaps),
    [item('great nice film')],
    model,
  );
  expect(outcome).toMatchObject({ state: 'succeeded', text: { text: 'great awful film' }, changed: 1 });
  // 1 original, 3 with [UNK], 2 swaps; the first swap that is made is known already.
  expect(outcome!.queries).toBe(6);
  expect(calls.flat().map(({ text }) => text)).toContain('[UNK] nice film');
});

test('a beam finds two words that only break the answer together, where one at a time does not', async () => {
  const swaps = { one: ['a1'], two: ['b1'], three: ['c1'] };
  const sums: Weights = { one: 1, two: 1, three: 1, a1: 0.9, b1: -1, c1: -1.5 };
  const outcome = await attackText(attack({ kind: 'beam', width: 2 }, swaps, { mostWords: 2 }), 'one two three', sums);
  expect(outcome).toMatchObject({ state: 'succeeded', text: { text: 'one b1 c1' }, changed: 2 });
  // 1 original, 3 single changes, then from the two best: c1 with one or two, b1 with one (b1 with c1 is known).
  expect(outcome.queries).toBe(7);
});

test('a beam of depth one is the best single change of any word', async () => {
  const outcome = await attackText(attack({ kind: 'beam', width: 1 }, by, { mostWords: 1 }), 'nice great', weights);
  expect(outcome).toMatchObject({ state: 'failed', queries: 5 });
  const broken = await attackText(attack({ kind: 'beam', width: 1 }, by, { mostWords: 1 }), 'nice', weights);
  expect(broken).toMatchObject({ state: 'succeeded', text: { text: 'boring' } });
});

test('reduction removes words while the answer stays, down to one', async () => {
  const outcome = await attackText(attack({ kind: 'reduce' }, {}), 'a great but dull nice film', weights);
  // dull −1, then a or but (0), film .5, nice 2: "great" is left.
  expect(outcome).toMatchObject({ state: 'reduced', text: { text: 'great' }, words: 6, changed: 5 });
  expect(outcome.queries).toBe(1 + 6 + 5 + 4 + 3 + 2);
});

test('reduction stops where every removal changes the answer', async () => {
  const { model } = bag({ great: 1, nice: 1 }, -1.5);
  const [outcome] = await attackItems(attack({ kind: 'reduce' }, {}), [item('great nice film')], model);
  expect(outcome).toMatchObject({ state: 'reduced', text: { text: 'great nice' }, changed: 1 });
  const [short] = await attackItems(attack({ kind: 'reduce' }, {}), [item('')], bag({}, 1).model);
  expect(short).toMatchObject({ state: 'reduced', words: 0, changed: 0, queries: 1 });
});

test('the same seed and item give the same candidates, another seed others', async () => {
  const typo: Attack = {
    ...attack(greedy, {}),
    candidates: ({ word, random }) => [`${word}${random.integer(1_000_000)}`],
  };
  const run = (how = setting()) => {
    const { model, calls } = bag(weights);
    return attackItems(typo, [item('great film')], model, how).then(() => calls.flat());
  };
  expect(await run()).toEqual(await run());
  const other = setting({ random: () => ({ integer: () => 7 }) as never });
  expect(await run()).not.toEqual(await run(other));
});
