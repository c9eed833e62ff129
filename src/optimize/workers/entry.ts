import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SteelyardError } from '../../contracts/index.ts';

/** Where the compiled thread program lies: beside the compiled caller, or under dist/ when the caller runs from source.
 *  `here` is the folder of this file. Errors: `optimize/build` when it was not compiled yet. */
export const threadEntry = (here: string = dirname(fileURLToPath(import.meta.url))): string => {
  const built = /([/\\])dist\1src\1optimize\1workers$/.test(here);
  const root = join(here, '..', '..', '..');
  const path = built ? join(here, 'thread.js') : join(root, 'dist', 'src', 'optimize', 'workers', 'thread.js');
  if (existsSync(path)) return path;
  throw new SteelyardError(
    'optimize/build',
    `the compiled worker thread is missing: ${path}`,
    'run: npm run build (heavy arithmetic runs compiled code in threads of its own)',
  );
};
