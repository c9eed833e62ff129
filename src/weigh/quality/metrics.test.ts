import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accuracy, confusion, f1Macro, f1Weighted, matthews, tally } from './metrics.ts';

interface Golden {
  readonly source: string;
  readonly cases: readonly {
    readonly name: string;
    readonly classes: number;
    readonly truth: number[];
    readonly predicted: number[];
    readonly accuracy: number;
    readonly f1Macro: number;
    readonly f1Weighted: number;
    readonly matthews: number;
    readonly confusion: number[][];
  }[];
}

const path = join(dirname(fileURLToPath(import.meta.url)), 'fixtures', 'scikit-learn.json');
const golden = JSON.parse(await readFile(path, 'utf8')) as Golden;

test.each(golden.cases)('agrees with scikit-learn: $name', (one) => {
  const counts = tally(one);
  expect(accuracy(counts)).toBeCloseTo(one.accuracy, 12);
  expect(f1Macro(counts)).toBeCloseTo(one.f1Macro, 12);
  expect(f1Weighted(counts)).toBeCloseTo(one.f1Weighted, 12);
  expect(matthews(counts)).toBeCloseTo(one.matthews, 12);
  expect([...confusion(one)]).toEqual(one.confusion.flat());
});

test('Matthews of two classes is the textbook formula', () => {
  // 40 true positives, 30 true negatives, 10 false positives, 20 false negatives.
  const truth = [...Array(60).fill(1), ...Array(40).fill(0)] as number[];
  const predicted = [
    ...Array(40).fill(1),
    ...Array(20).fill(0),
    ...Array(30).fill(0),
    ...Array(10).fill(1),
  ] as number[];
  expect(matthews(tally({ truth, predicted, classes: 2 }))).toBeCloseTo(
    (40 * 30 - 10 * 20) / Math.sqrt(50 * 60 * 40 * 50),
    12,
  );
});

test('weights are the same as rows repeated', () => {
  const row = fc.record({
    truth: fc.integer({ min: 0, max: 3 }),
    predicted: fc.integer({ min: 0, max: 3 }),
    weight: fc.integer({ min: 0, max: 4 }),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 40 }), (rows) => {
      const weighted = { truth: rows.map((one) => one.truth), predicted: rows.map((one) => one.predicted), classes: 4 };
      const repeated = rows.flatMap((one) => Array.from({ length: one.weight }, () => one));
      const plain = {
        truth: repeated.map((one) => one.truth),
        predicted: repeated.map((one) => one.predicted),
        classes: 4,
      };
      expect(
        tally(
          weighted,
          rows.map((one) => one.weight),
        ),
      ).toEqual(tally(plain));
    }),
    { seed: 11 },
  );
});
