import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** A stretch of output: bytes in memory, or a range of a file that is copied when the output is written. */
export type Part = Uint8Array | { readonly path: string; readonly offset: number; readonly length: number };

/** An encoded message whose large payloads were not copied. */
export interface Encoded {
  readonly parts: readonly Part[];
  readonly length: number;
}

/** Payloads up to this size are copied into the surrounding message; larger ones stay parts of their own. */
const copyUpToBytes = 4096;

/** Writes one protobuf message around payloads that stay where they are. */
export class MessageBuilder {
  readonly #writer = new BinaryWriter();
  readonly #parts: Part[] = [];
  #flushed = 0;

  string(field: number, value: string): void {
    this.#writer.tag(field, WireType.LengthDelimited).string(value);
  }
  bytes(field: number, value: Uint8Array): void {
    this.embed(field, { parts: [value], length: value.length });
  }
  int(field: number, value: bigint | number): void {
    this.#writer.tag(field, WireType.Varint).int64(value);
  }
  float(field: number, value: number): void {
    this.#writer.tag(field, WireType.Bit32).float(Math.fround(value));
  }
  packedInts(field: number, values: readonly (bigint | number)[]): void {
    if (values.length === 0) return;
    this.#writer.tag(field, WireType.LengthDelimited).fork();
    for (const value of values) this.#writer.int64(value);
    this.#writer.join();
  }
  ints(field: number, values: readonly (bigint | number)[]): void {
    for (const value of values) this.int(field, value);
  }
  floats(field: number, values: readonly number[]): void {
    for (const value of values) this.float(field, value);
  }
  /** Already encoded fields of this message. */
  raw(fields: Uint8Array | undefined): void {
    if (fields) this.#writer.raw(fields);
  }
  /** A nested message or a payload. */
  embed(field: number, { parts, length }: Encoded): void {
    this.#writer.tag(field, WireType.LengthDelimited);
    if (length > 0xffffffff) throw new RangeError(`a field of ${length} bytes cannot be encoded`);
    this.#writer.uint32(length);
    this.#append(parts, length);
  }
  #append(parts: readonly Part[], length: number): void {
    if (length <= copyUpToBytes && parts.every((part) => part instanceof Uint8Array)) {
      for (const part of parts) this.#writer.raw(part);
      return;
    }
    this.#flush();
    for (const part of parts) this.#parts.push(part);
    this.#flushed += length;
  }
  #flush(): void {
    const bytes = this.#writer.finish();
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#flushed += bytes.length;
  }
  done(): Encoded {
    this.#flush();
    return { parts: this.#parts, length: this.#flushed };
  }
}
