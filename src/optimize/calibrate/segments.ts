import type { Model, Node, Tensor, ValueInfo } from '../../contracts/index.ts';
import { capturesOfNode, int } from '../../model/graph/index.ts';
import { byteLengthOf, elementCount } from '../../model/tensor/index.ts';
import { takenBy } from '../slice.ts';
import type { Plan } from './plan.ts';

/** Part of a planned graph that runs on its own. */
export interface Segment {
  readonly nodes: readonly Node[];
  /** Values that it reads: the graph's own inputs, and what earlier segments made. */
  readonly takes: readonly string[];
  /** Values that later segments read. */
  readonly gives: readonly string[];
  readonly small: Plan['small'];
  readonly whole: Plan['whole'];
  readonly sums: Plan['sums'];
}

/** Weights and sums that a segment may hold: about a layer of a BERT-base. A heavier node stands alone. */
export const segmentBytes = 40 << 20;

/** Operators whose values are no tensors, and so cannot wait between two sessions. */
const sequences = /Sequence|Optional/;
/** Tensors that cannot leave a session. */
const fixed: ReadonlySet<string> = new Set(['bfloat16', 'complex64', 'complex128']);

const canBeCut = ({ graph }: Model): boolean =>
  graph.sparse === undefined &&
  !graph.nodes.some(({ op }) => sequences.test(op)) &&
  ![...graph.initializers.values()].some(({ dtype }) => fixed.has(dtype) || dtype.startsWith('float8')) &&
  // A weight that callers may replace belongs to the whole.
  !graph.inputs.some(({ name }) => graph.initializers.has(name));

const bytesOf = ({ dtype, dims }: Tensor): number => (dtype === 'string' ? 0 : byteLengthOf(dtype, dims));

/** Where to cut a list of nodes: the numbers of the nodes that begin a segment, without 0. Each segment holds at most `most` bytes, or a
 *  single node that has weights; among the places where it may end it ends where the fewest values are alive, as late as possible. */
export const cutsOf = (bytes: readonly number[], alive: readonly number[], most: number): number[] => {
  const cuts: number[] = [];
  let left = bytes.reduce((sum, one) => sum + one, 0);
  for (let start = 0; left > most;) {
    let best = -1;
    let held = 0;
    let taken = 0;
    for (let at = start; at < bytes.length - 1; at++) {
      if (held > 0 && held + bytes[at]! > most) break;
      held += bytes[at]!;
      // A segment without weights would only carry values on.
      if (held > 0 && (best < 0 || alive[at]! <= alive[best]!)) [best, taken] = [at, held];
    }
    if (best < 0) break;
    cuts.push(best + 1);
    left -= taken;
    start = best + 1;
  }
  return cuts;
};

/** The segments of a plan, in the order in which they run. A plan with few weights and sums is a single one, and so is one whose values cannot
 *  wait outside a session. */
export const segmentsOf = ({ model, small, whole, sums, inputs }: Plan, most = segmentBytes): Segment[] => {
  const { graph } = model;
  const { nodes } = graph;
  const fed = new Set(sums.map(({ input }) => input));
  const one: Segment = {
    nodes,
    takes: graph.inputs.map(({ name }) => name).filter((name) => !inputs.has(name) && !fed.has(name)),
    gives: [],
    small,
    whole,
    sums,
  };
  const sumOf = new Map(sums.map(({ input, statistic }) => [input, 8 * elementCount(statistic.dims ?? [])]));
  const usesOf = (node: Node): string[] => [...node.inputs, ...capturesOfNode(node)];
  const seen = new Set<string>();
  const bytes = nodes.map((node) =>
    usesOf(node).reduce((sum, name) => {
      const tensor = graph.initializers.get(name);
      if (seen.has(name)) return sum;
      seen.add(name);
      return sum + (tensor === undefined ? (sumOf.get(name) ?? 0) : bytesOf(tensor));
    }, 0),
  );
  const total = bytes.reduce((sum, own) => sum + own, 0);
  if (total <= 1.5 * most || !canBeCut(model)) return [one];
  const last = new Map<string, number>();
  nodes.forEach((node, at) => usesOf(node).forEach((name) => last.set(name, at)));
  const alive: number[] = [];
  let now = 0;
  const ends = new Map<number, number>();
  nodes.forEach(({ outputs }, at) => {
    for (const name of outputs) {
      const end = last.get(name) ?? at;
      if (end === at) continue;
      now++;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    }
    now -= ends.get(at) ?? 0;
    alive.push(now);
  });
  const cuts = cutsOf(bytes, alive, most);
  const parts = [0, ...cuts].map((from, at) => nodes.slice(from, cuts[at] ?? nodes.length));
  const given = new Set(graph.inputs.map(({ name }) => name));
  const reads = parts.map((part) => [...takenBy(part)].filter((name) => !graph.initializers.has(name)));
  return parts.map((part, at): Segment => {
    const made = new Set(part.flatMap(({ outputs }) => outputs));
    const later = new Set(reads.slice(at + 1).flat());
    // An input that is asked for as it is comes out of the first segment.
    const asked = whole.filter(([value]) => made.has(value) || (at === 0 && given.has(value)));
    const takes = new Set([...reads[at]!, ...asked.map(([value]) => value).filter((value) => given.has(value))]);
    return {
      nodes: part,
      takes: [...takes].filter((name) => !inputs.has(name) && !fed.has(name)),
      gives: [...made].filter((name) => later.has(name)),
      small: small.filter(([output]) => made.has(output)),
      whole: asked,
      sums: sums.filter(({ output }) => made.has(output)),
    };
  });
};

/** The plan's probes that make tensors of a known size, as the one tensor in which they leave a session. */
export const together = 'steelyard_probes';

/** A segment as a model. `types`: those of the values that it takes. */
export const modelOf = (
  { model, inputs }: Plan,
  { nodes, takes, gives, small, whole, sums }: Segment,
  types: ReadonlyMap<string, ValueInfo>,
): Model => {
  const { graph } = model;
  const needed = takenBy(nodes);
  // An input that has a default keeps it, read or not.
  const taken = new Set(takes);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs));
  const typed = (name: string): ValueInfo => types.get(name) ?? { name, type: null };
  const outputOf = new Map(graph.outputs.map((output) => [output.name, output]));
  const joined = small.filter(([, { size }]) => size !== undefined).map(([output]) => output);
  const outputs = [
    ...small.map(([output]) => output).filter((output) => !joined.includes(output)),
    ...whole.map(([value]) => value),
    ...sums.map(({ output }) => output),
  ];
  const join: Node = {
    name: '',
    op: 'Concat',
    domain: '',
    inputs: joined,
    outputs: [together],
    attributes: { axis: int(0) },
  };
  return {
    ...model,
    graph: {
      ...graph,
      nodes: joined.length === 0 ? nodes : [...nodes, join],
      initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name) || taken.has(name))),
      inputs: [
        ...takes,
        ...[...inputs.keys(), ...sums.map(({ input }) => input)].filter((name) => needed.has(name)),
      ].map(typed),
      outputs: [
        ...(joined.length === 0
          ? []
          : [{ name: together, type: { kind: 'tensor' as const, dtype: 'float32' as const, dims: null } }]),
        ...outputs.map((name) => outputOf.get(name)!),
        // The session finds out of what type these are.
        ...gives.filter((name) => !outputs.includes(name)).map((name) => ({ name, type: null })),
      ],
      values: new Map([...graph.values].filter(([name]) => made.has(name))),
    },
  };
};
