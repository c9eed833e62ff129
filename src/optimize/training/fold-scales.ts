import type { Model, Node, Tensor } from '../../contracts/index.ts';
import { capturesOfNode, constantValue } from '../../model/graph/index.ts';
import { elementCount, readTensorSync, toFloat32 } from '../../model/tensor/index.ts';
import { emitter } from '../writing/emit.ts';

/** Everything that a rewrite asks about a graph. */
const sight = ({ graph }: Model, fixed: ReadonlySet<string>) => {
  const makers = new Map<string, Node>();
  const uses = new Map<string, Node[]>();
  for (const node of graph.nodes) {
    for (const name of node.outputs) makers.set(name, node);
    for (const name of [...node.inputs, ...capturesOfNode(node)]) {
      const known = uses.get(name);
      if (known === undefined) uses.set(name, [node]);
      else known.push(node);
    }
  }
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const constant = (name: string): Tensor | null => {
    if (fixed.has(name)) return null;
    const maker = makers.get(name);
    return graph.initializers.get(name) ?? (maker === undefined ? null : constantValue(maker));
  };
  const number = (name: string): number | null => {
    const value = constant(name);
    // A constant of a higher rank would add dimensions.
    if (value === null || value.dtype !== 'float32' || value.dims.length > 1 || elementCount(value.dims) !== 1)
      return null;
    return toFloat32(value.dtype, readTensorSync(value))[0]!;
  };
  return {
    maker: (name: string, ...ops: readonly string[]): Node | null => {
      const node = makers.get(name);
      return node !== undefined && node.domain === '' && ops.includes(node.op) ? node : null;
    },
    /** Its readers, when nobody else may read it. */
    readers: (name: string): readonly Node[] => (outputs.has(name) || fixed.has(name) ? [] : (uses.get(name) ?? [])),
    /** x and c of x·c or x/c. */
    scaled: ({ op, inputs: [a = '', b = ''] }: Node): readonly [string, number] | null => {
      const right = number(b);
      if (right !== null && right !== 0) return [a, op === 'Div' ? 1 / right : right];
      const left = op === 'Div' ? null : number(a);
      return left === null || left === 0 ? null : [b, left];
    },
  };
};

interface Found {
  /** x = product + bias, which only `scale` (u = s·x) and `gate` (x·t) read. */
  readonly sum: Node;
  readonly product: string;
  readonly bias: string;
  readonly scale: Node;
  readonly s: number;
  readonly gate: Node;
  readonly t: string;
  /** x·t·c by a constant, when that is all that reads the product. */
  readonly after: { readonly node: Node; readonly c: number } | null;
}

const find = (scale: Node, see: ReturnType<typeof sight>, rankOf: (name: string) => number | null): Found | null => {
  if (scale.domain !== '' || (scale.op !== 'Mul' && scale.op !== 'Div')) return null;
  const u = scale.outputs[0]!;
  const pair = see.scaled(scale);
  if (pair === null || !see.readers(u).some(({ op, domain }) => op === 'Erf' && domain === '')) return null;
  const [x, s] = pair;
  const readers = see.readers(x);
  const gate = readers.find((node) => node !== scale);
  const sum = see.maker(x, 'Add');
  if (readers.length !== 2 || gate === undefined || gate.op !== 'Mul' || gate.domain !== '' || sum === null)
    return null;
  const [product, bias] =
    see.maker(sum.inputs[0]!, 'MatMul') === null ? [sum.inputs[1]!, sum.inputs[0]!] : [sum.inputs[0]!, sum.inputs[1]!];
  if (see.maker(product, 'MatMul') === null || see.readers(product).length !== 1 || rankOf(bias) !== 1) return null;
  const t = gate.inputs[0] === x ? gate.inputs[1]! : gate.inputs[0]!;
  if (t === x) return null;
  const next = see.readers(gate.outputs[0]!);
  const last =
    next.length === 1 && next[0]!.domain === '' && ['Mul', 'Div'].includes(next[0]!.op) ? see.scaled(next[0]!) : null;
  const after = last === null ? null : { node: next[0]!, c: last[1] };
  return { sum, product, bias, scale, s, gate, t, after };
};

/** GELU written out with Erf scales its wide input, x = product + bias, to u = s·x. Here the scale goes in front, u = s·product + s·bias, and what
 *  else reads x gets u/s: the runtime scales a product on its way, so that the wide value is passed over once less in each direction.
 *  Values in between get new names; outputs and weights keep theirs. `fixed`: names that are no constants or must stay.
 *  Answers the model itself where there is nothing to do. Rounding differs, nothing else. */
export const foldScales = (model: Model, fixed: ReadonlySet<string>): Model => {
  const { graph } = model;
  const see = sight(model, fixed);
  const rankOf = (name: string): number | null => graph.initializers.get(name)?.dims.length ?? null;
  const changed = new Map<Node, readonly Node[]>();
  const to = emitter(model);
  for (const scale of graph.nodes) {
    const found = find(scale, see, rankOf);
    if (found === null) continue;
    const { sum, product, bias, s, gate, t, after } = found;
    const node = (op: string, inputs: readonly string[], output: string): Node => ({
      name: '',
      op,
      domain: '',
      inputs,
      outputs: [output],
      attributes: {},
    });
    const by = to.scalar('float32', s);
    const [wide, narrow, u] = [to.fresh('training/scaled'), to.fresh('training/scaled_bias'), scale.outputs[0]!];
    changed.set(sum, [
      node('Mul', [product, by], wide),
      node('Mul', [bias, by], narrow),
      node('Add', [wide, narrow], u),
    ]);
    changed.set(scale, []);
    const back = to.scalar('float32', (after?.c ?? 1) / s);
    const gated = to.fresh('training/gated');
    const result = (after?.node ?? gate).outputs[0]!;
    changed.set(gate, [node('Mul', [u, t], gated), ...(after === null ? [node('Mul', [gated, back], result)] : [])]);
    if (after !== null) changed.set(after.node, [node('Mul', [gated, back], result)]);
  }
  if (changed.size === 0) return model;
  const nodes = graph.nodes.flatMap((node) => changed.get(node) ?? [node]);
  return { ...model, graph: { ...graph, nodes, initializers: new Map([...graph.initializers, ...to.initializers]) } };
};
