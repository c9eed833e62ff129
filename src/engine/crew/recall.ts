import { join } from 'node:path';
import {
  SteelyardError,
  isSteelyardError,
  type BundleRecord,
  type Machine,
  type Store,
} from '../../contracts/index.ts';
import { openArtifacts, openPostgresStore, openSharedArtifacts } from '../../records/index.ts';
import type { Prepared } from '../run/prepare.ts';
import { layOut } from './lay-out.ts';

/** A shared run by its name. */
export interface SharedName {
  readonly url: string;
  readonly run: string;
  readonly signal: AbortSignal;
}

/** What a shared run sent along when it was started, from its database; null: it ended before it had.
 *  Errors: `store/missing` when there is no such run; those of `openPostgresStore`. */
export const recallBundle = async ({ url, run, signal }: SharedName): Promise<BundleRecord | null> => {
  const store = await openPostgresStore({ url, run, artifacts: openArtifacts('', true), access: 'read', signal });
  try {
    let newest: BundleRecord | null = null;
    for await (const record of store.records()) if (record.kind === 'bundle') newest = record;
    return newest;
  } finally {
    await store.close();
  }
};

/** Files that are looked for at a time: a shared folder takes a moment to say that one is not there. */
const atOnce = 16;

const isMissing = (error: unknown): boolean => isSteelyardError(error) && error.code === 'store/missing';

/** Lay out the scenario, model and data of a shared run in `folder`, and read them: the run goes on where none of its files are.
 *  `place`: where its files lie, if not where its bundle says. Errors: `queue/bundle` naming the files that are not there, and where;
 *  `store/missing` for a folder that is not there; those of `layOut` and of the stores. */
export const resumeBundle = async (
  bundle: BundleRecord,
  settings: {
    readonly run: string;
    readonly place: string | undefined;
    readonly folder: string;
    readonly machine: Machine;
    readonly signal: AbortSignal;
  },
): Promise<Prepared> => {
  const { run, folder, machine, signal } = settings;
  const place = settings.place ?? bundle.artifacts;
  if (place === undefined)
    throw new SteelyardError(
      'queue/bundle',
      `the run "${run}" does not say where its files lie`,
      'say it: --artifacts <folder that all workers see, or s3://bucket/prefix>',
    );
  const artifacts = await openSharedArtifacts(place, { cache: join(folder, 'work-artifacts'), create: false, signal });
  const missing: string[] = [];
  const look = async ({ name, digest }: BundleRecord['files'][number]): Promise<void> => {
    try {
      await artifacts.path(digest);
    } catch (error) {
      if (!isMissing(error)) throw error;
      missing.push(`${name} (${digest.slice(0, 19)}…)`);
    }
  };
  for (let at = 0; at < bundle.files.length && missing.length === 0; at += atOnce)
    await Promise.all(bundle.files.slice(at, at + atOnce).map(look));
  if (missing.length > 0)
    throw new SteelyardError(
      'queue/bundle',
      `of what the run "${run}" sent along, this is not in ${place}: ${missing.sort().join(', ')}`,
      'give the place where its files lie with --artifacts; if they are gone, go on where the scenario is: tune <scenario> --queue … --name … --resume',
    );
  const store: Pick<Store, 'find' | 'path'> = {
    find: (key) => Promise.resolve(key === bundle.key ? bundle : null),
    path: (digest) => artifacts.path(digest),
  };
  return layOut(bundle.key, store, join(folder, 'bundle'), machine, true);
};
