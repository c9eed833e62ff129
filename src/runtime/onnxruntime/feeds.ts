import { SteelyardError, trainedName, trainedRoles } from '../../contracts/index.ts';
import type { DataType, Feeds, RunOptions, Training, Value, ValueArray } from '../../contracts/index.ts';
import type { Request, Slot } from './protocol.ts';

type Constructor = new (length: number) => Exclude<ValueArray, readonly string[]>;

/** The array type in which a tensor of a dtype travels; absent: it cannot. 4-bit tensors abort the runtime's Node binding. */
const arrays: Partial<Record<DataType, Constructor>> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint16: Uint16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
};

/** Most bytes that one call may carry: the binary channel frames a message with 32 bits. */
const maxBytes = 1 << 30;

/** Whether values of this dtype can go into or come out of a session. */
export const travels = (dtype: string): boolean => dtype === 'string' || Object.hasOwn(arrays, dtype);

const list = (slots: readonly Slot[]): string => slots.map((slot) => `"${slot.name}"`).join(', ') || 'none';

const fail = (what: string, message: string): never => {
  throw new SteelyardError('runtime/run', `${what}: ${message}`);
};

const countOf = (what: string, name: string, dims: readonly number[]): number =>
  dims.reduce((count, dim) => {
    if (!Number.isSafeInteger(dim) || dim < 0)
      return fail(what, `input "${name}" has the impossible shape [${dims.join(', ')}]`);
    return count * dim;
  }, 1);

const checkValue = (what: string, slot: Slot, value: Value): Value => {
  const { name, tensor } = slot;
  if (tensor === null)
    return fail(what, `input "${name}" is not a tensor; sequences, maps and optionals cannot be fed`);
  if (!travels(tensor.dtype))
    return fail(what, `input "${name}" has type ${tensor.dtype}, which cannot be fed; add a Cast`);
  if (value.dtype !== tensor.dtype) return fail(what, `input "${name}" is ${tensor.dtype}, but ${value.dtype} was fed`);
  const count = countOf(what, name, value.dims);
  if (count !== value.data.length)
    fail(
      what,
      `input "${name}" has shape [${value.dims.join(', ')}] = ${count} elements, but ${value.data.length} were fed`,
    );
  checkShape(what, name, tensor.dims, value.dims);
  if (value.dtype === 'string') {
    if (!Array.isArray(value.data) || value.data.some((one) => typeof one !== 'string'))
      fail(what, `input "${name}" is string, but its data is not a list of strings`);
    return value;
  }
  const expected = arrays[value.dtype]!;
  const { data } = value;
  // Not instanceof: arrays may come from another realm.
  if (Object.prototype.toString.call(data) !== `[object ${expected.name}]`)
    return fail(what, `input "${name}" is ${value.dtype}, so its data must be a ${expected.name}`);
  const typed = data as Exclude<ValueArray, readonly string[]>;
  // Shared buffers cannot be sent, and the runtime refuses them.
  return typed.buffer instanceof SharedArrayBuffer ? { ...value, data: typed.slice() as ValueArray } : value;
};

/** A model that states no rank reports no dims, like a scalar: then nothing can be checked here and the runtime decides. */
const checkShape = (
  what: string,
  name: string,
  expected: readonly (number | string)[],
  got: readonly number[],
): void => {
  if (expected.length === 0) return;
  const matches =
    expected.length === got.length && expected.every((dim, axis) => typeof dim !== 'number' || dim === got[axis]);
  if (!matches)
    fail(
      what,
      `input "${name}" expects shape [${expected.map((dim) => (dim === '' ? '?' : dim)).join(', ')}], but [${got.join(', ')}] was fed`,
    );
};

/** Check a call before it reaches native code: names, dtypes, array types, lengths, shapes, total size.
 *  Gives the feeds ready to send and the outputs to fetch. `kept` holds the inputs whose values are in the session's process.
 *  Errors: `runtime/run`, saying what was expected. */
export const checkRun = (
  what: string,
  inputs: readonly Slot[],
  outputs: readonly Slot[],
  kept: ReadonlySet<string>,
  feeds: Feeds,
  options: RunOptions,
): Pick<Extract<Request, { kind: 'run' }>, 'feeds' | 'fetch' | 'keep' | 'zeros'> => {
  const byName = new Map(inputs.map((slot) => [slot.name, slot]));
  const outByName = new Map(outputs.map((slot) => [slot.name, slot]));
  const checked: Record<string, Value> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(feeds)) {
    const slot = byName.get(name) ?? fail(what, `there is no input "${name}"; the inputs are ${list(inputs)}`);
    const one = checkValue(what, slot, value);
    bytes += 'byteLength' in one.data ? one.data.byteLength : one.data.reduce((sum, text) => sum + text.length * 2, 0);
    checked[name] = one;
  }
  if (bytes > maxBytes)
    fail(what, `the inputs of one call hold ${bytes} bytes; at most ${maxBytes} can be sent at once`);
  const zeros = options.zeros ?? {};
  for (const [name, dims] of Object.entries(zeros)) {
    const slot = byName.get(name) ?? fail(what, `there is no input "${name}"; the inputs are ${list(inputs)}`);
    if (slot.tensor?.dtype !== 'float32')
      fail(what, `input "${name}" is ${slot.tensor?.dtype ?? 'not a tensor'}; zeros are float32`);
    else checkShape(what, name, slot.tensor.dims, dims);
    countOf(what, name, dims);
    if (Object.hasOwn(checked, name)) fail(what, `input "${name}" was fed, and is to be zeros`);
  }
  for (const { name } of inputs)
    if (!Object.hasOwn(checked, name) && !kept.has(name) && !Object.hasOwn(zeros, name))
      fail(what, `input "${name}" was not fed; the inputs are ${list(inputs)}`);

  const keep = options.keep ?? {};
  const targets = new Set<string>();
  for (const [output, input] of Object.entries(keep)) {
    const from =
      outByName.get(output) ?? fail(what, `there is no output "${output}" to keep; the outputs are ${list(outputs)}`);
    const to =
      byName.get(input) ??
      fail(what, `there is no input "${input}" to keep a value for; the inputs are ${list(inputs)}`);
    if (from.tensor === null || to.tensor === null || from.tensor.dtype !== to.tensor.dtype)
      fail(what, `output "${output}" cannot feed input "${input}": their types differ`);
    else if (!travels(from.tensor.dtype))
      fail(what, `output "${output}" has type ${from.tensor.dtype}, which cannot be kept; add a Cast`);
    if (targets.has(input)) fail(what, `two outputs are kept for input "${input}"`);
    targets.add(input);
  }
  const fetch = options.fetch ?? outputs.map((slot) => slot.name).filter((name) => !Object.hasOwn(keep, name));
  for (const name of fetch) {
    const slot = outByName.get(name) ?? fail(what, `there is no output "${name}"; the outputs are ${list(outputs)}`);
    if (slot.tensor === null)
      fail(what, `output "${name}" is not a tensor; sequences, maps and optionals cannot be fetched`);
    else if (!travels(slot.tensor.dtype))
      fail(what, `output "${name}" has type ${slot.tensor.dtype}, which cannot be fetched; add a Cast`);
  }
  if (fetch.length === 0 && targets.size === 0) fail(what, 'the call asks for no output');
  return { feeds: checked, fetch: [...new Set(fetch)], keep, zeros };
};

/** Check weights that are to learn: inputs and gradients are there, and float32. Errors: `runtime/run`. */
export const checkTraining = (
  what: string,
  inputs: readonly Slot[],
  outputs: readonly Slot[],
  { weights }: Training,
): void => {
  const check = (slots: readonly Slot[], kind: string, name: string): void => {
    const slot = slots.find((one) => one.name === name) ?? fail(what, `there is no ${kind} "${name}" to learn by`);
    if (slot.tensor?.dtype !== 'float32')
      fail(what, `${kind} "${name}" is ${slot.tensor?.dtype ?? 'not a tensor'}; float32 weights learn`);
  };
  for (const { weight, gradient } of weights) {
    check(inputs, 'input', weight);
    check(outputs, 'output', gradient);
  }
};

/** Check values that are to be written: they are kept, and as many as there. Errors: `runtime/run`. */
export const checkWrite = (what: string, { weights, averages }: Training, values: Feeds): void => {
  const sizes = new Map(
    weights.flatMap(({ weight, dims }) =>
      trainedRoles
        .filter((role) => averages || role !== 'mean')
        .map((role) => [trainedName(weight, role), dims.reduce((product, dim) => product * dim, 1)] as const),
    ),
  );
  for (const [name, { dtype, data }] of Object.entries(values)) {
    const size = sizes.get(name) ?? fail(what, `no value is kept by the name "${name}"`);
    if (dtype !== 'float32' || data.length !== size)
      fail(what, `"${name}" holds ${size} float32 numbers, but ${data.length} of ${dtype} were written`);
  }
};
