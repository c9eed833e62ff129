import { expect, test } from 'vitest';
import type { LearningRows } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { groupsOf, labelsOf, lessonsOf, type Lesson } from './lessons.ts';

const rows: LearningRows = {
  count: 10,
  label: (row) => (row === 9 ? null : row % 3),
  length: (row) => 2 + (row % 4),
  tokens: () => null,
  feeds: (picked) => ({ x: { dtype: 'int32', dims: [picked.length], data: Int32Array.from(picked) } }),
};
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const out: T[] = [];
  for await (const item of items) out.push(item);
  return out;
};

test('labelled rows become lessons: every row once, with its label, and what more is fed', async () => {
  const labelled = { ...rows, label: (row: number) => row % 3 };
  const draw = (): Promise<Lesson[]> =>
    all(
      lessonsOf(labelled, 4, seeded(1, 'a'), (picked, random) => ({
        drawn: { dtype: 'float32', dims: [picked.length], data: Float32Array.from(picked, () => random.next()) },
      })),
    );
  const lessons = await draw();
  expect(lessons.map(({ examples }) => examples).sort()).toEqual([2, 4, 4]);
  const seen = lessons.flatMap(({ feeds, tokens }) => {
    const picked = [...(feeds['x']!.data as Int32Array)];
    expect([...(feeds['labels']!.data as BigInt64Array)]).toEqual(picked.map((row) => BigInt(row % 3)));
    expect(tokens).toBe(picked.reduce((sum, row) => sum + 2 + (row % 4), 0));
    return picked;
  });
  expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await draw()).toEqual(lessons);
});

test('a row without a label is named', () => {
  expect(() => labelsOf(rows, [1, 9])).toThrowError(
    expect.objectContaining({ code: 'training/data', message: 'training example 10 has no label' }),
  );
});

test('groups keep the order, the last may be smaller', async () => {
  expect(await all(groupsOf([1, 2, 3, 4, 5], 2))).toEqual([[1, 2], [3, 4], [5]]);
  expect(await all(groupsOf([], 2))).toEqual([]);
});
