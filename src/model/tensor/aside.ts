import { open, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Aside } from '../../contracts/index.ts';
import { asideFault } from './scratch.ts';

/** Bytes in a file of their own, which is made with the first of them and removed at the end.
 *  Errors: `model/no-space` when the disk is full, `model/write` when the file cannot be written. */
export const aside = (path: string): Aside => {
  const places: { readonly offset: number; readonly length: number }[] = [];
  let end = 0;
  let file: Promise<FileHandle> | null = null;
  return {
    put: async (bytes) => {
      const { byteLength: length } = bytes;
      const offset = end;
      end += length;
      const at = places.push({ offset, length }) - 1;
      try {
        file ??= open(path, 'w+');
        const handle = await file;
        for (let done = 0; done < length;)
          done += (await handle.write(bytes, done, length - done, offset + done)).bytesWritten;
      } catch (cause) {
        throw asideFault(path, length, cause);
      }
      return at;
    },
    get: async (at) => {
      const place = places[at];
      if (place === undefined || file === null) throw new Error(`nothing was set aside at ${at}`);
      const bytes = new Uint8Array(place.length);
      const handle = await file;
      for (let done = 0; done < bytes.length;) {
        const { bytesRead } = await handle.read(bytes, done, bytes.length - done, place.offset + done);
        if (bytesRead === 0) throw new Error(`${path} ends before ${place.offset + bytes.length} bytes`);
        done += bytesRead;
      }
      return bytes;
    },
    close: async () => {
      if (file === null) return;
      await file.then((handle) => handle.close()).catch(() => undefined);
      await rm(path, { force: true });
    },
  };
};
