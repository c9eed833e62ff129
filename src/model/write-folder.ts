import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { SteelyardError } from '../contracts/index.ts';
import type { Model } from '../contracts/index.ts';
import type { ModelFolder } from './folder.ts';
import { decodeFile, encodeFile, writeFault } from './onnx/index.ts';

/** File name of a variant: 'quantized' → model_quantized.onnx, '' → model.onnx.
 *  Errors: `model/suffix` for anything but lower-case letters, digits, `-` and `_`. */
export const variantFileName = (suffix: string): string => {
  const bare = suffix.replace(/^_/, '');
  if (!/^[a-z0-9][a-z0-9_-]{0,60}$/.test(bare) && bare !== '')
    throw new SteelyardError(
      'model/suffix',
      `a model file cannot be called model_${bare.slice(0, 80)}.onnx`,
      'use lower-case letters, digits, - and _',
    );
  return bare === '' ? 'model.onnx' : `model_${bare}.onnx`;
};

export interface FolderContents {
  /** Where companion files come from; null: there are none. */
  readonly source: ModelFolder | null;
  /** The model, or the path of an .onnx file whose external data lies beside it. */
  readonly model: Model | string;
  /** 'quantized', 'q4', 'fp16' … or a name of your own; '' for the plain model. */
  readonly suffix: string;
  /** Companions that take the place of the source's, or join them, by name. */
  readonly replaced?: ReadonlyMap<string, Uint8Array>;
  /** Written as steelyard.json: what was done, from which digest, by which versions. */
  readonly receipt: unknown;
  /** Replace a folder that is not empty. */
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
}

/** Weights that the model reads: an oddly named external file must not be copied as a companion. */
const sourcesOf = (model: Model): ReadonlySet<string> =>
  new Set([...model.graph.initializers.values()].flatMap(({ data }) => (data.kind === 'file' ? [data.path] : [])));

/** A copy that can be written to, also when the original cannot. */
const copy = async (from: string, to: string): Promise<void> => {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
  await chmod(to, 0o644);
};

const writeModel = async (model: Model | string, decoded: Model, path: string, signal?: AbortSignal) => {
  const external = typeof model === 'string' && [...sourcesOf(decoded)].some((source) => source !== resolve(model));
  if (typeof model === 'string' && !external) {
    // One file: the same bytes, so the same digest.
    await copy(model, path);
    return [{ name: basename(path), sizeBytes: (await stat(path)).size }];
  }
  const options = { externalData: external ? ('always' as const) : ('auto' as const), ...(signal && { signal }) };
  return (await encodeFile(decoded, path, options)).files;
};

/** Write a model folder in the Hugging Face layout: every companion of the source, `onnx/model_<suffix>.onnx` (with its external data
 *  renamed to match) and the receipt `steelyard.json`. The folder appears whole or not at all.
 *  Errors: `model/exists` (the target is not empty), `model/no-space`, `model/write`, `model/suffix`, and those of reading the model. */
export const writeFolder = async (
  target: string,
  contents: FolderContents,
): Promise<{ root: string; modelPath: string; files: { name: string; sizeBytes: number }[] }> => {
  const root = resolve(target);
  const { source, model, signal } = contents;
  const name = variantFileName(contents.suffix);
  const decoded = typeof model === 'string' ? await decodeFile(model) : model;
  const weights = sourcesOf(decoded);
  const existing = await readdir(root).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return null;
    throw writeFault(root, cause);
  });
  if (existing !== null && existing.length > 0 && contents.overwrite !== true)
    throw new SteelyardError(
      'model/exists',
      `${target}: the folder is not empty`,
      'give a new folder, or remove this one first',
    );
  const unique = `${process.pid}-${randomBytes(4).toString('hex')}`;
  const aside = join(dirname(root), `.${basename(root)}.${unique}.part`);
  const old = join(dirname(root), `.${basename(root)}.${unique}.old`);
  try {
    await mkdir(join(aside, 'onnx'), { recursive: true });
    for (const companion of source?.companions ?? []) {
      signal?.throwIfAborted();
      const from = join(source!.root, companion);
      if (companion === 'steelyard.json' || weights.has(from) || contents.replaced?.has(companion) === true) continue;
      await mkdir(dirname(join(aside, companion)), { recursive: true });
      await copy(from, join(aside, companion));
    }
    for (const [companion, bytes] of contents.replaced ?? []) await writeFile(join(aside, companion), bytes);
    if (source?.sidecarPath) {
      const ending = `.steelyard${extname(source.sidecarPath)}`;
      await copy(source.sidecarPath, join(aside, 'onnx', name.replace(/\.onnx$/, ending)));
    }
    const files = await writeModel(model, decoded, join(aside, 'onnx', name), signal);
    await writeFile(join(aside, 'steelyard.json'), `${JSON.stringify(contents.receipt, null, 2)}\n`);
    if (existing !== null && existing.length > 0) await rename(root, old);
    await rename(aside, root);
    await rm(old, { recursive: true, force: true });
    return { root, modelPath: join(root, 'onnx', name), files };
  } catch (cause) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    // Only when the new folder did not take its place: what was there comes back.
    await rename(old, root).catch(() => undefined);
    throw writeFault(root, cause);
  }
};
