import { expect, onTestFinished, test } from 'vitest';
import { parseOptions, type Context, type Learning, type Model, type TechniqueResult } from '../../contracts/index.ts';
import { checkModel, encode } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { early } from '../exit/early.ts';
import { encoderModel } from '../training/encoder.ts';
import { student } from './student.ts';
import { strongWeights, toyContext, toyLearning, toyRows, toyShape, toyTeacher, toyText } from './testing/toy.ts';

const options = (raw: Readonly<Record<string, unknown>> = {}) =>
  parseOptions(student.id, student.options, { epochs: 4, augment: 1, learningRate: 5e-3, ...raw });

const apply = async (
  raw: Readonly<Record<string, unknown>> = {},
  changes: Partial<Context> = {},
  model: Model = toyTeacher(),
): Promise<TechniqueResult> => {
  const { context, remove } = toyContext({ learning: toyLearning(), ...changes });
  onTestFinished(remove);
  return student.apply(model, options(raw), context);
};
const score = ({ changes }: TechniqueResult): number => Number(/right on ([\d.]+)/.exec(changes[0]!.what)![1]);
const refusal = async (learning: Learning | null, raw: Readonly<Record<string, unknown>> = {}, model?: Model) => {
  const model0 = model ?? toyTeacher();
  const result = await apply(raw, { learning }, model0);
  expect(result.model).toBe(model0);
  expect(result.changes).toEqual([]);
  return result.skipped[0]!.reason;
};

test('a student half as wide and deep learns to answer as its teacher', async () => {
  const teacher = toyTeacher();
  const result = await apply({ epochs: 10 });
  const { graph } = result.model;
  expect(graph.inputs).toEqual(teacher.graph.inputs);
  expect(graph.outputs).toEqual(teacher.graph.outputs);
  expect(checkModel(result.model)).toEqual([]);
  expect(graph.initializers.get('bert.embeddings.word_embeddings.weight')!.dims).toEqual([40, 8]);
  expect([...graph.initializers.keys()].some((name) => name.startsWith('bert.encoder.layer.1'))).toBe(false);
  expect(result.changes[0]!.what).toContain('1 layer of width 8 (1 head, inner width 32, 40 words)');
  expect(score(result)).toBeGreaterThan(0.8);
  // What it says about itself is true of the model.
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const { validation } = toyLearning();
  const all = Array.from({ length: validation.count }, (_, row) => row);
  const best = async (model: Model): Promise<number[]> => {
    const session = await context.open(model);
    const { outputs } = await session.run(validation.feeds(all));
    await session.close();
    const scores = outputs['logits']!.data as Float32Array;
    return all.map((row) => [0, 1, 2].reduce((top, i) => (scores[row * 3 + i]! > scores[row * 3 + top]! ? i : top), 0));
  };
  const [mine, theirs] = [await best(result.model), await best(teacher)];
  expect(mine.filter((one, row) => one === theirs[row]).length / 64).toBeCloseTo(score(result), 3);
});

const manyLosses = { epochs: 1, hidden: 0.5, relations: 0.5, heads: 2, layers: 2, augment: 0 };
let known: Promise<TechniqueResult> | null = null;
const taught = (): Promise<TechniqueResult> => (known ??= apply(manyLosses));

test('the same seed gives the same student; all losses together learn too', async () => {
  const [one, two] = [await taught(), await apply(manyLosses)];
  expect(await encode(one.model)).toEqual(await encode(two.model));
  expect(one.changes).toEqual(two.changes);
  // Projections of hidden states stay behind.
  expect([...one.model.graph.initializers.keys()].some((name) => name.startsWith('distill/'))).toBe(false);
});

test('a student gets an exit between its blocks', async () => {
  const { context, remove } = toyContext({ learning: toyLearning({ train: toyRows(64, 'train', () => null) }) });
  onTestFinished(remove);
  const aim = parseOptions(early.id, early.options, { risk: 0.5, confidence: 0.5, leastKept: 0 });
  const left = await early.apply((await taught()).model, aim, context);
  expect(left.skipped).toEqual([]);
  expect(left.changes.at(-1)!.what).toContain('leave after block 1 of 2');
  expect(checkModel(left.model)).toEqual([]);
  expect(left.model.graph.nodes.some(({ op }) => op === 'If')).toBe(true);
});

test('labelled and unlabelled rows together; a class that no row has is told', async () => {
  const warnings: string[] = [];
  const train = toyRows(64, 'train', (row) => (row % 2 === 0 ? (row % 4 === 0 ? 0 : 1) : null));
  await apply(
    { epochs: 1 },
    {
      learning: toyLearning({ train }),
      log: (level, message) => void (level === 'warn' && warnings.push(message)),
    },
  );
  expect(warnings).toEqual([expect.stringContaining('1 of 3 classes have no training example (c)')]);
});

test('inputs that are no single texts teach without changed texts', async () => {
  const result = await apply({ epochs: 1 }, { learning: toyLearning({ text: null }) });
  expect(result.changes).toHaveLength(1);
});

test('a factorized word table and fewer positions', async () => {
  const { model } = await apply({ epochs: 1, embedding: 4, positions: 12 });
  const { initializers } = model.graph;
  expect(initializers.get('bert.embeddings.word_embeddings.weight')!.dims).toEqual([40, 4]);
  expect(initializers.get('bert.embeddings.projection.weight')!.dims).toEqual([4, 8]);
  expect(initializers.get('bert.embeddings.position_embeddings.weight')!.dims).toEqual([12, 8]);
});

test('data that does not fit is refused', async () => {
  const learning = toyLearning();
  expect(await refusal(null)).toContain('no examples');
  expect(await refusal({ ...learning, labels: ['a', 'b'] })).toContain('the data has 2 classes, and the model 3');
  expect(await refusal({ ...learning, output: 'probabilities' })).toContain('"probabilities"');
  expect(await refusal({ ...learning, text: { ...toyText, vocabularySize: 41 } })).toContain('do not belong together');
  expect(await refusal(learning, { batchSize: 200 })).toContain('fewer than a batch of 200');
  expect(await refusal({ ...learning, validation: toyRows(0, 'none', () => null) })).toContain('no validation');
  expect(await refusal(learning, { positions: 8 })).toContain('do not fit into 8 positions');
});

test('shapes that make no student, and models that are no text classifiers, are refused cheaply', () => {
  const reason = (raw: Readonly<Record<string, unknown>>): string =>
    student.check(toyTeacher(), options(raw))?.reason ?? '';
  expect(reason({})).toBe('');
  expect(reason({ layers: 3 })).toContain('larger');
  expect(reason({ logits: 0, labels: 0 })).toContain('nothing to learn');
  expect(reason({ relations: 1, width: 9, heads: 3 })).toContain('relation heads');
  const flat = { ...toyTeacher().graph, nodes: [], outputs: [] };
  expect(student.check({ ...toyTeacher(), graph: flat }, options())?.reason).toContain('no transformer block');
});

test('faults have codes', async () => {
  const broken = strongWeights(toyShape);
  broken.set('classifier.bias', tensor('float32', [3], Float32Array.of(0, NaN, 0)));
  await expect(apply({}, {}, encoderModel(toyShape, broken))).rejects.toMatchObject({ code: 'distill/teacher' });
  const { context, remove } = toyContext({ learning: toyLearning() }, AbortSignal.abort());
  onTestFinished(remove);
  await expect(student.apply(toyTeacher(), options(), context)).rejects.toMatchObject({ code: 'engine/cancelled' });
});
