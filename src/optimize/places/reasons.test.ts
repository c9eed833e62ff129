import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { emitter } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { narrowNodes } from './narrow.ts';
import { heldUp, whyLeft } from './reasons.ts';

const head =
  'x: float32[N, S, 2]; u: float32[N, T, 2]; w = float32[2, 2] {1, 2, 3, 4}; i = int64[] {0}; a = int64[1] {1}';
const told = (body: string, outputs = 'y') => {
  const model = parseText(`${head}; ${body}; -> ${outputs}`);
  const known = knowledgeOf(model, emitter(model));
  const narrowed = narrowNodes(model, 0, new Set(), known);
  const pick = model.graph.nodes.find(({ op }) => op === 'Gather')!;
  return {
    left: whyLeft(pick, narrowed, known),
    held: heldUp(narrowed, known).map(({ node, reason }) => [node.op, reason]),
  };
};
const pick = 'y = Gather(t, i) {axis: 1}';
const none = 'no product before it runs for each place by itself';

test.each([
  ['an input', 'y = Gather(x, i) {axis: 1}', none],
  ['what costs nothing', `t = Tanh(x); ${pick}`, none],
  [
    'a sum over places',
    `p = MatMul(x, w); c = CumSum(p, a); t = Tanh(c); ${pick}`,
    `${none}: CumSum c is not known to keep places apart`,
  ],
  [
    'sizes that may differ',
    `p = MatMul(x, w); t = Add(p, u); ${pick}`,
    `${none}: the inputs of Add t are not known to have the same sizes`,
  ],
])('why nothing is gained before %s', (_, body, reason) => expect(told(body).left).toBe(reason));

test('the one who reads more than a place', () =>
  expect(told(`p = MatMul(x, w); t = Tanh(p); z = Neg(t); ${pick}`, 'y, z').left).toBe(
    'other places of the result are read too: of t',
  ));

test('what holds products up is told, what only shapes are read of is not', () => {
  expect(told(`p = MatMul(x, w); c = CumSum(p, a); t = MatMul(c, w); ${pick}`).held).toEqual([
    ['CumSum', 'products before it run for all places: CumSum c is not known to keep places apart'],
  ]);
  expect(told(`p = MatMul(x, w); s = Shape(p); e = Expand(u, s); t = MatMul(e, w); ${pick}`).held).toEqual([]);
});
