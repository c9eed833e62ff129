import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from '../generated/onnx_pb.ts';
import { checkModel, decode, decodeTensor, encode } from '../index.ts';

/** mulberry32: the same seed gives the same stream on every machine. */
export const stream = (seed: number): ((below: number) => number) => {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) % below;
  };
};

/** A damaged copy: flipped bits, overwritten, removed, repeated or inserted stretches, cuts, and extreme lengths. */
export const mutate = (seed: Uint8Array, next: (below: number) => number): Uint8Array => {
  let bytes = Uint8Array.from(seed);
  for (let round = 1 + next(6); round > 0 && bytes.length > 0; round--) {
    // Most structure is near the start; weights fill the rest.
    const at = next(2) === 0 ? next(bytes.length) : next(Math.min(400, bytes.length));
    const length = 1 + next(Math.min(32, bytes.length));
    switch (next(8)) {
      case 0:
        bytes[at]! ^= 1 << next(8);
        break;
      case 1:
        bytes[at] = next(256);
        break;
      case 2:
        bytes = bytes.slice(0, at);
        break;
      case 3:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
        break;
      case 4:
        bytes = Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(Math.max(0, at - length))]);
        break;
      case 5:
        bytes.fill([0, 255, 127, 128][next(4)]!, at, at + length);
        break;
      case 6:
        bytes.set([255, 255, 255, 255, 15].slice(0, Math.min(5, bytes.length - at)), at);
        break;
      case 7:
        bytes.copyWithin(at, next(bytes.length), next(bytes.length));
        break;
    }
  }
  return bytes;
};

const strange = {
  bigint: [0n, -1n, 1n, 3n, 1n << 31n, 1n << 40n, -(1n << 63n), (1n << 63n) - 1n],
  number: [0, 1, 2, 5, 7, 8, 9, 22, 99, -1, 2147483647],
  string: ['', 'x', 'y', 'w', '__proto__', 'ai.onnx', '\0', '../../w', 'If', 'a'.repeat(300)],
};

/** Well-formed protobuf with wrong contents: sizes, types, names, kinds and lists changed at random places. */
export const mutateFields = (seed: Uint8Array, next: (below: number) => number): Uint8Array => {
  const message = fromBinary(ModelProtoSchema, seed);
  const slots: [Record<string, unknown>, string][] = [];
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    for (const key of Object.keys(value)) {
      if (key.startsWith('$')) continue;
      slots.push([value as Record<string, unknown>, key]);
      collect((value as Record<string, unknown>)[key]);
    }
  };
  collect(message);
  for (let round = 1 + next(4); round > 0; round--) {
    const [holder, key] = slots[next(slots.length)]!;
    const value = holder[key];
    if (typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string') {
      const choices = strange[typeof value as keyof typeof strange];
      if (key !== 'case') holder[key] = choices[next(choices.length)];
    } else if (value instanceof Uint8Array) holder[key] = value.slice(0, next(value.length + 1));
    else if (Array.isArray(value)) {
      const other = slots[next(slots.length)]![0];
      const choice = next(3);
      if (choice === 0) value.pop();
      else if (choice === 1 && value.length > 0) value.push(value[next(value.length)]);
      else if (value.length > 0 && '$typeName' in other && value[0]?.$typeName === other['$typeName'])
        value.push(other);
    }
  }
  try {
    return toBinary(ModelProtoSchema, message);
  } catch {
    // Not encodable (a message put into itself, a number out of range): damage bytes instead.
    return mutate(seed, next);
  }
};

export interface FuzzResult {
  readonly decoded: number;
  readonly refused: number;
  readonly slowestMs: number;
  readonly codes: ReadonlyMap<string, number>;
}

/** Decode `count` mutations of the seeds. Whatever decodes must also be checked and encoded without a fault of ours.
 *  Throws with the seed and the round to replay when something else than a coded error comes out. */
export const fuzz = async (seeds: readonly Uint8Array[], count: number, seed: number): Promise<FuzzResult> => {
  let decoded = 0;
  let refused = 0;
  let slowestMs = 0;
  const codes = new Map<string, number>();
  for (let round = 0; round < count; round++) {
    const next = stream(seed + round);
    const seedBytes = seeds[next(seeds.length)]!;
    const bytes = next(2) === 0 ? mutate(seedBytes, next) : mutateFields(seedBytes, next);
    const started = performance.now();
    try {
      const model = decode(bytes);
      checkModel(model);
      decode(await encode(model));
      decoded++;
    } catch (error) {
      const { name, code } = error as { name: string; code: string };
      if (name !== 'SteelyardError' || !code.startsWith('model/'))
        throw new Error(`round ${round} of seed ${seed}: ${String(error)}`, { cause: error });
      refused++;
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    if (round % 4 === 0) {
      try {
        decodeTensor(bytes);
      } catch (error) {
        if ((error as Error).name !== 'SteelyardError')
          throw new Error(`tensor of round ${round} of seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }
  return { decoded, refused, slowestMs, codes };
};
