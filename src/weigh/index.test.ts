import { expect, test } from 'vitest';
import { evaluators, metrics } from './index.ts';

test('every evaluator and every metric has an id of its own', () => {
  expect(new Set(evaluators.map(({ id }) => id)).size).toBe(evaluators.length);
  expect(new Set(metrics.map(({ id }) => id)).size).toBe(metrics.length);
});

test('every evaluator says what it measures, by which source, and what its options do', () => {
  for (const one of evaluators) {
    expect(one.id).toMatch(/^[a-z]+\/[a-z-]+$/);
    expect(one.metrics.length, one.id).toBeGreaterThan(0);
    expect(one.source, one.id).not.toBe('');
    for (const metric of one.metrics) expect(metric.definition, metric.id).toMatch(/[.)]$/);
    for (const option of Object.values(one.options)) expect(option.description, one.id).toMatch(/\.$/);
  }
});

test('a metric reads as one thing before a verb, and as a share where it is one', () => {
  const many = /^(\w+ )*(answers|texts|words|tests|pairs|groups|classes|queries|weights|subwords|sets|compared)\b/i;
  for (const { metrics } of evaluators)
    for (const { title, noun, found, unit } of metrics) {
      // Doing something is one thing.
      if (/^\w+ing\b/.test(noun ?? title)) continue;
      // "The share of changed answers is", never "changed answers is"; "accuracy on changed texts" is one thing.
      const head = (noun ?? title).split(/ (?:of|on|under|with|from|over|without|between|against|by) /)[0]!;
      expect(many.test(head), noun ?? title).toBe(false);
      if (found === undefined) continue;
      expect(unit).toBe('proportion');
      expect(found).toMatch(/^\{\} of the [^.]+$/);
      expect(noun).toMatch(/^share of /);
    }
});
