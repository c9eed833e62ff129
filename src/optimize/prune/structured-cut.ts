import type { Context, Model, Node, Tensor } from '../../contracts/index.ts';
import { SteelyardError } from '../../contracts/index.ts';
import { int } from '../../model/graph/index.ts';
import { bitsOf, tensor } from '../../model/tensor/index.ts';
import { viewOf, type View } from '../anatomy/walk.ts';
import { settleNames } from './settle-names.ts';
import type { Draftable, Group, Kept, Units } from './spread/types.ts';

/** A group and the units of it that stay, ascending. */
export interface Plan {
  readonly group: Group;
  readonly keep: readonly number[];
}

/** Units along an axis and those of them that stay. */
export type Labels = readonly (readonly [units: Units, keep: ReadonlySet<number>])[];

/** Places of an axis that no group takes away. */
export const placesOf = (labels: Labels): number[] => {
  const size = labels[0]?.[0].length ?? 0;
  return Array.from({ length: size }, (_, place) => place).filter((place) =>
    labels.every(([units, keep]) => units[place] === -1 || keep.has(units[place]!)),
  );
};

/** What all groups say about an axis of a value. */
const labelsOf = (plans: readonly Plan[], sets: readonly ReadonlySet<number>[], value: string, axis: number): Labels =>
  plans.flatMap(({ group }, i) => {
    const units = group.values.get(value)?.get(axis);
    return units ? [[units, sets[i]!] as const] : [];
  });

/** Some places of a tensor along an axis. Shapes: […, n, …] → […, places, …]. */
export const takePlaces = (
  bytes: Uint8Array,
  dims: readonly number[],
  elementBytes: number,
  axis: number,
  places: readonly number[],
): Uint8Array => {
  const size = dims[axis] ?? 0;
  const outer = dims.slice(0, axis).reduce((product, dim) => product * dim, 1);
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1) * elementBytes;
  const result = new Uint8Array(outer * places.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++)
    for (const place of places) {
      const from = (o * size + place) * inner;
      if (inner === 4) for (let b = 0; b < 4; b++) result[at + b] = bytes[from + b]!;
      else result.set(bytes.subarray(from, from + inner), at);
      at += inner;
    }
  return result;
};

/** New operands that a repair made: node → operand → the tensor, already cut along `axis` (none when null). */
export type Repaired = ReadonlyMap<
  Node,
  ReadonlyMap<number, { readonly tensor: Tensor; readonly axis: number | null }>
>;

/** Weights as references that nobody reads: sizes can be followed through a cut without its numbers. */
const unread = (from: Tensor, dims: readonly number[]): Tensor => ({
  dtype: from.dtype,
  dims,
  data: { kind: 'file', path: '', offset: 0, length: 0 },
});

/** Axis of an operand → what groups say about it. */
type Axes = Map<number, Labels>;

interface Place {
  readonly axis: number;
  readonly places: readonly number[];
}

/** The model with all of this cut; weights are made by `make`. Nothing is checked. */
const rewritten = async (
  view: View,
  plans: readonly Plan[],
  repaired: Repaired,
  make: (weight: Tensor, cuts: readonly Place[]) => Promise<Tensor>,
): Promise<Model> => {
  const { draft, sizes } = view;
  const nodes = new Map<Node, Draftable>();
  const draftable = (node: Node): Draftable => {
    const known = nodes.get(node) ?? { inputs: [...node.inputs], attributes: { ...node.attributes } };
    nodes.set(node, known);
    return known;
  };
  const sets = plans.map(({ keep }) => new Set(keep));
  const integers = new Map<string, string>();
  const cuts = new Map<Node, Map<number, Axes>>();
  plans.forEach(({ group }, i) => {
    for (const { node, input, axis, units } of group.cuts) {
      const operands = cuts.get(node) ?? new Map<number, Axes>();
      cuts.set(node, operands);
      const axes = operands.get(input) ?? new Map<number, Labels>();
      operands.set(input, axes);
      axes.set(axis, [...(axes.get(axis) ?? []), [units, sets[i]!]]);
    }
    const kept: Kept = {
      places: (units) => placesOf([[units, sets[i]!]]),
      size: (value, axis) => {
        const labels = labelsOf(plans, sets, value, axis);
        return labels.length > 0 ? placesOf(labels).length : (sizes.dims(value)?.[axis] ?? null);
      },
      before: (value, axis, place) => {
        const labels = labelsOf(plans, sets, value, axis);
        return labels.length > 0 ? placesOf(labels).filter((one) => one < place).length : place;
      },
      withEntry: (vector, length, place, value) => {
        const slice = (from: number, to: number): string => {
          const output = draft.fresh(`${vector}_part`);
          draft.insert([
            { op: 'Slice', inputs: [vector, kept.integers([from]), kept.integers([to])], outputs: [output] },
          ]);
          return output;
        };
        const parts = [
          ...(place > 0 ? [slice(0, place)] : []),
          kept.integers([value]),
          ...(place + 1 < length ? [slice(place + 1, length)] : []),
        ];
        const output = draft.fresh(`${vector}_kept`);
        draft.insert([{ op: 'Concat', inputs: parts, outputs: [output], attributes: { axis: int(0) } }]);
        return output;
      },
      integers: (values) => {
        const key = values.join();
        const name =
          integers.get(key) ??
          draft.addInitializer('shape', tensor('int64', [values.length], BigInt64Array.from(values, BigInt)));
        integers.set(key, name);
        return name;
      },
    };
    for (const { node, apply } of group.edits) apply(draftable(node), kept);
  });
  // Weights that several nodes use and that are cut in the same way stay one.
  const made = new Map<string, string>();
  const replaced = new Map<string, string>();
  for (const [node, operands] of repaired)
    for (const input of operands.keys()) {
      const list = cuts.get(node) ?? new Map<number, Axes>();
      cuts.set(node, list);
      if (!list.has(input)) list.set(input, new Map());
    }
  for (const [node, operands] of cuts)
    for (const [input, axes] of operands) {
      const name = node.inputs[input] ?? '';
      const list = [...axes].map(([axis, labels]): Place => ({ axis, places: placesOf(labels) }));
      const own = repaired.get(node)?.get(input);
      const rest = own ? list.filter(({ axis }) => axis !== own.axis) : list;
      const key = `${name} ${rest.map(({ axis, places }) => `${axis}:${places.join()}`).join(' ')}`;
      const weight = own?.tensor ?? draft.constant(name);
      if (!weight) continue;
      const known = own ? undefined : made.get(key);
      const next = known ?? draft.addInitializer(`${name}_kept`, await make(weight, rest));
      if (!own) made.set(key, next);
      replaced.set(next, name);
      draftable(node).inputs[input] = next;
    }
  for (const [node, { inputs, attributes }] of nodes) {
    const current = draft.current(node) ?? node;
    const { op, domain, name, outputs } = current;
    draft.replace(current, [{ op, domain, name, inputs, outputs, attributes }], 'cut');
  }
  const { model } = draft.done();
  const stale = new Set(plans.flatMap(({ group }) => [...group.values.keys()]));
  const values = new Map([...model.graph.values].filter(([name]) => !stale.has(name)));
  return settleNames({ ...model, graph: { ...model.graph, values } }, replaced);
};

/** Why a cut would not hold: a size that the graph computes for itself does not become what it has to. null: all is well. Reads no weights. */
export const unfit = async (model: Model, plans: readonly Plan[]): Promise<string | null> => {
  const after = await rewritten(viewOf(model), plans, new Map(), (weight, cuts) => {
    const dims = [...weight.dims];
    for (const { axis, places } of cuts) dims[axis] = places.length;
    return Promise.resolve(unread(weight, dims));
  });
  const view = viewOf(after);
  const sets = plans.map(({ keep }) => new Set(keep));
  for (const { group } of plans) {
    for (const [value, axes] of group.values)
      for (const axis of axes.keys()) {
        const wanted = placesOf(labelsOf(plans, sets, value, axis)).length;
        const found = view.sizes.dims(value)?.[axis];
        if (found !== wanted && view.draft.producer(value))
          return `${value} would be ${found ?? 'of unknown size'} long along axis ${axis} instead of ${wanted}: a size is computed in the graph in a way that is not followed`;
      }
  }
  return null;
};

/** Take the units that do not stay out of the model: weights lose their places, head counts, shapes and groups follow.
 *  Peak memory: one weight. Errors: `model/data`; `engine/cancelled`. */
export const cut = (
  model: Model,
  plans: readonly Plan[],
  repaired: Repaired,
  context: Pick<Context, 'bytes' | 'keep' | 'signal'>,
): Promise<Model> =>
  rewritten(viewOf(model), plans, repaired, async (weight, cuts) => {
    if (context.signal.aborted) throw new SteelyardError('engine/cancelled', 'stopped while cutting weights');
    let bytes = await context.bytes(weight);
    let { dims } = weight;
    for (const { axis, places } of cuts) {
      bytes = takePlaces(bytes, dims, bitsOf(weight.dtype) / 8, axis, places);
      dims = dims.with(axis, places.length);
    }
    return context.keep({ dtype: weight.dtype, dims, data: { kind: 'inline', bytes } });
  });
