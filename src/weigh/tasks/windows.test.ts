import { expect, test } from 'vitest';
import { exampleOf, tokenizerOf } from './testing/text.ts';
import { windowsOf } from './windows.ts';

const tokenizer = tokenizerOf('wordPiece');
const context = 'where is my order please track it';
const of = (maxLength: number, stride: number, text = 'lost card ?') =>
  windowsOf(exampleOf({ text, pair: context }), tokenizer, maxLength, stride, '[UNK]');

test('a short text is one window behind the question', () => {
  const [window, ...others] = of(32, 8);
  expect(others).toEqual([]);
  expect(window!.ids).toEqual([2, 10, 9, 28, 3, 11, 12, 13, 8, 18, 24, 42, 3]);
  expect(window!.types).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]);
  expect(window!.first).toBe(5);
  expect(window!.offsets.map(({ start, end }) => context.slice(start, end))).toEqual(context.split(' '));
});

test('a long text is cut into windows that share tokens', () => {
  // Ten tokens: three special, three of the question, four of the text; two shared.
  const windows = of(10, 2);
  expect(windows.map(({ ids }) => ids.slice(5, -1))).toEqual([
    [11, 12, 13, 8],
    [13, 8, 18, 24],
    [18, 24, 42],
  ]);
  // More than half a window is taken as half: windows still move on.
  expect(of(10, 100).map(({ ids }) => ids.slice(5, -1))).toEqual(windows.map(({ ids }) => ids.slice(5, -1)));
  expect(of(10, 0).map(({ ids }) => ids.length)).toEqual([10, 9]);
});

test('a question that fills everything is cut, and that is said', () => {
  const [window] = of(9, 0, 'lost card lost card lost card lost card');
  expect(window!.truncated).toBe(true);
  expect(window!.ids.slice(0, 5)).toEqual([2, 10, 9, 10, 3]);
});

test('refuses what it cannot read', () => {
  expect(() => windowsOf(exampleOf({ text: 'a' }), tokenizer, 32, 8, null)).toThrowError(
    /no text that holds the answer/,
  );
  expect(() => of(4, 0)).toThrowError(expect.objectContaining({ code: 'task/tokenizer' }));
  expect(windowsOf(exampleOf({ text: 'a', pair: '' }), tokenizer, 32, 8, null)).toHaveLength(1);
});
