import { expect, test } from 'vitest';
import { keyOf, layout, render, replaced, split } from './text.ts';

test('finds words with their joints and keeps everything between them', () => {
  const text = { text: '  Don’t stop, well-known  5G café! ' };
  const parts = split(text);
  expect(parts.words).toEqual(['Don’t', 'stop', 'well-known', '5G', 'café']);
  expect(render(parts, parts.words)).toEqual(text);
});

test('Chinese characters are words of their own', () => {
  expect(split({ text: '我爱 tea' }).words).toEqual(['我', '爱', 'tea']);
});

test('both texts of a pair are split, and put back where they belong', () => {
  const parts = split({ text: 'a man sleeps', pair: 'he rests.' });
  expect(parts.words).toEqual(['a', 'man', 'sleeps', 'he', 'rests']);
  expect(parts.fields).toEqual([0, 0, 0, 1, 1]);
  expect(render(parts, replaced(parts.words, 4, 'runs'))).toEqual({ text: 'a man sleeps', pair: 'he runs.' });
});

test('a removed word takes one space with it, at any place', () => {
  const parts = split({ text: 'one two, three' });
  const without = (at: number): string => render(parts, replaced(parts.words, at, '')).text;
  expect([without(0), without(1), without(2)]).toEqual(['two, three', 'one , three', 'one two,']);
});

test.each(['', '   ', '?!', '\u200b'])('a text without words, "%s", has none and stays as it is', (text) => {
  const parts = split({ text });
  expect(parts.words).toEqual([]);
  expect(render(parts, [])).toEqual({ text });
});

test('a pair with an empty text keeps both fields', () => {
  const parts = split({ text: '', pair: 'only here' });
  expect(parts.fields).toEqual([1, 1]);
  expect(render(parts, ['not', 'here'])).toEqual({ text: '', pair: 'not here' });
});

test('says where each word lies after words were replaced', () => {
  const parts = split({ text: 'ab cd', pair: 'ef' });
  const { text, spans } = layout(parts, ['abcd', '', 'x']);
  expect(text).toEqual({ text: 'abcd', pair: 'x' });
  expect(spans).toEqual([
    [0, 4],
    [5, 5],
    [0, 1],
  ]);
});

test('a text and a pair have different keys', () => {
  expect(keyOf({ text: 'a', pair: 'b' })).not.toBe(keyOf({ text: 'a b' }));
});
