import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SteelyardError } from '../contracts/errors.ts';

const nameAndVersion = (path: string): { name?: string; version?: string } =>
  JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string };

/** The folder of the installed package that holds a folder: from source, compiled and bundled alike. */
export const packageAbove = (folder: string): string => {
  const path = join(folder, 'package.json');
  if (existsSync(path) && nameAndVersion(path).name === 'steelyard') return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('package.json of steelyard not found above its own code');
  return packageAbove(parent);
};

/** The folder of the installed package: presets, schema and `dist/lib` lie there. */
export const packageRoot = packageAbove(dirname(fileURLToPath(import.meta.url)));

/** This version of Steelyard, from package.json. */
export const packageVersion: string = nameAndVersion(join(packageRoot, 'package.json')).version!;

/** What runs in a process or a thread of its own. */
export type Program = 'runtime/onnxruntime/child.js' | 'runtime/client/child.js' | 'optimize/workers/thread.js';

/** Where a program of the bundle lies. Errors: `code` when it was not built. */
export const programPath = (
  program: Program,
  code: 'runtime/build' | 'optimize/build',
  root: string = packageRoot,
): string => {
  const path = join(root, 'dist', 'lib', program);
  if (existsSync(path)) return path;
  throw new SteelyardError(
    code,
    `a program of Steelyard’s own is missing: ${path}`,
    'run: npm run build (sessions, clients and heavy arithmetic run built code in processes and threads of their own)',
  );
};
