import { expect, test } from 'vitest';
import { sheetWith } from './testing/files.ts';
import { swapCaution } from './swap.ts';

const truth = Array.from({ length: 60 }, (_, at) => at % 3);
const mostly = (answer: (right: number) => number) => truth.map((right, at) => (at % 10 === 0 ? right : answer(right)));

test('MNLI answers in another order than the data’s are suspected', () => {
  // The model's contradiction, entailment, neutral read as entailment, neutral, contradiction.
  const caution = swapCaution(
    sheetWith(
      'glue/mnli',
      truth,
      mostly((right) => [1, 2, 0][right]!),
    ),
  );
  expect(caution).toContain('suspected label swap');
  expect(caution).toContain('would be right for 90.0 % of the rows instead of 10.0 %');
});

test('WNLI answers with the numbers of RTE are suspected', () => {
  const two = truth.map((_, at) => at % 2);
  expect(
    swapCaution(
      sheetWith(
        'glue/wnli',
        two,
        two.map((right, at) => (at % 10 === 0 ? right : 1 - right)),
      ),
    ),
  ).toContain('"not_entailment" read as "entailment"');
});

test('a good model, a random one, a constant one and a handful of rows are not', () => {
  expect(
    swapCaution(
      sheetWith(
        'glue/mnli',
        truth,
        mostly((right) => right),
      ),
    ),
  ).toBeNull();
  expect(
    swapCaution(
      sheetWith(
        'glue/mnli',
        truth,
        truth.map((_, at) => Math.floor(at / 3) % 3),
      ),
    ),
  ).toBeNull();
  expect(
    swapCaution(
      sheetWith(
        'glue/mnli',
        truth,
        truth.map(() => 0),
      ),
    ),
  ).toBeNull();
  expect(swapCaution(sheetWith('glue/wnli', [0, 1, 0], [1, 0, 1]))).toBeNull();
});
