import { expect, test } from 'vitest';
import { multiLabel } from './multi-label.ts';
import { exampleOf, resultOf, textInputs, tokenizerOf } from './testing/text.ts';

const parts = {
  tokenizer: tokenizerOf('wordPiece'),
  labels: ['a', 'b', 'c'],
  inputs: textInputs(),
  output: 'y',
  maxLength: 8,
};
const example = exampleOf({ text: 'order' });

test('labels whose probability reaches the threshold', () => {
  const task = multiLabel(parts);
  const row = task.decode(
    resultOf({
      y: [
        [1, 3],
        [0, -0.1, 2],
      ],
    }),
    1,
    [example],
  );
  expect(task.answer!(example, [row])).toEqual({ numbers: row, answer: ['a', 'c'] });
  expect(multiLabel(parts, { threshold: 0.8 }).answer!(example, [row]).answer).toEqual(['c']);
  expect(
    multiLabel(parts, { scores: 'probabilities' }).answer!(example, [Float32Array.of(0.5, 0.4, 1)]).answer,
  ).toEqual(['a', 'c']);
});

test('nothing is learned from it, and its settings change its fingerprint', () => {
  expect(multiLabel(parts)).toMatchObject({ id: 'multi-label', answers: 'labels' });
  expect(multiLabel(parts).output).toBeUndefined();
  expect(
    new Set(
      [multiLabel(parts), multiLabel(parts, { threshold: 0.4 }), multiLabel(parts, { scores: 'probabilities' })].map(
        ({ fingerprint }) => fingerprint,
      ),
    ).size,
  ).toBe(3);
});
