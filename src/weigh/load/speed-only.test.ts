import { expect, test } from 'vitest';
import { speedOnly } from './speed-only.ts';

test('refuses to answer', async () => {
  await expect(speedOnly.predictions({} as never)).rejects.toMatchObject({ code: 'usage/trial' });
  await expect(speedOnly.ask({} as never, [], '')).rejects.toMatchObject({ code: 'usage/trial' });
});
