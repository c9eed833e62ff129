import { expect, test } from 'vitest';
import { hotFlip } from './hot-flip.ts';

// What it finds: flips.test.ts.
test('is a beam of ten over two words, proposed by gradients', () => {
  expect(hotFlip.search).toEqual({ kind: 'flips', width: 10 });
  expect(hotFlip.limits).toEqual({ mostWords: 2 });
  expect(hotFlip.needs).toBe('gradients');
});
