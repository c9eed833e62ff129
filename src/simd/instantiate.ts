/** Memory of a WebAssembly instance: growing it makes a new buffer. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const pageBytes = 65536;

/** Memory for so many bytes in all. Arrays over what it was before are empty after it has grown. */
export const reserve = (memory: Memory, bytes: number): void => {
  const missing = Math.ceil(bytes / pageBytes) - memory.buffer.byteLength / pageBytes;
  if (missing > 0) memory.grow(missing);
};

/** What of WebAssembly is used here: the compiler's libraries know it only together with the browser. */
const { WebAssembly: engine } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
    readonly Instance: new (module: object) => { readonly exports: object };
  };
};

/** Compile a module that imports nothing, and give its exports. Errors: a CompileError where the bytes are no module: a bug. */
export const instantiate = <Exports>(bytes: Uint8Array<ArrayBuffer>): Exports =>
  new engine.Instance(new engine.Module(bytes)).exports as Exports;
