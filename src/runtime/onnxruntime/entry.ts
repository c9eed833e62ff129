import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SteelyardError } from '../../contracts/index.ts';

/** Where the compiled twin of a file of this folder lies: next to the compiled caller, or under dist/ when the caller runs from source.
 *  `here` is the folder of the calling file. Errors: `runtime/build` when it was not compiled yet. */
export const compiledEntry = (here: string, name: string): string => {
  const built = /([/\\])dist\1src\1runtime\1\w+$/.test(here);
  const root = join(here, '..', '..', '..');
  const path = built ? join(here, name) : join(root, 'dist', 'src', 'runtime', basename(here), name);
  if (existsSync(path)) return path;
  throw new SteelyardError(
    'runtime/build',
    `the compiled session process is missing: ${path}`,
    'run: npm run build (sessions run compiled code in their own process)',
  );
};

/** The session process's program. */
export const childEntry = (): string => compiledEntry(dirname(fileURLToPath(import.meta.url)), 'child.js');
