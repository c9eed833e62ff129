import { expect, onTestFinished, test } from 'vitest';
import { judging, shareRight, targetsOf, withWeights } from './judge.ts';
import { scoresOf } from './teacher.ts';
import { strongWeights, toyContext, toyRows, toyShape, toyTeacher } from './testing/toy.ts';

test('labels where there are some, else what the teacher says', () => {
  const rows = toyRows(3, 'judge', (row) => (row === 1 ? 2 : null));
  const teacher = Float32Array.of(0, 1, 0, 5, 0, 0, 0, 0, 1);
  const targets = targetsOf(rows, teacher, 3);
  expect([...targets]).toEqual([1, 2, 2]);
  expect(shareRight(teacher, targets, 3)).toBeCloseTo(2 / 3, 12);
});

test('a model agrees with itself, and less with other weights', async () => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const rows = toyRows(64, 'judge', () => null);
  const model = toyTeacher();
  const session = await context.open(model);
  const scores = await scoresOf(rows, 3, async (feeds) => (await session.run(feeds)).outputs['logits']!, context);
  await session.close();
  const judge = judging(model, rows, targetsOf(rows, scores, 3), 3, 1, context);
  expect(await judge(new Map())).toBe(1);
  expect(await judge(strongWeights(toyShape, 2))).toBeLessThan(0.9);
});

test('weights by name; unknown names are left out', () => {
  const model = toyTeacher();
  const other = strongWeights(toyShape, 2);
  const name = 'classifier.weight';
  const changed = withWeights(
    model,
    new Map([
      [name, other.get(name)!],
      ['helper', other.get(name)!],
    ]),
  );
  expect(changed.graph.initializers.get(name)).toBe(other.get(name));
  expect(changed.graph.initializers.has('helper')).toBe(false);
  expect(model.graph.initializers.get(name)).not.toBe(other.get(name));
});
