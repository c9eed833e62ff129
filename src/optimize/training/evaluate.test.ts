import { expect, test } from 'vitest';
import type { LearningRows } from '../../contracts/index.ts';
import { parseText } from '../../model/graph/index.ts';
import { context } from '../testing/quantized.ts';
import { accuracyOf, accuracyOfRows, predict } from './evaluate.ts';

test('answers in the order of the examples, whatever the order of the batches', async () => {
  // The class is the id of the second token: a one-hot row looked up in a table.
  const model = parseText(
    `input_ids: int64[N, S]; attention_mask: int64[N, S]; token_type_ids: int64[N, S]
     one = int64[] {1}; id = Gather(input_ids, one) {axis: 1}
     table = float32[3, 3] {1, 0, 0, 0, 1, 0, 0, 0, 1}; logits = Gather(table, id); -> logits: float32[N, 3]`,
  );
  const session = await (await context()).open(model);
  const examples = Array.from({ length: 150 }, (_, i) => ({
    ids: [2, i % 3, ...Array.from({ length: (i * 7) % 11 }, () => 1)],
    label: i % 3,
  }));
  expect([...(await predict(session, examples, 0))]).toEqual(examples.map(({ label }) => label));
  expect(await accuracyOf(session, examples, 0)).toBe(1);
  const wrong = examples.map((one, i) => (i < 30 ? { ...one, label: (one.label + 1) % 3 } : one));
  expect(await accuracyOf(session, wrong, 0)).toBeCloseTo(0.8, 10);
  await session.close();
});

test('rows with labels count, the others do not', async () => {
  const model = parseText('x: float32[N, 3]; y = Identity(x); -> y: float32[N, 3]');
  const session = await (await context()).open(model);
  const rows: LearningRows = {
    count: 130,
    label: (row) => (row < 100 ? row % 3 : null),
    length: (row) => row % 7,
    tokens: () => null,
    feeds: (picked) => ({
      // The first 25 rows are answered wrong.
      x: {
        dtype: 'float32',
        dims: [picked.length, 3],
        data: Float32Array.from(
          picked.flatMap((row) => [0, 1, 2].map((c) => Number(c === (row + (row < 25 ? 1 : 0)) % 3))),
        ),
      },
    }),
  };
  expect(await accuracyOfRows(session, 'y', rows)).toBe(0.75);
  expect(await accuracyOfRows(session, 'y', { ...rows, label: () => null })).toBeNaN();
  await session.close();
});
