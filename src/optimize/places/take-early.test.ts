import { expect, test } from 'vitest';
import type { Model, Value } from '../../contracts/index.ts';
import { inferFacts, parseText } from '../../model/graph/index.ts';
import { checkModel } from '../../model/onnx/index.ts';
import { seeded } from '../../statistics/index.ts';
import { emitter, extend } from '../writing/emit.ts';
import { encoderModel, initialWeights } from '../training/encoder.ts';
import { differentiate } from '../training/gradient.ts';
import { padded } from '../training/batches.ts';
import { takeEarly, takePlaces } from './take-early.ts';
import { evaluate } from '../training/testing/differences.ts';

const architecture = { layers: 2, width: 8, heads: 2, ffn: 12, vocabulary: 11, positions: 7, labels: 3 };
const random = seeded(1, 'early');
const weights = initialWeights(architecture, random);
const encoder = encoderModel(architecture, weights);
const early = takeEarly(encoder);
const texts = padded([{ ids: [2, 5, 6, 3] }, { ids: [2, 7, 3] }], 0);

/** The sum of the logits' squares, with its gradient by every weight. */
const withGradients = (model: Model): Model => {
  const to = emitter(model);
  const loss = to.emit('ReduceSumSquare', ['logits'], {}, 'loss');
  const sum = to.emit('Squeeze', [loss]);
  const whole = extend(model, to);
  const back = emitter(whole);
  const gradients = differentiate(whole, sum, [...weights.keys()], back);
  const names = [...gradients].map(([weight, name]) => back.emit('Identity', [name], {}, `d ${weight}`));
  const outputs = names.map((name) => ({ name, type: null }));
  const after = extend(whole, back);
  return { ...after, graph: { ...after.graph, outputs: [...model.graph.outputs, ...outputs] } };
};

test('the last layer of a classifier runs for one token; logits and all gradients stay', async () => {
  expect(checkModel(early)).toEqual([]);
  const facts = inferFacts(early);
  const sizeOf = (module: string): unknown => facts.get(`/bert/encoder/${module}`)?.dims?.[1];
  for (const module of ['attention/self/query/MatMul', 'output/dense/MatMul', 'output/LayerNorm/LayerNormalization'])
    expect([sizeOf(`layer.0/${module}`), sizeOf(`layer.1/${module}`)]).toEqual(['sequence', 1]);
  expect(sizeOf('layer.1/attention/self/key/MatMul')).toBe('sequence');
  expect(takeEarly(early)).toBe(early);

  const [before, after] = [await evaluate(withGradients(encoder)), await evaluate(withGradients(early))];
  const [expected, got] = [await before(texts), await after(texts)];
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  expect(Object.keys(got)).toHaveLength(1 + weights.size);
  for (const [name, { data, dims }] of Object.entries(expected)) {
    expect(got[name]!.dims, name).toEqual(dims);
    const worst = Math.max(...(data as Float32Array).map((x, i) => Math.abs(x - Number(got[name]!.data[i]))));
    expect(worst, name).toBeLessThan(1e-6);
  }
});

const feed = (dims: readonly number[]): Value => ({
  dtype: 'float32',
  dims,
  data: new Float32Array(dims.reduce((a, b) => a * b, 1)).map(() => random.normal()),
});
const numbers = (count: number): string => Array.from({ length: count }, () => random.normal().toFixed(3)).join(', ');
const head = `x: float32[N, S, 4]; w = float32[4, 4] {${numbers(16)}}; i = int64[] {0}; j = int64[] {-1};`;

test('what the file states about values keeps telling the truth', () => {
  const model = parseText(`${head} p = MatMul(x, w); t = Tanh(p); y = Gather(t, i) {axis: 1}; -> y`);
  const stating = (dims: readonly (string | number)[]): Model => {
    const type = { kind: 'tensor', dtype: 'float32', dims } as const;
    return { ...model, graph: { ...model.graph, values: new Map([['p', { name: 'p', type }]]) } };
  };
  const statedOf = (before: Model) => takeEarly(before).graph.values.get('p')?.type;
  expect(statedOf(stating(['N', 'S', 4]))).toMatchObject({ dims: ['N', 1, 4] });
  // A file that is wrong about the rank is not repeated.
  expect(statedOf(stating(['N']))).toBeUndefined();
});

test.each([
  ['a weight on the right: one row runs the same kernel as many', 'p = MatMul(x, w)', 'Squeeze', 1],
  [
    'a computed matrix on the right',
    'k = MatMul(x, w); c = Transpose(k) {perm: [0, 2, 1]}; p = MatMul(x, c)',
    'Gather',
    2,
  ],
])('to the bit, %s', async (_, body, last, rows) => {
  const model = parseText(`${head} ${body}; y = Gather(p, i) {axis: 1}; -> y`);
  const { model: after } = takePlaces(model, { exact: true });
  expect(after.graph.nodes.at(-1)!.op).toBe(last);
  expect(inferFacts(after).get('p')?.dims?.[1]).toBe(rows);
  const feeds = { x: feed([4, 9, 4]) };
  expect((await (await evaluate(after))(feeds))['y']).toEqual((await (await evaluate(model))(feeds))['y']);
  expect(takePlaces(after, { exact: true }).model).toBe(after);
});

test('an element of a shape is no place', () => {
  const model = parseText(
    `${head} p = MatMul(x, w); shape = Shape(x); double = Mul(shape, shape); n = Gather(double, i); y = Gather(p, i) {axis: 1}; -> n, y`,
  );
  const { model: after, changes, left } = takePlaces(model);
  expect(changes.map(({ nodes }) => nodes)).toEqual([['y', 'p']]);
  expect(left).toEqual([]);
  for (const op of ['Shape', 'Mul'])
    expect(after.graph.nodes).toContainEqual(model.graph.nodes.find((one) => one.op === op));
});

test.each([
  ['the last place', 'p = MatMul(x, w); y = Gather(p, j) {axis: 1}', 'y: float32[N, 4]'],
  ['two picks of one place', 'p = MatMul(x, w); y = Gather(p, i) {axis: 1}; z = Gather(p, i) {axis: -2}', 'y, z'],
  ['two places', 'p = MatMul(x, w); q = MatMul(x, w); y = Gather(p, i) {axis: 1}; z = Gather(q, j) {axis: 1}', 'y, z'],
  ['an axis that moves', 'p = MatMul(x, w); t = Transpose(p) {perm: [1, 2, 0]}; y = Gather(t, i) {axis: 0}', 'y'],
  ['the whole batch but one', 'p = MatMul(x, w); y = Gather(p, i) {axis: 0}', 'y'],
  [
    'a sum with values that are the same everywhere',
    'p = MatMul(x, w); b = Add(p, w); y = Gather(b, i) {axis: 0}',
    'y',
  ],
])('%s: taken before the product', async (_, body, outputs) => {
  const model = parseText(`${head} ${body}; -> ${outputs}`);
  const changed = takeEarly(model);
  expect(changed.graph.nodes[0]!.op).toBe('Gather');
  expect(changed.graph.nodes.filter(({ inputs }) => inputs[1] === 'i' || inputs[1] === 'j')).toEqual([]);
  const feeds = { x: feed([4, 4, 4]) };
  const [expected, got] = [await (await evaluate(model))(feeds), await (await evaluate(changed))(feeds)];
  for (const { name } of model.graph.outputs) {
    expect(got[name]!.dims).toEqual(expected[name]!.dims);
    for (const [k, value] of (expected[name]!.data as Float32Array).entries())
      expect(got[name]!.data[k]).toBeCloseTo(value, 5);
  }
});

test.each<[string, string, string, ReadonlySet<string>]>([
  ['someone else asks for the product', 'p = MatMul(x, w); y = Gather(p, i) {axis: 1}', 'y, p', new Set()],
  ['another node reads it', 'p = MatMul(x, w); y = Gather(p, i) {axis: 1}; z = Neg(p)', 'y, z', new Set()],
  ['no gradient may pass it', 'p = MatMul(x, w); y = Gather(p, i) {axis: 1}', 'y', new Set(['p'])],
  ['places are mixed', 'p = MatMul(x, w); s = Softmax(p) {axis: 1}; y = Gather(s, i) {axis: 1}', 'y', new Set()],
  ['one column of a product', 'p = MatMul(x, w); y = Gather(p, i) {axis: 2}', 'y', new Set()],
  ['nothing costs anything', 't = Tanh(x); y = Gather(t, i) {axis: 1}', 'y', new Set()],
  [
    'two different places of one value',
    'p = MatMul(x, w); y = Gather(p, i) {axis: 1}; z = Gather(p, j) {axis: 1}',
    'y, z',
    new Set(),
  ],
])('left alone: %s', (_, body, outputs, fixed) => {
  const model = parseText(`${head} ${body}; -> ${outputs}`);
  expect(takeEarly(model, fixed)).toBe(model);
});
