import { expect, test } from 'vitest';
import { attackText } from '../testing/bag.ts';
import { homoglyphs } from './homoglyphs.ts';

test('one letter of another script is enough for a model that knows words by their letters', async () => {
  const outcome = await attackText(homoglyphs, 'great film', { great: 2, film: -1 });
  expect(outcome).toMatchObject({ state: 'succeeded', changed: 1 });
  expect(outcome.text.text).toHaveLength('great film'.length);
  expect(outcome.text.text).not.toBe('great film');
});

test('at most five letters of a text are written otherwise', async () => {
  const weights = { aa: 1, bb: 1, cc: 1, ee: 1, oo: 1, pp: 1, xx: 1, qq: 4 };
  const outcome = await attackText(homoglyphs, 'aa cc ee oo pp xx', { ...weights }, undefined);
  expect(outcome.state).toBe('failed');
});
