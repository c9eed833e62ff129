import { expect, test } from 'vitest';
import { advglueTasks } from './advglue.ts';
import { glueTasks } from './glue.ts';

test('fields, labels and metrics are those of GLUE, the rows its own', () => {
  expect(advglueTasks.map(({ id, rows }) => [id, rows])).toEqual([
    ['advglue/sst2', 148],
    ['advglue/qqp', 78],
    ['advglue/mnli', 121],
    ['advglue/mnli-mm', 162],
    ['advglue/qnli', 148],
    ['advglue/rte', 81],
  ]);
  for (const { id, fields, labels, metrics } of advglueTasks)
    expect(glueTasks.find((task) => task.id === id.replace('adv', ''))).toMatchObject({ fields, labels, metrics });
});
