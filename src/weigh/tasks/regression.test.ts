import { expect, test } from 'vitest';
import { tensorRegression, textRegression } from './regression.ts';
import { exampleOf, resultOf, textInputs, tokenizerOf } from './testing/text.ts';

const text = textRegression({ tokenizer: tokenizerOf('wordPiece'), inputs: textInputs(), output: 'y', maxLength: 8 });
const tensor = tensorRegression([{ name: 'x', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 2] } }], 'y');

test('one number per example, with or without an axis of its own', () => {
  for (const task of [text, tensor]) {
    expect([
      ...task.decode(
        resultOf({
          y: [
            [2, 1],
            [1.5, -2],
          ],
        }),
        2,
        [],
      ),
    ]).toEqual([1.5, -2]);
    expect([...task.decode(resultOf({ y: [[2], [1.5, -2]] }), 2, [])]).toEqual([1.5, -2]);
    expect(task.answer!(exampleOf({}), [Float32Array.of(1.5)])).toEqual({ numbers: Float32Array.of(1.5) });
    expect(() =>
      task.decode(
        resultOf({
          y: [
            [2, 2],
            [1, 2, 3, 4],
          ],
        }),
        2,
        [],
      ),
    ).toThrowError(/one row of 1 number per example/);
    expect(task).toMatchObject({ answers: 'number', labels: [] });
  }
  expect(text.fingerprint).not.toBe(tensor.fingerprint);
});

test('reads texts, pairs and tensors', () => {
  expect(text.encode([exampleOf({ text: 'order', pair: 'card' })]).feeds['input_ids']!.dims).toEqual([1, 5]);
  const x = { dtype: 'float64' as const, dims: [2], data: Float64Array.of(1, 2) };
  expect(tensor.encode([exampleOf({ tensors: { x } })]).feeds['x']!.dims).toEqual([1, 2]);
});
