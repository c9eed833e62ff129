import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { Digest } from '../../contracts/index.ts';

const digestForm = /^sha256:([0-9a-f]{64})$/;

/** Where the cache of this user lies: `$STEELYARD_CACHE`, else `$XDG_CACHE_HOME/steelyard`, else `~/.cache/steelyard`.
 *  null: `STEELYARD_CACHE` is `off`, nothing is kept between runs. Source: XDG Base Directory Specification (a relative
 *  `XDG_CACHE_HOME` counts as none). */
export const cacheFolder = (env: Readonly<Record<string, string | undefined>> = process.env): string | null => {
  const own = env['STEELYARD_CACHE'] ?? '';
  if (own.toLowerCase() === 'off') return null;
  if (own !== '') return resolve(own);
  const shared = env['XDG_CACHE_HOME'] ?? '';
  return join(isAbsolute(shared) ? shared : join(homedir(), '.cache'), 'steelyard');
};

/** The names of a cache's files. An entry is one record with its checksum; what it names lies among the artifacts. */
export interface Places {
  readonly root: string;
  readonly entries: string;
  readonly artifacts: string;
  readonly drafts: string;
  /** null: no digest, so nothing is kept under it. */
  entry(key: Digest): string | null;
  artifact(digest: Digest): string | null;
}

export const placesOf = (root: string): Places => {
  const [entries, artifacts, drafts] = [join(root, 'entries'), join(root, 'artifacts'), join(root, 'drafts')];
  const place = (folder: string, ending: string, digest: Digest): string | null => {
    const hex = digestForm.exec(digest)?.[1];
    return hex === undefined ? null : join(folder, hex.slice(0, 2), `${hex}${ending}`);
  };
  return {
    root,
    entries,
    artifacts,
    drafts,
    entry: (key) => place(entries, '.json', key),
    artifact: (digest) => place(artifacts, '', digest),
  };
};
