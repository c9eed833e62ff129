import type { DataType, Graph, Model, Node, Tensor } from '../../contracts/index.ts';
import { constantValue, hasSubgraph, indexOf, subgraphsOf, type GraphIndex } from '../../model/graph/index.ts';

/** One graph of a model: the main one or a body, with the graphs around it. */
export interface Scope {
  readonly graph: Graph;
  readonly index: GraphIndex;
  readonly outer: Scope | null;
}

export interface Place {
  readonly node: Node;
  readonly scope: Scope;
}

/** Where a value comes from; null: a graph input, or unknown. */
export type Source =
  | { readonly kind: 'tensor'; readonly tensor: Tensor; readonly scope: Scope }
  | { readonly kind: 'node'; readonly node: Node; readonly scope: Scope }
  | null;

const deepest = 32;

/** Every node of a model with its graph, in the order in which they run: bodies before the node that they belong to. */
export const placesOf = ({ graph }: Pick<Model, 'graph'>): readonly Place[] => {
  const places: Place[] = [];
  const visit = (of: Graph, outer: Scope | null, depth: number): void => {
    const scope: Scope = { graph: of, index: indexOf(of), outer };
    for (const node of of.nodes) {
      if (hasSubgraph(node) && depth < deepest)
        for (const body of subgraphsOf(node)) visit(body.graph, scope, depth + 1);
      places.push({ node, scope });
    }
  };
  visit(graph, null, 0);
  return places;
};

/** What makes a value, looked for in its graph and the ones around it. */
export const sourceOf = (name: string, from: Scope): Source => {
  for (let scope: Scope | null = from; scope !== null; scope = scope.outer) {
    const tensor = scope.graph.initializers.get(name);
    if (tensor !== undefined) return { kind: 'tensor', tensor, scope };
    const node = scope.index.producer(name);
    if (node !== undefined) {
      const value = constantValue(node);
      return value === null ? { kind: 'node', node, scope } : { kind: 'tensor', tensor: value, scope };
    }
    if (scope.index.isInput(name)) return null;
  }
  return null;
};

/** The constant behind a value, or null. */
export const tensorOf = (name: string | undefined, scope: Scope): Tensor | null => {
  if (name === undefined || name === '') return null;
  const source = sourceOf(name, scope);
  return source?.kind === 'tensor' ? source.tensor : null;
};

/** Operators that move values without computing on them. */
export const layoutOps = new Set('Transpose Reshape Identity Squeeze Unsqueeze Flatten'.split(' '));

/** `sourceOf`, seen through changes of layout. */
export const throughLayout = (name: string, from: Scope): (NonNullable<Source> & { readonly name: string }) | null => {
  let at = name;
  let scope = from;
  for (let step = 0; step < 8; step++) {
    const source = sourceOf(at, scope);
    if (source?.kind !== 'node' || source.node.domain !== '' || !layoutOps.has(source.node.op))
      return source === null ? null : { ...source, name: at };
    at = source.node.inputs[0] ?? '';
    ({ scope } = source);
  }
  return null;
};

/** Steps that an exporter writes between stored integers and the float weight that they stand for. */
const decoding = new Set([...layoutOps, 'Cast', 'Mul', 'Sub', 'Add', 'DequantizeLinear']);

const few = new Set<DataType>(['int8', 'uint8', 'int4', 'uint4', 'int2', 'uint2']);
/** Types of at most 8 bits. */
export const isFewBits = (dtype: DataType): boolean => few.has(dtype);

/** The type in which a computed weight is stored: integers of few bits or float16 that Cast, Mul, DequantizeLinear and the like turn
 *  into floats. null: it is stored as it is, or not a constant. */
export const storedAs = (name: string, from: Scope): DataType | null => {
  const visit = (value: string, scope: Scope, depth: number): DataType | null => {
    if (depth > 12) return null;
    const source = sourceOf(value, scope);
    if (source === null) return null;
    if (source.kind === 'tensor') {
      const { dtype, dims } = source.tensor;
      return (isFewBits(dtype) || dtype === 'float16') && dims.length > 0 ? dtype : null;
    }
    if (source.node.domain !== '' || !decoding.has(source.node.op)) return null;
    for (const input of source.node.inputs.slice(0, 2)) {
      const found = input === '' ? null : visit(input, source.scope, depth + 1);
      if (found !== null) return found;
    }
    return null;
  };
  return sourceOf(name, from)?.kind === 'node' ? visit(name, from, 0) : null;
};

/** "MatMul", "com.microsoft.QGemm". */
export const opName = ({ op, domain }: Node): string => (domain === '' ? op : `${domain}.${op}`);
