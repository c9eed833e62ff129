import { expect, test } from 'vitest';
import { scriptOf, scriptsIn } from './scripts.ts';

test('tells writing systems apart', () => {
  expect(['a', 'é', 'я', '東', 'カ', 'ア', 'ק', '1', '?', '🙂', '\u0301', 'ꓐ'].map(scriptOf)).toEqual([
    'Latin',
    'Latin',
    'Cyrillic',
    'Han',
    'Katakana',
    'Katakana',
    'Hebrew',
    'Common',
    'Common',
    'Common',
    'Common',
    'other',
  ]);
});

test('one stray character is no language', () => {
  const tokens = [
    ['hello', 500],
    ['мир', 2],
    ['東', 1],
  ] as const;
  expect(scriptsIn(tokens, 0.001)).toEqual(new Set(['Latin', 'Cyrillic']));
  expect(scriptsIn(tokens, 0)).toEqual(new Set(['Latin', 'Cyrillic', 'Han']));
  expect(scriptsIn([], 0.001)).toEqual(new Set());
});
