const isShared = (view: ArrayBufferView): boolean => view.buffer instanceof SharedArrayBuffer;

/** The buffers that a message may give away: those of its typed arrays (fields of the object itself) that are not shared.
 *  Each one once. */
export const buffersOf = (message: object): ArrayBuffer[] => {
  const buffers = new Set<ArrayBuffer>();
  for (const value of Object.values(message))
    if (ArrayBuffer.isView(value) && !isShared(value)) buffers.add(value.buffer as ArrayBuffer);
  return [...buffers];
};

type Sliceable = ArrayBufferView & { slice(): ArrayBufferView };

/** The same message with typed arrays of its own (fields of the object itself), so that sending it takes nothing from the caller.
 *  Shared memory stays shared. */
export const ownCopy = <T extends object>(message: T): T =>
  Object.fromEntries(
    Object.entries(message).map(([key, value]) => [
      key,
      ArrayBuffer.isView(value) && !isShared(value) ? (value as Sliceable).slice() : (value as unknown),
    ]),
  ) as T;

/** Zeros that all threads see. */
export const sharedFloats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(length * 4));
