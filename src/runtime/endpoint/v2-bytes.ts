import type { Value, ValueArray } from '../../contracts/index.ts';
import { bitsOf, bytesOf, viewOf } from '../../model/tensor/index.ts';
import { garbage, type WireType } from './v2-types.ts';

/** Bytes before each text: its length. */
const lengthBytes = 4;

const bytesOfTexts = (texts: readonly string[]): Uint8Array => {
  const parts = texts.map((text) => Buffer.from(text, 'utf8'));
  const out = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + lengthBytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    at = out.writeUInt32LE(part.length, at);
    at += part.copy(out, at);
  }
  return out;
};

/** A tensor as it travels: little-endian, row-major, nothing between the elements; a text is its length (4 bytes) and its UTF-8.
 *  Source: Open Inference Protocol, binary tensor data extension. */
export const writeBytes = ({ dtype, data }: Value): Uint8Array =>
  dtype === 'string'
    ? bytesOfTexts(data as readonly string[])
    : bytesOf(data as Exclude<ValueArray, readonly string[]>);

const textsOfBytes = (name: string, bytes: Uint8Array, count: number): readonly string[] => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts: string[] = [];
  let at = 0;
  while (texts.length < count) {
    if (at + lengthBytes > buffer.length) return garbage(`"${name}" ends after ${texts.length} of ${count} texts`);
    const end = at + lengthBytes + buffer.readUInt32LE(at);
    if (end > buffer.length)
      return garbage(`text ${texts.length} of "${name}" is longer than the bytes that are there`);
    texts.push(buffer.toString('utf8', at + lengthBytes, end));
    at = end;
  }
  return at === buffer.length ? texts : garbage(`"${name}" has ${buffer.length - at} bytes after its last text`);
};

/** The reverse of `writeBytes`. The bytes are copied: those of an answer lie at any offset. Shapes: [count].
 *  Errors: `endpoint/garbage` when they are not exactly `count` elements of the type. */
export const readBytes = (name: string, type: WireType, bytes: Uint8Array, count: number): ValueArray => {
  if (type.dtype === 'string') return textsOfBytes(name, bytes, count);
  const width = bitsOf(type.dtype) / 8;
  if (bytes.byteLength !== count * width)
    return garbage(
      `"${name}" has ${bytes.byteLength} bytes for ${count} elements of ${type.name} (${width} bytes each)`,
    );
  if (type.dtype === 'bool' && bytes.some((one) => one > 1))
    return garbage(`"${name}" has values that are no booleans`);
  return viewOf(type.dtype, new Uint8Array(bytes));
};
