import { expect, test } from 'vitest';
import { parseText } from '../../model/graph/index.ts';
import { emitter } from '../writing/emit.ts';
import { knowledgeOf } from '../writing/knowledge.ts';
import { pickOf } from './picks.ts';

const head =
  'x: float32[N, S, 4]; z: float32[N, 2, 4]; v: float32[S]; k: int64[]; zero = int64[] {0}; first = int64[1] {0}; one = int64[1] {1}; two = int64[1] {2}; ' +
  'both = int64[2] {0, 1}; last = int64[1] {-1}; end = int64[1] {9223372036854775807}';
const found = (body: string) => {
  const model = parseText(`${head}; ${body}; -> y`);
  return pickOf(model.graph.nodes.at(-1)!, knowledgeOf(model, emitter(model)));
};

test.each([
  ['y = Gather(x, zero) {axis: 1}', { axis: 1, index: 0, stays: false }],
  ['y = Gather(x, first) {axis: -2}', { axis: 1, index: 0, stays: true }],
  ['y = Gather(x, last)', { axis: 0, index: -1, stays: true }],
  ['y = Slice(x, first, one, one)', { axis: 1, index: 0, stays: true }],
  ['y = Slice(x, last, end, one, one)', { axis: 1, index: -1, stays: true }],
])('%s takes one place', (body, place) => expect(found(body)).toEqual(place));

test.each([
  ['two places', 'y = Gather(x, both) {axis: 1}'],
  ['a place that is told at run time', 'y = Gather(x, k) {axis: 1}'],
  ['an element of a vector', 'y = Gather(v, zero)'],
  ['all but the first', 'y = Slice(x, one, end, one)'],
  ['every second place', 'y = Slice(x, first, one, one, two)'],
  ['a place in the middle', 'y = Slice(x, one, two, one)'],
  ['one of two', 'y = Gather(z, zero) {axis: 1}'],
  ['another operator', 'y = GatherElements(x, both) {axis: 1}'],
])('%s: none', (_, body) => expect(found(body)).toBeNull());
