import { expect, test } from 'vitest';
import type { TokenModel } from './types.ts';
import { wordPiece } from './word-piece.ts';

const raw = {
  type: 'WordPiece',
  unk_token: '[UNK]',
  continuing_subword_prefix: '##',
  vocab: { '[UNK]': 0, play: 1, '##ing': 2, '##i': 3, '##n': 4, '##g': 5, p: 6, '##': 7 },
};
const model = wordPiece(raw) as TokenModel;

test('knows characters, also inside of words', () => {
  expect(['p', '##g', 'play', '##ing', '##'].map((token) => model.character(token))).toEqual([
    'p',
    'g',
    null,
    null,
    null,
  ]);
  expect(model.always).toEqual([0]);
  expect(model.path('play')).toEqual([]);
  expect(model.text('##ing')).toBe('ing');
});

test('a gone token reads as smaller ones, where they are', () => {
  const without =
    (...gone: string[]) =>
    (token: string) =>
      !gone.includes(token);
  expect(model.reads('##ing', without('##ing'))).toBe(true);
  expect(model.reads('##ing', without('##ing', '##n'))).toBe(false);
  expect(model.reads('play', without('play'))).toBe(false);
});

test('rewrites ids and leaves the rest', () => {
  expect(
    model.rewrite(
      new Map([
        [0, 0],
        [2, 1],
      ]),
    ),
  ).toEqual({ ...raw, vocab: { '[UNK]': 0, '##ing': 1 } });
  expect(wordPiece({ vocab: null })).toMatch(/no list/);
});
