import { expect, test } from 'vitest';
import type { Example, Predictions } from '../../contracts/index.ts';
import { argmax } from '../tasks/index.ts';
import { auditItems } from './audit.ts';

const labels = ['a', 'b', 'c'];
const answers = (...rows: number[][]): Predictions => ({
  labels,
  predicted: Int32Array.from(rows, (row) => argmax(row, 0, 3)),
  scores: Float32Array.from(rows.flat()),
  truncated: 0,
});
const example = (id: string, label: string | null, pair?: string): Example => ({
  id,
  text: `text ${id}`,
  ...(pair === undefined ? {} : { pair }),
  label,
  groups: { style: 'casual' },
});

const examples = [
  example('same', 'a'),
  example('helped', 'b'),
  example('mild harm', 'a'),
  example('grave harm', 'a', 'second'),
  example('sideways', 'c'),
  example('unlabelled', null),
];
const baseline = answers([5, 0, 0], [5, 4, 0], [3, 2, 0], [9, 0, 0], [2, 1, 0], [2, 0, 0]);
const candidate = answers([4, 0, 0], [4, 5, 0], [2, 3, 0], [0, 9, 0], [1, 2, 0], [0, 2, 0]);

test('lists what changed, right answers lost first, the largest shift first', () => {
  const audit = auditItems(examples, baseline, candidate);
  expect(audit.items.map(({ id }) => id)).toEqual([
    'grave harm',
    'mild harm',
    'unlabelled',
    'sideways',
    'helped',
    // Its answer stays; it is a little less sure of it.
    'same',
  ]);
  expect(audit).toMatchObject({ harmed: 2, helped: 1, changed: 5, of: 6 });
  expect(audit.items[0]).toMatchObject({
    text: 'text grave harm ⏐ second',
    expected: 'a',
    baseline: 'a',
    candidate: 'b',
    groups: { style: 'casual' },
  });
  expect(audit.items[0]!.shift).toBeGreaterThan(0.99);
});

test('keeps the counts of all when the list is cut', () => {
  const audit = auditItems(examples, baseline, candidate, 1);
  expect(audit.items.map(({ id }) => id)).toEqual(['grave harm', 'same']);
  expect(audit.changed).toBe(5);
});

test('refuses answers to other data, and scores that are no numbers', () => {
  expect(() => auditItems(examples.slice(1), baseline, candidate)).toThrowError(
    expect.objectContaining({ code: 'quality/rows' }),
  );
  const broken = answers([5, 0, 0], [5, 4, 0], [3, 2, 0], [9, 0, 0], [2, 1, 0], [Number.NaN, 0, 0]);
  expect(() => auditItems(examples, baseline, broken)).toThrowError(/unlabelled hold NaN/);
});

test('answers that stay: the largest move of the margin first, either way, at most 20, none for mere rounding', () => {
  const many = Array.from({ length: 40 }, (_, at) => example(`e${at}`, 'a'));
  const before = answers(...many.map(() => [2, 1, 0]));
  const after = answers(...many.map((_, at) => [at === 7 ? 1.05 : at === 9 ? 9 : 2 + at * 0.0001, 1, 0]));
  const audit = auditItems(many, before, after);
  expect(audit.changed).toBe(0);
  expect(audit.items.map(({ id }) => id)).toEqual(['e9', 'e7']);
  expect(audit.items[0]!.shift).toBeLessThan(0);
  const all = answers(...many.map((_, at) => [2 + 0.1 + at * 0.01, 1, 0]));
  expect(auditItems(many, before, all).items).toHaveLength(20);
});
