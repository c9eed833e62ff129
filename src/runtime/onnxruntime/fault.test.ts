import { expect, test } from 'vitest';
import { ended, lastWords, refused } from './fault.ts';

test('keeps the end of what was said, without terminal colors', () => {
  expect(lastWords('\u001B[1;31merror\u001B[m: broken\u0007\n')).toBe('error: broken');
  const long = lastWords(`${'a'.repeat(5_000)}end`);
  expect(long.length).toBeLessThan(1_600);
  expect(long).toMatch(/^….*end$/s);
});

test('tells memory from other deaths', () => {
  const exit = { code: null, signal: 'SIGABRT' as const, stderr: '', oomKilled: false };
  expect(ended('m', exit).code).toBe('runtime/crashed');
  expect(ended('m', exit).message).toContain('SIGABRT; it left no message');
  expect(ended('m', { ...exit, stderr: 'terminate called … what(): std::bad_alloc' }).code).toBe('runtime/memory');
  expect(ended('m', { ...exit, signal: 'SIGKILL', oomKilled: true }).code).toBe('runtime/memory');
  expect(ended('m', { ...exit, code: 3, signal: null, stderr: 'last words' }).message).toContain(
    'exit code 3; its last words: last words',
  );
});

test('names a type that cannot be exchanged, and memory, in what the runtime refused', () => {
  expect(refused('runtime/load', 'm', 'Unsupported data type: 16').message).toContain('bfloat16');
  expect(refused('runtime/run', 'm', 'Failed to allocate memory for requested buffer of size 9').code).toBe(
    'runtime/memory',
  );
  expect(refused('runtime/run', 'm', 'invalid dimensions').code).toBe('runtime/run');
});
