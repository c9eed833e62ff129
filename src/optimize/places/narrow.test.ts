import { expect, test } from 'vitest';
import { labelOf, parseText } from '../../model/graph/index.ts';
import { emitter } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { narrowNodes } from './narrow.ts';

const head = 'x: float32[N, S, 4]; w = float32[4, 2] {1, 2, 3, 4, 5, 6, 7, 8}; i = int64[] {0}; j = int64[] {-1}';
const narrow = (body: string, outputs: string, index = 0, fixed: readonly string[] = []) => {
  const model = parseText(`${head}; ${body}; -> ${outputs}`);
  const found = narrowNodes(model, index, new Set(fixed), knowledgeOf(model, emitter(model)));
  return [...found.nodes].map(([node, { axis, demands }]) => [labelOf(node), axis, ...demands]);
};
const pick = 'y = Gather(t, i) {axis: 1}';

test('from the pick back to where all places are needed', () =>
  expect(narrow(`s = Softmax(x) {axis: 1}; p = MatMul(s, w); t = Tanh(p); ${pick}`, 'y')).toEqual([
    ['t', 1, 1],
    ['p', 1, 1, null],
  ]));

test('only for the place that is asked about', () =>
  expect(narrow('p = MatMul(x, w); t = Tanh(p); y = Gather(t, j) {axis: 1}', 'y', 0)).toEqual([]));

test.each([
  ['whoever runs the model', 'p = MatMul(x, w); t = Tanh(p)', 'y, t', []],
  ['another node', 'p = MatMul(x, w); t = Tanh(p); z = Neg(t)', 'y, z', []],
  ['another axis', 'p = MatMul(x, w); t = Tanh(p); z = Gather(t, i)', 'y, z', []],
  ['a gradient', 'p = MatMul(x, w); t = Tanh(p)', 'y', ['t']],
])('not where all of it is read by %s', (_, body, outputs, fixed) =>
  expect(narrow(`${body}; ${pick}`, outputs, 0, fixed)).toEqual([]),
);
