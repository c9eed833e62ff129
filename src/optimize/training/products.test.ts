import { expect, test } from 'vitest';
import type { Node } from '../../contracts/index.ts';
import { float, parseText } from '../../model/graph/index.ts';
import { emitter, extend } from '../writing/emit.ts';
import { needed, weightGradient, type Seen } from './products.ts';
import { evaluate } from './testing/differences.ts';

const text = (attributes: string, extra = ''): string =>
  `a: float32[5, 4]; b: float32[5, 2]; c: float32[4, 2]; y = Gemm(a, b${extra}) ${attributes}; -> y: float32[4, 2]`;
const node = (attributes: string, extra?: string): Node => parseText(text(attributes, extra)).graph.nodes[0]!;
const value = (dims: number[]) => ({
  dtype: 'float32' as const,
  dims,
  data: Float32Array.from({ length: dims[0]! * dims[1]! }, (_, i) => (i % 7) - 3),
});

const unseen: Seen = { maker: () => null, number: () => null };

test.each<[string, string, string, number[], string]>([
  ['tall', 'a', 'b', [4, 2], 'Transpose Reshape MatMul Transpose'],
  ['wide', 'b', 'a', [2, 4], 'Transpose Reshape MatMul'],
])('a %s gradient is the same numbers by other operators', async (_, x, y, dims, ops) => {
  const model = parseText(
    `a: float32[5, 4]; b: float32[5, 2]; y = Gemm(${x}, ${y}) {transA: 1}; -> y: float32[${dims.join(', ')}]`,
  );
  const to = emitter(model);
  const transposed = new Map<string, string>();
  const name = weightGradient(model.graph.nodes[0], dims, to, transposed, unseen)!;
  expect(to.nodes.map(({ op }) => op).join(' ')).toBe(ops);
  const whole = extend(model, to);
  const outputs = [...model.graph.outputs, { name, type: null }];
  const run = await evaluate({ ...whole, graph: { ...whole.graph, outputs } });
  const answers = await run({ a: value([5, 4]), b: value([5, 2]) });
  expect(answers[name]!.dims).toEqual(dims);
  expect([...(answers[name]!.data as Float32Array)]).toEqual([...(answers['y']!.data as Float32Array)]);
  // The same operand is transposed once.
  const before = to.nodes.length;
  weightGradient(model.graph.nodes[0], dims, to, transposed, unseen);
  expect(to.nodes.slice(before).map(({ op }) => op)).not.toContain('Reshape');
});

test.each<[string, string, string, number[]]>([
  ['wide', 'rows', 'c', [4, 6]],
  ['tall', 'c', 'rows', [6, 4]],
])('a constant factor is taken after a %s product, also one behind a Reshape', async (_, x, y, dims) => {
  const model = parseText(
    `a: float32[5, 2, 2]; b: float32[5, 6]; half = float32[] {0.5}; four = float32[] {4}; shape = int64[2] {5, 4};
     m = Mul(a, half); rows = Reshape(m, shape); c = Div(b, four); y = Gemm(${x}, ${y}) {transA: 1}; -> y: float32[${dims.join(', ')}]`,
  );
  const to = emitter(model);
  const numbers = new Map([
    ['half', 0.5],
    ['four', 4],
  ]);
  const seen: Seen = {
    maker: (name) => model.graph.nodes.find(({ outputs }) => outputs.includes(name)) ?? null,
    number: (name) => numbers.get(name) ?? null,
  };
  const name = weightGradient(model.graph.nodes.at(-1), dims, to, new Map(), seen)!;
  expect(to.nodes.flatMap(({ inputs }) => inputs)).not.toContain('c');
  expect(to.nodes.flatMap(({ inputs }) => inputs)).not.toContain('m');
  const whole = extend(model, to);
  const run = await evaluate({
    ...whole,
    graph: { ...whole.graph, outputs: [...model.graph.outputs, { name, type: null }] },
  });
  const cube = {
    dtype: 'float32' as const,
    dims: [5, 2, 2],
    data: Float32Array.from({ length: 20 }, (_, i) => (i % 7) - 3),
  };
  const answers = await run({ a: cube, b: value([5, 6]) });
  expect(answers[name]!.dims).toEqual(dims);
  expect([...(answers[name]!.data as Float32Array)]).toEqual([...(answers['y']!.data as Float32Array)]);
});

test('other nodes are left alone', () => {
  const to = emitter(parseText(text('{transA: 1}')));
  const right = node('{transA: 1}');
  const ask = (one: Node | undefined, dims: number[] = [4, 2]): string | null =>
    weightGradient(one, dims, to, new Map(), unseen);
  expect(ask(undefined)).toBeNull();
  expect(ask(node(''))).toBeNull();
  expect(ask(node('{transA: 1, transB: 1}'))).toBeNull();
  expect(ask(node('{transA: 1}', ', c'))).toBeNull();
  expect(ask({ ...right, op: 'MatMul' })).toBeNull();
  expect(ask({ ...right, attributes: { ...right.attributes, alpha: float(0.5) } })).toBeNull();
  expect(ask(right, [4, 2, 1])).toBeNull();
  expect(to.nodes).toEqual([]);
});

test('what nobody reads goes', () => {
  const { graph } = parseText('x: float32[2]; a = Neg(x); b = Abs(a); c = Exp(a); d = Sqrt(c); -> b: float32[2]');
  expect(needed(graph.nodes, ['b'], ({ inputs }) => inputs).map(({ outputs }) => outputs[0])).toEqual(['a', 'b']);
  expect(needed(graph.nodes, ['d', 'b'], ({ inputs }) => inputs)).toEqual(graph.nodes);
});
