import { expect, test } from 'vitest';
import { edit, parseText } from '../../model/graph/index.ts';
import { certainOf, reducedAxes, sameDim, sameDims, unfitType } from './certain.ts';

test('what a file states about inner values is not believed, what edits make is known', () => {
  const model = parseText('x: float32[N, 4]; a = my.Maker(x); y = Relu(a); z = Neg(x)');
  const values = new Map([['a', { name: 'a', type: { kind: 'tensor', dtype: 'float32', dims: [2] } as const }]]);
  const draft = edit({ ...model, graph: { ...model.graph, values } });
  const known = certainOf(draft);
  expect([known.shape('a'), known.dtype('a'), known.shape('z')]).toEqual([null, null, ['N', 4]]);
  draft.insert([{ op: 'Transpose', inputs: ['z'], outputs: ['new'] }]);
  expect(known.shape('new')).toEqual([4, 'N']);
  expect(known.shape('nothing')).toBeNull();
});

test('a graph that makes a value from itself ends', () => {
  const draft = edit(parseText('y = Relu(x)'));
  const known = certainOf(draft);
  expect(known.shape('y')).toBeNull();
  draft.insert([
    { op: 'Neg', inputs: ['q'], outputs: ['p'] },
    { op: 'Neg', inputs: ['p'], outputs: ['q'] },
  ]);
  expect(known.shape('p')).toBeNull();
});

test('sizes are the same only when that is certain', () => {
  expect([
    sameDim(3, 3),
    sameDim('N', 'N'),
    sameDim(null, null),
    sameDim(undefined, undefined),
    sameDim(1, 'N'),
  ]).toEqual([true, true, false, false, false]);
  expect([sameDims([1, 'N'], [1, 'N']), sameDims([1], [1, 1]), sameDims(null, null), sameDims([], [])]).toEqual([
    true,
    false,
    false,
    true,
  ]);
});

test('types without fused operators, with the reason', () => {
  const known = certainOf(edit(parseText('x: float32; h: float16; d: float64; y = my.Use(x, h, d)')));
  expect([unfitType(known, 'x'), unfitType(known, 'h')]).toEqual([null, null]);
  expect([unfitType(known, 'd'), unfitType(known, 'y')]).toEqual([
    'd is float64, which has no fused operator',
    'the type of y is not known',
  ]);
});

test('axes of a reduction, as attribute, as input, all or computed', () => {
  const model = parseText(
    'x: float32[2, 3]; s: int64[1]; i = int64[1] {-1}; a = ReduceMean(x) {axes: [1]}; b = ReduceMean(x, i); c = ReduceMean(x); d = ReduceMean(x, s)',
  );
  const known = certainOf(edit(model));
  expect(model.graph.nodes.map((node) => reducedAxes(node, known))).toEqual([[1], [-1], [], null]);
});
