import { link, mkdir, copyFile, readFile, symlink } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildRecord, Context, Digest, SessionOptions, Store, Subject, Task } from '../../contracts/index.ts';
import { decodeFile } from '../../model/onnx/index.ts';
import { bitsOf, elementCount } from '../../model/tensor/index.ts';
import { digestOf } from '../../records/index.ts';
import { openClient } from '../../runtime/index.ts';

export type Built = Extract<BuildRecord['outcome'], { kind: 'built' }>;

/** Make an artifact appear under the name that the model refers to, without a second copy where the disk allows. */
const appear = async (artifact: string, path: string): Promise<void> => {
  if (existsSync(path)) return;
  for (const way of [link, symlink, copyFile]) {
    try {
      await way(artifact, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
      if (way === copyFile) throw error;
    }
  }
};

/** The digest of a version: its files' digests and names. */
export const versionDigest = (files: readonly { readonly name: string; readonly digest: Digest }[]): Digest =>
  digestOf(files.map(({ name, digest }) => ({ name, digest })));

/** The digest of a built version: its model files and what it changed beside them. */
export const builtDigest = ({ files, companions = [] }: Built): Digest => versionDigest([...files, ...companions]);

/** The files beside a built version's model that it rewrote. */
export const companionsOf = async (
  built: Pick<Built, 'companions'>,
  store: Store,
): Promise<ReadonlyMap<string, Uint8Array>> => {
  const companions = new Map<string, Uint8Array>();
  for (const { name, digest } of built.companions ?? []) companions.set(name, await readFile(await store.path(digest)));
  return companions;
};

/** Lay a built version's files out in a folder; returns the path of its model file. */
export const materialize = async (built: Pick<Built, 'files'>, store: Store, folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true });
  for (const file of built.files) await appear(await store.path(file.digest), join(folder, file.name));
  return join(folder, built.files[0]!.name);
};

/** Bytes of a model's weights by data type; only its structure is read. */
const weightsOf = async (path: string): Promise<Record<string, number>> => {
  const { graph } = await decodeFile(path);
  const bytes: Record<string, number> = {};
  for (const { dtype, dims } of graph.initializers.values())
    if (dtype !== 'string') bytes[dtype] = (bytes[dtype] ?? 0) + Math.ceil((elementCount(dims) * bitsOf(dtype)) / 8);
  return bytes;
};

/** A version on the balance, from a file on disk. */
export const subjectOf = (
  id: string,
  digest: Digest,
  paths: readonly { readonly path: string; readonly sizeBytes: number }[],
  sessionOptions: SessionOptions,
  context: Context,
  task?: Task,
): Subject => ({
  id,
  digest,
  sessionOptions,
  files: paths,
  ...(task === undefined ? {} : { task }),
  open: (process) => context.open(paths[0]!.path, sessionOptions, process),
  weights: () => weightsOf(paths[0]!.path),
  connect: (calls) =>
    openClient({ kind: 'model', path: paths[0]!.path, options: sessionOptions }, calls, { signal: context.signal }),
});
