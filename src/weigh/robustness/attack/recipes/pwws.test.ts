import { expect, test } from 'vitest';
import { attackItems, bag, item, setting } from '../testing/bag.ts';
import { pwws } from './pwws.ts';

test('goes by saliency times gain', async () => {
  const near: Readonly<Record<string, readonly string[]>> = { great: ['good'], film: ['flick'] };
  const { model } = bag({ great: 1.2, good: 1.1, film: 0.3, flick: -2 });
  const [outcome] = await attackItems(
    pwws,
    [item('great film')],
    model,
    setting({ neighbors: (word) => near[word] ?? [] }),
  );
  expect(outcome).toMatchObject({ state: 'succeeded', text: { text: 'great flick' }, queries: 1 + 2 + 2, changed: 1 });
  expect(pwws.needs).toBe('neighbors');
});
