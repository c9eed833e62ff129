import { expect, test } from 'vitest';
import type { Example } from '../../contracts/index.ts';
import { digestExamples } from '../../data/index.ts';
import { lookPlans, partOf, rowsOf, rungsOf, splitNamed } from './rungs.ts';

const examples = (count: number, documents = 0): Example[] => [
  ...Array.from({ length: count }, (_, at): Example => ({ id: `row ${at}`, label: null, groups: {} })),
  ...Array.from({ length: documents }, (_, at): Example => ({
    id: `doc ${at}`,
    label: null,
    groups: {},
    document: true,
  })),
];
const dataOf = (count: number, documents = 0) => {
  const some = examples(count, documents);
  const split = { name: 'evaluation', digest: digestExamples(some), examples: some };
  return { evaluation: split, holdback: { ...split, name: 'holdback' } };
};

test('small data has fewer looks, and every look costs more than the one before', () => {
  expect(lookPlans(1000).map(({ rows }) => rows)).toEqual([64, 250, 1000]);
  expect(lookPlans(300).map(({ rows }) => rows)).toEqual([64, 300]);
  expect(lookPlans(100).map(({ rows }) => rows)).toEqual([100]);
  const costs = rungsOf(lookPlans(1000)).map(({ cost }) => cost);
  expect(costs).toEqual(costs.toSorted((a, b) => a - b));
  expect(costs[0]).toBeGreaterThan(0);
  expect(costs[2]).toBe(1);
});

test('the rows of a later look hold those of an earlier one, and documents are always there', () => {
  const data = dataOf(200, 5);
  expect(rowsOf(data)).toBe(200);
  const [few, more] = [partOf(data, 64, 7), partOf(data, 150, 7)];
  const ids = new Set(more.examples.map(({ id }) => id));
  expect(few.examples.filter(({ document }) => document !== true)).toHaveLength(64);
  expect(few.examples.every(({ id }) => ids.has(id))).toBe(true);
  expect(few.examples.filter(({ document }) => document === true)).toHaveLength(5);
  expect(partOf(data, 64, 8).digest).not.toBe(few.digest);
});

test('a split is found again by its name', () => {
  const data = dataOf(200);
  expect(splitNamed(data, 'holdback', 7)).toBe(data.holdback);
  expect(splitNamed(data, partOf(data, 64, 7).name, 7)).toEqual(partOf(data, 64, 7));
  for (const name of ['search-0', 'search-201', 'search-x', 'train'])
    expect(() => splitNamed(data, name, 7)).toThrow(expect.objectContaining({ code: 'engine/split' }));
});
