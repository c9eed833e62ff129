import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openScratchFolder } from './scratch-folder.ts';

let parent: string;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'steelyard-scratch-'));
});
afterAll(() => rm(parent, { recursive: true }));

const gone = (): number => Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
const left = async (name: string, owner: unknown): Promise<void> => {
  await mkdir(join(parent, name, '0/run'), { recursive: true });
  await writeFile(join(parent, name, '0/run/model.onnx'), 'weights');
  if (owner !== null) await writeFile(join(parent, name, 'owner'), JSON.stringify(owner));
};

test('what a killed process of this machine left is removed, what may be used by somebody stays', async () => {
  const first = await openScratchFolder(parent, 'worker-', 'first');
  const mine = JSON.parse(await readFile(join(first.folder, 'owner'), 'utf8')) as { birth: string | null };
  await left('worker-killed', { pid: gone(), host: hostname(), birth: null, token: 'a' });
  await left('worker-elsewhere', { pid: gone(), host: 'another.example', birth: null, token: 'b' });
  await left('worker-unnamed', null);
  await left('model-cache', { pid: gone(), host: hostname(), birth: null, token: 'c' });
  // In a container that was started again, another process has the same number.
  const reborn = mine.birth === null ? [] : ['worker-reborn'];
  for (const name of reborn) await left(name, { pid: process.pid, host: hostname(), birth: 'boot/1', token: 'd' });
  await mkdir(join(parent, 'worker-empty'));
  await mkdir(join(parent, 'worker-beginning'));
  const long = new Date(Date.now() - 3_600_000);
  for (const name of ['worker-empty', 'worker-unnamed']) await utimes(join(parent, name), long, long);

  const second = await openScratchFolder(parent, 'worker-', 'second');
  expect(second.swept).toBe(1 + reborn.length);
  expect((await readdir(parent)).sort()).toEqual([
    'model-cache',
    'worker-beginning',
    'worker-elsewhere',
    'worker-first',
    'worker-second',
    'worker-unnamed',
  ]);
  expect(await readdir(join(parent, 'worker-elsewhere'))).toEqual(['0', 'owner']);
  await second.remove();
  await first.remove();
  expect(await readdir(parent)).not.toContain('worker-first');
});
