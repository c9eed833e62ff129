import type { Attribute, DataType, Model, Node, Tensor } from '../../contracts/index.ts';
import { eachName, float, int, ints, tensorValue } from '../../model/graph/index.ts';
import { floatsToBfloat16, floatsToHalf, onnxNumberOf, tensor } from '../../model/tensor/index.ts';

/** Writes new nodes behind a model's own. Nothing of the model changes; `extend` joins both. */
export interface Emitter {
  /** The model's ai.onnx version: emitted nodes must be valid in it. */
  readonly opset: number;
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
  /** A value name that nothing uses yet, close to the hint. */
  fresh(hint: string): string;
  /** One node with one output; answers the output's name. A hint names the output and the node. */
  emit(op: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>, hint?: string): string;
  /** One node with `count` outputs. */
  emitAll(
    op: string,
    inputs: readonly string[],
    count: number,
    attributes?: Readonly<Record<string, Attribute>>,
  ): string[];
  /** Writes with the same names and constants, but keeps its nodes to itself: the body of a Scan, or nodes to look at first. */
  apart(): Emitter;
  /** A node as it is, of any domain; its outputs come from `fresh`. */
  write(node: Node): void;
  /** An int64 vector. Equal vectors are kept once. */
  integers(values: readonly number[]): string;
  /** A scalar of a float or integer type. Equal scalars are kept once. */
  scalar(dtype: DataType, value: number): string;
  /** A named weight. */
  add(hint: string, value: Tensor): string;
}

const scalarTensor = (dtype: DataType, value: number): Tensor => {
  switch (dtype) {
    case 'float64':
      return tensor(dtype, [], Float64Array.of(value));
    case 'float16':
      return tensor(dtype, [], floatsToHalf(Float32Array.of(value)));
    case 'bfloat16':
      return tensor(dtype, [], floatsToBfloat16(Float32Array.of(value)));
    case 'int64':
      return tensor(dtype, [], BigInt64Array.of(BigInt(value)));
    case 'int32':
      return tensor(dtype, [], Int32Array.of(value));
    default:
      return tensor('float32', [], Float32Array.of(value));
  }
};

/** Start to write nodes behind a model. */
export const emitter = (model: Model): Emitter => {
  const taken = new Set<string>();
  eachName(model.graph, (name) => taken.add(name));
  return emitterFor(taken, model.opsets.get('') ?? 1);
};

/** Start to write nodes of an ai.onnx version; `taken` names are not used again. */
export const emitterFor = (names: Iterable<string>, opset: number): Emitter => {
  const taken = new Set(names);
  const nodes: Node[] = [];
  const initializers = new Map<string, Tensor>();
  const constants = new Map<string, string>();
  const counters = new Map<string, number>();

  const fresh = (hint: string): string => {
    let name = hint;
    let count = counters.get(hint) ?? 0;
    while (taken.has(name)) name = `${hint}_${++count}`;
    counters.set(hint, count);
    taken.add(name);
    return name;
  };
  const add = (hint: string, value: Tensor): string => {
    const name = fresh(hint);
    initializers.set(name, value);
    return name;
  };
  const once = (key: string, hint: string, make: () => Tensor): string => {
    let name = constants.get(key);
    if (name === undefined) constants.set(key, (name = add(hint, make())));
    return name;
  };
  const apart = (): Emitter => writingTo([]);
  const writingTo = (into: Node[]): Emitter => ({
    opset,
    nodes: into,
    initializers,
    fresh,
    apart,
    write: (node) => into.push(node),
    emitAll: (op, inputs, count, attributes = {}) => {
      const outputs = Array.from({ length: count }, () => fresh(`training/${op}`));
      into.push({ name: '', op, domain: '', inputs: [...inputs], outputs, attributes });
      return outputs;
    },
    emit: (op, inputs, attributes = {}, hint) => {
      const output = fresh(hint ?? `training/${op}`);
      into.push({
        name: hint === undefined ? '' : output,
        op,
        domain: '',
        inputs: [...inputs],
        outputs: [output],
        attributes,
      });
      return output;
    },
    integers: (values) =>
      once(`ints ${values.join(',')}`, 'integers', () =>
        tensor('int64', [values.length], BigInt64Array.from(values, BigInt)),
      ),
    scalar: (dtype, value) =>
      once(`${dtype} ${Object.is(value, -0) ? '-0' : value}`, 'training/scalar', () => scalarTensor(dtype, value)),
    add,
  });
  return writingTo(nodes);
};

/** The model with the emitted nodes and weights behind its own. Nodes keep their order: emitted ones may use all before them. */
export const extend = (model: Model, written: Pick<Emitter, 'nodes' | 'initializers'>): Model => ({
  ...model,
  graph: {
    ...model.graph,
    nodes: [...model.graph.nodes, ...written.nodes],
    initializers: new Map([...model.graph.initializers, ...written.initializers]),
  },
});

/** Mean over axes, kept as 1, in the form that the operator set asks for: axes became an input in version 18. */
export const meanOver = (to: Emitter, x: string, axes: readonly number[]): string =>
  to.opset >= 18
    ? to.emit('ReduceMean', [x, to.integers(axes)], { keepdims: int(1) })
    : to.emit('ReduceMean', [x], { axes: ints(axes), keepdims: int(1) });

/** Sum over axes (an input since version 13). No axes: over all. */
export const sumOver = (to: Emitter, x: string, axes: readonly number[] | null, keep: boolean): string =>
  to.emit('ReduceSum', axes === null ? [x] : [x, to.integers(axes)], { keepdims: int(keep ? 1 : 0) });

/** Zeros of the same shape as another value, of a type. */
export const zerosLike = (to: Emitter, x: string, dtype: DataType): string => {
  const { data } = scalarTensor(dtype, 0);
  const zero = {
    dtype: dtype === 'float64' || dtype.endsWith('float16') ? dtype : 'float32',
    dims: [1],
    data,
  } as const;
  return to.emit('ConstantOfShape', [to.emit('Shape', [x])], { value: tensorValue(zero) });
};

/** The same numbers in a computed shape, in which 0 is a size of its own wherever the operator set can say so (14 and later). */
export const reshapeTo = (to: Emitter, x: string, shape: string): string =>
  to.emit('Reshape', [x, shape], to.opset >= 14 ? { allowzero: int(1) } : {});

/** The same numbers in the shape of another value. */
export const reshapeLike = (to: Emitter, x: string, other: string): string =>
  reshapeTo(to, x, to.emit('Shape', [other]));

/** A value in another type. */
export const castTo = (to: Emitter, x: string, dtype: DataType): string =>
  to.emit('Cast', [x], { to: int(onnxNumberOf(dtype)) });

export { float, int, ints };
