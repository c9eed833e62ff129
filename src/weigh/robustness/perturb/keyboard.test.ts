import { expect, test } from 'vitest';
import { layouts, neighborsOf, type Layout } from './keyboard.ts';

const near = (layout: Layout, letter: string): string => neighborsOf(layout).get(letter)!.toSorted().join('');

test('keys touch the two beside them and two or fewer in each row above and below', () => {
  expect(near('qwerty', 'g')).toBe('bfhtvy');
  expect(near('qwerty', 'q')).toBe('aw');
  expect(near('qwerty', 'p')).toBe('lo');
  expect(near('qwerty', 'z')).toBe('asx');
  expect(near('qwertz', 'z')).toBe('ghtu');
  expect(near('qwertz', 'y')).toBe('asx');
  expect(near('azerty', 'a')).toBe('qz');
  expect(near('azerty', 'm')).toBe('lp');
});

test('touching is mutual, and no key touches itself', () => {
  for (const layout of Object.keys(layouts) as Layout[])
    for (const [letter, some] of neighborsOf(layout)) {
      expect(some.length).toBeGreaterThan(0);
      expect(some).not.toContain(letter);
      for (const other of some) expect(neighborsOf(layout).get(other)).toContain(letter);
    }
});
