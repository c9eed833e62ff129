import { expect, test } from 'vitest';
import { checkInputs, checkLengths, checkOutputs, checkWhole, complianceTests } from './compliance.ts';

const row = (...scores: number[]): Float32Array => Float32Array.from(scores);

test('outputs of the same calls must agree in their scores, of other calls in their labels', () => {
  const equal = Array.from({ length: 20 }, () => ({ timed: row(1, 2), judged: row(1, 2) }));
  expect(checkOutputs(equal, true)).toBeNull();
  const rounded = [...equal, { timed: row(1, 2.001), judged: row(1, 2) }];
  expect(checkOutputs(rounded, true)).toBeNull();
  const other = [...equal, { timed: row(1, 2.1), judged: row(1, 2) }];
  expect(checkOutputs(other, true)).toMatchObject({
    code: 'load/outputs-differ',
    message: expect.stringContaining('1 of 21'),
  });
  expect(checkOutputs(other, false)).toBeNull();
  expect(checkOutputs([{ timed: row(Number.NaN, 1), judged: row(0, 1) }], true)?.code).toBe('load/outputs-differ');
  expect(checkOutputs([{ timed: row(1), judged: row(1, 2) }], true)?.code).toBe('load/outputs-differ');
  const flipped = [...equal, ...equal.slice(0, 4).map(({ judged }) => ({ timed: row(3, 2), judged }))];
  expect(checkOutputs(flipped, false)?.code).toBe('load/outputs-differ');
});

test('inputs read in part, and outputs that are cut, are named', () => {
  expect(checkInputs(9.1, 10)).toBeNull();
  expect(checkInputs(8, 10)).toMatchObject({ code: 'load/shorter-inputs' });
  expect(checkWhole([true, false])).toMatchObject({
    code: 'load/truncated-outputs',
    message: expect.stringContaining('1 of 2'),
  });
  expect(checkWhole([true])).toBeNull();
  expect(checkLengths([10, 12], [11, 11])).toBeNull();
  expect(checkLengths([9, 8], [10, 10])).toMatchObject({
    code: 'load/output-lengths',
    message: expect.stringMatching(/8\.5 words on average, those without load 10\.0 \(MLPerf TEST09\)$/),
  });
  expect(complianceTests['load/truncated-outputs']).toBe('TEST06');
});
