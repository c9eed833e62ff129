import { expect, test } from 'vitest';
import { readSidecar } from './sidecar.ts';

test('reads labels, output and length; nothing gives nothing', () => {
  expect(readSidecar(null)).toEqual({});
  expect(readSidecar({ task: 'tensor-classification', labels: ['a', 'b'], output: 'y', 'max-length': 64 })).toEqual({
    labels: ['a', 'b'],
    output: 'y',
    maxLength: 64,
  });
});

test.each([
  ['a list', [1]],
  ['an unknown key', { lables: ['a'] }],
  ['an unknown task', { task: 'translation' }],
  ['labels that are no names', { labels: [1, 2] }],
  ['an output that is no name', { output: 3 }],
  ['a length that is none', { 'max-length': 0 }],
])('refuses %s', (_, raw) => {
  expect(() => readSidecar(raw)).toThrowError(expect.objectContaining({ code: 'task/sidecar' }));
});
