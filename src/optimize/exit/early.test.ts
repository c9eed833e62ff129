import { expect, test } from 'vitest';
import { parseOptions } from '../../contracts/index.ts';
import type { Context, Model, Value } from '../../contracts/index.ts';
import { int } from '../../model/graph/index.ts';
import { checkModel, decode, encode } from '../../model/onnx/index.ts';
import { tensor } from '../../model/tensor/index.ts';
import { dynamic } from '../quantize/dynamic.ts';
import { context, model, relativeError, run } from '../testing/quantized.ts';
import { allOperators } from '../testing/kernels.ts';
import { early } from './early.ts';
import { classifier, learningOf, tokenRows } from './testing/rows.ts';

const options = (raw: Record<string, unknown> = {}) =>
  parseOptions(early.id, early.options, { risk: 0.2, confidence: 0.8, ...raw });

const rows = tokenRows(300, 40, () => null, 'train');
const checked = tokenRows(120, 40, () => null, 'validation');
const output = classifier(1, 'a').graph.outputs[0]!.name;
const world = async (learning: Context['learning'] = learningOf(rows, checked, 3, output)): Promise<Context> => ({
  ...(await context()),
  learning,
});

const withThreshold = (subject: Model, value: number): Model => ({
  ...subject,
  graph: {
    ...subject.graph,
    initializers: new Map(subject.graph.initializers).set(
      'exit_threshold',
      tensor('float32', [], Float32Array.of(value)),
    ),
  },
});

const line = (value: Value, row: number): Float32Array =>
  (value.data as Float32Array).subarray(row * value.dims[1]!, (row + 1) * value.dims[1]!);

test('rows leave where the exit is sure; the others get the scores of the whole model', async () => {
  const here = await world();
  const before = classifier(3, 'a');
  const { model: made, changes, skipped } = await early.apply(before, options(), here);
  expect(skipped).toEqual([]);
  expect(checkModel(made)).toEqual(checkModel(before));
  expect(made.graph.inputs).toEqual(before.graph.inputs);
  expect(changes.at(-1)!.what).toMatch(
    /% of 120 validation rows leave after block [12] of 3, which saves [\d.]+ % of the blocks; rows answered differently: /,
  );
  const [all, none] = [withThreshold(made, -1), decode(await encode(withThreshold(made, 2)))];
  for (const picked of [[0], [5, 6, 7, 8, 9, 10, 11, 12]]) {
    const feeds = checked.feeds(picked);
    const [mixed, first, last, whole] = await Promise.all(
      [made, all, none, before].map(async (one) => (await run(here, one, feeds))[output]!),
    );
    expect(relativeError(whole!, last!)).toBeLessThan(1e-5);
    expect(first!.dims).toEqual(whole!.dims);
    for (let row = 0; row < picked.length; row++) {
      const gap = (to: Value): number =>
        Math.max(...line(mixed!, row).map((one, i) => Math.abs(one - line(to, row)[i]!)));
      expect(Math.min(gap(first!), gap(last!))).toBeLessThan(1e-4);
    }
  }
  // The risk holds on other rows: the exit's answers differ from the whole model's on at most a fifth of all.
  const fresh = tokenRows(300, 40, () => null, 'fresh');
  const feeds = fresh.feeds(Array.from({ length: 300 }, (_, i) => i));
  const [mixed, whole] = await Promise.all([made, before].map(async (one) => (await run(here, one, feeds))[output]!));
  const best = (value: Value, row: number): number => line(value, row).indexOf(Math.max(...line(value, row)));
  const differ = Array.from({ length: 300 }, (_, row) => best(mixed!, row) !== best(whole!, row)).filter(
    Boolean,
  ).length;
  expect(differ / 300).toBeLessThan(0.2);
  // Only the blocks behind the exit are in the body, and no weight is there twice.
  const place = Number(/after block (\d)/.exec(changes.at(-1)!.what)![1]);
  const body = made.graph.nodes.find(({ op }) => op === 'If')!.attributes['then_branch'] as { value: Model['graph'] };
  expect(body.value.nodes.filter(({ op }) => op === 'Softmax').length).toBe(3 - place);
  const names = [...made.graph.initializers.keys(), ...body.value.initializers.keys()];
  expect(new Set(names).size).toBe(names.length);
});

test('after a given block, with labels, and quantized afterwards', async () => {
  const labelled = tokenRows(120, 40, (tokens) => tokens[0]! % 3, 'validation');
  const here = await world(learningOf(rows, labelled, 3, output));
  const before = classifier(3, 'a');
  const { model: made, changes } = await early.apply(
    before,
    options({ after: 2, learnFrom: 'labels', measure: 'margin' }),
    here,
  );
  expect(changes[0]!.what).toContain('an exit after block 2');
  expect(changes.at(-1)!.what).toContain('rows answered wrongly that were right');
  const int8 = await dynamic.apply(made, parseOptions(dynamic.id, dynamic.options, { minValues: 1 }), here);
  expect(allOperators(int8.model)['MatMulInteger']).toBeGreaterThan(10);
  const feeds = labelled.feeds([1, 2, 3]);
  const [a, b] = await Promise.all([made, int8.model].map((one) => run(here, withThreshold(one, 2), feeds)));
  expect(relativeError(a![output]!, b![output]!)).toBeLessThan(0.2);
});

test('a model that answers probabilities leaves with probabilities', async () => {
  const plain = classifier(2, 'a');
  const before: Model = {
    ...plain,
    graph: {
      ...plain.graph,
      nodes: [
        ...plain.graph.nodes,
        { name: '', op: 'Softmax', domain: '', inputs: [output], outputs: ['p'], attributes: { axis: int(-1) } },
      ],
      outputs: [{ ...plain.graph.outputs[0]!, name: 'p' }],
    },
  };
  const here = await world(learningOf(rows, checked, 3, 'p'));
  const { model: made, skipped } = await early.apply(before, options({ risk: 0.4, leastKept: 0 }), here);
  expect(skipped).toEqual([]);
  const feeds = checked.feeds([0, 1, 2, 3]);
  const [first, last, whole] = await Promise.all(
    [withThreshold(made, -1), withThreshold(made, 2), before].map(async (one) => (await run(here, one, feeds))['p']!),
  );
  expect(relativeError(whole!, last!)).toBeLessThan(1e-5);
  for (let row = 0; row < 4; row++) expect(line(first!, row).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
});

test('refuses with reasons', async () => {
  const reason = async (subject: Model, raw: Record<string, unknown> = {}, here?: Context): Promise<string> => {
    const result = await early.apply(subject, options(raw), here ?? (await world()));
    expect(result.model).toBe(subject);
    expect(result.changes).toEqual([]);
    return result.skipped[0]!.reason;
  };
  expect(await reason(classifier(2, 'a'), {}, await world(null))).toContain('learns from examples and there are none');
  expect(await reason(classifier(1, 'a'))).toContain('1 block');
  expect(await reason(classifier(2, 'a'), { after: 2 })).toContain('the model has 2');
  expect(await reason(classifier(2, 'a'), { risk: 0.001 })).toContain('validation rows at least, and there are 120');
  expect(await reason(classifier(2, 'a'), {}, await world(learningOf(rows, checked, 3, 'other')))).toContain(
    'no output other',
  );
  expect(early.check(model('x: float32[N, 4]; w = float32[4, 2]{...}; y = MatMul(x, w)'), options())!.reason).toMatch(
    /\w+ \w+/,
  );
  const two = classifier(2, 'a');
  const more: Model = {
    ...two,
    graph: { ...two.graph, outputs: [...two.graph.outputs, { name: two.graph.nodes[0]!.outputs[0]!, type: null }] },
  };
  expect(early.check(more, options())!.reason).toContain('more outputs');
});
