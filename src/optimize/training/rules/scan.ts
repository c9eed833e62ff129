import type { Attribute, DataType, Graph, Node, ValueInfo } from '../../../contracts/index.ts';
import { graphValue } from '../../../model/graph/index.ts';
import { int, ints, type Emitter } from '../../writing/emit.ts';

/** One turn over every step of some values. */
export interface Turn {
  /** States before the first step. */
  readonly states: readonly string[];
  /** Values that are taken apart along axis 0, one part a step; each with its type. */
  readonly items: readonly { readonly value: string; readonly dtype: DataType }[];
  /** From the last step to the first. Results lie at the place of the step that made them. */
  readonly backwards: boolean;
  readonly dtype: DataType;
  /** The states after a step, and what to keep of it. Values of the graph around it can be used by name. */
  step(
    to: Emitter,
    states: readonly string[],
    items: readonly string[],
  ): { readonly states: readonly string[]; readonly kept: readonly string[] };
}

const info = (name: string, dtype: DataType): ValueInfo => ({ name, type: { kind: 'tensor', dtype, dims: null } });

/** Write a Scan. Shapes: items [steps, …] → final states as the first ones, kept [steps, …]. Source: ONNX Scan-11. */
export const scan = (
  to: Emitter,
  turn: Turn,
): { readonly states: readonly string[]; readonly kept: readonly string[] } => {
  const inner = to.apart();
  const states = turn.states.map(() => to.fresh('training/state'));
  const items = turn.items.map(() => to.fresh('training/item'));
  const result = turn.step(inner, states, items);
  // A body's output is made in the body, and listed once.
  const outputs = [...result.states, ...result.kept].map((name) => inner.emit('Identity', [name]));
  const body: Graph = {
    name: to.fresh('training/step'),
    inputs: [
      ...states.map((name) => info(name, turn.dtype)),
      ...items.map((name, i) => info(name, turn.items[i]!.dtype)),
    ],
    outputs: outputs.map((name) => info(name, turn.dtype)),
    nodes: inner.nodes,
    initializers: new Map(),
    values: new Map(),
  };
  const direction = turn.backwards ? 1 : 0;
  const attributes: Record<string, Attribute> = {
    body: graphValue(body),
    num_scan_inputs: int(items.length),
    scan_input_directions: ints(items.map(() => direction)),
    scan_output_directions: ints(result.kept.map(() => direction)),
  };
  const names = outputs.map(() => to.fresh('training/Scan'));
  const node: Node = {
    name: '',
    op: 'Scan',
    domain: '',
    inputs: [...turn.states, ...turn.items.map(({ value }) => value)],
    outputs: names,
    attributes,
  };
  to.write(node);
  return { states: names.slice(0, states.length), kept: names.slice(states.length) };
};
