import {
  SteelyardError,
  type DataType,
  type Dim,
  type Example,
  type Feeds,
  type Task,
  type TaskId,
  type Value,
  type ValueArray,
  type ValueInfo,
} from '../../contracts/index.ts';
import { castValue } from './cast.ts';

const product = (dims: readonly number[]): number => dims.reduce((all, size) => all * size, 1);

const fail = (message: string, hint: string): never => {
  throw new SteelyardError('task/tensor', message, hint);
};

/** The shape of one example for an input, or null when it does not fit. A flat list fills a fixed shape of the same size. */
const shapeFor = (dims: readonly number[], declared: readonly Dim[] | null): readonly number[] | null => {
  if (declared === null || declared.length === 0) return dims;
  const wanted = declared.slice(1);
  if (wanted.length === dims.length && wanted.every((size, axis) => typeof size !== 'number' || size === dims[axis]))
    return dims;
  const fixed = wanted.filter((size): size is number => typeof size === 'number');
  return fixed.length === wanted.length && product(fixed) === product(dims) ? fixed : null;
};

const concat = (values: readonly Value[], dtype: DataType, dims: readonly number[]): Value => {
  const first = values[0]!.data;
  if (Array.isArray(first)) return { dtype, dims, data: values.flatMap(({ data }) => data as readonly string[]) };
  const typed = first as Float32Array;
  const out = new (typed.constructor as new (length: number) => Float32Array)(product(dims));
  let at = 0;
  for (const { data } of values) {
    out.set(data as Float32Array, at);
    at += (data as Float32Array).length;
  }
  return { dtype, dims, data: out as ValueArray };
};

/** How the examples of a tensor task become feeds. Shapes: an example's tensor [d…] is stacked to [examples, d…]; one batch needs one shape.
 *  Values are converted to the dtype that the model declares where nothing but float precision is lost.
 *  Errors: `task/tensor` (missing, or another shape or type). */
export const tensorRows = (
  inputs: readonly ValueInfo[],
  task: TaskId,
): Pick<Task, 'encode'> & { readonly slots: readonly unknown[]; bucket(example: Example): string } => {
  const slots = inputs.map(({ name, type }) =>
    type?.kind === 'tensor'
      ? { name, dtype: type.dtype, dims: type.dims }
      : fail(`the model input "${name}" is not a tensor`, `${task} feeds tensors only`),
  );
  const memory = new WeakMap<Example, readonly Value[]>();
  const encodeOne = (example: Example): readonly Value[] => {
    const before = memory.get(example);
    if (before !== undefined) return before;
    const values = slots.map(({ name, dtype, dims }) => {
      const raw = example.tensors?.[name];
      const where = `example ${example.id}, input "${name}"`;
      if (raw === undefined)
        return fail(
          `${where}: no tensor; the example has: ${Object.keys(example.tensors ?? {}).join(', ') || 'none'}`,
          'map it in the scenario: data.columns.tensors',
        );
      const shape = shapeFor(raw.dims, dims);
      if (shape === null)
        return fail(
          `${where}: shape [${raw.dims.join(', ')}], the model takes [${(dims ?? []).map((dim) => dim ?? '?').join(', ')}] with the batch first`,
          'reshape the data',
        );
      return { ...castValue(raw, dtype, where), dims: shape };
    });
    memory.set(example, values);
    return values;
  };
  return {
    slots,
    bucket: (example) =>
      encodeOne(example)
        .map(({ dims }) => dims.join('x'))
        .join(';'),
    encode(examples) {
      const rows = examples.map(encodeOne);
      const feeds: Feeds = Object.fromEntries(
        slots.map(({ name, dtype }, index) => {
          const values = rows.map((row) => row[index]!);
          const dims = values[0]?.dims ?? [];
          const odd = values.findIndex((value) => value.dims.join() !== dims.join());
          if (odd >= 0)
            fail(
              `input "${name}": examples ${examples[0]!.id} and ${examples[odd]!.id} have the shapes [${dims.join(', ')}] and [${values[odd]!.dims.join(', ')}]`,
              'feed them in separate batches',
            );
          return [name, concat(values, dtype, [rows.length, ...dims])];
        }),
      );
      return {
        feeds,
        truncated: 0,
        tokens: rows.reduce((sum, row) => sum + row.reduce((all, { data }) => all + data.length, 0), 0),
      };
    },
  };
};
