import { expect, test } from 'vitest';
import { chooseTokens } from './choose.ts';
import { bpe } from './tokenizer/bpe.ts';
import type { TokenModel } from './tokenizer/types.ts';
import { wordPiece } from './tokenizer/word-piece.ts';

const wishes = { coverage: 1, minimumCount: 1, size: 0, keepCharacters: false };
const counts = new Map([
  [3, 50],
  [4, 30],
  [5, 15],
  [6, 5],
  [1, 200],
]);

test('keeps what occurs, what must stay, and row 0', () => {
  expect(chooseTokens(counts, new Set([1, 8]), null, 10, wishes)).toEqual([0, 1, 3, 4, 5, 6, 8]);
});

test('coverage counts occurrences besides the obligatory ones', () => {
  const at = (coverage: number) => chooseTokens(counts, new Set([1]), null, 10, { ...wishes, coverage });
  expect(at(0.8)).toEqual([0, 1, 3, 4]);
  expect(at(0.81)).toEqual([0, 1, 3, 4, 5]);
  expect(at(0)).toEqual([0, 1]);
});

test('a least count and a size', () => {
  expect(chooseTokens(counts, new Set([1]), null, 10, { ...wishes, minimumCount: 16 })).toEqual([0, 1, 3, 4]);
  expect(chooseTokens(counts, new Set([1]), null, 10, { ...wishes, size: 1 })).toEqual([0, 1, 3]);
});

test('ids of the same frequency go by their order; ids beyond the table are left out', () => {
  expect(
    chooseTokens(
      new Map([
        [9, 2],
        [2, 2],
        [5, 2],
      ]),
      new Set([77]),
      null,
      10,
      { ...wishes, size: 2 },
    ),
  ).toEqual([0, 2, 5]);
});

const textsOf = (model: TokenModel) => new Map([...model.ids].map(([token, id]) => [id, token]));

test('characters of the scripts that occur stay', () => {
  const model = wordPiece({
    unk_token: '[UNK]',
    vocab: { '[UNK]': 0, card: 1, a: 2, '##b': 3, я: 4, '##7': 5, lost: 6 },
  }) as TokenModel;
  const vocabulary = { model, texts: textsOf(model) };
  expect(chooseTokens(new Map([[1, 4]]), new Set(), vocabulary, 7, { ...wishes, keepCharacters: true })).toEqual([
    0, 1, 2, 3, 5,
  ]);
  expect(chooseTokens(new Map([[1, 4]]), new Set(), vocabulary, 7, wishes)).toEqual([0, 1]);
  expect(chooseTokens(new Map(), new Set([1]), vocabulary, 7, { ...wishes, keepCharacters: true })).toEqual([0, 1]);
});

test('what tokens are built from stays', () => {
  const model = bpe({ vocab: { x: 0, a: 1, b: 2, c: 3, ab: 4, abc: 5 }, merges: ['a b', 'ab c'] }, false) as TokenModel;
  expect(chooseTokens(new Map([[5, 1]]), new Set(), { model, texts: textsOf(model) }, 6, wishes)).toEqual([
    0, 1, 2, 3, 4, 5,
  ]);
});
