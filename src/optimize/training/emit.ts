import type { Attribute, DataType, Model, Node, Tensor } from '../../contracts/index.ts';
import { eachName, float, int, ints, tensorValue } from '../../model/graph/index.ts';
import { tensor } from '../../model/tensor/index.ts';

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
  const emitAll: Emitter['emitAll'] = (op, inputs, count, attributes = {}) => {
    const outputs = Array.from({ length: count }, () => fresh(`training/${op}`));
    nodes.push({ name: '', op, domain: '', inputs: [...inputs], outputs, attributes });
    return outputs;
  };
  return {
    opset,
    nodes,
    initializers,
    fresh,
    emitAll,
    emit: (op, inputs, attributes = {}, hint) => {
      const output = fresh(hint ?? `training/${op}`);
      nodes.push({
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
      once(`ints ${values.join(',')}`, 'training/ints', () =>
        tensor('int64', [values.length], BigInt64Array.from(values, BigInt)),
      ),
    scalar: (dtype, value) =>
      once(`${dtype} ${Object.is(value, -0) ? '-0' : value}`, 'training/scalar', () => scalarTensor(dtype, value)),
    add,
  };
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

/** Zeros of the same shape and type as a float value. */
export const zerosLike = (to: Emitter, x: string, dtype: DataType): string =>
  to.emit('ConstantOfShape', [to.emit('Shape', [x])], {
    value: tensorValue(
      dtype === 'float64' ? tensor('float64', [1], new Float64Array(1)) : tensor('float32', [1], new Float32Array(1)),
    ),
  });

export { float, int, ints };
