import { expect, test } from 'vitest';
import { gradientError } from '../testing/differences.ts';

const f = 'float64';
test.each([
  [
    'rows used several times, one counted from the end',
    `t: ${f}[6, 4]; i = int64[2, 3] {0, 5, 2, 2, 2, -1}; r = Gather(t, i); y = Mul(r, r); -> y: ${f}[2, 3, 4]`,
  ],
  [
    'an inner axis',
    `t: ${f}[6, 4]; i = int64[3] {3, 3, 0}; r = Gather(t, i) {axis: -1}; y = Mul(r, r); -> y: ${f}[6, 3]`,
  ],
  ['one place only', `t: ${f}[6, 4]; i = int64[] {1}; r = Gather(t, i) {axis: 1}; y = Mul(r, r); -> y: ${f}[6]`],
  ['int32 indices', `t: ${f}[6, 4]; i = int32[2] {1, 1}; r = Gather(t, i); y = Mul(r, r); -> y: ${f}[2, 4]`],
  [
    'sizes known at run time',
    `t: ${f}[N, M]; i = int64[2] {1, 1}; r = Gather(t, i) {axis: 1}; y = Mul(r, r); -> y: ${f}[N, 2]`,
  ],
  [
    'GatherElements',
    `t: ${f}[6, 4]; i = int64[2, 4] {0, 1, 2, 3, 0, 0, 5, 3}; r = GatherElements(t, i); y = Mul(r, r); -> y: ${f}[2, 4]`,
  ],
])('%s', async (_, text) => {
  expect(await gradientError({ text, shapes: { t: [6, 4] } })).toBeLessThan(1e-6);
});

test('nothing flows to the indices', async () => {
  await expect(
    gradientError({
      text: `t: ${f}[6, 4]; k: ${f}[2]; i = Cast(k) {to: 7}; r = Gather(t, i); -> r: ${f}[2, 4]`,
      shapes: { t: [6, 4], k: [2] },
      by: ['k'],
    }),
  ).rejects.toThrow('no gradient by k');
});
