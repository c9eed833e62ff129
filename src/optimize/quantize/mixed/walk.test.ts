import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smallestThat } from './walk.ts';

test('finds the threshold with few questions', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 320 }), async (most, threshold) => {
      let asked = 0;
      const found = await smallestThat(most, (count) => {
        asked++;
        expect(count).toBeLessThanOrEqual(most);
        return Promise.resolve(count >= threshold);
      });
      expect(found).toBe(threshold <= most ? threshold : null);
      expect(asked).toBeLessThanOrEqual(4 + 2 * Math.log2(Math.max(1, most)));
    }),
  );
});
