import { expect, test } from 'vitest';
import { flips } from './flips.ts';

// The evaluator runs beside quality/classification, on the same trial: classification.test.ts.
test('declares what it measures: fewer changes are better, gains are better', () => {
  expect(flips.metrics.map(({ id, better, versus }) => [id, better, versus])).toEqual([
    ['flips', 'lower', 'none'],
    ['harmed', 'lower', 'none'],
    ['helped', 'higher', 'none'],
  ]);
  expect(flips.needs).toEqual({ dataset: 'inputs', alone: false, answers: ['classes', 'labels', 'tags', 'span'] });
});
