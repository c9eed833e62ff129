import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

let known: string | undefined;

/** Version of the installed ONNX Runtime package, without loading its native library.
 *  Errors: throws when the package is not installed: the product cannot work then. */
export const runtimeVersion = (): string => {
  if (known !== undefined) return known;
  // The package's main file lies in its dist folder; its package.json lies one above.
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  const { version } = JSON.parse(readFileSync(join(dirname(main), '..', 'package.json'), 'utf8')) as {
    version: string;
  };
  known = version;
  return version;
};
