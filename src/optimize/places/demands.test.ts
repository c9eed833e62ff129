import { describe, expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { emitter } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { demandsOf } from './demands.ts';
import { numbersIn } from './picks.ts';

const head =
  'x: float32[N, S, 4]; z: float32[N, S, 4]; q: float32[N, 2, S, 4]; keys: float32[N, 2, 4, S]; b: float32[4]; m: float32[N, 1, 4]; u: float32[N, T, 4]; w: float32[4, 4]; ' +
  'split = int64[4] {0, 0, 2, 2}; joined = int64[3] {0, 0, -1}; mixed = int64[3] {0, -1, 2}; tokens = int64[1] {1}; width = int64[1] {2}';
/** For one place on axis 1, in the axes of the inputs. */
const asked = (body: string, axis = 1, opset = 18) => {
  const model = parseText(`${head}; ${body}; -> y`);
  const known = knowledgeOf(model, emitter(model));
  return demandsOf(
    model.graph.nodes.at(-1)!,
    axis,
    opset,
    (name) => known.fact(name)?.dims ?? null,
    (name) => numbersIn(known.fact(name)),
  );
};

describe('one place of the output is one of the input', () => {
  test.each<[string, readonly (number | null)[], number?]>([
    ['y = Relu(x)', [1]],
    ['y = Add(x, z)', [1, 1]],
    ['y = Add(x, b)', [1, null]],
    ['y = Mul(m, x)', [null, 1]],
    ['y = MatMul(x, w)', [1, null]],
    ['y = MatMul(q, w)', [1, null], 1],
    ['y = MatMul(q, keys)', [2, null], 2],
    ['y = MatMul(q, keys)', [1, 1], 1],
    ['y = Softmax(x) {axis: 2}', [1]],
    ['y = LayerNormalization(x, b, b)', [1, null, null]],
    ['y = ReduceMean(x, width)', [1, null]],
    ['y = Transpose(q) {perm: [0, 2, 1, 3]}', [2]],
    ['y = Reshape(x, split)', [1, null]],
    ['y = com.microsoft.FastGelu(x, b)', [1, null]],
  ])('%s', (body, demands, axis = 1) => expect(asked(body, axis)).toEqual(demands));
});

describe('it takes all of the input', () => {
  test.each<[string, string, number?, number?]>([
    ['of sizes that need not be alike', 'y = Add(x, u)'],
    ['along the places', 'y = Softmax(x) {axis: 1}'],
    ['before operator set 13, from the places on', 'y = Softmax(x) {axis: 1}', 2, 12],
    ['a mean of places', 'y = ReduceMean(x, tokens)'],
    ['a column of a product', 'y = MatMul(x, w)', 2],
    ['places that a Reshape mixes', 'y = Reshape(x, mixed)'],
    ['an operator that nothing is known of', 'y = CumSum(x, tokens)'],
  ])('%s', (_, body, axis = 1, opset = 18) => expect(asked(body, axis, opset)).toBeNull());
});
