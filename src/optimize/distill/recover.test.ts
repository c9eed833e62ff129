import { expect, onTestFinished, test } from 'vitest';
import { parseOptions, type Context, type Model, type Tensor, type TechniqueResult } from '../../contracts/index.ts';
import { checkModel, encode } from '../../model/onnx/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { encoderModel } from '../training/encoder.ts';
import { recover } from './recover.ts';
import {
  strongWeights,
  toyContext,
  toyLearning,
  toyRows,
  toyShape,
  toyTeacher,
  toyText,
  toyTokens,
} from './testing/toy.ts';
import { tokenFeeds } from '../testing/token-feeds.ts';

/** One layer is enough to be mended. */
const shape = { ...toyShape, layers: 1 };
const original = toyTeacher(shape);
/** The original with some of its weights changed. */
const changed = (change: (values: Float32Array, name: string) => Float32Array): Model =>
  encoderModel(
    shape,
    new Map(
      [...strongWeights(shape)].map(([name, one]): [string, Tensor] => [
        name,
        one.dims.length < 2
          ? one
          : tensor('float32', one.dims, change(toFloat32('float32', readTensorSync(one)).slice(), name)),
      ]),
    ),
  );
const noisy = (): Model => {
  const random = seeded(1, 'noise');
  return changed((values) => values.map((value) => value + 0.1 * random.normal()));
};

const apply = async (
  model: Model,
  raw: Readonly<Record<string, unknown>> = {},
  changes: Partial<Context> = {},
): Promise<TechniqueResult> => {
  const { context, remove } = toyContext({ learning: toyLearning(), originalLearning: null, original, ...changes });
  onTestFinished(remove);
  const options = parseOptions(recover.id, recover.options, { epochs: 3, learningRate: 3e-3, ...raw });
  return recover.apply(model, options, context);
};
const fall = ({ changes }: TechniqueResult): readonly [number, number] => {
  const [, from, to] = /falls from ([\d.e-]+) to ([\d.e-]+)/.exec(changes[0]!.what)!;
  return [Number(from), Number(to)];
};

test('a disturbed model comes back to the original', async () => {
  const model = noisy();
  const before = await encode(model);
  const result = await apply(model);
  const [from, to] = fall(result);
  expect(to).toBeLessThan(0.6 * from);
  expect(result.model.graph.nodes).toEqual(model.graph.nodes);
  expect(checkModel(result.model)).toEqual([]);
  expect(await encode(model)).toEqual(before);
  expect(await encode((await apply(model)).model)).toEqual(await encode(result.model));
});

test('zeros of a pruned model stay', async () => {
  const name = 'bert.encoder.layer.0.intermediate.dense.weight';
  const model = changed((values, one) => (one === name ? values.map((value, i) => (i % 2 === 0 ? 0 : value)) : values));
  const result = await apply(model);
  const weight = toFloat32('float32', readTensorSync(result.model.graph.initializers.get(name)!));
  expect(weight.every((value, i) => (i % 2 === 0) === (value === 0))).toBe(true);
  expect(weight).not.toEqual(toFloat32('float32', readTensorSync(model.graph.initializers.get(name)!)));
});

test('calibration inputs are enough', async () => {
  const calibration = async function* inputs() {
    const random = seeded(1, 'calibration');
    for (let i = 0; i < 20; i++)
      yield await Promise.resolve(tokenFeeds(Array.from({ length: 8 }, () => toyTokens(random))));
  };
  const result = await apply(noisy(), { epochs: 6 }, { learning: null, calibration });
  const [from, to] = fall(result);
  expect(to).toBeLessThan(0.9 * from);
  expect(result.changes[0]!.what).toContain('16 batches of calibration data');
});

test('steps limit the work', async () => {
  const logged: string[] = [];
  const log = (_level: string, message: string): void => void logged.push(message);
  await apply(noisy(), { steps: 4 }, { log });
  expect(logged.filter((line) => line.startsWith('epoch'))).toHaveLength(1);
});

test('where the tokenizer was rewritten each reads the rows its own way', async () => {
  // A vocabulary in another order: token t of the original is 39 − t here.
  const model = changed((values, name) => {
    if (!name.includes('word_embeddings')) return values;
    const random = seeded(1, 'noise');
    return values.map((_, i) => values[(39 - Math.floor(i / 16)) * 16 + (i % 16)]! + 0.1 * random.normal());
  });
  const own = (count: number, label: string) => {
    const rows = toyRows(count, label, () => null);
    const turned = (row: number): number[] => rows.tokens(row)!.map((token) => 39 - token);
    return {
      ...rows,
      tokens: turned,
      feeds: (picked: readonly number[]) => {
        const { input_ids, ...rest } = rows.feeds(picked);
        const data = (input_ids!.data as BigInt64Array).map((id) => 39n - id);
        return { input_ids: { ...input_ids!, data }, ...rest };
      },
    };
  };
  const learning = toyLearning({ train: own(192, 'train'), validation: own(64, 'validation'), text: toyText });
  const [from, to] = fall(await apply(model, {}, { learning, originalLearning: toyLearning() }));
  expect(to).toBeLessThan(0.7 * from);
});

test('reasons', async () => {
  const reason = async (...args: Parameters<typeof apply>): Promise<string> => {
    const result = await apply(...args);
    expect(result.model).toBe(args[0]);
    return result.skipped[0]!.reason;
  };
  expect(await reason(original)).toContain('no earlier step');
  expect(await reason(noisy(), {}, { original: null })).toContain('no earlier step');
  expect(await reason(noisy(), {}, { learning: null })).toContain('neither examples nor calibration');
  expect(await reason(noisy(), {}, { learning: toyLearning({ output: 'other' }) })).toContain(
    'no float32 output in common',
  );
  const wide = toyTeacher({ ...shape, labels: 4 });
  expect(await reason(noisy(), {}, { original: wide })).toContain('answers 4 values where the model answers 3');
  const short = toyTeacher({ ...shape, vocabulary: 30 });
  const calibration = async function* inputs() {
    yield await Promise.resolve(tokenFeeds([[2, 6, 3]]));
  };
  expect(await reason(short, {}, { learning: null, calibration })).toContain('rewrote the tokenizer');
  // Nothing learned at this rate: the weights that were there stay.
  const same = encoderModel(shape, strongWeights(shape));
  expect(await reason(same, { learningRate: 0.1, epochs: 1 })).toContain('no epoch came closer');
});
