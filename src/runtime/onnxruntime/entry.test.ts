import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { childEntry, compiledEntry } from './entry.ts';

test('finds the compiled program from source', () => {
  expect(childEntry()).toMatch(/dist[/\\]src[/\\]runtime[/\\]onnxruntime[/\\]child\.js$/);
  expect(existsSync(childEntry())).toBe(true);
});

test('a compiled caller takes the file beside it', () => {
  const built = join(childEntry(), '..');
  expect(compiledEntry(built, 'child.js')).toBe(childEntry());
});

test('says how to build what is missing', () => {
  expect(() => compiledEntry('/nowhere/src/runtime/onnxruntime', 'child.js')).toThrow(
    expect.objectContaining({ code: 'runtime/build', hint: expect.stringContaining('npm run build') }),
  );
});
