import { expect, onTestFinished, test } from 'vitest';
import type { Feeds, Model, Value } from '../../contracts/index.ts';
import { readTensorSync, tensor, toFloat32 } from '../../model/tensor/index.ts';
import { seeded } from '../../statistics/index.ts';
import { anatomyOf, type Anatomy } from '../anatomy/index.ts';
import { bertSignature, encoderModel } from '../training/encoder.ts';
import {
  labelWeights,
  objectiveOf,
  relationsFault,
  rightLabels,
  teacherScores,
  type LossWeights,
} from './objective.ts';
import { withOutputs } from './teacher.ts';
import { strongWeights, toyContext, toyShape, toyTeacher, toyTokens } from './testing/toy.ts';
import { tokenFeeds } from '../testing/token-feeds.ts';

const random = seeded(1, 'inputs');
const feeds: Feeds = tokenFeeds(Array.from({ length: 4 }, () => toyTokens(random)));
const [rows = 0, tokens = 0] = feeds['input_ids']!.dims;
const present = Array.from(feeds['attention_mask']!.data as BigInt64Array, Number);
const none: LossWeights = { logits: 0, labels: 0, hidden: 0, relations: 0 };
const anatomy = (model: Model): Anatomy => anatomyOf(model) as Anatomy;

const run = async (model: Model, more: Feeds = {}): Promise<Readonly<Record<string, Value>>> => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  const session = await context.open(model);
  const { outputs } = await session.run({ ...feeds, ...more });
  await session.close();
  return outputs;
};
const floats = ({ data }: Value): Float32Array => data as Float32Array;

/** All parts of the loss of a student against a teacher, from the graph; and the inner values of both. */
const losses = async (student: Model, teacher: Model, weights: LossWeights, temperature = 1) => {
  const [own, theirs] = [anatomy(student), anatomy(teacher)];
  const inner = { student: own, teacher: theirs, project: null };
  const objective = objectiveOf(student, bertSignature(3), 3, weights, temperature, inner);
  const answers = await run(withOutputs(teacher, [...objective.inner.keys()]));
  const taught = Object.fromEntries([...objective.inner].map(([name, input]) => [input, answers[name]!]));
  const labels: Feeds = {
    [rightLabels]: { dtype: 'int64', dims: [rows], data: BigInt64Array.of(1n, -1n, 0n, -1n) },
    [labelWeights]: { dtype: 'float32', dims: [rows], data: Float32Array.of(1, 0, 1, 0) },
  };
  const used = new Set(objective.model.graph.nodes.flatMap(({ inputs }) => inputs));
  const fed = { ...labels, [teacherScores]: answers['logits']!, ...taught };
  const outputs = await run(
    {
      ...objective.model,
      graph: { ...objective.model.graph, inputs: objective.model.graph.inputs.filter(({ name }) => used.has(name)) },
    },
    Object.fromEntries(Object.entries(fed).filter(([name]) => used.has(name))),
  );
  const loss = Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, floats(value)[0]!]));
  return { loss, objective, answers, own, theirs };
};

const softmax = (row: readonly number[]): number[] => {
  const top = Math.max(...row);
  const powers = row.map((x) => Math.exp(x - top));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((x) => x / total);
};

const small = { ...toyShape, layers: 1, width: 8, heads: 2, ffn: 12 };
const student = encoderModel(small, strongWeights(small, 3));

test('scores: KL of softened answers, times T², mean over rows', async () => {
  const { loss, answers } = await losses(student, toyTeacher(), { ...none, logits: 1 }, 2);
  const mine = floats((await run(student))['logits']!);
  const theirs = floats(answers['logits']!);
  let expected = 0;
  for (let row = 0; row < rows; row++) {
    const [p, q] = [theirs, mine].map((all) => softmax(Array.from(all.slice(row * 3, row * 3 + 3), (x) => x / 2)));
    expected += p!.reduce((sum, x, i) => sum + x * Math.log(x / q![i]!), 0) * (4 / rows);
  }
  expect(loss['loss']).toBeCloseTo(expected, 4);
});

test('labels: cross-entropy of the rows that have one', async () => {
  const { loss } = await losses(student, toyTeacher(), { ...none, labels: 2 });
  const mine = floats((await run(student))['logits']!);
  const entropy = (row: number, label: number): number =>
    -Math.log(softmax(Array.from(mine.slice(row * 3, row * 3 + 3)))[label]!);
  const expected = (entropy(0, 1) + entropy(2, 0)) / 2;
  expect(loss['labels loss']).toBeCloseTo(expected, 4);
  expect(loss['loss']).toBeCloseTo(2 * expected, 4);
});

test('hidden states: mean over layers of the mean squared difference at tokens, through the projection', async () => {
  const { loss, objective, answers, own, theirs } = await losses(student, toyTeacher(), { ...none, hidden: 1 });
  expect([...objective.helpers.values()].map(({ dims }) => dims)).toEqual([
    [8, 16],
    [8, 16],
  ]);
  const pairs = [
    [own.embedded, theirs.embedded],
    [own.blocks[0]!.output, theirs.blocks[1]!.output],
  ] as const;
  const mine = await run(
    withOutputs(
      student,
      pairs.map(([one]) => one),
    ),
  );
  let expected = 0;
  for (const [one, other] of pairs) {
    let [sum, count] = [0, 0];
    for (const [at, is] of present.entries()) {
      if (is === 0) continue;
      count++;
      // The projection starts as ones on the diagonal: columns past the student’s width meet zero.
      for (let i = 0; i < 16; i++) {
        const seen = i < 8 ? floats(mine[one]!)[at * 8 + i]! : 0;
        sum += (seen - floats(answers[other]!)[at * 16 + i]!) ** 2 / 16;
      }
    }
    expected += sum / count / 2;
  }
  expect(loss['hidden loss']).toBeCloseTo(expected, 3);
});

test('relations: KL of attention and of values among themselves, over heads and tokens', async () => {
  const { loss, answers, own, theirs } = await losses(student, toyTeacher(), { ...none, relations: 1 });
  const names = (one: Anatomy): string[] => {
    const { query, key, value } = one.blocks.at(-1)!.attention;
    return [query, key, value].map(({ result }) => result!);
  };
  const mine = await run(withOutputs(student, names(own)));
  /** Probabilities of one token’s relations in one head. */
  const relation = (
    x: Float32Array,
    y: Float32Array,
    width: number,
    size: number,
    row: number,
    head: number,
    token: number,
  ) =>
    softmax(
      Array.from({ length: tokens }, (_, other) => {
        let product = 0;
        for (let i = 0; i < size; i++)
          product +=
            x[(row * tokens + token) * width + head * size + i]! * y[(row * tokens + other) * width + head * size + i]!;
        return product / Math.sqrt(size) + (present[row * tokens + other] === 1 ? 0 : -10000);
      }),
    );
  const [mq, mk, mv] = names(own).map((name) => floats(mine[name]!));
  const [tq, tk, tv] = names(theirs).map((name) => floats(answers[name]!));
  let [sum, count] = [0, 0];
  for (let row = 0; row < rows; row++)
    for (let token = 0; token < tokens; token++) {
      if (present[row * tokens + token] === 0) continue;
      count++;
      for (let head = 0; head < 2; head++)
        for (const [a, b, c, d] of [
          [tq!, tk!, mq!, mk!],
          [tv!, tv!, mv!, mv!],
        ] as const) {
          const p = relation(a, b, 16, 8, row, head, token);
          const q = relation(c, d, 8, 4, row, head, token);
          sum += p.reduce((all, x, i) => all + (x === 0 ? 0 : x * Math.log(x / q[i]!)), 0) / 2;
        }
    }
  expect(loss['relations loss']).toBeCloseTo(sum / count, 3);
});

test('a copy of the teacher has nothing to learn', async () => {
  const { loss } = await losses(toyTeacher(), toyTeacher(), { logits: 1, labels: 0, hidden: 1, relations: 1 });
  for (const value of Object.values(loss)) expect(Math.abs(value)).toBeLessThan(1e-4);
});

test('all together is the weighted sum, and padding does not count', async () => {
  const weights = { logits: 1, labels: 0.5, hidden: 0.25, relations: 2 };
  const { loss } = await losses(student, toyTeacher(), weights);
  const parts = ['scores', 'labels', 'hidden', 'relations'].map((name) => loss[`${name} loss`]!);
  expect(loss['loss']).toBeCloseTo(parts[0]! + parts[1]! / 2 + parts[2]! / 4 + parts[3]! * 2, 3);
});

test('relation heads that do not divide the teacher’s columns', () => {
  expect(relationsFault(anatomy(toyTeacher()), 2)).toBeNull();
  expect(relationsFault(anatomy(toyTeacher()), 3)).toContain('cannot be cut into 3');
});

test('a projection starts where it is told to', () => {
  const start = Float32Array.from({ length: 128 }, (_, i) => i);
  const inner = { student: anatomy(student), teacher: anatomy(toyTeacher()), project: start };
  const { helpers } = objectiveOf(student, bertSignature(3), 3, { ...none, hidden: 1 }, 1, inner);
  for (const one of helpers.values()) expect(toFloat32('float32', readTensorSync(one))).toEqual(start);
  expect([...helpers.values()][0]).not.toBe(tensor('float32', [8, 16], start));
});
