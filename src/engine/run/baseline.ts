import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { SteelyardError, type Digest, type Model, type Progress } from '../../contracts/index.ts';
import { fetchModel, parseHubReference } from '../../data/index.ts';
import { openFolder, type ModelFolder } from '../../model/folder.ts';
import { checkModel, decodeFile } from '../../model/onnx/index.ts';
import { elementCount } from '../../model/tensor/index.ts';
import { versionDigest } from './subject.ts';

/** A model as found on disk: its folder, its files with digests, its structure. */
export interface Found {
  readonly folder: ModelFolder;
  readonly model: Model;
  /** The model file first, then external data files. */
  readonly files: readonly {
    readonly path: string;
    readonly name: string;
    readonly digest: Digest;
    readonly sizeBytes: number;
  }[];
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly parameters: number;
}

const fileDigest = async (path: string): Promise<Digest> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return `sha256:${hash.digest('hex')}`;
};

/** Where a model reference points: a path relative to `base`, or a download from the hub into the local cache.
 *  Errors: `data/hub…` when it is not reachable. */
export const locateModel = async (
  reference: string,
  base: string,
  progress: (progress: Progress) => void,
): Promise<string> => {
  const hub = parseHubReference(reference);
  if (hub !== null) {
    const { folder } = await fetchModel(hub, {
      progress: ({ file, doneBytes, totalBytes }) =>
        progress({ label: `downloading ${hub.repository}`, done: doneBytes, total: totalBytes, detail: file }),
    });
    return folder;
  }
  return isAbsolute(reference) ? reference : resolve(join(base, reference));
};

/** Find, decode and check a model, and digest its files. Errors: `model/…`. */
export const findModel = async (path: string): Promise<Found> => {
  const folder = await openFolder(path);
  const model = await decodeFile(folder.modelPath);
  const problem = checkModel(model).find(({ severity }) => severity === 'error');
  if (problem !== undefined)
    throw new SteelyardError(
      'model/invalid',
      `${folder.modelPath}: ${problem.where}: ${problem.what}`,
      'export the model again; steelyard inspect lists every problem',
    );
  const paths = new Set([folder.modelPath]);
  let parameters = 0;
  for (const { dims, data } of model.graph.initializers.values()) {
    parameters += elementCount(dims);
    if (data.kind === 'file') paths.add(data.path);
  }
  const files = [];
  const root = dirname(folder.modelPath);
  for (const file of paths) {
    const { size } = await stat(file);
    const name = file === folder.modelPath ? basename(file) : file.slice(root.length + 1);
    files.push({ path: file, name, digest: await fileDigest(file), sizeBytes: size });
  }
  return {
    folder,
    model,
    files,
    digest: versionDigest(files),
    sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    parameters,
  };
};
