import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { packageAbove, packageRoot, packageVersion, programPath } from './index.ts';

const folder = (): string => {
  const made = realpathSync(mkdtempSync(join(tmpdir(), 'steelyard-package-')));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
};

test('the package is found from source, compiled and bundled', () => {
  expect(packageRoot).toBe(resolve(import.meta.dirname, '../..'));
  for (const inside of ['src/package', 'dist/src/package', 'dist/lib/chunks', 'dist/bench'])
    expect(packageAbove(join(packageRoot, inside))).toBe(packageRoot);
  expect(packageVersion).toMatch(/^\d+\.\d+\.\d+/);
});

test('another package’s description on the way is passed over, and where there is none of ours it is a bug', () => {
  const outer = folder();
  const inner = join(outer, 'dist', 'lib');
  mkdirSync(inner, { recursive: true });
  writeFileSync(join(outer, 'package.json'), '{"name":"steelyard","version":"1.2.3"}');
  writeFileSync(join(outer, 'dist', 'package.json'), '{"type":"module"}');
  expect(packageAbove(inner)).toBe(outer);
  expect(() => packageAbove(folder())).toThrow('not found above its own code');
});

test('the three programs are built; a missing one is a coded error with the remedy', () => {
  for (const program of [
    'runtime/onnxruntime/child.js',
    'runtime/client/child.js',
    'optimize/workers/thread.js',
  ] as const)
    expect(existsSync(programPath(program, 'runtime/build'))).toBe(true);
  for (const code of ['runtime/build', 'optimize/build'] as const)
    expect(() => programPath('optimize/workers/thread.js', code, '/nowhere')).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining('npm run build') as string }),
    );
});
