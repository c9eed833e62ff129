import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SteelyardError } from '../contracts/errors.ts';
import { exitCodeOf, explain } from './failure.ts';

const disk = (code: string, syscall: string, path?: string): Error =>
  Object.assign(new Error(`${code}: no, ${syscall}`), { code, syscall, ...(path === undefined ? {} : { path }) });

test('a full or read-only disk is told as one, wherever it was met, and is no bug of ours', () => {
  const full = disk('ENOSPC', 'write');
  expect(exitCodeOf(full)).toBe(3);
  expect(explain(full, false)).toMatch(/no disk space left[^]*hint: free some space[^]*--resume[^]*store\/no-space/);
  const readOnly = disk('EROFS', 'mkdir', '/mnt/x');
  expect(exitCodeOf(readOnly)).toBe(3);
  expect(explain(readOnly, false)).toContain('not allowed to write while calling mkdir: /mnt/x');
  expect(JSON.parse(explain(readOnly, true))).toMatchObject({ error: { code: 'store/read-only' } });
});

test('what the disk is not to blame for stays a bug, with its stack', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'failure-'));
  const missing: unknown = await readFile(join(folder, 'none')).catch((error: unknown) => error);
  await rm(folder, { recursive: true });
  expect(exitCodeOf(missing)).toBe(4);
  expect(explain(missing, false)).toMatch(/internal fault/);
});

test('coded errors: usage is 2, the rest 3, a stop 130', () => {
  expect(exitCodeOf(new SteelyardError('usage/x', 'm'))).toBe(2);
  expect(exitCodeOf(new SteelyardError('data/x', 'm'))).toBe(3);
  expect(exitCodeOf(new SteelyardError('engine/cancelled', 'm'))).toBe(130);
});
