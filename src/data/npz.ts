import { open, type FileHandle } from 'node:fs/promises';
import { inflateRawSync } from 'node:zlib';
import { SteelyardError, isSteelyardError, type Value } from '../contracts/index.ts';
import { limits } from './limits.ts';
import { parseNpy } from './npy.ts';

interface Member {
  readonly name: string;
  readonly method: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
}

const fail = (path: string, what: string): never => {
  throw new SteelyardError('data/npz', `${path}: ${what}`, 'save the arrays again with numpy.savez');
};

const pieceBytes = 512 * 1024 * 1024;

const readAt = async (file: FileHandle, path: string, offset: number, length: number): Promise<Buffer> => {
  if (!(length >= 0 && length <= limits.arrayBytes)) return fail(path, `a block of ${length} bytes`);
  const bytes = Buffer.alloc(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, Math.min(pieceBytes, length - done), offset + done);
    if (bytesRead === 0) return fail(path, 'the archive is cut off');
    done += bytesRead;
  }
  return bytes;
};

/** A 64-bit field of a ZIP64 extra record replaces one that is all ones. */
const zip64 = (extra: Buffer, fields: readonly number[], path: string): number[] => {
  const out = [...fields];
  for (let at = 0; at + 4 <= extra.length;) {
    const size = extra.readUInt16LE(at + 2);
    if (extra.readUInt16LE(at) === 1) {
      let from = at + 4;
      for (const [index, value] of fields.entries()) {
        if (value !== 0xffffffff) continue;
        if (from + 8 > Math.min(extra.length, at + 4 + size)) return fail(path, 'a damaged ZIP64 record');
        out[index] = Number(extra.readBigUInt64LE(from));
        from += 8;
      }
    }
    at += 4 + size;
  }
  return out;
};

const directory = async (file: FileHandle, path: string): Promise<Member[]> => {
  const total = (await file.stat()).size;
  const tailBytes = Math.min(total, 65_557);
  const tail = await readAt(file, path, total - tailBytes, tailBytes);
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  if (end < 0 || end + 22 > tail.length) return fail(path, 'not a complete zip archive');
  const count = tail.readUInt16LE(end + 10);
  const size = tail.readUInt32LE(end + 12);
  const offset = tail.readUInt32LE(end + 16);
  if (count > limits.archiveMembers) return fail(path, `${count} members, at most ${limits.archiveMembers}`);
  if (offset + size > total) return fail(path, 'the archive is cut off');
  const bytes = await readAt(file, path, offset, size);
  const members: Member[] = [];
  for (let at = 0, index = 0; index < count; index++) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50) return fail(path, 'a damaged directory');
    const nameLength = bytes.readUInt16LE(at + 28);
    const extraLength = bytes.readUInt16LE(at + 30);
    const next = at + 46 + nameLength + extraLength + bytes.readUInt16LE(at + 32);
    if (next > bytes.length) return fail(path, 'a damaged directory');
    const extra = bytes.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength);
    const [unpacked, packed, start] = zip64(
      extra,
      [bytes.readUInt32LE(at + 24), bytes.readUInt32LE(at + 20), bytes.readUInt32LE(at + 42)],
      path,
    ) as [number, number, number];
    if (bytes.readUInt16LE(at + 8) & 1) return fail(path, 'the archive is encrypted');
    members.push({
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
      method: bytes.readUInt16LE(at + 10),
      packed,
      size: unpacked,
      offset: start,
    });
    at = next;
  }
  return members;
};

const unpack = async (file: FileHandle, path: string, member: Member): Promise<Uint8Array> => {
  const where = `${path}:${member.name}`;
  if (member.size > limits.arrayBytes)
    throw new SteelyardError('data/too-large', `${where}: ${member.size} bytes unpacked, at most ${limits.arrayBytes}`);
  const local = await readAt(file, path, member.offset, 30);
  if (local.readUInt32LE(0) !== 0x04034b50) return fail(where, 'a damaged member');
  const start = member.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  const packed = await readAt(file, path, start, member.packed);
  if (member.method === 0) return packed;
  if (member.method !== 8) return fail(where, `packed with method ${member.method}, expected none or deflate`);
  try {
    const bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, member.size) });
    return bytes.length === member.size ? bytes : fail(where, 'the unpacked size differs from the stated one');
  } catch (cause) {
    if (isSteelyardError(cause)) throw cause;
    throw new SteelyardError('data/npz', `${where}: cannot be unpacked: ${(cause as Error).message}`, undefined, {
      cause,
    });
  }
};

/** The arrays of an npz file by name; only these when names are given.
 *  Errors: `data/npz` (damaged, encrypted, unknown packing), `data/npy`, `data/too-large`. Source: numpy.savez; PKWARE APPNOTE 6.3. */
export const readNpz = async (path: string, names?: ReadonlySet<string>): Promise<ReadonlyMap<string, Value>> => {
  const file = await open(path, 'r');
  try {
    const arrays = new Map<string, Value>();
    for (const member of await directory(file, path)) {
      const name = member.name.replace(/\.npy$/, '');
      if (member.name.endsWith('/') || (names !== undefined && !names.has(name))) continue;
      arrays.set(name, parseNpy(await unpack(file, path, member), `${path}:${name}`));
    }
    return arrays;
  } finally {
    await file.close();
  }
};

/** The one array of an npy file. Errors: `data/npy`, `data/too-large`. */
export const readNpy = async (path: string): Promise<Value> => {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > limits.arrayBytes)
      throw new SteelyardError('data/too-large', `${path}: ${size} bytes, at most ${limits.arrayBytes}`);
    return parseNpy(await readAt(file, path, 0, size), path);
  } finally {
    await file.close();
  }
};
