import { expect, test } from 'vitest';
import type { Example } from '../../contracts/index.ts';
import { bucketsOf } from './buckets.ts';

const examples = ['bb', 'a', 'cc'].map((text, at): Example => ({ id: String(at), text, label: null, groups: {} }));

test('places by bucket, in the order of the data; all in one where nothing tells them apart', () => {
  expect([...bucketsOf({ bucket: ({ text }) => String(text!.length) }, examples)]).toEqual([
    ['2', [0, 2]],
    ['1', [1]],
  ]);
  expect([...bucketsOf({}, examples)]).toEqual([['', [0, 1, 2]]]);
  expect(bucketsOf({}, []).size).toBe(0);
});
