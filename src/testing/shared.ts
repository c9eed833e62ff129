import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package/index.ts';

/** The folder of real files that tests and benches read but the repository does not hold, or null.
 *  It is `../shared` beside the checkout, or the folder that STEELYARD_SHARED names. */
export const shared = (...parts: string[]): string | null => {
  const root = process.env['STEELYARD_SHARED'] ?? join(packageRoot, '..', 'shared');
  const path = join(root, ...parts);
  return existsSync(path) ? path : null;
};

/** Like `shared`, but says on stderr why the caller will skip. */
export const sharedOrSkip = (what: string, ...parts: string[]): string | null => {
  const path = shared(...parts);
  if (path === null) process.stderr.write(`skipped: ${what}: ${join('..', 'shared', ...parts)} is not there\n`);
  return path;
};
