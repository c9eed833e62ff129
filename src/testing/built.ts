import { statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package/index.ts';

const timeOf = (path: string): number | null =>
  statSync(join(packageRoot, path), { throwIfNoEntry: false })?.mtimeMs ?? null;

/** Before all tests: the bundle that commands, sessions and threads run must be that of the compiled code. Compiling alone leaves an old one. */
export const setup = (): void => {
  const compiled = timeOf('dist/build.tsbuildinfo');
  const bundled = timeOf('dist/lib/LICENSES.txt');
  if (compiled === null || bundled === null || bundled < compiled)
    throw new Error('dist/lib is missing or older than dist/src, and tests run it: npm run build');
};
