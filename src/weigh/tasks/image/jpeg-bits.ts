/** A Huffman table as codes are read: by length, the first code, and where its values start. */
export interface Huffman {
  /** 8 bits → length << 8 | value; 0: the code is longer. */
  readonly quick: Uint16Array;
  /** Per length 1 to 16: the largest code, or −1; and what to add to a code to find its value. */
  readonly largest: Int32Array;
  readonly shift: Int32Array;
  readonly values: Uint8Array;
}

/** Source: JPEG (ITU-T T.81), annex C. */
export const huffmanOf = (counts: Uint8Array, values: Uint8Array): Huffman => {
  const quick = new Uint16Array(256);
  const largest = new Int32Array(17).fill(-1);
  const shift = new Int32Array(17);
  let code = 0;
  let at = 0;
  for (let length = 1; length <= 16; length++) {
    shift[length] = at - code;
    for (let i = 0; i < counts[length - 1]!; i++, code++, at++)
      if (length <= 8) quick.fill((length << 8) | (values[at] ?? 0), code << (8 - length), (code + 1) << (8 - length));
    if (counts[length - 1]! > 0) largest[length] = code - 1;
    code <<= 1;
  }
  return { quick, largest, shift, values };
};

/** The entropy-coded part of a scan, bit by bit. Past a marker or the end there are only zeros. */
export class Bits {
  private held = 0;
  private count = 0;
  private readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  private fill(): void {
    while (this.count <= 16) {
      let byte = this.bytes[this.at] ?? 0;
      if (this.at >= this.bytes.length || (byte === 0xff && this.bytes[this.at + 1] !== 0)) byte = 0;
      else this.at += byte === 0xff ? 2 : 1;
      this.held = ((this.held << 8) | byte) & 0xff_ffff;
      this.count += 8;
    }
  }

  /** The next bits as a number, `size` from 0 to 16. */
  take(size: number): number {
    if (size === 0) return 0;
    if (this.count < size) this.fill();
    this.count -= size;
    return (this.held >>> this.count) & ((1 << size) - 1);
  }

  /** A value of `size` bits, whose first bit says its sign. Source: T.81, figure F.12. */
  signed(size: number): number {
    const value = this.take(size);
    return size > 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
  }

  /** The next symbol; −1 for a code that does not exist. */
  symbol({ quick, largest, shift, values }: Huffman): number {
    if (this.count < 16) this.fill();
    const known = quick[(this.held >>> (this.count - 8)) & 0xff]!;
    if (known !== 0) {
      this.count -= known >> 8;
      return known & 0xff;
    }
    let code = (this.held >>> (this.count - 8)) & 0xff;
    for (let length = 9; length <= 16; length++) {
      code = (code << 1) | ((this.held >>> (this.count - length)) & 1);
      if (code <= largest[length]!) {
        this.count -= length;
        return values[code + shift[length]!] ?? -1;
      }
    }
    return -1;
  }

  /** Go behind the next restart marker: bits before it are padding. */
  restart(): void {
    this.held = 0;
    this.count = 0;
    for (let at = this.at; at + 1 < this.bytes.length; at++)
      if (this.bytes[at] === 0xff && this.bytes[at + 1]! >= 0xd0 && this.bytes[at + 1]! <= 0xd7) {
        this.at = at + 2;
        return;
      } else if (this.bytes[at] === 0xff && this.bytes[at + 1] !== 0 && this.bytes[at + 1] !== 0xff) return;
  }
}
