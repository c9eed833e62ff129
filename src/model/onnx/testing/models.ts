import type { Graph, Model, Node, Tensor, ValueInfo } from '../../../contracts/index.ts';
import { tensor } from '../../tensor/index.ts';

export const floats = (dims: number[], seed = 1): Tensor => {
  const count = dims.reduce((a, b) => a * b, 1);
  return tensor(
    'float32',
    dims,
    Float32Array.from({ length: count }, (_, index) => Math.sin(index + seed)),
  );
};

export const info = (
  name: string,
  dims: ValueInfo['type'] extends null ? never : (number | string | null)[],
): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype: 'float32', dims },
});

export const node = (
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Node['attributes'] = {},
  domain = '',
): Node => ({ name: `${op}:${outputs.join()}`, op, domain, inputs, outputs, attributes });

export const graph = (parts: Partial<Graph>): Graph => ({
  name: 'g',
  inputs: [info('x', ['batch', 4])],
  outputs: [info('y', ['batch', 4])],
  nodes: [],
  initializers: new Map(),
  values: new Map(),
  ...parts,
});

export const model = (parts: Partial<Graph>, more: Partial<Model> = {}): Model => ({
  irVersion: 8,
  producer: 'test',
  graph: graph(parts),
  opsets: new Map([['', 17]]),
  metadata: new Map(),
  functions: [],
  ...more,
});

/** y = x · w + b, with a weight of `rows`×4 float32. */
export const linear = (rows = 4): Model =>
  model({
    inputs: [info('x', ['batch', rows])],
    nodes: [node('MatMul', ['x', 'w'], ['xw']), node('Add', ['xw', 'b'], ['y'])],
    initializers: new Map([
      ['w', floats([rows, 4])],
      ['b', floats([4], 7)],
    ]),
  });

/** A graph inside a graph, `levels` deep. */
export const nested = (levels: number): Model => {
  let body = graph({ inputs: [], outputs: [info('c', [1])], nodes: [node('Identity', ['x'], ['c'])] });
  for (let level = 0; level < levels; level++)
    body = graph({
      inputs: [],
      outputs: [info('c', [1])],
      nodes: [node('If', ['x'], ['c'], { then_branch: { kind: 'graph', value: body } })],
    });
  return model({ nodes: body.nodes });
};
