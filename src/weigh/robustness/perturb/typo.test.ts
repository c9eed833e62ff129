import { expect, test } from 'vitest';
import { applied } from '../testing/apply.ts';
import { neighborsOf } from './keyboard.ts';
import { typo, typoAzerty, typoQwertz } from './typo.ts';

test('HELM: one letter in a hundred becomes a neighbor, case kept, all else stays', () => {
  const text = 'Please HELP me, order 12! '.repeat(2000);
  const changed = applied(typo, text);
  expect(changed).toHaveLength(text.length);
  const near = neighborsOf('qwerty');
  let [letters, hits] = [0, 0];
  for (const [at, was] of Array.from(text).entries()) {
    const is = changed[at]!;
    if (/[a-z]/i.test(was)) letters += 1;
    if (was === is) continue;
    hits += 1;
    expect(near.get(was.toLowerCase())).toContain(is.toLowerCase());
    expect(is === is.toUpperCase()).toBe(was === was.toUpperCase());
  }
  // Three standard errors around 0.01.
  expect(Math.abs(hits / letters - 0.01)).toBeLessThan(3 * Math.sqrt((0.01 * 0.99) / letters));
});

test('strength 0 changes nothing, 1 changes every letter that the layout has', () => {
  expect(applied(typo, 'Hello', { strength: 0 })).toBe('Hello');
  const all = applied(typo, 'Straße', { strength: 1 });
  expect(all).toMatch(/^[A-Z][a-z]{3}ß[a-z]$/);
  for (const [at, letter] of Array.from('Stra').entries()) expect(all[at]).not.toBe(letter);
});

test('layouts differ: z and y on QWERTZ, a and q on AZERTY', () => {
  for (let seed = 0; seed < 20; seed++) {
    expect('ghtu').toContain(applied(typoQwertz, 'z', { strength: 1 }, seed));
    expect('qz').toContain(applied(typoAzerty, 'a', { strength: 1 }, seed));
  }
});
