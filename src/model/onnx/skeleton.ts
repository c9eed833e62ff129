import { randomBytes } from 'node:crypto';
import { readSync } from 'node:fs';
import { ScalarType } from '@bufbuild/protobuf';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { WireType } from '@bufbuild/protobuf/wire';
import { SteelyardError } from '../../contracts/index.ts';
import { damaged, invalid } from './faults.ts';

/** Bounds on what a file may ask for. One nested graph takes three message levels, so 96 levels are 32 graphs inside one another;
 *  ONNX Runtime itself stops at 100. Units: a message costs 4, an unknown field 2, any other field 1; packed numbers are counted in bytes,
 *  64-bit ones threefold. Measured: the worst files within these bounds take about 1 GB of memory. A graph of 100,000 nodes with
 *  all types stated takes about 7 million units. */
export const limits = {
  messageDepth: 96,
  units: 8_000_000,
  packedBytes: 48_000_000,
  skeletonBytes: 500_000_000,
} as const;

/** Bytes that can be looked at in any order without being loaded as a whole. */
export interface Source {
  readonly sizeBytes: number;
  /** One byte. */
  at(offset: number): number;
  /** A range, kept by the caller. */
  slice(offset: number, length: number): Uint8Array;
}

export const memorySource = (bytes: Uint8Array): Source => ({
  sizeBytes: bytes.length,
  at: (offset) => bytes[offset]!,
  slice: (offset, length) => bytes.subarray(offset, offset + length),
});

/** Positioned reads through a window of 64 KiB. */
export const fileSource = (descriptor: number, sizeBytes: number, where: string): Source => {
  const window = new Uint8Array(65536);
  let start = 0;
  let length = 0;
  const read = (target: Uint8Array, offset: number): number => {
    let done = 0;
    while (done < target.length) {
      const count = readSync(descriptor, target, done, target.length - done, offset + done);
      if (count === 0) break;
      done += count;
    }
    return done;
  };
  return {
    sizeBytes,
    at: (offset) => {
      if (offset < start || offset >= start + length) {
        start = offset;
        length = read(window, offset);
        if (length === 0) throw damaged(where, `it ends at byte ${offset}, before its contents do`);
      }
      return window[offset - start]!;
    },
    slice: (offset, count) => {
      const bytes = new Uint8Array(count);
      if (read(bytes, offset) !== count) throw damaged(where, `it ends before byte ${offset + count}`);
      return bytes;
    },
  };
};

/** A range of the source that the skeleton leaves out. */
export interface Cut {
  readonly offset: number;
  readonly length: number;
  /** Field of TensorProto it was: the payloads of all three are little-endian arrays. */
  readonly field: 'raw_data' | 'float_data' | 'double_data';
}

export interface Skeleton {
  /** A message equal to the source, but with a token as `raw_data` wherever a payload was left out. */
  readonly bytes: Uint8Array;
  /** The cut behind a token, or null when these bytes are no token. */
  cutOf(rawData: Uint8Array): Cut | null;
}

interface Rule {
  readonly wire: WireType;
  readonly repeated: boolean;
  readonly varint: boolean;
  readonly message: Plan | null;
  readonly wide: boolean;
  /** A message field whose tensors are decoded one by one: payloads below it may be left out. */
  readonly open: boolean;
  readonly payload: Cut['field'] | null;
}
interface Plan {
  readonly name: string;
  readonly rules: ReadonlyMap<number, Rule>;
  readonly isTensor: boolean;
}

const open = new Set([
  'onnx.ModelProto.graph',
  'onnx.GraphProto.node',
  'onnx.GraphProto.initializer',
  'onnx.NodeProto.attribute',
  'onnx.AttributeProto.t',
  'onnx.AttributeProto.g',
  'onnx.AttributeProto.tensors',
  'onnx.AttributeProto.graphs',
]);
const payloads: Readonly<Record<string, Cut['field']>> = {
  raw_data: 'raw_data',
  float_data: 'float_data',
  double_data: 'double_data',
};
/** Fields of TensorProto that carry elements: float, int32, string, int64, raw, double, uint64. */
const elementFields = new Set([4, 5, 6, 7, 9, 10, 11]);

const wireOf = (field: DescField): WireType => {
  if (field.fieldKind === 'message' || field.message) return WireType.LengthDelimited;
  switch (field.scalar) {
    case ScalarType.FLOAT:
      return WireType.Bit32;
    case ScalarType.DOUBLE:
      return WireType.Bit64;
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return WireType.LengthDelimited;
    default:
      return WireType.Varint;
  }
};

const plans = new Map<string, Plan>();
const planOf = (message: DescMessage): Plan => {
  const known = plans.get(message.typeName);
  if (known) return known;
  const rules = new Map<number, Rule>();
  const isTensor = message.typeName === 'onnx.TensorProto';
  const plan: Plan = { name: message.typeName.replace('onnx.', ''), rules, isTensor };
  plans.set(message.typeName, plan);
  for (const field of message.fields) {
    const wire = wireOf(field);
    rules.set(field.number, {
      wire,
      repeated: field.fieldKind === 'list',
      varint: wire === WireType.Varint,
      wide: field.scalar === ScalarType.INT64 || field.scalar === ScalarType.UINT64,
      message: field.message ? planOf(field.message) : null,
      open: open.has(`${message.typeName}.${field.name}`),
      payload: isTensor ? (payloads[field.name] ?? null) : null,
    });
  }
  return plan;
};

type Piece = Uint8Array | { readonly start: number; readonly length: number };
interface Rebuilt {
  readonly pieces: Piece[];
  readonly length: number;
}

const varintOf = (value: number): number[] => {
  const out: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) out.push((value % 128) | 128);
  out.push(value);
  return out;
};

const lengthOf = (piece: Piece): number => piece.length;

/** Walk a message without decoding it: check that every field is whole, nested no deeper and no more numerous than `limits` allow and
 *  encoded as the schema says; leave out tensor payloads above `cutAboveBytes`. Reads headers only, not the payloads it leaves out.
 *  Errors: `model/damaged`, `model/invalid`, `model/too-deep`, `model/too-large`.
 *  Source: protobuf encoding, https://protobuf.dev/programming-guides/encoding/ */
export const skeletonOf = (source: Source, schema: DescMessage, where: string, cutAboveBytes = Infinity): Skeleton => {
  const nonce = randomBytes(16);
  const cuts: Cut[] = [];
  let position = 0;
  let units = 0;
  let packedBytes = 0;

  const varint = (end: number): number => {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      if (position >= end) throw damaged(where, `a field is cut off at byte ${position}`);
      const byte = source.at(position++);
      if (count < 7) value += (byte & 127) * scale;
      else if ((byte & 127) !== 0) value = Infinity;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw damaged(where, `a number at byte ${position} does not end`);
  };

  const token = (cut: Cut): Uint8Array => {
    const bytes = new Uint8Array(22);
    bytes.set([(9 << 3) | 2, 20]);
    bytes.set(nonce, 2);
    new DataView(bytes.buffer).setUint32(18, cuts.length, true);
    cuts.push(cut);
    return bytes;
  };

  /** Null: nothing was left out, the message can be copied as it is. */
  const message = (plan: Plan, end: number, depth: number, mayCut: boolean): Rebuilt | null => {
    if (depth > limits.messageDepth)
      throw new SteelyardError(
        'model/too-deep',
        `${where}: messages are nested more than ${limits.messageDepth} deep (${plan.name} at byte ${position})`,
        'a graph inside a graph takes three levels; flatten the control flow of the model',
      );
    units += 4;
    const pieces: Piece[] = [];
    let from = position;
    let elements = 0;
    let cut = false;
    const copyUpTo = (to: number): void => {
      if (to > from) pieces.push({ start: from, length: to - from });
    };
    while (position < end) {
      if (++units > limits.units)
        throw new SteelyardError(
          'model/too-large',
          `${where}: the model has more parts (nodes, attributes, names) than the limit of ${limits.units}`,
          'split the model, or store lists of numbers as tensors',
        );
      const tagAt = position;
      const tag = varint(end);
      const wire = tag % 8;
      const number = Math.floor(tag / 8);
      if (number < 1 || number > 536870911)
        throw damaged(where, `no field can start at byte ${tagAt} (in ${plan.name})`);
      const rule = plan.rules.get(number);
      if (!rule) units++;
      if (rule && wire !== rule.wire && !(rule.repeated && wire === WireType.LengthDelimited))
        throw damaged(where, `field ${number} of ${plan.name} at byte ${tagAt} is of the wrong kind`);
      if (plan.isTensor && elementFields.has(number)) elements++;
      if (wire === WireType.Varint) varint(end);
      else if (wire === WireType.Bit32) position += 4;
      else if (wire === WireType.Bit64) position += 8;
      else if (wire === WireType.LengthDelimited) {
        const length = varint(end);
        const payload = position;
        if (length > end - payload)
          throw damaged(
            where,
            `field ${number} of ${plan.name} at byte ${tagAt} says it has ${length} bytes, ${end - payload} are there`,
          );
        if (rule?.message) {
          const rebuilt = message(rule.message, payload + length, depth + 1, mayCut && rule.open);
          if (rebuilt) {
            copyUpTo(tagAt);
            pieces.push(Uint8Array.from([...varintOf(tag), ...varintOf(rebuilt.length)]));
            for (const piece of rebuilt.pieces) pieces.push(piece);
            from = payload + length;
          }
        } else if (rule && rule.wire !== WireType.LengthDelimited) {
          const width = rule.wire === WireType.Bit32 ? 4 : 8;
          if (rule.varint ? length > 0 && source.at(payload + length - 1) > 127 : length % width !== 0)
            throw damaged(where, `the packed field ${number} of ${plan.name} at byte ${tagAt} is cut off`);
          if (rule.varint && (packedBytes += rule.wide ? 3 * length : length) > limits.packedBytes)
            throw new SteelyardError(
              'model/too-large',
              `${where}: tensors hold more numbers in typed fields than the limit of ${limits.packedBytes} bytes`,
              'store their values as raw tensor data (raw_data)',
            );
        }
        if (mayCut && rule?.payload && length > cutAboveBytes) {
          copyUpTo(tagAt);
          pieces.push(token({ offset: payload, length, field: rule.payload }));
          from = payload + length;
          cut = true;
        }
        position = payload + length;
      } else throw damaged(where, `a field at byte ${tagAt} (in ${plan.name}) has an encoding that ONNX does not use`);
      if (position > end) throw damaged(where, `field ${number} of ${plan.name} at byte ${tagAt} is cut off`);
    }
    if (cut && elements > 1) throw invalid(where, `a tensor ending at byte ${end} gives its data more than once`);
    if (pieces.length === 0) return null;
    copyUpTo(end);
    return { pieces, length: pieces.reduce((sum, piece) => sum + lengthOf(piece), 0) };
  };

  const rebuilt = message(planOf(schema), source.sizeBytes, 1, true);
  const total = rebuilt?.length ?? source.sizeBytes;
  if (total > limits.skeletonBytes && cutAboveBytes !== Infinity)
    throw new SteelyardError(
      'model/too-large',
      `${where}: the model's structure without its weights takes ${total} bytes, the limit is ${limits.skeletonBytes}`,
      'store large lists of numbers as raw tensor data',
    );
  const cutOf = (rawData: Uint8Array): Cut | null => {
    if (rawData.length !== 20 || cuts.length === 0 || nonce.some((byte, index) => rawData[index] !== byte)) return null;
    return cuts[new DataView(rawData.buffer, rawData.byteOffset).getUint32(16, true)] ?? null;
  };
  return { bytes: rebuilt ? assemble(source, rebuilt) : source.slice(0, source.sizeBytes), cutOf };
};

const assemble = (source: Source, { pieces, length }: Rebuilt): Uint8Array => {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece instanceof Uint8Array ? piece : source.slice(piece.start, piece.length), at);
    at += piece.length;
  }
  return bytes;
};
