import { expect, test } from 'vitest';
import type { BuildRecord, ChoiceRecord, MeasureRecord, RunRecord, Scenario } from '../contracts/index.ts';
import { akin, othersFor } from './many.ts';
import type { Known } from './what-if/known.ts';

const chain = (id: string): BuildRecord['chain'] => ({ id, steps: [], session: {} });

/** What is known of a run that chose one version and weighed some. */
const known = (
  chosen: string | null,
  weighed: readonly string[],
  model = 'a',
  task = 'text-classification',
): Known => ({
  run: { model: { digest: model } } as RunRecord,
  scenario: { task: { id: task } } as Scenario,
  choice: { chosen } as ChoiceRecord,
  builds: new Map(weighed.map((id) => [id, { chain: chain(id) } as BuildRecord])),
  measured: [
    {
      kind: 'measure',
      evaluator: 'e',
      split: 'evaluation',
      outcomes: Object.fromEntries(
        weighed.map((id) => [
          id,
          {
            kind: 'measured',
            measurements: [{ metric: 'size', unit: 'bytes', value: 1, low: 1, high: 1, samples: 1 }],
          },
        ]),
      ),
    } as unknown as MeasureRecord,
  ],
});
const ids = (own: Known, ...others: readonly Known[]): readonly string[] =>
  othersFor(own, [own, ...others]).map(({ id }) => id);

test('what won elsewhere is weighed too, once, unless it was', () => {
  const own = known('x', ['x', 'y']);
  expect(ids(own, known('z', ['z']), known('z', ['z']), known('y', ['y']))).toEqual(['z']);
});

test('nothing won, or the original stayed: nothing is carried over', () => {
  expect(ids(known('x', ['x']), known(null, ['z']), known('baseline', ['z']))).toEqual([]);
});

test('versions of another model, or of another task, are of no use', () => {
  const own = known('x', ['x']);
  expect(ids(own, known('z', ['z'], 'b'), known('w', ['w'], 'a', 'regression'))).toEqual([]);
  expect(akin(own, known('z', ['z'], 'b'))).toBe(false);
  expect(akin(own, known('z', ['z']))).toBe(true);
});
