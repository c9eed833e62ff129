import { expect, test } from 'vitest';
import { answerTo } from './answer.ts';

test('a job that is not listed, one that works, and a bug', () => {
  expect(answerTo({ id: 1, name: 'blocks/none', input: {} })).toEqual({ id: 1, kind: 'unknown' });
  expect(answerTo({ id: 1, name: 'toString', input: {} })).toEqual({ id: 1, kind: 'unknown' });
  const sizes = { weight: Float32Array.of(1, -2), columns: 1, blockSize: 16 };
  expect(answerTo({ id: 2, name: 'blocks/row-sizes', input: sizes })).toEqual({
    id: 2,
    kind: 'done',
    output: { sizes: Float32Array.of(0.5, 1) },
  });
  expect(answerTo({ id: 3, name: 'blocks/row-sizes', input: {} })).toMatchObject({
    id: 3,
    kind: 'bug',
    stack: expect.stringContaining('TypeError') as string,
  });
});
