import { mkdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SteelyardError } from '../contracts/index.ts';
import type { Artifacts } from './artifacts.ts';
import { openArtifacts, sweepDrafts } from './files/artifacts.ts';
import { onDisk } from './files/fault.ts';
import { isS3Url, openS3Artifacts } from './s3/index.ts';

export interface SharedArtifactsOptions {
  /** Local folder for copies of what lies in a bucket. */
  readonly cache: string;
  /** Make the folder if it is not there; else a folder that is not there is a mistake: a disk that is not mounted. */
  readonly create: boolean;
  readonly signal?: AbortSignal;
  readonly note?: (message: string) => void;
}

const dayMs = 86_400_000;

/** Artifacts that several machines reach, where `location` says: a folder (NFS or the like), or `s3://bucket/prefix?…`.
 *  Errors: `store/missing` for a folder that is not there, `store/read-only`, and those of `openS3Artifacts`. */
export const openSharedArtifacts = async (location: string, options: SharedArtifactsOptions): Promise<Artifacts> => {
  const { cache, signal, note } = options;
  if (isS3Url(location))
    return openS3Artifacts({
      url: location,
      cache,
      ...(signal === undefined ? {} : { signal }),
      ...(note === undefined ? {} : { note }),
    });
  const folder = resolve(location);
  if (options.create)
    await onDisk('creating the folder of artifacts', folder, () => mkdir(folder, { recursive: true }));
  else if ((await stat(folder).catch(() => null))?.isDirectory() !== true)
    throw new SteelyardError(
      'store/missing',
      `the folder of artifacts ${folder} is not there`,
      'is the shared disk mounted here, under the same path?',
    );
  await sweepDrafts(folder, dayMs);
  return openArtifacts(folder, false, true);
};
