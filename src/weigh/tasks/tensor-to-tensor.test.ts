import { expect, test } from 'vitest';
import { comparedOutputs, tensorToTensor } from './tensor-to-tensor.ts';
import { resultOf } from './testing/text.ts';

const inputs = [{ name: 'x', type: { kind: 'tensor', dtype: 'float32', dims: ['N', 2] } }] as const;
const outputs = [
  { name: 'y', type: null },
  { name: 'z', type: null },
];

test('the numbers of all compared outputs, example by example', () => {
  const task = tensorToTensor(inputs, comparedOutputs(outputs, undefined));
  const result = resultOf({
    y: [
      [2, 2],
      [1, 2, 3, 4],
    ],
    z: [
      [2, 1, 1],
      [5, 6],
    ],
  });
  expect([...task.decode(result, 2, [])]).toEqual([1, 2, 5, 3, 4, 6]);
  expect([...tensorToTensor(inputs, ['z']).decode(result, 2, [])]).toEqual([5, 6]);
  expect(tensorToTensor(inputs, ['z']).fingerprint).not.toBe(task.fingerprint);
});

test('refuses outputs that are not there, without a row per example, or no numbers', () => {
  expect(() => comparedOutputs(outputs, 'w')).toThrowError(/no output "w"; it has: y, z/);
  const task = tensorToTensor(inputs, ['y']);
  expect(() =>
    task.decode(
      resultOf({
        y: [
          [1, 2],
          [1, 2],
        ],
      }),
      2,
      [],
    ),
  ).toThrowError(/one row for each of 2/);
  expect(() => task.decode(resultOf({ y: [[1, 1], [Number.NaN]] }), 1, [])).toThrowError(
    expect.objectContaining({ code: 'task/not-finite' }),
  );
});
