import { expect, test } from 'vitest';
import type { TokenModel } from './types.ts';
import { wordLevel } from './word-level.ts';

test('words stay or become unknown; they never split', () => {
  const raw = { type: 'WordLevel', vocab: { a: 0, word: 1, '<unk>': 2 }, unk_token: '<unk>' };
  const model = wordLevel(raw) as TokenModel;
  expect(model.always).toEqual([2]);
  expect(model.character('a')).toBeNull();
  expect(model.reads('word', (token) => token !== 'word')).toBe(false);
  expect(model.reads('word', () => true)).toBe(true);
  expect(
    model.rewrite(
      new Map([
        [1, 0],
        [2, 1],
      ]),
    ),
  ).toEqual({ ...raw, vocab: { word: 0, '<unk>': 1 } });
  expect(wordLevel({ vocab: [] })).toMatch(/no list/);
  expect((wordLevel({ vocab: { a: 0 } }) as TokenModel).unknown).toBeNull();
});
