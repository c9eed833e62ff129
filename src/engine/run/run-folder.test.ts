import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runFolder } from './run-folder.ts';

let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'steelyard-folder-'));
});
afterAll(() => rm(base, { recursive: true, force: true }));

const ask = (out: string | undefined, resume: boolean, anew?: boolean): Promise<string> =>
  runFolder({ name: 'Ticket router', out, resume, base, now: new Date('2026-01-02T03:04:05Z'), anew });

test('a new run has the name of its scenario and the time', async () => {
  expect(await ask(undefined, false)).toBe(join(base, 'runs', 'ticket-router-2026-01-02-030405'));
  expect(await ask('here', false)).toBe(join(base, 'here'));
});

test('what cannot go on says what to do; what is known elsewhere goes on in a folder made anew', async () => {
  await expect(ask('nowhere', true)).rejects.toMatchObject({
    code: 'engine/no-run',
    hint: 'leave --resume out to start one',
  });
  expect(await ask('nowhere', true, true)).toBe(join(base, 'nowhere'));
});
