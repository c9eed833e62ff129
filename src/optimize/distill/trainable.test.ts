import { expect, onTestFinished, test } from 'vitest';
import { tensor } from '../../model/tensor/index.ts';
import { filled } from '../testing/models.ts';
import { toyContext } from './testing/toy.ts';
import { trainableOf, withoutConstantNodes } from './trainable.ts';

const model = filled(`
  x: float32[N, 4]; ids: int64[N]
  table = float32[9, 4] {...}; w = float32[4, 3] {...}; b = float32[3] {...}; scale = float32[3] {...}
  one = float32[] {2.0}; wide = float32[1, 3] {...}; mask = float32[2, 3] {...}; g = float32[3] {...}; s = float32[3] {...}
  e = Gather(table, ids); z = Add(e, x); y0 = MatMul(z, w); y1 = Add(y0, b); y2 = Mul(y1, scale); y3 = Mul(y2, one)
  y4 = Add(y3, wide); y5 = LayerNormalization(y4, g, s); y6 = Add(y5, mask); y = Identity(y6); -> y: float32[N, 3]`);

const names = async (subject = model) => {
  const { context, remove } = toyContext();
  onTestFinished(remove);
  return trainableOf(subject, context);
};

test('weights in the places of weights; scalars and masks are none', async () => {
  const found = await names();
  expect(found.map(({ name }) => name).sort()).toEqual(['b', 'g', 's', 'scale', 'table', 'w', 'wide']);
  expect(found.every(({ mask }) => mask === null)).toBe(true);
});

const replaced = (name: string, values: Float32Array) => {
  const { dims } = model.graph.initializers.get(name)!;
  const initializers = new Map([...model.graph.initializers, [name, tensor('float32', dims, values)] as const]);
  return { ...model, graph: { ...model.graph, initializers } };
};

test('zeros of a pruned matrix are held', async () => {
  const found = await names(replaced('w', Float32Array.of(1, 0, 0, 2, 0, 3, 4, 5, 6, 7, 0, 8)));
  expect([...found.find(({ name }) => name === 'w')!.mask!]).toEqual([1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1]);
  // A matrix of nothing but zeros was not pruned, and a few zeros are chance.
  expect((await names(replaced('w', new Float32Array(12)))).find(({ name }) => name === 'w')!.mask).toBeNull();
  const few = Float32Array.of(1, 0, 1, 2, 1, 3, 4, 5, 6, 7, 1, 8);
  expect((await names(replaced('w', few))).find(({ name }) => name === 'w')!.mask).toBeNull();
});

test('broken weights, weights that a caller may override and weights that are outputs are left alone', async () => {
  expect((await names(replaced('w', new Float32Array(12).fill(NaN)))).some(({ name }) => name === 'w')).toBe(false);
  const input = { name: 'w', type: { kind: 'tensor', dtype: 'float32', dims: [4, 3] } } as const;
  const overridable = { ...model, graph: { ...model.graph, inputs: [...model.graph.inputs, input] } };
  expect((await names(overridable)).some(({ name }) => name === 'w')).toBe(false);
  const shown = { ...model, graph: { ...model.graph, outputs: [...model.graph.outputs, input] } };
  expect((await names(shown)).some(({ name }) => name === 'w')).toBe(false);
});

test('constants that an exporter wrote as nodes become weights', async () => {
  const value = model.graph.initializers.get('w')!;
  const initializers = new Map([...model.graph.initializers].filter(([name]) => name !== 'w'));
  const node = {
    name: '',
    op: 'Constant',
    domain: '',
    inputs: [],
    outputs: ['w'],
    attributes: { value: { kind: 'tensor', value } },
  } as const;
  const written = { ...model, graph: { ...model.graph, initializers, nodes: [node, ...model.graph.nodes] } };
  const back = withoutConstantNodes(written);
  expect(back.graph.nodes).toHaveLength(model.graph.nodes.length);
  expect((await names(back)).map(({ name }) => name)).toContain('w');
  expect(withoutConstantNodes(model)).toBe(model);
});
