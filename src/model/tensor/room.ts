import type { Tensor } from '../../contracts/index.ts';

/** Memory that one piece of work reads into again and again. Memory that is given back and asked for anew costs more than the arithmetic of 8-bit
 *  codes: the system hands out zeroed pages, and the collector walks the heap each time some 30 MB are gone. */
export interface Room {
  /** So many bytes, at the start of an 8-byte aligned buffer. They hold what was there before, and are overwritten after the next call. */
  take(length: number): Uint8Array;
  /** Whether an array lies in this memory: whoever wants to keep it copies it. */
  holds(array: ArrayBufferView): boolean;
}

/** An empty room. Memory: the largest length that was asked for. Errors: `RangeError` where that does not fit into memory. */
export const createRoom = (): Room => {
  let held = new Uint8Array(0);
  return {
    take: (length) => {
      if (held.length < length) held = new Uint8Array(length);
      return held.subarray(0, length);
    },
    holds: ({ buffer }) => buffer === held.buffer,
  };
};

/** The tensor with bytes of its own, where they lie in a room that other work goes on with. */
export const withoutRoom = (tensor: Tensor, room: Room): Tensor => {
  const { data } = tensor;
  return data.kind === 'inline' && room.holds(data.bytes)
    ? { ...tensor, data: { kind: 'inline', bytes: data.bytes.slice() } }
    : tensor;
};
