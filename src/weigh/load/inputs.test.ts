import { expect, test } from 'vitest';
import type { Example, Task } from '../../contracts/index.ts';
import { seeded } from '../../statistics/index.ts';
import { inputBatches, type Batches } from './inputs.ts';

const task: Task = {
  id: 'tensor-classification',
  labels: ['a'],
  fingerprint: '',
  encode: (examples) => ({
    feeds: { x: { dtype: 'string', dims: [examples.length], data: examples.map(({ id }) => id) } },
    truncated: 0,
    tokens: 0,
  }),
  decode: () => new Float32Array(0),
};
const examples = Array.from({ length: 10 }, (_, i): Example => ({ id: String(i), label: null, groups: {} }));
const idsOf = (batches: Batches): (readonly string[])[] => batches({}).map(({ x }) => x!.data as readonly string[]);

test('every batch is full, rows repeat only when they run out, the seed decides the order', () => {
  const batches = idsOf(inputBatches({ task, examples }, 3, 32, seeded(1, 'x')));
  expect(batches).toHaveLength(3);
  expect(new Set(batches.flat()).size).toBe(9);
  expect(idsOf(inputBatches({ task, examples }, 3, 32, seeded(1, 'x')))).toEqual(batches);
  expect(idsOf(inputBatches({ task, examples }, 3, 32, seeded(2, 'x')))).not.toEqual(batches);
  expect(idsOf(inputBatches({ task, examples }, 1, 4, seeded(1, 'x')))).toHaveLength(4);
  const [big] = idsOf(inputBatches({ task, examples }, 16, 4, seeded(1, 'x')));
  expect(big).toHaveLength(16);
  expect(new Set(big).size).toBe(10);
});

test('a version that reads with a task of its own gets the same rows', () => {
  const own: Task = { ...task, encode: (rows) => task.encode(rows.map((row) => ({ ...row, id: `own ${row.id}` }))) };
  const batches = inputBatches({ task, examples }, 3, 32, seeded(1, 'x'));
  const ids = batches({ task: own }).map(({ x }) => x!.data as readonly string[]);
  expect(ids).toEqual(idsOf(batches).map((row) => row.map((id) => `own ${id}`)));
  expect(batches({ task: own })).toBe(batches({ task: own }));
});

test('no data is a coded error', () => {
  expect(() => inputBatches({ task, examples: [] }, 1, 1, seeded(1, 'x'))).toThrow('no example');
});
