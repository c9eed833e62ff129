import { copyFile, link, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SteelyardError, type BundleRecord, type Digest, type Machine, type Store } from '../../contracts/index.ts';
import { prepare, type Prepared } from '../run/prepare.ts';

/** A file in a folder of its own: links that lead out of a model's folder are not followed, so there are none. */
const appear = async (artifact: string, path: string): Promise<void> => {
  try {
    await link(artifact, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await copyFile(artifact, path);
  }
};

/** Names of a bundle come from a database: none may lead out of the folder. */
const safe = (name: string): boolean =>
  name !== '' &&
  !name.includes('\\') &&
  !name.includes('\0') &&
  name.split('/').every((part) => !['', '.', '..'].includes(part));

/** Lay a run's bundle out in a folder and read it as `tune` would, for this machine. `apart`: the folder is kept, so its files are copies that
 *  nobody's changes can reach the artifacts through.
 *  Errors: `queue/bundle` when it is not in the store, names a file outside of the folder, or does not come out as the same model and
 *  data; those of `prepare`. */
export const layOut = async (
  key: Digest,
  store: Pick<Store, 'find' | 'path'>,
  folder: string,
  machine: Machine,
  apart = false,
): Promise<Prepared> => {
  const record = await store.find(key);
  if (record?.kind !== 'bundle')
    throw new SteelyardError('queue/bundle', `the run’s bundle ${key} is not in its store`, 'start the run again');
  const bundle: BundleRecord = record;
  for (const { name, digest } of bundle.files) {
    if (!safe(name))
      throw new SteelyardError('queue/bundle', `the bundle names a file "${name}", outside of its folder`);
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await (apart ? copyFile : appear)(await store.path(digest), path);
  }
  const prepared = await prepare({ scenario: join(folder, bundle.scenario), machine });
  for (const [what, sent, read] of [
    ['model', bundle.model, prepared.found.digest],
    ['data', bundle.data, prepared.data.digest],
  ] as const)
    if (sent !== read)
      throw new SteelyardError(
        'queue/bundle',
        `the ${what} of the bundle reads otherwise here than where it was made (${read.slice(0, 19)}… instead of ${sent.slice(0, 19)}…)`,
        'use the same version of Steelyard and of Node.js on both sides',
      );
  return prepared;
};
