import { expect, test } from 'vitest';
import { retrieval, sentenceSimilarity } from './similarity.ts';
import { exampleOf, numbersOf, resultOf, textInputs, tokenizerOf } from './testing/text.ts';

const parts = { tokenizer: tokenizerOf('wordPiece'), inputs: textInputs(), output: 'h', maxLength: 16 };

test('each text of a pair is a row; their likeness is the answer', () => {
  const task = sentenceSimilarity(parts);
  const example = exampleOf({ text: 'order', pair: 'my card' });
  const halves = task.parts!(example);
  expect(halves.map((half) => numbersOf(task.encode([half]).feeds['input_ids']))).toEqual([
    [2, 8, 3],
    [2, 13, 9, 3],
  ]);
  expect(task.encode([example]).feeds['input_ids']!.dims).toEqual([2, 4]);
  expect(task.answer!(example, [Float32Array.of(1, 0), Float32Array.of(1, 1)]).numbers[0]).toBeCloseTo(Math.SQRT1_2, 6);
  const rows = task.decode(
    resultOf({
      h: [
        [1, 3, 1],
        [3, 6, 9],
      ],
    }),
    1,
    [halves[0]!],
  );
  expect([...rows]).toEqual([6]);
  expect(() => task.parts!(exampleOf({ text: 'order' }))).toThrowError(/no text/);
});

test('queries and documents have the words before them that the model was trained with', () => {
  const task = retrieval(parts, { prefix: 'where ', documentPrefix: 'the ' });
  expect(numbersOf(task.encode([exampleOf({ text: 'card' })]).feeds['input_ids'])).toEqual([2, 11, 9, 3]);
  expect(numbersOf(task.encode([exampleOf({ text: 'card', document: true })]).feeds['input_ids'])).toEqual([
    2, 5, 9, 3,
  ]);
  expect(task.answer!(exampleOf({}), [Float32Array.of(1, 2)])).toEqual({ numbers: Float32Array.of(1, 2) });
});

test('everything that changes an answer changes the fingerprint', () => {
  const prints = [
    retrieval(parts),
    retrieval(parts, { k: 5 }),
    retrieval(parts, { pooling: 'cls' }),
    retrieval(parts, { similarity: 'dot' }),
    retrieval(parts, { prefix: 'q: ' }),
    retrieval(parts, { documentPrefix: 'd: ' }),
    sentenceSimilarity(parts),
  ].map(({ fingerprint }) => fingerprint);
  expect(new Set(prints).size).toBe(prints.length);
});
