import { describe, expect, test } from 'vitest';
import { bpe } from './bpe.ts';
import { byteCharacters, fallbackPiece } from './bytes.ts';
import type { Json, TokenModel } from './types.ts';

const make = (
  tokens: readonly string[],
  merges: readonly unknown[],
  rest: Json = {},
  byteLevel = false,
): TokenModel => {
  const made = bpe(
    { type: 'BPE', vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges, ...rest },
    byteLevel,
  );
  if (typeof made === 'string') throw new Error(made);
  return made;
};

describe('the way of a token', () => {
  test('follows the order of the merges: "abc" is a + bc here, though ab is there too', () => {
    const model = make(['a', 'b', 'c', 'ab', 'bc', 'abc', 'x'], ['b c', 'a b', 'a bc', 'ab c']);
    expect(model.path('abc').toSorted()).toEqual([0, 1, 2, 4, 5]);
    expect(model.path('ab').toSorted()).toEqual([0, 1, 3]);
    expect(model.path('a')).toEqual([0]);
  });

  test('repeated letters merge from the left', () => {
    const model = make(['a', 'aa', 'aaa'], ['a a', 'aa a']);
    expect([...new Set(model.path('aaa'))].toSorted()).toEqual([0, 1, 2]);
  });

  test('is empty where no merges lead to it', () => {
    expect(make(['a', 'b', 'ab'], []).path('ab')).toEqual([]);
  });

  test('ends and continuations of words are other symbols', () => {
    const ended = make(['l', 'o</w>', 'lo</w>', 'o', 'lo'], ['l o</w>', 'l o'], { end_of_word_suffix: '</w>' });
    expect(ended.path('lo</w>').toSorted()).toEqual([0, 1, 2]);
    expect(ended.path('lo').toSorted()).toEqual([0, 3, 4]);
    expect(ended.character('o</w>')).toBe('o');
    const continued = make(['l', '##o', 'lo', '##w', '##ow', 'low'], ['##o ##w', 'l ##ow'], {
      continuing_subword_prefix: '##',
    });
    expect(continued.path('low').toSorted()).toEqual([0, 1, 3, 4, 5]);
    expect(continued.path('##ow').toSorted()).toEqual([1, 3, 4]);
  });
});

test('only merges whose parts and result stay are kept', () => {
  const model = make(['a', 'b', 'c', 'ab', 'bc', 'abc'], ['b c', 'a b', 'a bc', 'ab c']);
  expect(
    model.rewrite(
      new Map([
        [0, 0],
        [1, 1],
        [2, 2],
        [4, 3],
        [5, 4],
      ]),
    ),
  ).toMatchObject({
    vocab: { a: 0, b: 1, c: 2, bc: 3, abc: 4 },
    merges: ['b c', 'a bc'],
  });
});

test('bytes always stay: the alphabet of byte-level tokenizers, or the pieces of the fallback', () => {
  const level = make([...byteCharacters, 'Ġa'], ['Ġ a'], {}, true);
  expect(level.always).toHaveLength(256);
  expect(level.character('a')).toBeNull();
  expect(level.text('Ġa')).toBe('a');
  const pieces = Array.from({ length: 256 }, (_, byte) => fallbackPiece(byte));
  const fallback = make(['<unk>', ...pieces, '▁', 'a'], [], { byte_fallback: true, unk_token: '<unk>' });
  expect(fallback.always).toHaveLength(257);
  expect(fallback.reads('東', () => false)).toBe(true);
  expect(fallback.character('a')).toBe('a');
});

test('reads what its symbols read', () => {
  const model = make(['a', 'b', 'ab'], ['a b']);
  expect(model.reads('ab', (token) => token !== 'ab')).toBe(true);
  expect(model.reads('ab', (token) => token === 'a')).toBe(false);
});

test('says what is wrong', () => {
  expect(bpe({ vocab: { a: 0 }, merges: ['a'] }, false)).toMatch(/no pair/);
  expect(bpe({ vocab: { a: 0 }, merges: [], dropout: 0.1 }, false)).toMatch(/dropout/);
  expect(bpe({ vocab: 3 }, false)).toMatch(/no list/);
});
