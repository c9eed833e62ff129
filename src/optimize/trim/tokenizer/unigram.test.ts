import { expect, test } from 'vitest';
import type { TokenModel } from './types.ts';
import { unigram } from './unigram.ts';

const raw = {
  type: 'Unigram',
  unk_id: 0,
  vocab: [
    ['<unk>', 0],
    ['▁', -2],
    ['a', -3],
    ['b', -9],
    ['ab', -4],
  ],
  byte_fallback: false,
};
const model = unigram(raw) as TokenModel;

test('the unknown piece and the one with the lowest score always stay', () => {
  expect(model.always).toEqual([0, 3]);
  expect(['a', '▁', 'ab'].map((token) => model.character(token))).toEqual(['a', '▁', null]);
});

test('reads any split into kept pieces, but no unknown one', () => {
  expect(model.reads('ab', (token) => token !== 'ab')).toBe(true);
  expect(model.reads('ab', (token) => token === 'a')).toBe(false);
  expect(model.reads('<unk>', () => true)).toBe(false);
});

test('rewrites pieces and the place of the unknown one', () => {
  const moved = unigram({ ...raw, unk_id: 2 }) as TokenModel;
  expect(
    moved.rewrite(
      new Map([
        [1, 0],
        [2, 1],
        [3, 2],
      ]),
    ),
  ).toEqual({
    ...raw,
    unk_id: 1,
    vocab: [
      ['▁', -2],
      ['a', -3],
      ['b', -9],
    ],
  });
});

test('says what is wrong', () => {
  expect(unigram({ vocab: [] })).toMatch(/empty/);
  expect(unigram({ vocab: [['a']] })).toMatch(/no score/);
  expect(unigram({ vocab: [['a', Number.NaN]] })).toMatch(/no score/);
  expect(
    unigram({
      vocab: [
        ['a', 0],
        ['a', -1],
      ],
    }),
  ).toMatch(/twice/);
});
