import { expect, test } from 'vitest';
import type { Example, Task } from '../../contracts/index.ts';
import { textInputs, tokenizerOf } from '../../weigh/tasks/testing/text.ts';
import { retrieval } from '../../weigh/tasks/similarity.ts';
import { calibrationBatches } from './calibration.ts';

const { text } = retrieval({ tokenizer: tokenizerOf('wordPiece'), inputs: textInputs(), output: 'h', maxLength: 8 });
const of = (lengths: readonly number[], like: Partial<Task> = {}): number[][] =>
  calibrationBatches(
    { text: text!, bucket: (one) => String(one.text!.length), ...like },
    lengths.map((length, at): Example => ({ id: String(at), text: 'x'.repeat(length), label: null, groups: {} })),
  ).map((batch) => batch.map((one) => one.text!.length));
const many = (count: number, length: number): number[] => Array.from({ length: count }, () => length);
const sizes = (batches: readonly (readonly number[])[]): number[] => batches.map(({ length }) => length);

test('one length together, few of them with their neighbors, and no more tokens than a batch may hold', () => {
  expect(of([...many(3, 6), ...many(40, 5)])).toEqual([many(32, 5), many(8, 5), many(3, 6)]);
  expect(of([...many(3, 6), ...many(20, 7), 8])).toEqual([[...many(3, 6), ...many(5, 7)], many(15, 7), [8]]);
  expect(sizes(of(many(20, 100)))).toEqual([10, 10]);
  expect(sizes(of(many(20, 500)))).toEqual([8, 8, 4]);
  expect(of([])).toEqual([]);
});

test('eight rows where nothing is padded, and no two shapes in one batch', () => {
  const untold = calibrationBatches(
    { bucket: (one) => `3x8x${one.text!.length}` },
    [5, 6, 5].map((length, at): Example => ({ id: String(at), text: 'x'.repeat(length), label: null, groups: {} })),
  );
  expect(untold.map((batch) => batch.map((one) => one.text!.length))).toEqual([[5, 5], [6]]);
  expect(sizes(of(many(20, 5), { bucket: () => 'fixed' }))).toEqual([8, 8, 4]);
});

test('texts with another number of choices never share a batch; those with as many may be padded', () => {
  const choices = (one: Example): string => `${one.text!.length % 2 === 0 ? 4 : 3} of ${one.text!.length}`;
  expect(of([4, 5, 6, 7], { bucket: choices })).toEqual([
    [4, 6],
    [5, 7],
  ]);
  expect(sizes(of(many(40, 32), { bucket: choices }))).toEqual([8, 8, 8, 8, 8]);
});
