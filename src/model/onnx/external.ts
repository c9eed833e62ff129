import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { SteelyardError } from '../../contracts/index.ts';
import type { TensorData } from '../../contracts/index.ts';
import type { TensorProto } from './generated/onnx_pb.ts';

const escape = (where: string, location: string, why: string): SteelyardError =>
  new SteelyardError(
    'model/path-escape',
    `${where}: external data at ${JSON.stringify(location.slice(0, 200))}: ${why}`,
    'external data must be a relative path to a file in the folder of the model; do not use this file unless you trust it',
  );

const fault = (where: string, what: string, cause?: unknown): SteelyardError =>
  new SteelyardError(
    'model/external-data',
    `${where}: ${what}`,
    'the weights file is missing, cut or belongs to another model: get both files again',
    { cause },
  );

const inside = (path: string, folder: string): boolean => path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** Folders that external data may lie in: the model's own, and where the model file really is when it is a link
 *  (the Hugging Face cache links `model.onnx` and its data into one folder of blobs). */
const rootsOf = (folder: string, modelPath: string | null): string[] => {
  const roots = [realpathSync(folder)];
  if (modelPath !== null) roots.push(dirname(realpathSync(modelPath)));
  return roots;
};

const wholeNumber = (where: string, key: string, text: string): number => {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value))
    throw fault(
      where,
      `external data has ${key} ${JSON.stringify(text.slice(0, 40))}, expected a whole number of bytes`,
    );
  return value;
};

/** Resolves `external_data` entries to a checked file range.
 *  Errors: `model/path-escape` for a location outside of the model's folder (absolute, `..`, backslash, NUL, through links),
 *  `model/external-data` for a missing file, a range outside of it, or a length that does not fit the shape.
 *  Source: ONNX, docs/ExternalData.md. */
export const externalResolver = (folder: string | null, modelPath: string | null) => {
  let roots: string[] | null = null;
  const files = new Map<string, { path: string; sizeBytes: number }>();

  const locate = (where: string, location: string): { path: string; sizeBytes: number } => {
    const known = files.get(location);
    if (known) return known;
    if (folder === null)
      throw fault(
        where,
        `the weights are in the external file ${JSON.stringify(location.slice(0, 200))}, but no folder is known`,
      );
    if (location === '') throw fault(where, 'external data names no file');
    if (location.length > 4096 || location.includes('\0')) throw escape(where, location, 'the name is no file name');
    if (isAbsolute(location) || /^[A-Za-z]:/.test(location)) throw escape(where, location, 'the path is absolute');
    if (location.includes('\\')) throw escape(where, location, 'the path contains a backslash');
    const path = resolve(join(folder, location));
    if (location.split('/').includes('..') || !inside(path, resolve(folder)))
      throw escape(where, location, 'the path leaves the folder of the model');
    let real: string;
    let sizeBytes: number;
    try {
      real = realpathSync(path);
      const stats = statSync(real);
      if (!stats.isFile()) throw new Error('it is not a regular file');
      sizeBytes = stats.size;
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'it does not exist' : (cause as Error).message;
      throw fault(where, `the external weights file ${path} cannot be used: ${why}`, cause);
    }
    roots ??= rootsOf(folder, modelPath);
    if (!roots.some((root) => inside(real, root)))
      throw escape(where, location, `it links to ${basename(real)} outside of the folder of the model`);
    const file = { path, sizeBytes };
    files.set(location, file);
    return file;
  };

  return (where: string, message: TensorProto, expectedBytes: number): Extract<TensorData, { kind: 'file' }> => {
    const entries = new Map(message.externalData.map(({ key, value }) => [key, value] as const));
    const { path, sizeBytes } = locate(where, entries.get('location') ?? '');
    const offset = wholeNumber(where, 'offset', entries.get('offset') ?? '0');
    const length = wholeNumber(where, 'length', entries.get('length') ?? String(expectedBytes));
    if (length !== expectedBytes)
      throw fault(where, `external data has ${length} bytes, its shape and type take ${expectedBytes}`);
    if (offset + length > sizeBytes)
      throw fault(where, `external data ends at byte ${offset + length}, but ${path} has only ${sizeBytes}`);
    return { kind: 'file', path, offset, length };
  };
};
export type ExternalResolver = ReturnType<typeof externalResolver>;
