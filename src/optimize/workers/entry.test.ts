import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { threadEntry } from './entry.ts';

test('source and compiled callers find the same compiled program', () => {
  const path = threadEntry();
  expect(path).toMatch(/dist[/\\]src[/\\]optimize[/\\]workers[/\\]thread\.js$/);
  expect(existsSync(path)).toBe(true);
  expect(threadEntry(join(path, '..'))).toBe(path);
});

test('a missing build is a coded error with the remedy', () => {
  expect(() => threadEntry('/nowhere/src/optimize/workers')).toThrow(
    expect.objectContaining({ code: 'optimize/build', hint: expect.stringContaining('npm run build') as string }),
  );
});
