import { expect, test } from 'vitest';
import type { Example } from '../../../contracts/index.ts';
import { textTask } from '../testing/trial.ts';
import { rarityOf, unseenShares, wordRanks, wordsIn } from './rarity.ts';

const example = (text: string, pair?: string): Example => ({
  id: '',
  text,
  label: null,
  groups: {},
  ...(pair === undefined ? {} : { pair }),
});
const text = textTask(['a']).text!;

test('words in small letters; scripts without spaces by dictionary', () => {
  expect(wordsIn(example('Where IS it?', 'Here!'))).toEqual(['where', 'is', 'it', 'here']);
  expect(wordsIn(example('我的订单在哪里')).length).toBeGreaterThan(2);
  expect(wordsIn(example('🙂'))).toEqual([]);
});

test('subwords per word: pieces of four letters', () => {
  // order: 2, of: 1, reimbursement: 4.
  const [plain, long, none, cut] = rarityOf(
    [example('order, of!'), example('reimbursement'), example('?!'), example('x'.repeat(5000))],
    text,
  );
  expect(plain!.fertility).toBe(1.5);
  expect(long!.fertility).toBe(4);
  expect(none!.fertility).toBeNaN();
  // Longer than the model's limit: as many as fit beside the word in front.
  expect(cut!.fertility).toBe(61);
});

test('unknown tokens', () => {
  expect(rarityOf([example('order'), example('orдer')], text).map(({ unknown }) => unknown)).toEqual([false, true]);
  expect(rarityOf([example('orдer')], { ...text, unknownToken: null })[0]!.unknown).toBe(false);
});

test('the share of words that nobody said before', () => {
  const reference = [example('Where is my order'), example('thanks')];
  expect([...unseenShares([example('where is THE order'), example('thanks'), example('?')], reference)]).toEqual([
    0.25,
    0,
    Number.NaN,
  ]);
});

test('ranks by frequency: ties share the mean of their ranks, what nobody said comes last', () => {
  // the: 3 times, rank 1; my and bill: twice each, rank 2.5; pay: once, rank 4; anything else: 5.
  const reference = [example('the bill'), example('the my my'), example('pay the bill')];
  const ranks = wordRanks([example('the'), example('my THE'), example('the pay refund'), example('?')], reference);
  expect(ranks[0]).toBe(1);
  expect(ranks[1]).toBeCloseTo(Math.sqrt(2.5), 12);
  expect(ranks[2]).toBeCloseTo(Math.cbrt(20), 12);
  expect(ranks[3]).toBeNaN();
});
