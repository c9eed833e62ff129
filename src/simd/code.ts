/** Instructions of WebAssembly, in the order in which they run: an expression leaves its value on the stack. */
export type Code = readonly number[];

/** Unsigned LEB128. */
export const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
};

/** Several pieces one after the other. */
export const all = (...parts: readonly Code[]): Code => parts.flat();

const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 0x7f;
    const last = rest >> 6 === 0 || rest >> 6 === -1;
    bytes.push(last ? low : low | 0x80);
    if (last) return bytes;
  }
};

/** A local variable or parameter. */
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number, value: Code): Code => [...value, 0x21, ...unsigned(local)];
/** A variable of the module. */
export const getGlobal = (global: number): Code => [0x23, ...unsigned(global)];
export const setGlobal = (global: number, value: Code): Code => [...value, 0x24, ...unsigned(global)];
export const call = (index: number, ...args: readonly Code[]): Code => [...args.flat(), 0x10, ...unsigned(index)];

/** 32-bit integers: addresses and counts. */
export const int = (value: number): Code => [0x41, ...signed(value)];
const onInts =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, opcode];
export const intAdd = onInts(0x6a);
export const intMul = onInts(0x6c);
export const intAnd = onInts(0x71);
export const intHalved = onInts(0x76);
export const below = onInts(0x49);
/** The smaller of two, without a sign. */
export const intLeast = (a: Code, b: Code): Code => [...a, ...b, ...below(a, b), 0x1b];

/** Run again and again while the condition holds, at least once. */
export const repeatWhile = (condition: Code, ...body: readonly Code[]): Code => [
  0x03,
  0x40,
  ...body.flat(),
  ...condition,
  0x0d,
  0,
  0x0b,
];

/** Four float32 numbers at a time. */
const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const unary =
  (opcode: number) =>
  (a: Code): Code => [...a, ...simd(opcode)];
const binary =
  (opcode: number) =>
  (a: Code, b: Code): Code => [...a, ...b, ...simd(opcode)];
export const add = binary(0xe4);
export const sub = binary(0xe5);
export const mul = binary(0xe6);
export const div = binary(0xe7);
/** min and max with the second where one is NaN: one instruction of the processor. */
export const min = binary(0xea);
export const max = binary(0xeb);
export const lessThan = binary(0x43);
export const moreThan = binary(0x44);
export const both = binary(0x4e);
export const abs = unary(0xe0);
export const neg = unary(0xe1);
export const sqrt = unary(0xe3);
export const floor = unary(0x68);
/** To the nearest integer, ties to even. */
export const nearest = unary(0x6a);
/** a where the mask is set, else b. */
export const select = (mask: Code, a: Code, b: Code): Code => [...a, ...b, ...mask, ...simd(0x52)];
/** Whether any bit is set, as an integer. */
export const any = unary(0x53);
export const toInts = unary(0xf8);
export const fromInt = (value: Code): Code => [...value, 0xb3, ...simd(0x13)];
/** Four 32-bit integers at a time. */
export const intsAdd = binary(0xae);
export const intsSub = binary(0xb1);
export const intsMin = binary(0xb7);
/** Without signs. */
export const intsMax = binary(0xb9);
export const intsOr = binary(0x50);
export const intsShift = (a: Code, by: number): Code => [...a, ...int(by), ...simd(0xab)];
/** Bytes of two vectors by their places: 0 to 15 of the first, 16 to 31 of the second. */
export const shuffle = (a: Code, b: Code, places: readonly number[]): Code => [...a, ...b, ...simd(0x0d), ...places];
export const lane = (a: Code, at: number): Code => [...a, ...simd(0x1b), at];

const firstBytes = [0, 4, 8, 12];
/** The lowest byte of each of four numbers, side by side, four times over. */
export const lowBytes = (a: Code): Code => shuffle(a, a, [...firstBytes, ...firstBytes, ...firstBytes, ...firstBytes]);

const splatBytes = (one: readonly number[]): Code => [...simd(0x0c), ...one, ...one, ...one, ...one];
const bytesOf = (value: Float32Array | Int32Array): number[] => [...new Uint8Array(value.buffer)];
/** The same number four times. */
export const floats = (value: number): Code => splatBytes(bytesOf(Float32Array.of(value)));
export const ints = (value: number): Code => splatBytes(bytesOf(Int32Array.of(value)));
/** The nearest integers, ties to even, in the lowest bits, of numbers below 2^22: adding 1.5 · 2^23 leaves them there. */
export const nearestBits = (a: Code): Code => add(a, floats(12582912));

const aligned16 = 4;
export const load = (address: Code, offset = 0): Code => [...address, ...simd(0x00), aligned16, ...unsigned(offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...simd(0x0b),
  aligned16,
  ...unsigned(offset),
];
/** One number from memory, four times. */
export const loadSplat = (address: Code, offset = 0): Code => [...address, ...simd(0x09), 2, ...unsigned(offset)];
/** The vector with one number taken from memory. */
export const loadLane = (address: Code, vector: Code, at: number): Code => [
  ...address,
  ...vector,
  ...simd(0x56),
  2,
  0,
  at,
];
/** One number of the vector to memory. */
export const storeLane = (address: Code, vector: Code, at: number, offset = 0): Code => [
  ...address,
  ...vector,
  ...simd(0x5a),
  2,
  ...unsigned(offset),
  at,
];
export const storeByte = (address: Code, value: Code): Code => [...address, ...value, 0x3a, 0, 0];
