import type { Node } from '../../../contracts/index.ts';
import { labelOf } from '../../../model/graph/index.ts';
import type { View } from '../../anatomy/walk.ts';
import { ruleFor } from './rules.ts';
import type { At, Consumer, Cut, Edit, Group, Spread, Units } from './types.ts';

/** Where a cut begins. */
export interface Seed {
  readonly value: string;
  readonly axis: number;
  readonly units: Units;
}

export interface Stuck {
  readonly reason: string;
  readonly node: Node | null;
}

/** Beyond this many steps a graph is not followed. */
const mostSteps = 200_000;

class Halt extends Error {
  readonly stuck: Stuck;
  constructor(reason: string, node: Node | null) {
    super(reason);
    this.stuck = { reason, node };
  }
}

/** Both, where neither contradicts the other; null where they do. */
const merged = (a: Units, b: Units): { readonly units: Units; readonly same: boolean } | null => {
  let same = true;
  const units = a.slice();
  for (let i = 0; i < a.length; i++) {
    if (b[i] === a[i] || b[i] === -1) continue;
    if (a[i] !== -1) return null;
    units[i] = b[i]!;
    same = false;
  }
  return { units, same };
};

/** Follow units from where they begin through every operator that they run through, both ways: everything that must be cut with them.
 *  Operands that are constants of one use lose the same places as the values. Answers why they cannot be followed where they cannot:
 *  they reach an input or output of the model, or an operator that mixes them. Reads no weights. */
export const spreadFrom = (view: View, seeds: readonly Seed[]): Group | Stuck => {
  const { draft, sizes } = view;
  const values = new Map<string, Map<number, Units>>();
  const cuts = new Map<string, Cut>();
  const edits = new Map<string, Edit>();
  const consumers = new Map<string, Consumer>();
  const producers = new Map<string, Consumer>();
  const order = new Map(draft.nodes().map((node, i) => [node, i]));
  const touched = new Set<Node>();
  const queue: (readonly [string, number])[] = [];
  let restated = false;

  const set = (name: string, axis: number, units: Units, node: Node | null): void => {
    if (units.every((unit) => unit === -1)) return;
    const size = sizes.dims(name)?.[axis];
    if (size !== units.length) throw new Halt(`the size of ${name} along axis ${axis} is not certain`, node);
    if (draft.isInput(name)) throw new Halt(`it reaches the model's input ${name}`, node);
    if (draft.isOutput(name)) throw new Halt(`it reaches the model's output ${name}`, node);
    if (draft.capturedBySubgraph(name)) throw new Halt(`a body of If, Loop or Scan uses ${name}`, node);
    const axes = values.get(name) ?? new Map<number, Units>();
    values.set(name, axes);
    const known = axes.get(axis);
    const result = known ? merged(known, units) : { units, same: false };
    if (!result) throw new Halt(`one axis of ${name} would have to be cut in two ways`, node);
    if (axes.size > 0 && !known) throw new Halt(`two axes of ${name} would have to be cut at once`, node);
    if (result.same) return;
    axes.set(axis, result.units);
    queue.push([name, axis]);
  };
  const merge = (map: Map<string, Consumer>, node: Node, axis: number, units: Units): void => {
    const key = `${order.get(node)} ${axis}`;
    const known = map.get(key);
    const result = known ? merged(known.units, units) : { units, same: false };
    if (!result) throw new Halt('its weight would have to be cut in two ways', node);
    map.set(key, { node, axis, units: result.units });
  };
  const to: Spread = {
    view,
    dims: (name) => sizes.dims(name),
    input: (node, index, axis, units) => {
      const name = node.inputs[index] ?? '';
      if (name === '' || units.every((unit) => unit === -1)) return;
      const constant = draft.constant(name);
      if (!constant) return set(name, axis, units, node);
      if (constant.dims[axis] !== units.length) throw new Halt(`${name} has another size than what it meets`, node);
      const key = `${order.get(node)} ${index} ${axis}`;
      const known = cuts.get(key);
      const result = known ? merged(known.units, units) : { units, same: false };
      if (!result) throw new Halt(`${name} would have to be cut in two ways`, node);
      cuts.set(key, { node, input: index, axis, units: result.units });
    },
    output: (node, index, axis, units) => {
      const name = node.outputs[index] ?? '';
      if (name !== '') set(name, axis, units, node);
    },
    consumer: (node, axis, units) => merge(consumers, node, axis, units),
    producer: (node, axis, units) => merge(producers, node, axis, units),
    edit: (node, kind, apply) => edits.set(`${order.get(node)} ${kind}`, { node, apply }),
    restate: () => (restated = true),
  };
  const meet = (node: Node, at: At): void => {
    touched.add(node);
    const rule = ruleFor(node);
    if (!rule) throw new Halt(`what ${node.op} makes of them is not known`, node);
    const reason = rule(node, to, at);
    if (reason !== undefined) throw new Halt(reason, node);
  };

  try {
    for (const { value, axis, units } of seeds) set(value, axis, units, null);
    let steps = 0;
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (++steps > mostSteps) throw new Halt('the graph is too large to follow', null);
      const [name, axis] = next;
      const units = values.get(name)!.get(axis)!;
      const maker = draft.producer(name);
      if (maker) meet(maker, { side: 'output', index: maker.outputs.indexOf(name), axis, units });
      for (const node of draft.consumers(name))
        node.inputs.forEach((input, index) => {
          if (input === name) meet(node, { side: 'input', index, axis, units });
        });
    }
  } catch (error) {
    if (error instanceof Halt) return error.stuck;
    throw error;
  }
  let count = 0;
  for (const axes of values.values())
    for (const units of axes.values()) for (const unit of units) count = Math.max(count, unit + 1);
  return {
    count,
    values,
    cuts: [...cuts.values()],
    edits: [...edits.values()],
    consumers: [...consumers.values()],
    producers: [...producers.values()],
    nodes: [...touched].toSorted((a, b) => order.get(a)! - order.get(b)!),
    restated,
  };
};

/** A stuck spread as a sentence about the node it is stuck at. */
export const stuckAt = ({ reason, node }: Stuck): string => (node ? `${reason} (at ${labelOf(node)})` : reason);
