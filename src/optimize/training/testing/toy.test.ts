import { expect, test } from 'vitest';
import { toyExamples } from './toy.ts';

test('the same examples each time, with both answers', () => {
  const examples = toyExamples(60, 'a');
  expect(toyExamples(60, 'a')).toEqual(examples);
  expect(new Set(examples.map(({ label }) => label)).size).toBe(2);
  for (const { ids, label } of examples) expect(ids.filter((id) => id >= 5 && id <= 6)).toEqual([5 + label]);
});
