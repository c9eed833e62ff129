import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const start = dirname(fileURLToPath(import.meta.url));

/** The folder of real files that tests and benches read but the repository does not hold, or null.
 *  It is `../shared` beside the checkout, or the folder that STEELYARD_SHARED names. */
export const shared = (...parts: string[]): string | null => {
  const root =
    process.env['STEELYARD_SHARED'] ??
    resolve(start.replace(/([/\\])dist[/\\].*$/, '$1src/testing'), '../../../shared');
  const path = join(root, ...parts);
  return existsSync(path) ? path : null;
};

/** Like `shared`, but says on stderr why the caller will skip. */
export const sharedOrSkip = (what: string, ...parts: string[]): string | null => {
  const path = shared(...parts);
  if (path === null) process.stderr.write(`skipped: ${what}: ${join('..', 'shared', ...parts)} is not there\n`);
  return path;
};
