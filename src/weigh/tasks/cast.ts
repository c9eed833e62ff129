import { SteelyardError, type DataType, type Value, type ValueArray } from '../../contracts/index.ts';
import { floatsToHalf, halfToFloats } from '../../model/tensor/index.ts';

const ranges: Partial<Record<DataType, readonly [number, number]>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  bool: [0, 1],
};

const numbersOf = (value: Value): ArrayLike<number> | ArrayLike<bigint> | null => {
  if (value.dtype === 'string') return null;
  if (value.dtype === 'float16') return halfToFloats(value.data as Uint16Array);
  return value.data as ArrayLike<number> | ArrayLike<bigint>;
};

const fail = (where: string, value: Value, dtype: DataType, why: string): never => {
  throw new SteelyardError(
    'task/tensor',
    `${where}: ${value.dtype} values do not fit the model's ${dtype}: ${why}`,
    'convert the data',
  );
};

/** The same numbers in another dtype. Integers must stay what they are; floats are rounded to the nearest.
 *  Shapes: unchanged. Errors: `task/tensor` when a number does not fit. */
export const castValue = (value: Value, dtype: DataType, where: string): Value => {
  if (value.dtype === dtype) return value;
  const from = numbersOf(value);
  if (from === null) return fail(where, value, dtype, 'text is not a number');
  const { length } = from;
  const make = (data: ValueArray): Value => ({ dtype, dims: value.dims, data });
  if (dtype === 'float32') return make(Float32Array.from(from as ArrayLike<number>, Number));
  if (dtype === 'float64') return make(Float64Array.from(from as ArrayLike<number>, Number));
  if (dtype === 'float16') return make(floatsToHalf(Float32Array.from(from as ArrayLike<number>, Number)));
  if (dtype === 'int64' || dtype === 'uint64') {
    const out = dtype === 'int64' ? new BigInt64Array(length) : new BigUint64Array(length);
    for (let index = 0; index < length; index++) {
      const one = from[index]!;
      if (typeof one === 'number' && !Number.isSafeInteger(one))
        fail(where, value, dtype, `${one} is not a whole number`);
      if (dtype === 'uint64' && one < 0) fail(where, value, dtype, `${one} is negative`);
      out[index] = BigInt(one);
    }
    return make(out);
  }
  const range = ranges[dtype];
  if (range === undefined) return fail(where, value, dtype, 'this type cannot be fed');
  const arrays = {
    int8: Int8Array,
    uint8: Uint8Array,
    bool: Uint8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
  };
  const out = new arrays[dtype as keyof typeof arrays](length);
  for (let index = 0; index < length; index++) {
    const one = Number(from[index]);
    if (!Number.isInteger(one) || one < range[0] || one > range[1])
      fail(where, value, dtype, `${one} is not a whole number from ${range[0]} to ${range[1]}`);
    out[index] = one;
  }
  return make(out);
};
