import { expect, test } from 'vitest';
import { seeded } from '../../../statistics/index.ts';
import {
  anyLetter,
  anywhere,
  deletions,
  inner,
  insertions,
  keyboardSlips,
  oneOf,
  substitution,
  swaps,
} from './characters.ts';

const random = () => seeded(1, 'letters');

test('swaps neighbors that differ', () => {
  expect(swaps('aab', anywhere)).toEqual(['aba']);
  expect(swaps('word', anywhere)).toEqual(['owrd', 'wrod', 'wodr']);
  expect(swaps('word', inner)).toEqual(['wrod']);
});

test('deletes one letter and never the only one', () => {
  expect(deletions('cat', anywhere)).toEqual(['at', 'ct', 'ca']);
  expect(deletions('cat', inner)).toEqual(['ct']);
  expect(deletions('a', anywhere)).toEqual([]);
});

test('inserts before, between and behind, or only between', () => {
  expect(insertions('ab', anywhere, () => '-')).toEqual(['-ab', 'a-b', 'ab-']);
  expect(insertions('abc', inner, () => ' ')).toEqual(['a bc', 'ab c']);
  expect(insertions('a', inner, () => ' ')).toEqual([]);
});

test('slips to keys beside, above and below, in the casing of the letter', () => {
  expect(keyboardSlips('sat', inner).toSorted()).toEqual(['sqt', 'sst', 'swt', 'szt']);
  expect(keyboardSlips('bAd', inner)).toContain('bSd');
  expect(keyboardSlips('b7d', inner)).toEqual([]);
});

test('a substitution changes one letter to another one, by the stream', () => {
  for (let round = 0; round < 50; round++) {
    const [changed] = substitution('Word', anywhere, seeded(round, 'x'));
    expect(changed).toHaveLength(4);
    expect([...changed!].filter((letter, at) => letter !== 'Word'[at])).toHaveLength(1);
    expect(changed![0]).toMatch(/[A-Z]/);
  }
  expect(substitution('ab', inner, random())).toEqual([]);
});

test('takes one by chance, none of none', () => {
  expect(oneOf([], random())).toEqual([]);
  expect(['a', 'b']).toContain(oneOf(['a', 'b'], random())[0]);
  expect(anyLetter(random())).toMatch(/^[a-z]$/);
});

test('letters beyond the basic plane stay whole', () => {
  expect(swaps('a😀b', anywhere)).toEqual(['😀ab', 'ab😀']);
});
