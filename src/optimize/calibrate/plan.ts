import type { Graph, Model, Node, Tensor, Value, ValueInfo } from '../../contracts/index.ts';
import { sliceOf } from '../slice.ts';
import type { Statistic } from './types.ts';

/** One value of the main graph and what to learn about it. */
export interface Request {
  readonly value: string;
  readonly statistic: Statistic;
}

/** A statistic that the graph adds up: what leaves it is fed into it with the next batch. */
export interface Sum {
  readonly output: string;
  readonly input: string;
  readonly statistic: Statistic;
}

/** A model that computes what was asked for, and where it comes out. */
export interface Plan {
  /** Only what the answers need; each probe's nodes stand right behind what they read. */
  readonly model: Model;
  readonly small: readonly (readonly [output: string, statistic: Statistic])[];
  readonly whole: readonly (readonly [value: string, statistics: readonly Statistic[]])[];
  readonly sums: readonly Sum[];
  /** Inputs of probes, asked for before each batch. */
  readonly inputs: ReadonlyMap<string, (batch: number) => Value>;
}

const info = (name: string, dims: readonly number[] | null): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype: 'float32', dims },
});

const like = (name: string, { dtype, dims }: Value): ValueInfo => ({
  name,
  type: { kind: 'tensor', dtype, dims: dims.map(() => null) },
});

/** The nodes of a graph with further ones in between: each right behind the last node that makes what it reads. */
const between = (nodes: readonly Node[], more: readonly Node[]): Node[] => {
  const made = new Map<string, number>();
  nodes.forEach(({ outputs }, at) => outputs.forEach((name) => made.set(name, at)));
  const behind = Array.from({ length: nodes.length + 1 }, (): Node[] => []);
  for (const node of more) {
    const at = Math.max(-1, ...node.inputs.map((name) => made.get(name) ?? -1));
    for (const name of node.outputs) made.set(name, at);
    behind[at + 1]!.push(node);
  }
  return [...behind[0]!, ...nodes.flatMap((node, at) => [node, ...behind[at + 1]!])];
};

/** The model with the probes' nodes among its own, and only what was asked for as outputs. */
export const planOf = (model: Model, requests: readonly Request[]): Plan => {
  const opset = model.opsets.get('') ?? 1;
  const nodes: Node[] = [];
  const initializers = new Map<string, Tensor>();
  const inputs = new Map<string, (batch: number) => Value>();
  const small: [string, Statistic][] = [];
  const whole = new Map<string, Statistic[]>();
  const sums: Sum[] = [];
  requests.forEach(({ value, statistic }, index) => {
    if (statistic.kind === 'whole') {
      const known = whole.get(value);
      if (known === undefined) whole.set(value, [statistic]);
      else known.push(statistic);
      return;
    }
    const prefix = `steelyard_probe_${index}`;
    const output = `${prefix}_output`;
    const part = statistic.kind === 'small' ? output : `${prefix}_part`;
    const made = statistic.nodes(value, part, prefix, opset);
    nodes.push(...made.nodes);
    for (const [name, tensor] of made.initializers ?? []) initializers.set(name, tensor);
    for (const [name, read] of made.inputs ?? []) inputs.set(name, read);
    if (statistic.kind === 'small') small.push([output, statistic]);
    else {
      const input = `${prefix}_so_far`;
      nodes.push({ name: '', op: 'Add', domain: '', inputs: [part, input], outputs: [output], attributes: {} });
      sums.push({ output, input, statistic });
    }
  });
  const { graph } = model;
  const outputs: ValueInfo[] = [
    ...small.map(([output]) => info(output, null)),
    ...[...whole.keys()].map((value) => info(value, null)),
    ...sums.map(({ output, statistic }) => info(output, statistic.dims ?? [])),
  ];
  const all: Graph = {
    ...graph,
    nodes: between(graph.nodes, nodes),
    initializers: new Map([...graph.initializers, ...initializers]),
    inputs: [
      ...graph.inputs,
      ...[...inputs].map(([name, read]) => like(name, read(0))),
      ...sums.map(({ input, statistic }) => info(input, statistic.dims ?? [])),
    ],
    outputs,
  };
  return {
    small,
    inputs,
    whole: [...whole],
    sums,
    model: {
      ...model,
      graph: {
        ...all,
        nodes: sliceOf(
          all.nodes,
          outputs.map(({ name }) => name),
          new Set(),
        ),
      },
    },
  };
};
