import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseOptions, type Context, type Model, type TechniqueResult } from '../../contracts/index.ts';
import { readTensorSync } from '../../model/tensor/index.ts';
import { toyContext, toyLearning, toyRows, toyShape, toyTeacher } from '../distill/testing/toy.ts';
import { structured } from './structured.ts';
import { shareAfter } from './structured-steps.ts';

test('the cubic schedule: the first step takes the most, the last one what was asked for', () => {
  const kept = Array.from({ length: 4 }, (_, i) => shareAfter(0.5, i + 1, 4));
  // s = ½ · (1 − (1 − t/4)³) of the units are gone.
  expect(kept).toEqual([1 - 0.5 * (37 / 64), 1 - 0.5 * (56 / 64), 1 - 0.5 * (63 / 64), 0.5]);
  expect(shareAfter(0.3, 1, 1)).toBe(0.3);
});

const learning = toyLearning({
  train: toyRows(64, 'train', () => null),
  validation: toyRows(16, 'validation', () => null),
});
const feeds = [0, 1, 2, 3].map((i) => learning.train.feeds(Array.from({ length: 16 }, (_, row) => 16 * i + row)));
const world = (more: Partial<Context> = {}): Context => {
  const { context, remove } = toyContext({
    learning,
    originalLearning: learning,
    calibration: async function* calibration() {
      yield* feeds;
    },
    ...more,
  });
  onTestFinished(remove);
  return context;
};
const apply = (model: Model, raw: Readonly<Record<string, unknown>>, context: Context): Promise<TechniqueResult> =>
  structured.apply(
    model,
    parseOptions(structured.id, structured.options, { heads: 1, neurons: 1, channels: 1, ...raw }),
    context,
  );
const weightsOf = ({ graph }: Model): Map<string, string> =>
  new Map([...graph.initializers].map(([name, one]) => [name, Buffer.from(readTensorSync(one)).toString('base64')]));

const teacher = toyTeacher({ ...toyShape, layers: 1, ffn: 64 });

test('a cut in steps scores and repairs what the step before left: as cuts one after another', async () => {
  const context = world();
  const steps = await apply(teacher, { neurons: 0.25, steps: 2 }, context);
  expect(steps.changes.map(({ what }) => what.split(';')[0])).toEqual(['16 of 64 neurons kept']);
  // 0.34 of 64 neurons stay first: 24 in multiples of 8.
  const first = await apply(teacher, { neurons: shareAfter(0.25, 1, 2) }, context);
  const second = await apply(first.model, { neurons: 16 / 24 }, context);
  const once = await apply(teacher, { neurons: 0.25 }, context);
  expect(weightsOf(steps.model)).toEqual(weightsOf(second.model));
  expect(weightsOf(steps.model)).not.toEqual(weightsOf(once.model));
});

test('after each step it learns from the original; when it is run again, finished trainings are read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'steelyard-steps-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const trainings: string[] = [];
  const context = world({
    original: teacher,
    checkpoints: (name) => join(folder, name),
    log: (_level, message) => void (message.startsWith('epoch') && trainings.push(message)),
  });
  const wanted = { neurons: 0.25, steps: 2, recoverMinutes: 60 };
  const whole = await apply(teacher, wanted, context);
  const said = whole.changes.map(({ what }) => what);
  expect(said.slice(1)).toEqual([
    expect.stringMatching(/^after step 1 of 2: \d+ weights fine-tuned on 64 examples/),
    expect.stringMatching(/^after step 2 of 2: \d+ weights fine-tuned on 64 examples/),
  ]);
  expect(trainings).toHaveLength(6);
  const again = await apply(teacher, wanted, context);
  expect(trainings).toHaveLength(6);
  expect(weightsOf(again.model)).toEqual(weightsOf(whole.model));
});
