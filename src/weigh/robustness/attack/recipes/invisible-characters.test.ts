import { expect, test } from 'vitest';
import { attackItems, attackText, bag, item } from '../testing/bag.ts';
import { invisibleCharacters } from './invisible-characters.ts';

test('people see the same text, the model another one', async () => {
  const outcome = await attackText(invisibleCharacters, 'great film', { great: 2, film: -1 });
  expect(outcome).toMatchObject({ state: 'succeeded', changed: 1 });
  expect(outcome.text.text.replace(/\p{Cf}/gu, '')).toBe('great film');
});

test('a tokenizer that drops control characters is immune', async () => {
  const { model } = bag({ great: 2 });
  const outcomes = await attackItems(invisibleCharacters, [item('great film')], (texts) =>
    model(texts.map(({ text }) => ({ text: text.replace(/\p{Cf}/gu, '') }))),
  );
  expect(outcomes[0]!.state).toBe('failed');
});
