import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Feeds, Model, Value } from '../../../contracts/index.ts';
import { int, parseText } from '../../../model/graph/index.ts';
import { encode } from '../../../model/onnx/index.ts';
import { seeded } from '../../../statistics/index.ts';
import { emitter, extend } from '../../writing/emit.ts';
import { differentiate } from '../gradient.ts';

/** All outputs of a model, computed in this process. For tests of small graphs. */
export const evaluate = async (model: Model): Promise<(feeds: Feeds) => Promise<Record<string, Value>>> => {
  const session = await InferenceSession.create(await encode(model), {
    logSeverityLevel: 3,
    // More threads only get in each other's way here.
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'basic',
  });
  return async (feeds) => {
    const tensors = Object.entries(feeds).map(([name, one]) => [
      name,
      new OrtTensor(one.dtype as 'float32', one.data as Float32Array, one.dims),
    ]);
    const outputs = await session.run(Object.fromEntries(tensors) as Record<string, OrtTensor>);
    return Object.fromEntries(
      Object.entries(outputs).map(([name, one]) => [
        name,
        { dtype: one.type, dims: one.dims, data: one.data } as unknown as Value,
      ]),
    );
  };
};

export interface Check {
  /** Graph text; every float output enters the loss with random weights. */
  readonly text: string;
  /** Concrete shapes of inputs; values are normal unless `values` gives them. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly values?: Readonly<Record<string, Value | ((random: () => number) => number)>>;
  /** Inputs to differentiate by; default: all float inputs. */
  readonly by?: readonly string[];
  readonly opset?: number;
}

const loss = 'the loss';
const isFloat = (dtype: string): boolean => dtype === 'float64' || dtype === 'float32';

/** Σ outputs·weights, alone and with its gradients as outputs named `d <input>`. */
const withGradients = (
  forward: Model,
  by: readonly string[],
): { readonly model: Model; readonly alone: Model; readonly weights: readonly string[] } => {
  const to = emitter(forward);
  const weights: string[] = [];
  const parts = forward.graph.outputs.map(({ name, type }) => {
    weights.push(`weight of ${name}`);
    if (type?.kind !== 'tensor') throw new Error(`state the type of output ${name}`);
    // In float64, so that only the graph's own rounding is in the loss.
    const wide = type.dtype === 'float64' ? name : to.emit('Cast', [name], { to: int(11) });
    return to.emit('ReduceSum', [to.emit('Mul', [wide, `weight of ${name}`])], { keepdims: int(0) });
  });
  const total = to.emit('Sum', parts, {}, loss);
  const inputs = [
    ...forward.graph.inputs,
    ...forward.graph.outputs.map(({ name, type }) => ({
      name: `weight of ${name}`,
      type: type?.kind === 'tensor' ? { ...type, dtype: 'float64' as const } : type,
    })),
  ];
  const before = extend({ ...forward, graph: { ...forward.graph, inputs } }, to);
  const back = emitter(before);
  const gradients = differentiate(before, total, by, back);
  const outputs = by.map((name) => {
    const type = forward.graph.inputs.find((one) => one.name === name)!.type;
    const gradient = gradients.get(name);
    if (gradient === undefined) throw new Error(`no gradient by ${name}`);
    return { name: back.emit('Identity', [gradient], {}, `d ${name}`), type };
  });
  const after = extend(before, back);
  const lossInfo = { name: total, type: { kind: 'tensor', dtype: 'float64', dims: [] } } as const;
  return {
    model: { ...after, graph: { ...after.graph, outputs: [lossInfo, ...outputs] } },
    alone: { ...before, graph: { ...before.graph, outputs: [lossInfo] } },
    weights,
  };
};

const random = (dtype: string, dims: readonly number[], next: () => number): Value => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const data = dtype === 'float64' ? new Float64Array(count) : new Float32Array(count);
  return { dtype: dtype as 'float64', dims, data: data.map(next) };
};

/** Largest |gradient − central difference|, relative to 1 + |gradient|, over every element of every input.
 *  float64 steps by 1e-5; float32 takes four points 0.02 apart, which leaves about 1e-4. Every gradient has its input's shape, or this
 *  throws. Source: Fornberg 1988, table 1. */
export const gradientError = async (check: Check): Promise<number> => {
  const parsed = parseText(check.text);
  const forward =
    check.opset === undefined ? parsed : { ...parsed, opsets: new Map([...parsed.opsets, ['', check.opset]]) };
  const typeOf = (name: string): string => {
    const type = forward.graph.inputs.find((one) => one.name === name)?.type;
    if (type?.kind !== 'tensor') throw new Error(`state the type of input ${name}`);
    return type.dtype;
  };
  const by = check.by ?? forward.graph.inputs.map(({ name }) => name).filter((name) => isFloat(typeOf(name)));
  const { model, alone, weights } = withGradients(forward, by);
  const lossAlone = await evaluate(alone);

  const stream = seeded(7, check.text);
  const feeds: Record<string, Value> = {};
  for (const { name } of forward.graph.inputs) {
    const given = check.values?.[name];
    const next = typeof given === 'function' ? () => given(() => stream.normal()) : () => stream.normal();
    feeds[name] =
      given !== undefined && typeof given !== 'function' ? given : random(typeOf(name), check.shapes[name] ?? [], next);
  }
  const plain = await (await evaluate(forward))(feeds);
  for (const [i, { name }] of forward.graph.outputs.entries())
    feeds[weights[i]!] = random('float64', plain[name]!.dims, () => stream.normal());

  const outputs = await (await evaluate(model))(feeds);
  const lossOf = async (): Promise<number> => Number(((await lossAlone(feeds))[loss]!.data as Float64Array)[0]);
  let worst = 0;
  for (const name of by) {
    const value = feeds[name]!;
    const gradient = outputs[`d ${name}`]!;
    if (gradient.dims.join() !== value.dims.join())
      throw new Error(`the gradient by ${name} has shape [${gradient.dims.join()}], expected [${value.dims.join()}]`);
    const exact = value.dtype === 'float64';
    const step = exact ? 1e-5 : 2e-2;
    const data = value.data as Float64Array;
    for (let i = 0; i < data.length; i++) {
      const before = data[i]!;
      const slope = async (by: number): Promise<number> => {
        data[i] = before + by;
        const [high, up] = [await lossOf(), data[i]!];
        data[i] = before - by;
        const [low, down] = [await lossOf(), data[i]!];
        data[i] = before;
        return (high - low) / (up - down);
      };
      const near = await slope(step);
      const expected = exact ? near : (4 * near - (await slope(2 * step))) / 3;
      const got = (gradient.data as Float64Array)[i]!;
      const error = Math.abs(got - expected) / (1 + Math.abs(expected));
      worst = Math.max(worst, Number.isNaN(error) ? Infinity : error);
    }
  }
  return worst;
};
