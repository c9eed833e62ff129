import { expect, test } from 'vitest';
import { attackText } from '../testing/bag.ts';
import { inputReduction } from './input-reduction.ts';

test('leaves the one word that the answer hangs on', async () => {
  const outcome = await attackText(inputReduction, 'please set a timer for ten minutes', { timer: 2, please: 0.1 });
  expect(outcome).toMatchObject({ state: 'reduced', text: { text: 'timer' }, words: 7, changed: 6 });
});
